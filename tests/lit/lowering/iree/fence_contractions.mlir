// RUN: xform-opt %s --xform-to-linalg --xform-fence-contractions | FileCheck %s

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

// A bias and a nonlinearity stay in the product's dispatch, and so does the
// largest element of a row in that of the row.
// CHECK-LABEL: func @not_repeated
func.func @not_repeated(%x: tensor<8x5xf32>, %w: tensor<5x17xf32>, %b: tensor<17xf32>) -> tensor<8x17xf32> {
  // CHECK-NOT: util.optimization_barrier
  %0 = xform.dot_general %x, %w batch = [] x [] contracting = [1] x [0] : tensor<8x5xf32>, tensor<5x17xf32>
  %1 = xform.broadcast_in_dim %b dims = [1] : tensor<17xf32> to tensor<8x17xf32>
  %2 = xform.add %0, %1 : tensor<8x17xf32>
  %3 = xform.reduce_max %2 axes = [1] : tensor<8x17xf32>
  %4 = xform.broadcast_in_dim %3 dims = [0] : tensor<8xf32> to tensor<8x17xf32>
  %5 = xform.sub %2, %4 : tensor<8x17xf32>
  return %5 : tensor<8x17xf32>
}
