// RUN: xform-opt %s --xform-to-linalg --xform-fence-reductions | FileCheck %s

// The product, and what is elementwise on it, is read along a new axis.
// CHECK-LABEL: func @repeated
func.func @repeated(%x: tensor<8x5xf32>, %w: tensor<5x17xf32>, %s: tensor<8x3x17xf32>) -> tensor<8x3x17xf32> {
  // CHECK: linalg.matmul
  // CHECK: %[[TANH:.*]] = linalg.generic
  // CHECK: math.tanh
  // CHECK: %[[FENCED:.*]] = "util.optimization_barrier"(%[[TANH]])
  // CHECK: linalg.generic {{.*}} ins(%[[FENCED]]
  %0 = xform.dot_general %x, %w batch = [] x [] contracting = [1] x [0] : tensor<8x5xf32>, tensor<5x17xf32>
  %1 = xform.tanh %0 : tensor<8x17xf32>
  %2 = xform.broadcast_in_dim %1 dims = [0, 2] : tensor<8x17xf32> to tensor<8x3x17xf32>
  %3 = xform.mul %2, %s : tensor<8x3x17xf32>
  return %3 : tensor<8x3x17xf32>
}

// CHECK-LABEL: func @column
func.func @column(%x: tensor<9x17xf32>) -> tensor<9x17xf32> {
  // CHECK: %[[MAX:.*]] = linalg.generic
  // CHECK: arith.maximumf
  // CHECK: %[[FENCED:.*]] = "util.optimization_barrier"(%[[MAX]])
  // CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[FENCED]]
  %0 = xform.reduce_max %x axes = [0] : tensor<9x17xf32>
  %1 = xform.broadcast_in_dim %0 dims = [1] : tensor<17xf32> to tensor<9x17xf32>
  %2 = xform.sub %x, %1 : tensor<9x17xf32>
  return %2 : tensor<9x17xf32>
}

// A reshape in between changes nothing.
// CHECK-LABEL: func @reshaped
func.func @reshaped(%x: tensor<4x5x9xf32>, %s: tensor<3x20xf32>) -> tensor<3x20xf32> {
  // CHECK: arith.addf
  // CHECK: %[[FLAT:.*]] = tensor.collapse_shape
  // CHECK: %[[FENCED:.*]] = "util.optimization_barrier"(%[[FLAT]])
  // CHECK: linalg.generic {{.*}} ins(%[[FENCED]]
  %0 = xform.reduce_sum %x axes = [2] : tensor<4x5x9xf32>
  %1 = xform.reshape %0 : tensor<4x5xf32> to tensor<20xf32>
  %2 = xform.broadcast_in_dim %1 dims = [1] : tensor<20xf32> to tensor<3x20xf32>
  %3 = xform.mul %2, %s : tensor<3x20xf32>
  return %3 : tensor<3x20xf32>
}

// Nor does an axis of one element that comes and goes.
// CHECK-LABEL: func @through_one_row
func.func @through_one_row(%x: tensor<9x17xf32>) -> tensor<9x17xf32> {
  // CHECK: arith.addf
  // CHECK: math.sqrt
  // CHECK: %[[ROW:.*]] = linalg.generic
  // CHECK: math.sin
  // CHECK: "util.optimization_barrier"(%[[ROW]])
  %0 = xform.reduce_sum %x axes = [0] : tensor<9x17xf32>
  %1 = xform.broadcast_in_dim %0 dims = [1] : tensor<17xf32> to tensor<1x17xf32>
  %2 = xform.sqrt %1 : tensor<1x17xf32>
  %3 = xform.reshape %2 : tensor<1x17xf32> to tensor<17xf32>
  %4 = xform.sin %3 : tensor<17xf32>
  %5 = xform.broadcast_in_dim %4 dims = [1] : tensor<17xf32> to tensor<9x17xf32>
  %6 = xform.div %x, %5 : tensor<9x17xf32>
  return %6 : tensor<9x17xf32>
}

// The sums are read along their rows, but these are columns of the result.
// CHECK-LABEL: func @transposed_later
func.func @transposed_later(%x: tensor<9x17xf32>) -> tensor<17x9xf32> {
  // CHECK: arith.addf
  // CHECK: %[[RATIO:.*]] = linalg.generic
  // CHECK: arith.divf
  // CHECK: "util.optimization_barrier"(%[[RATIO]])
  %0 = xform.reduce_sum %x axes = [1] : tensor<9x17xf32>
  %1 = xform.broadcast_in_dim %0 dims = [0] : tensor<9xf32> to tensor<9x17xf32>
  %2 = xform.div %x, %1 : tensor<9x17xf32>
  %3 = xform.transpose %2 permutation = [1, 0] : tensor<9x17xf32>
  return %3 : tensor<17x9xf32>
}

// A bias and a nonlinearity stay in the product's dispatch, and so does the
// largest element of a row in that of the row.
// CHECK-LABEL: func @in_order
func.func @in_order(%x: tensor<8x5xf32>, %w: tensor<5x17xf32>, %b: tensor<17xf32>) -> tensor<8x17xf32> {
  // CHECK-NOT: util.optimization_barrier
  %0 = xform.dot_general %x, %w batch = [] x [] contracting = [1] x [0] : tensor<8x5xf32>, tensor<5x17xf32>
  %1 = xform.broadcast_in_dim %b dims = [1] : tensor<17xf32> to tensor<8x17xf32>
  %2 = xform.add %0, %1 : tensor<8x17xf32>
  %3 = xform.reduce_max %2 axes = [1] : tensor<8x17xf32>
  %4 = xform.broadcast_in_dim %3 dims = [0] : tensor<8xf32> to tensor<8x17xf32>
  %5 = xform.sub %2, %4 : tensor<8x17xf32>
  return %5 : tensor<8x17xf32>
}

// An axis of one element is none.
// CHECK-LABEL: func @one_row
func.func @one_row(%x: tensor<1x9x17xf32>) -> tensor<1x9x17xf32> {
  // CHECK-NOT: util.optimization_barrier
  %0 = xform.reduce_sum %x axes = [2] : tensor<1x9x17xf32>
  %1 = xform.broadcast_in_dim %0 dims = [0, 1] : tensor<1x9xf32> to tensor<1x9x17xf32>
  %2 = xform.div %x, %1 : tensor<1x9x17xf32>
  return %2 : tensor<1x9x17xf32>
}

// IREE reorders the loops of what does nothing but transpose.
// CHECK-LABEL: func @transposed
func.func @transposed(%x: tensor<8x5xf32>, %w: tensor<5x17xf32>, %s: tensor<17x8xf32>) -> tensor<17x8xf32> {
  // CHECK-NOT: util.optimization_barrier
  %0 = xform.dot_general %x, %w batch = [] x [] contracting = [1] x [0] : tensor<8x5xf32>, tensor<5x17xf32>
  %1 = xform.transpose %0 permutation = [1, 0] : tensor<8x17xf32>
  %2 = xform.mul %1, %s : tensor<17x8xf32>
  return %2 : tensor<17x8xf32>
}

// That can be one order only.
// CHECK-LABEL: func @two_orders
func.func @two_orders(%x: tensor<7x8x5xf32>, %y: tensor<8x7x5xf32>) -> tensor<8x7xf32> {
  // CHECK: %[[MAX:.*]] = linalg.generic
  // CHECK: arith.maximumf
  // CHECK: "util.optimization_barrier"(%[[MAX]])
  // CHECK-NOT: util.optimization_barrier
  %0 = xform.reduce_max %x axes = [2] : tensor<7x8x5xf32>
  %1 = xform.reduce_sum %y axes = [2] : tensor<8x7x5xf32>
  %2 = xform.transpose %0 permutation = [1, 0] : tensor<7x8xf32>
  %3 = xform.mul %2, %1 : tensor<8x7xf32>
  return %3 : tensor<8x7xf32>
}
