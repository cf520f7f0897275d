// RUN: xform-opt %s --xform-expand-transforms --split-input-file | FileCheck %s

// The backward scan runs from the last step to the first and carries the
// cotangent of the carry and the sum of the capture's; what is the same in every
// step is computed once and not stacked.
func.func private @cell(%h: tensor<3xf32>, %x: tensor<3xf32>, %w: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.exp %w : tensor<3xf32>
  %1 = xform.mul %0, %h : tensor<3xf32>
  %2 = xform.add %1, %x : tensor<3xf32>
  %3 = xform.sin %2 : tensor<3xf32>
  return %3 : tensor<3xf32>
}
func.func private @loss(%h: tensor<3xf32>, %x: tensor<5x3xf32>, %w: tensor<3xf32>) -> tensor<f32> {
  %0 = xform.scan @cell(%h) over(%x) captures(%w) : (tensor<3xf32>), (tensor<5x3xf32>), (tensor<3xf32>) -> tensor<3xf32>
  %1 = xform.reduce_sum %0 axes = [0] : tensor<3xf32>
  return %1 : tensor<f32>
}
// CHECK-LABEL: func @scan_gradient
func.func @scan_gradient(%h: tensor<3xf32>, %x: tensor<5x3xf32>, %w: tensor<3xf32>) -> (tensor<3xf32>, tensor<5x3xf32>, tensor<3xf32>) {
  // CHECK-DAG: %[[ONE:.*]] = xform.constant dense<1.0{{.*}}> : tensor<3xf32>
  // CHECK-DAG: %[[ZERO:.*]] = xform.constant dense<0.0{{.*}}> : tensor<3xf32>
  // CHECK-DAG: %[[EXP:.*]] = xform.exp %arg2
  // CHECK: %[[FORWARD:.*]]:3 = xform.scan @[[PRIMAL:.*]](%arg0) over(%arg1) captures(%[[EXP]])
  // CHECK: %[[BACK:.*]]:3 = xform.scan @[[BACKWARD:.*]](%[[ONE]], %[[ZERO]]) over(%[[FORWARD]]#1, %[[FORWARD]]#2) captures(%[[EXP]]) reverse
  // CHECK: %[[W:.*]] = xform.mul %[[BACK]]#1, %[[EXP]]
  // CHECK: return %[[BACK]]#0, %[[BACK]]#2, %[[W]]
  %0:3 = xform.grad @loss(%h, %x, %w) argnums = [0, 1, 2] : (tensor<3xf32>, tensor<5x3xf32>, tensor<3xf32>) -> (tensor<3xf32>, tensor<5x3xf32>, tensor<3xf32>)
  return %0#0, %0#1, %0#2 : tensor<3xf32>, tensor<5x3xf32>, tensor<3xf32>
}
// CHECK: func private @[[PRIMAL]](%[[H:[a-z0-9]+]]: tensor<3xf32>
// CHECK: %[[NEXT:.*]] = xform.sin
// CHECK: %[[COS:.*]] = xform.cos
// CHECK: return %[[NEXT]], %[[H]], %[[COS]]
// CHECK: func private @[[BACKWARD]](%[[CT:[a-z0-9]+]]: tensor<3xf32>, %[[SUM:[a-z0-9]+]]: tensor<3xf32>
// CHECK-NOT: xform.exp
// CHECK: %[[NEW:.*]] = xform.add %[[SUM]]
// CHECK: return %{{.*}}, %[[NEW]], %{{.*}}

// -----

// A carry that starts without a tangent and gets one has zeros at the start; one
// that never changes is not carried.
func.func private @sums(%c: tensor<f32>, %n: tensor<i32>, %x: tensor<f32>) -> (tensor<f32>, tensor<i32>, tensor<f32>) {
  %0 = xform.add %c, %x : tensor<f32>
  return %0, %n, %c : tensor<f32>, tensor<i32>, tensor<f32>
}
func.func private @scan(%c: tensor<f32>, %n: tensor<i32>, %x: tensor<4xf32>) -> (tensor<f32>, tensor<i32>, tensor<4xf32>) {
  %0:3 = xform.scan @sums(%c, %n) over(%x) : (tensor<f32>, tensor<i32>), (tensor<4xf32>), () -> (tensor<f32>, tensor<i32>, tensor<4xf32>)
  return %0#0, %0#1, %0#2 : tensor<f32>, tensor<i32>, tensor<4xf32>
}
// CHECK-LABEL: func @scan_forward
func.func @scan_forward(%c: tensor<f32>, %n: tensor<i32>, %x: tensor<4xf32>) -> (tensor<f32>, tensor<i32>, tensor<4xf32>, tensor<f32>, tensor<4xf32>) {
  // CHECK: %[[ZERO:.*]] = xform.constant dense<0.0{{.*}}> : tensor<f32>
  // CHECK: %[[R:.*]]:4 = xform.scan @{{.*}}(%arg0, %[[ZERO]]) over(%arg2, %arg2) :
  // CHECK: return %[[R]]#0, %arg1, %[[R]]#2, %[[R]]#1, %[[R]]#3
  %0:5 = xform.jvp @scan(%c, %n, %x) tangents(%x) argnums = [2] : (tensor<f32>, tensor<i32>, tensor<4xf32>), (tensor<4xf32>) -> tensor<f32>, tensor<i32>, tensor<4xf32>, tensor<f32>, tensor<4xf32>
  return %0#0, %0#1, %0#2, %0#3, %0#4 : tensor<f32>, tensor<i32>, tensor<4xf32>, tensor<f32>, tensor<4xf32>
}
// CHECK-LABEL: func @scan_batched
func.func @scan_batched(%c: tensor<f32>, %n: tensor<i32>, %x: tensor<2x4xf32>) -> (tensor<2xf32>, tensor<2x4xf32>) {
  // CHECK-DAG: %[[C:.*]] = xform.broadcast_in_dim %arg0
  // CHECK-DAG: %[[X:.*]] = xform.transpose %arg2 permutation = [1, 0]
  // CHECK: %[[R:.*]]:2 = xform.scan @{{.*}}(%[[C]]) over(%[[X]]) : (tensor<2xf32>), (tensor<4x2xf32>), ()
  // CHECK: %[[Y:.*]] = xform.transpose %[[R]]#1 permutation = [1, 0]
  // CHECK: return %[[R]]#0, %[[Y]]
  %0:3 = xform.vmap @scan(%c, %n, %x) in_dims = [none, none, 0] out_dims = [0, 0, 0] : (tensor<f32>, tensor<i32>, tensor<2x4xf32>) -> (tensor<2xf32>, tensor<2xi32>, tensor<2x4xf32>)
  return %0#0, %0#2 : tensor<2xf32>, tensor<2x4xf32>
}

// -----

func.func private @sin(%x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  %0 = xform.sin %x : tensor<f32>
  return %0 : tensor<f32>
}
func.func private @product(%x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  %0 = xform.mul %x, %w : tensor<f32>
  return %0 : tensor<f32>
}
func.func private @either(%p: tensor<i1>, %x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  %0 = xform.switch %p [@sin, @product](%x, %w) : tensor<i1>, (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}
// CHECK-LABEL: func @switch_gradient
func.func @switch_gradient(%p: tensor<i1>, %x: tensor<f32>, %w: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  // CHECK: %[[RESIDUAL:.*]] = xform.switch %arg0 [@[[OFSIN:.*]], @[[OFPRODUCT:[a-z_.0-9]*]]](%arg1)
  // CHECK: %[[CT:.*]]:2 = xform.switch %arg0 [@{{.*}}, @{{.*}}](%arg2, %arg1, %[[RESIDUAL]], %{{.*}})
  // CHECK: return %[[CT]]#0, %[[CT]]#1
  %0:2 = xform.grad @either(%p, %x, %w) argnums = [1, 2] : (tensor<i1>, tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %0#0, %0#1 : tensor<f32>, tensor<f32>
}
// CHECK-LABEL: func @switch_batched
func.func @switch_batched(%p: tensor<4xi1>, %q: tensor<i1>, %x: tensor<4xf32>, %w: tensor<f32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK: %[[SIN:.*]] = xform.sin %arg2
  // CHECK: %[[PRODUCT:.*]] = xform.mul %arg2
  // CHECK: %[[ROWS:.*]] = xform.select %arg0, %[[PRODUCT]], %[[SIN]]
  // CHECK: %[[SHARED:.*]] = xform.switch %arg1 [@{{.*}}, @{{.*}}](%arg2, %arg3) : tensor<i1>, (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  // CHECK: return %[[ROWS]], %[[SHARED]]
  %0 = xform.vmap @either(%p, %x, %w) in_dims = [0, 0, none] out_dims = [0] : (tensor<4xi1>, tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = xform.vmap @either(%q, %x, %w) in_dims = [none, 0, none] out_dims = [0] : (tensor<i1>, tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}
// CHECK-LABEL: func @switch_constant
func.func @switch_constant(%x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  // CHECK-NEXT: %[[Y:.*]] = xform.mul %arg0, %arg1
  // CHECK-NEXT: return %[[Y]]
  %0 = xform.constant dense<7> : tensor<i32>
  %1 = xform.switch %0 [@sin, @product](%x, %w) : tensor<i32>, (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %1 : tensor<f32>
}
// CHECK: func private @[[OFSIN]](
// CHECK: xform.cos
// CHECK: func private @[[OFPRODUCT]](
// CHECK-NEXT: %[[ZERO:.*]] = xform.constant dense<0.0{{.*}}> : tensor<f32>
// CHECK-NEXT: return %[[ZERO]]

// -----

func.func private @less(%x: tensor<f32>, %limit: tensor<f32>) -> tensor<i1> {
  %0 = xform.lt %x, %limit : tensor<f32>
  return %0 : tensor<i1>
}
func.func private @twice(%x: tensor<f32>) -> tensor<f32> {
  %0 = xform.add %x, %x : tensor<f32>
  return %0 : tensor<f32>
}
func.func private @grow(%x: tensor<f32>, %limit: tensor<f32>) -> tensor<f32> {
  %0 = xform.while(%x) cond @less(%limit) body @twice() : (tensor<f32>), (tensor<f32>), () -> tensor<f32>
  return %0 : tensor<f32>
}
// CHECK-LABEL: func @while_forward
func.func @while_forward(%x: tensor<f32>, %limit: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  // CHECK: %[[R:.*]]:2 = xform.while(%arg0, %arg0) cond @{{.*}}(%arg1) body @{{.*}}() : (tensor<f32>, tensor<f32>), (tensor<f32>), ()
  // CHECK: return %[[R]]#0, %[[R]]#1
  %0:2 = xform.jvp @grow(%x, %limit) tangents(%x) argnums = [0] : (tensor<f32>, tensor<f32>), (tensor<f32>) -> tensor<f32>, tensor<f32>
  return %0#0, %0#1 : tensor<f32>, tensor<f32>
}
// CHECK-LABEL: func @while_batched
func.func @while_batched(%x: tensor<f32>, %limit: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[X:.*]] = xform.broadcast_in_dim %arg0
  // CHECK: %[[GOES:.*]] = xform.lt %[[X]], %arg1
  // CHECK: %[[R:.*]]:2 = xform.while(%[[X]], %[[GOES]]) cond @[[ANY:.*]]() body @[[STEP:.*]](%arg1)
  // CHECK: return %[[R]]#0
  %0 = xform.vmap @grow(%x, %limit) in_dims = [none, 0] out_dims = [0] : (tensor<f32>, tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
// CHECK: func private @[[ANY]](
// CHECK: xform.reduce_or %arg1 axes = [0]
// CHECK: func private @[[STEP]](
// CHECK: %[[NEW:.*]] = xform.add
// CHECK: %[[KEPT:.*]] = xform.select %arg1, %[[NEW]], %arg0
// CHECK: xform.lt %[[KEPT]], %arg2

// -----

func.func private @less(%x: tensor<f32>) -> tensor<i1> {
  %0 = xform.lt %x, %x : tensor<f32>
  return %0 : tensor<i1>
}
func.func private @same(%x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  %0 = xform.exp %w : tensor<f32>
  %1 = xform.mul %x, %0 : tensor<f32>
  return %1 : tensor<f32>
}
// What the body of a while does the same each time is done before it.
// CHECK-LABEL: func @while_hoists
func.func @while_hoists(%x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  // CHECK: %[[EXP:.*]] = xform.exp %arg1
  // CHECK: xform.while(%arg0) cond @{{.*}}() body @{{.*}}(%[[EXP]])
  %0 = xform.while(%x) cond @less() body @same(%w) : (tensor<f32>), (), (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}
