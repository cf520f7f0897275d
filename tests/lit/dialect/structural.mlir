// RUN: xform-opt %s | xform-opt | FileCheck %s
// RUN: xform-opt %s --mlir-print-op-generic | xform-opt | FileCheck %s

// CHECK-LABEL: func @creation
func.func @creation() -> (tensor<2x2xf32>, tensor<3x4xi64>) {
  // CHECK: xform.constant dense<[{{.*}}]> : tensor<2x2xf32>
  %0 = xform.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  // CHECK: xform.iota axis = 1 : tensor<3x4xi64>
  %1 = xform.iota axis = 1 : tensor<3x4xi64>
  return %0, %1 : tensor<2x2xf32>, tensor<3x4xi64>
}

// CHECK-LABEL: func @moves
func.func @moves(%x: tensor<2x3xf32>, %v: tensor<f32>) -> tensor<3x11xf32> {
  // CHECK: xform.reshape %arg0 : tensor<2x3xf32> to tensor<3x2xf32>
  %0 = xform.reshape %x : tensor<2x3xf32> to tensor<3x2xf32>
  // CHECK: xform.broadcast_in_dim %{{.*}} dims = [1, 2] : tensor<3x2xf32> to tensor<4x3x2xf32>
  %1 = xform.broadcast_in_dim %0 dims = [1, 2] : tensor<3x2xf32> to tensor<4x3x2xf32>
  // CHECK: xform.transpose %{{.*}} permutation = [1, 0, 2] : tensor<4x3x2xf32>
  %2 = xform.transpose %1 permutation = [1, 0, 2] : tensor<4x3x2xf32>
  // CHECK: xform.reverse %{{.*}} axes = [1] : tensor<3x4x2xf32>
  %3 = xform.reverse %2 axes = [1] : tensor<3x4x2xf32>
  // CHECK: xform.slice %{{.*}} starts = [0, 1, 0] limits = [3, 4, 1] strides = [1, 2, 1] : tensor<3x4x2xf32>
  %4 = xform.slice %3 starts = [0, 1, 0] limits = [3, 4, 1] strides = [1, 2, 1] : tensor<3x4x2xf32>
  %5 = xform.reshape %4 : tensor<3x2x1xf32> to tensor<3x2xf32>
  // CHECK: xform.pad %{{.*}}, %arg1 low = [0, 1] high = [0, 2] interior = [0, 3] : tensor<3x2xf32>, tensor<f32>
  %6 = xform.pad %5, %v low = [0, 1] high = [0, 2] interior = [0, 3] : tensor<3x2xf32>, tensor<f32>
  // CHECK: xform.concatenate %{{.*}}, %{{.*}} axis = 1 : tensor<3x2xf32>, tensor<3x8xf32>
  %7 = xform.concatenate %5, %6 axis = 1 : tensor<3x2xf32>, tensor<3x8xf32>
  %8 = xform.slice %7 starts = [0, 0] limits = [3, 1] strides = [1, 1] : tensor<3x10xf32>
  %9 = xform.concatenate %7, %8 axis = 1 : tensor<3x10xf32>, tensor<3x1xf32>
  return %9 : tensor<3x11xf32>
}

// CHECK-LABEL: func @sums
func.func @sums(%x: tensor<5x2x3xf32>, %y: tensor<5x3x4xf32>) -> (tensor<2xf32>, tensor<5x2x4xf32>) {
  // CHECK: xform.reduce_sum %arg0 axes = [0, 2] : tensor<5x2x3xf32>
  %0 = xform.reduce_sum %x axes = [0, 2] : tensor<5x2x3xf32>
  // CHECK: xform.dot_general %arg0, %arg1 batch = [0] x [0] contracting = [2] x [1] : tensor<5x2x3xf32>, tensor<5x3x4xf32>
  %1 = xform.dot_general %x, %y batch = [0] x [0] contracting = [2] x [1] : tensor<5x2x3xf32>, tensor<5x3x4xf32>
  return %0, %1 : tensor<2xf32>, tensor<5x2x4xf32>
}
