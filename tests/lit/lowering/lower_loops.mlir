// RUN: xform-opt --xform-lower-loops --split-input-file --verify-diagnostics %s | FileCheck %s

// CHECK-NOT: @row
// CHECK-LABEL: func.func @rows
// CHECK-SAME: (%[[XS:.*]]: tensor<5x3xf32>, %[[W:.*]]: tensor<3xf32>)
func.func @rows(%xs: tensor<5x3xf32>, %w: tensor<3xf32>) -> (tensor<5x3xf32>, tensor<5xf32>) {
  // CHECK-DAG: %[[COUNT:.*]] = arith.constant 5 : index
  // CHECK-DAG: %[[YS:.*]] = tensor.empty() : tensor<5x3xf32>
  // CHECK-DAG: %[[SUMS:.*]] = tensor.empty() : tensor<5xf32>
  // CHECK: scf.for %[[I:[a-z0-9_]+]] = %{{[a-z0-9_]+}} to %[[COUNT]] step %{{[a-z0-9_]+}}
  // CHECK-SAME: iter_args(%[[Y0:[a-z0-9_]+]] = %[[YS]], %[[S0:[a-z0-9_]+]] = %[[SUMS]])
  // CHECK: %[[X:.*]] = tensor.extract_slice %[[XS]][%[[I]], 0] [1, 3] [1, 1]
  // CHECK-SAME: tensor<5x3xf32> to tensor<3xf32>
  // CHECK: %[[Y:.*]] = xform.mul %[[X]], %[[W]]
  // CHECK: %[[S:.*]] = xform.reduce_sum %[[Y]]
  // CHECK: %[[Y1:.*]] = tensor.insert_slice %[[Y]] into %[[Y0]][%[[I]], 0] [1, 3] [1, 1]
  // CHECK: %[[S1:.*]] = tensor.insert_slice %[[S]] into %[[S0]][%[[I]]] [1] [1]
  // CHECK: scf.yield %[[Y1]], %[[S1]]
  %ys, %sums = xform.scan @row() over(%xs) captures(%w)
      : (), (tensor<5x3xf32>), (tensor<3xf32>) -> (tensor<5x3xf32>, tensor<5xf32>)
  return %ys, %sums : tensor<5x3xf32>, tensor<5xf32>
}
func.func private @row(%x: tensor<3xf32>, %w: tensor<3xf32>) -> (tensor<3xf32>, tensor<f32>) {
  %0 = xform.mul %x, %w : tensor<3xf32>
  %1 = xform.reduce_sum %0 axes = [0] : tensor<3xf32>
  return %0, %1 : tensor<3xf32>, tensor<f32>
}

// -----

// No row, and one row, need no loop; a dynamic number of rows does.
// CHECK-LABEL: func.func @lengths
func.func @lengths(%none: tensor<0x3xf32>, %one: tensor<1x3xf32>, %any: tensor<?x3xf32>,
                   %w: tensor<3xf32>)
    -> (tensor<0x3xf32>, tensor<1x3xf32>, tensor<?x3xf32>) {
  // CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<0x3xf32>
  %0 = xform.scan @f() over(%none) captures(%w)
      : (), (tensor<0x3xf32>), (tensor<3xf32>) -> tensor<0x3xf32>
  // CHECK-NOT: scf.for
  // CHECK: %[[ROW:.*]] = xform.reshape %arg1 : tensor<1x3xf32> to tensor<3xf32>
  // CHECK: %[[SUM:.*]] = xform.add %[[ROW]], %arg3
  // CHECK: %[[ONE:.*]] = xform.reshape %[[SUM]] : tensor<3xf32> to tensor<1x3xf32>
  %1 = xform.scan @f() over(%one) captures(%w)
      : (), (tensor<1x3xf32>), (tensor<3xf32>) -> tensor<1x3xf32>
  // CHECK: %[[COUNT:.*]] = tensor.dim %arg2
  // CHECK: tensor.empty(%[[COUNT]]) : tensor<?x3xf32>
  // CHECK: %[[ANY:.*]] = scf.for %{{.*}} to %[[COUNT]]
  %2 = xform.scan @f() over(%any) captures(%w)
      : (), (tensor<?x3xf32>), (tensor<3xf32>) -> tensor<?x3xf32>
  // CHECK: return %[[EMPTY]], %[[ONE]], %[[ANY]]
  return %0, %1, %2 : tensor<0x3xf32>, tensor<1x3xf32>, tensor<?x3xf32>
}
func.func private @f(%x: tensor<3xf32>, %w: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.add %x, %w : tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// Rows without elements are neither read nor written, as there is no place where
// they begin.
// CHECK-LABEL: func.func @empty_rows
// CHECK-NOT: tensor.extract_slice
// CHECK: scf.for {{.*}} iter_args(%[[SUM:[a-z0-9_]+]] = %arg0, %[[YS:[a-z0-9_]+]] = %{{.*}})
// CHECK: %[[ROW:.*]] = tensor.empty() : tensor<0xf32>
// CHECK: xform.reduce_sum %[[ROW]]
// CHECK-NOT: tensor.insert_slice
// CHECK: scf.yield %{{.*}}, %[[YS]]
func.func @empty_rows(%s: tensor<f32>, %xs: tensor<5x0xf32>) -> (tensor<f32>, tensor<5x0x2xf32>) {
  %0:2 = xform.scan @total(%s) over(%xs)
      : (tensor<f32>), (tensor<5x0xf32>), () -> (tensor<f32>, tensor<5x0x2xf32>)
  return %0#0, %0#1 : tensor<f32>, tensor<5x0x2xf32>
}
func.func private @total(%s: tensor<f32>, %x: tensor<0xf32>) -> (tensor<f32>, tensor<0x2xf32>) {
  %0 = xform.reduce_sum %x axes = [0] : tensor<0xf32>
  %1 = xform.add %s, %0 : tensor<f32>
  %2 = xform.broadcast_in_dim %x dims = [0] : tensor<0xf32> to tensor<0x2xf32>
  return %1, %2 : tensor<f32>, tensor<0x2xf32>
}

// -----

// A scan in a scan is a loop in a loop.
// CHECK-LABEL: func.func @nested
// CHECK: scf.for
// CHECK: scf.for
// CHECK: xform.add %{{.*}}, %arg1 : tensor<f32>
// CHECK-NOT: func.func
func.func @nested(%x: tensor<2x3xf32>, %w: tensor<f32>) -> tensor<2x3xf32> {
  %0 = xform.scan @outer() over(%x) captures(%w) : (), (tensor<2x3xf32>), (tensor<f32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
func.func private @outer(%x: tensor<3xf32>, %w: tensor<f32>) -> tensor<3xf32> {
  %0 = xform.scan @inner() over(%x) captures(%w) : (), (tensor<3xf32>), (tensor<f32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @inner(%x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  %0 = xform.add %x, %w : tensor<f32>
  return %0 : tensor<f32>
}

// -----

// What is carried goes from turn to turn; two steps are written out in each,
// and one is left over.
// CHECK-LABEL: func.func @carried
// CHECK-SAME: (%[[H:.*]]: tensor<3xf32>, %[[XS:.*]]: tensor<5x3xf32>)
func.func @carried(%h: tensor<3xf32>, %xs: tensor<5x3xf32>) -> (tensor<3xf32>, tensor<5x3xf32>) {
  // CHECK-DAG: %[[END:.*]] = arith.constant 4 : index
  // CHECK-DAG: %[[TWO:.*]] = arith.constant 2 : index
  // CHECK: %[[LOOP:.*]]:2 = scf.for %[[I:[a-z0-9_]+]] = %{{[a-z0-9_]+}} to %[[END]] step %[[TWO]]
  // CHECK-SAME: iter_args(%[[C:[a-z0-9_]+]] = %[[H]]
  // CHECK: %[[FIRST:.*]] = arith.subi %{{.*}}, %[[I]]
  // CHECK: tensor.extract_slice %[[XS]][%[[FIRST]], 0]
  // CHECK: %[[C1:.*]] = xform.add %[[C]]
  // CHECK: %[[C2:.*]] = xform.add %[[C1]]
  // CHECK: scf.yield %[[C2]]
  // CHECK: tensor.extract_slice %[[XS]][0, 0]
  // CHECK: %[[C5:.*]] = xform.add %[[LOOP]]#0
  // CHECK: tensor.insert_slice %[[LOOP]]#0 into %[[LOOP]]#1[0, 0]
  // CHECK: return %[[C5]]
  %0:2 = xform.scan @step(%h) over(%xs) reverse unroll = 2
      : (tensor<3xf32>), (tensor<5x3xf32>), () -> (tensor<3xf32>, tensor<5x3xf32>)
  return %0#0, %0#1 : tensor<3xf32>, tensor<5x3xf32>
}
func.func private @step(%c: tensor<3xf32>, %x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0 = xform.add %c, %x : tensor<3xf32>
  return %0, %c : tensor<3xf32>, tensor<3xf32>
}

// -----

// A truth value is an if, an index a tree of them.
// CHECK-LABEL: func.func @branches
func.func @branches(%p: tensor<i1>, %i: tensor<i32>, %x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  // CHECK: %[[P:.*]] = tensor.extract %arg0[]
  // CHECK: scf.if %[[P]]
  // CHECK-NEXT: xform.sin
  // CHECK: else
  // CHECK-NEXT: xform.cos
  %0 = xform.switch %p [@cos, @sin](%x) : tensor<i1>, (tensor<f32>) -> tensor<f32>
  // CHECK: %[[I:.*]] = tensor.extract %arg1[]
  // CHECK: %[[ONE:.*]] = arith.constant 1 : i32
  // CHECK: %[[ABOVE:.*]] = arith.cmpi sge, %[[I]], %[[ONE]]
  // CHECK: scf.if %[[ABOVE]]
  // CHECK: %[[TWO:.*]] = arith.constant 2 : i32
  // CHECK: %[[LAST:.*]] = arith.cmpi sge, %[[I]], %[[TWO]]
  // CHECK: scf.if %[[LAST]]
  // CHECK-NEXT: xform.exp
  // CHECK: else
  // CHECK-NEXT: xform.sin
  // CHECK: else
  // CHECK-NEXT: xform.cos
  %1 = xform.switch %i [@cos, @sin, @exp](%x) : tensor<i32>, (tensor<f32>) -> tensor<f32>
  return %0, %1 : tensor<f32>, tensor<f32>
}
func.func private @sin(%x: tensor<f32>) -> tensor<f32> {
  %0 = xform.sin %x : tensor<f32>
  return %0 : tensor<f32>
}
func.func private @cos(%x: tensor<f32>) -> tensor<f32> {
  %0 = xform.cos %x : tensor<f32>
  return %0 : tensor<f32>
}
func.func private @exp(%x: tensor<f32>) -> tensor<f32> {
  %0 = xform.exp %x : tensor<f32>
  return %0 : tensor<f32>
}

// -----

// CHECK-LABEL: func.func @until
func.func @until(%x: tensor<f32>, %limit: tensor<f32>) -> tensor<f32> {
  // CHECK: scf.while (%[[C:.*]] = %arg0)
  // CHECK: %[[LESS:.*]] = xform.lt %[[C]], %arg1
  // CHECK: %[[TRUTH:.*]] = tensor.extract %[[LESS]][]
  // CHECK: scf.condition(%[[TRUTH]]) %[[C]]
  // CHECK: do
  // CHECK: %[[NEXT:.*]] = xform.exp
  // CHECK: scf.yield %[[NEXT]]
  %0 = xform.while(%x) cond @less(%limit) body @exp()
      : (tensor<f32>), (tensor<f32>), () -> tensor<f32>
  return %0 : tensor<f32>
}
func.func private @less(%x: tensor<f32>, %limit: tensor<f32>) -> tensor<i1> {
  %0 = xform.lt %x, %limit : tensor<f32>
  return %0 : tensor<i1>
}
func.func private @exp(%x: tensor<f32>) -> tensor<f32> {
  %0 = xform.exp %x : tensor<f32>
  return %0 : tensor<f32>
}
