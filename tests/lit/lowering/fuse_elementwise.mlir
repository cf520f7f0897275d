// RUN: xform-opt %s --xform-to-linalg --xform-fuse-elementwise | FileCheck %s

// CHECK-LABEL: func @chain
func.func @chain(%x: tensor<4x3xf32>, %y: tensor<4x3xf32>) -> tensor<4x3xf32> {
  // CHECK: linalg.generic
  // CHECK: arith.mulf
  // CHECK: math.tanh
  // CHECK-NOT: linalg.generic
  %0 = xform.mul %x, %y : tensor<4x3xf32>
  %1 = xform.tanh %0 : tensor<4x3xf32>
  return %1 : tensor<4x3xf32>
}

// A broadcasting user would repeat the tanh; a contraction would lose its name.
// CHECK-LABEL: func @not_repeated
func.func @not_repeated(%x: tensor<3xf32>, %w: tensor<4x3xf32>, %v: tensor<3x5xf32>) -> tensor<4x5xf32> {
  // CHECK: linalg.generic
  // CHECK: math.tanh
  // CHECK: linalg.generic
  // CHECK: arith.mulf
  // CHECK: linalg.matmul
  %0 = xform.tanh %x : tensor<3xf32>
  %1 = xform.broadcast_in_dim %0 dims = [1] : tensor<3xf32> to tensor<4x3xf32>
  %2 = xform.mul %1, %w : tensor<4x3xf32>
  %3 = xform.dot_general %2, %v batch = [] x [] contracting = [1] x [0] : tensor<4x3xf32>, tensor<3x5xf32>
  return %3 : tensor<4x5xf32>
}

// What is read before some of it is replaced is not read behind that.
// CHECK-LABEL: func @replaced
func.func @replaced(%x: tensor<4xf32>, %y: tensor<2xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK: math.tanh
  // CHECK: tensor.insert_slice
  // CHECK: arith.mulf
  %0 = xform.tanh %x : tensor<4xf32>
  %1 = tensor.insert_slice %y into %x[1] [2] [1] : tensor<2xf32> into tensor<4xf32>
  %2 = xform.mul %0, %1 : tensor<4xf32>
  return %1, %2 : tensor<4xf32>, tensor<4xf32>
}
