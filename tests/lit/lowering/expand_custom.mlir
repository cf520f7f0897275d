// RUN: xform-opt %s --xform-expand-transforms --split-input-file | FileCheck %s

// The rules are made to differ from the truth, and from each other, so that it
// can be seen which one is used.
func.func private @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.sin %x : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @jvp(%x: tensor<3xf32>, %t: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0 = xform.sin %x : tensor<3xf32>
  %1 = xform.exp %x : tensor<3xf32>
  %2 = xform.mul %1, %t : tensor<3xf32>
  return %0, %2 : tensor<3xf32>, tensor<3xf32>
}
func.func private @forward(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0 = xform.sin %x : tensor<3xf32>
  %1 = xform.tanh %x : tensor<3xf32>
  return %0, %1 : tensor<3xf32>, tensor<3xf32>
}
func.func private @backward(%r: tensor<3xf32>, %ct: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.mul %r, %ct : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @by_both(%x: tensor<3xf32>) -> tensor<f32> {
  %0 = xform.custom @f(%x) jvp @jvp forward @forward backward @backward : (tensor<3xf32>), () -> tensor<3xf32>
  %1 = xform.reduce_sum %0 axes = [0] : tensor<3xf32>
  return %1 : tensor<f32>
}
func.func private @by_backward(%x: tensor<3xf32>) -> tensor<f32> {
  %0 = xform.custom @f(%x) forward @forward backward @backward : (tensor<3xf32>), () -> tensor<3xf32>
  %1 = xform.reduce_sum %0 axes = [0] : tensor<3xf32>
  return %1 : tensor<f32>
}
func.func private @by_jvp(%x: tensor<3xf32>) -> tensor<f32> {
  %0 = xform.custom @f(%x) jvp @jvp : (tensor<3xf32>), () -> tensor<3xf32>
  %1 = xform.reduce_sum %0 axes = [0] : tensor<3xf32>
  return %1 : tensor<f32>
}
func.func private @by_itself(%x: tensor<3xf32>) -> tensor<f32> {
  %0 = xform.custom @f(%x) : (tensor<3xf32>), () -> tensor<3xf32>
  %1 = xform.reduce_sum %0 axes = [0] : tensor<3xf32>
  return %1 : tensor<f32>
}

// Without a derivative only the function is left.
// CHECK-LABEL: func @value
func.func @value(%x: tensor<3xf32>) -> tensor<f32> {
  // CHECK-NEXT: %[[Y:.*]] = xform.sin %arg0
  // CHECK-NEXT: %[[SUM:.*]] = xform.reduce_sum %[[Y]]
  // CHECK-NEXT: return %[[SUM]]
  %0 = call @by_both(%x) : (tensor<3xf32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: func @reverse
func.func @reverse(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  // CHECK-DAG: %[[TANH:.*]] = xform.tanh %arg0
  // CHECK-DAG: %[[EXP:.*]] = xform.exp %arg0
  // CHECK-DAG: %[[COS:.*]] = xform.cos %arg0
  // CHECK: return %[[TANH]], %[[TANH]], %[[EXP]], %[[COS]]
  %0 = xform.grad @by_both(%x) argnums = [0] : (tensor<3xf32>) -> tensor<3xf32>
  %1 = xform.grad @by_backward(%x) argnums = [0] : (tensor<3xf32>) -> tensor<3xf32>
  %2 = xform.grad @by_jvp(%x) argnums = [0] : (tensor<3xf32>) -> tensor<3xf32>
  %3 = xform.grad @by_itself(%x) argnums = [0] : (tensor<3xf32>) -> tensor<3xf32>
  return %0, %1, %2, %3 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// CHECK-LABEL: func @forwards
func.func @forwards(%x: tensor<3xf32>, %t: tensor<3xf32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  // CHECK-DAG: %[[TANH:.*]] = xform.tanh %arg0
  // CHECK-DAG: %[[BY_TANH:.*]] = xform.mul %[[TANH]], %arg1
  // CHECK-DAG: %[[EXP:.*]] = xform.exp %arg0
  // CHECK-DAG: %[[BY_EXP:.*]] = xform.mul %[[EXP]], %arg1
  // CHECK-DAG: %[[SUM_EXP:.*]] = xform.reduce_sum %[[BY_EXP]]
  // CHECK-DAG: %[[SUM_TANH:.*]] = xform.reduce_sum %[[BY_TANH]]
  // CHECK: return %[[SUM_EXP]], %[[SUM_TANH]], %[[SUM_EXP]]
  %0:2 = xform.jvp @by_both(%x) tangents(%t) argnums = [0] : (tensor<3xf32>), (tensor<3xf32>) -> tensor<f32>, tensor<f32>
  %1:2 = xform.jvp @by_backward(%x) tangents(%t) argnums = [0] : (tensor<3xf32>), (tensor<3xf32>) -> tensor<f32>, tensor<f32>
  %2:2 = xform.jvp @by_jvp(%x) tangents(%t) argnums = [0] : (tensor<3xf32>), (tensor<3xf32>) -> tensor<f32>, tensor<f32>
  return %0#1, %1#1, %2#1 : tensor<f32>, tensor<f32>, tensor<f32>
}

// The second derivative is that of the rule.
func.func private @slope(%x: tensor<3xf32>) -> tensor<f32> {
  %0 = xform.grad @by_both(%x) argnums = [0] : (tensor<3xf32>) -> tensor<3xf32>
  %1 = xform.reduce_sum %0 axes = [0] : tensor<3xf32>
  return %1 : tensor<f32>
}
// CHECK-LABEL: func @second
func.func @second(%x: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK-DAG: %[[FOUR:.*]] = xform.constant dense<4.0{{.*}}> : tensor<3xf32>
  // CHECK: %[[TWICE:.*]] = xform.add %arg0, %arg0
  // CHECK: %[[SLOPE:.*]] = xform.logistic_slope %[[TWICE]]
  // CHECK: %[[D:.*]] = xform.mul %[[SLOPE]], %[[FOUR]]
  // CHECK: return %[[D]]
  %0 = xform.grad @slope(%x) argnums = [0] : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// A map forwards that is differentiated backwards by its tangent is the backward
// rule again.
func.func private @directional(%x: tensor<3xf32>, %t: tensor<3xf32>) -> tensor<f32> {
  %0:2 = xform.jvp @by_both(%x) tangents(%t) argnums = [0] : (tensor<3xf32>), (tensor<3xf32>) -> tensor<f32>, tensor<f32>
  return %0#1 : tensor<f32>
}
// CHECK-LABEL: func @by_tangent
func.func @by_tangent(%x: tensor<3xf32>, %t: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK: %[[TANH:.*]] = xform.tanh %arg0
  // CHECK: return %[[TANH]]
  %0 = xform.grad @directional(%x, %t) argnums = [1] : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
// One that is differentiated by its primal has been taken forward.
// CHECK-LABEL: func @by_primal
func.func @by_primal(%x: tensor<3xf32>, %t: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK: %[[EXP:.*]] = xform.exp %arg0
  // CHECK: %[[D:.*]] = xform.mul %arg1, %[[EXP]]
  // CHECK: return %[[D]]
  %0 = xform.grad @directional(%x, %t) argnums = [0] : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// A jvp rule alone is transposed as a whole: the zero tangent of an input that is
// not differentiated is no obstacle.
func.func private @f(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.mul %x, %y : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @jvp(%x: tensor<3xf32>, %y: tensor<3xf32>, %dx: tensor<3xf32>, %dy: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0 = xform.mul %x, %y : tensor<3xf32>
  %1 = xform.exp %y : tensor<3xf32>
  %2 = xform.mul %1, %dx : tensor<3xf32>
  %3 = xform.mul %x, %dy : tensor<3xf32>
  %4 = xform.add %2, %3 : tensor<3xf32>
  return %0, %4 : tensor<3xf32>, tensor<3xf32>
}
func.func private @loss(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<f32> {
  %0 = xform.custom @f(%x, %y) jvp @jvp : (tensor<3xf32>, tensor<3xf32>), () -> tensor<3xf32>
  %1 = xform.reduce_sum %0 axes = [0] : tensor<3xf32>
  return %1 : tensor<f32>
}
// CHECK-LABEL: func @by_the_first
func.func @by_the_first(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK-NEXT: %[[EXP:.*]] = xform.exp %arg1
  // CHECK-NEXT: return %[[EXP]]
  %0 = xform.grad @loss(%x, %y) argnums = [0] : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// A call in a jvp rule that is linear in the tangent is transposed by its own
// backward rule, of which it says what it computes from inputs that are fixed.
func.func private @solve(%a: tensor<f32>, %b: tensor<f32>) -> tensor<f32> {
  %0 = xform.while(%b) cond @goes_on() body @next() : (tensor<f32>), (), () -> tensor<f32>
  return %0 : tensor<f32>
}
func.func private @goes_on(%x: tensor<f32>) -> tensor<i1> {
  %0 = xform.constant dense<1.0> : tensor<f32>
  %1 = xform.lt %0, %x : tensor<f32>
  return %1 : tensor<i1>
}
func.func private @next(%x: tensor<f32>) -> tensor<f32> {
  %0 = xform.sqrt %x : tensor<f32>
  return %0 : tensor<f32>
}
func.func private @solve_forward(%a: tensor<f32>, %b: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  %0 = xform.custom @solve(%a, %b) : (tensor<f32>, tensor<f32>), () -> tensor<f32>
  %1 = xform.exp %a : tensor<f32>
  return %0, %1, %0 : tensor<f32>, tensor<f32>, tensor<f32>
}
func.func private @solve_backward(%r: tensor<f32>, %x: tensor<f32>, %ct: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %0 = xform.div %ct, %r : tensor<f32>
  %1 = xform.mul %0, %x : tensor<f32>
  return %1, %0 : tensor<f32>, tensor<f32>
}
func.func private @f(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func private @f_jvp(%x: tensor<f32>, %t: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %0 = xform.custom @solve(%x, %t) forward @solve_forward backward @solve_backward has_backward
      : (tensor<f32>, tensor<f32>), () -> tensor<f32>
  return %x, %0 : tensor<f32>, tensor<f32>
}
func.func private @call(%x: tensor<f32>) -> tensor<f32> {
  %0 = xform.custom @f(%x) jvp @f_jvp : (tensor<f32>), () -> tensor<f32>
  return %0 : tensor<f32>
}
// CHECK-LABEL: func @transposed_by_rule
// CHECK-SAME: (%[[X:.*]]: tensor<f32>, %[[CT:.*]]: tensor<f32>)
func.func @transposed_by_rule(%x: tensor<f32>, %ct: tensor<f32>) -> tensor<f32> {
  // CHECK-NEXT: %[[R:.*]] = xform.exp %[[X]]
  // CHECK-NEXT: %[[B:.*]] = xform.div %[[CT]], %[[R]]
  // CHECK-NEXT: return %[[B]]
  %0:2 = xform.vjp @call(%x) cotangents(%ct) argnums = [0] : (tensor<f32>), (tensor<f32>) -> tensor<f32>, tensor<f32>
  return %0#1 : tensor<f32>
}

// -----

// A batched call stays custom: a backward rule that is not linear is applied to
// each row, and the cotangent of what the rows share is the sum of theirs.
func.func private @product(%x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  %0 = xform.mul %x, %w : tensor<f32>
  return %0 : tensor<f32>
}
func.func private @forward(%x: tensor<f32>, %w: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %0 = xform.mul %x, %w : tensor<f32>
  return %0, %x : tensor<f32>, tensor<f32>
}
func.func private @backward(%x: tensor<f32>, %ct: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %0 = xform.tanh %ct : tensor<f32>
  %1 = xform.mul %0, %x : tensor<f32>
  return %0, %1 : tensor<f32>, tensor<f32>
}
func.func private @row(%x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  %0 = xform.custom @product(%x, %w) forward @forward backward @backward : (tensor<f32>, tensor<f32>), () -> tensor<f32>
  return %0 : tensor<f32>
}
func.func private @rows(%x: tensor<8xf32>, %w: tensor<f32>) -> tensor<8xf32> {
  %0 = xform.vmap @row(%x, %w) in_dims = [0, none] out_dims = [0] : (tensor<8xf32>, tensor<f32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
// CHECK-LABEL: func @grad_of_vmap
func.func @grad_of_vmap(%x: tensor<8xf32>, %w: tensor<f32>, %ct: tensor<8xf32>) -> (tensor<8xf32>, tensor<f32>) {
  // CHECK: %[[TANH:.*]] = xform.tanh %arg2 : tensor<8xf32>
  // CHECK: %[[W:.*]] = xform.mul %[[TANH]], %arg0 : tensor<8xf32>
  // CHECK: %[[SUM:.*]] = xform.reduce_sum %[[W]] axes = [0]
  // CHECK: return %[[TANH]], %[[SUM]]
  %0:3 = xform.vjp @rows(%x, %w) cotangents(%ct) argnums = [0, 1] : (tensor<8xf32>, tensor<f32>), (tensor<8xf32>) -> tensor<8xf32>, tensor<8xf32>, tensor<f32>
  return %0#1, %0#2 : tensor<8xf32>, tensor<f32>
}

// -----

// The vmap rule is chosen by which inputs are batched, and by how many rows.
func.func private @f(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.mul %x, %y : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @both8(%x: tensor<8x3xf32>, %y: tensor<8x3xf32>) -> tensor<8x3xf32> {
  %0 = xform.add %x, %y : tensor<8x3xf32>
  return %0 : tensor<8x3xf32>
}
func.func private @first8(%x: tensor<8x3xf32>, %y: tensor<3xf32>) -> tensor<8x3xf32> {
  %0 = xform.sin %x : tensor<8x3xf32>
  return %0 : tensor<8x3xf32>
}
func.func private @first4(%x: tensor<4x3xf32>, %y: tensor<3xf32>) -> tensor<3xf32> {
  return %y : tensor<3xf32>
}
func.func private @row(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.custom @f(%x, %y) vmap [@both8, @first4, @first8] : (tensor<3xf32>, tensor<3xf32>), () -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
// CHECK-LABEL: func @batched
func.func @batched(%x: tensor<8x3xf32>, %y: tensor<3xf32>, %z: tensor<4x3xf32>) -> (tensor<8x3xf32>, tensor<8x3xf32>, tensor<4x3xf32>) {
  // CHECK-DAG: %[[BOTH:.*]] = xform.add %arg0, %arg0
  // CHECK-DAG: %[[FIRST:.*]] = xform.sin %arg0
  // CHECK-DAG: %[[SHARED:.*]] = xform.broadcast_in_dim %arg1
  // CHECK: return %[[BOTH]], %[[FIRST]], %[[SHARED]]
  %0 = xform.vmap @row(%x, %x) in_dims = [0, 0] out_dims = [0] : (tensor<8x3xf32>, tensor<8x3xf32>) -> tensor<8x3xf32>
  %1 = xform.vmap @row(%x, %y) in_dims = [0, none] out_dims = [0] : (tensor<8x3xf32>, tensor<3xf32>) -> tensor<8x3xf32>
  %2 = xform.vmap @row(%z, %y) in_dims = [0, none] out_dims = [0] : (tensor<4x3xf32>, tensor<3xf32>) -> tensor<4x3xf32>
  return %0, %1, %2 : tensor<8x3xf32>, tensor<8x3xf32>, tensor<4x3xf32>
}

// -----

// In the body of a loop, which runs the rule backwards and, without a
// derivative, the function.
func.func private @f(%x: tensor<f32>) -> tensor<f32> {
  %0 = xform.sin %x : tensor<f32>
  return %0 : tensor<f32>
}
func.func private @forward(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %0 = xform.sin %x : tensor<f32>
  return %0, %x : tensor<f32>, tensor<f32>
}
func.func private @backward(%x: tensor<f32>, %ct: tensor<f32>) -> tensor<f32> {
  %0 = xform.atan2 %ct, %x : tensor<f32>
  return %0 : tensor<f32>
}
// CHECK-LABEL: func private @step(
// CHECK-NEXT: %[[SIN:.*]] = xform.sin %arg0
// CHECK-NEXT: return %[[SIN]]
func.func private @step(%c: tensor<f32>) -> tensor<f32> {
  %0 = xform.custom @f(%c) forward @forward backward @backward : (tensor<f32>), () -> tensor<f32>
  return %0 : tensor<f32>
}
func.func private @loop(%c: tensor<f32>) -> tensor<f32> {
  %0 = xform.scan @step(%c) over() length = 5 : (tensor<f32>), (), () -> tensor<f32>
  return %0 : tensor<f32>
}
// CHECK-LABEL: func @loop_value
func.func @loop_value(%c: tensor<f32>) -> tensor<f32> {
  // CHECK: xform.scan @step(%arg0)
  %0 = call @loop(%c) : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}
// CHECK-LABEL: func @loop_gradient
func.func @loop_gradient(%c: tensor<f32>) -> tensor<f32> {
  // CHECK: xform.scan @{{.*}}(%arg0)
  // CHECK: xform.scan @[[BACK:[a-z._0-9]+]](%{{.*}}) over(%{{.*}}) reverse
  %0 = xform.grad @loop(%c) argnums = [0] : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}
// CHECK: func private @[[BACK]](
// CHECK-NEXT: %[[ATAN2:.*]] = xform.atan2
// CHECK-NEXT: return %[[ATAN2]]
