// RUN: xform-opt %s --xform-to-linalg --xform-fence-transposes | FileCheck %s

// The operands are laid out for vectors of output channels, and stay so.
// CHECK-LABEL: func @conv
// CHECK: %[[X:.*]] = linalg.generic {{.*}} ins(%arg0 : tensor<2x3x8xf32>)
// CHECK: %[[FENCED_X:.*]] = "util.optimization_barrier"(%[[X]]) : (tensor<2x8x3xf32>) -> tensor<2x8x3xf32>
// CHECK: %[[W:.*]] = linalg.generic {{.*}} ins(%arg1 : tensor<4x3x3xf32>)
// CHECK: %[[FENCED_W:.*]] = "util.optimization_barrier"(%[[W]]) : (tensor<3x3x4xf32>) -> tensor<3x3x4xf32>
// CHECK: linalg.generic {{.*}} ins(%[[FENCED_X]], %[[FENCED_W]] :
// CHECK-NOT: util.optimization_barrier
func.func @conv(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf32>) -> tensor<2x4x6xf32> {
  %0 = xform.conv %x, %w strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x3x8xf32>, tensor<4x3x3xf32>
  return %0 : tensor<2x4x6xf32>
}

// A contraction reads through a transposition, and needs no fence.
// CHECK-LABEL: func @product
// CHECK-NOT: util.optimization_barrier
func.func @product(%x: tensor<5x8xf32>, %w: tensor<5x4xf32>) -> tensor<8x4xf32> {
  %0 = xform.transpose %x permutation = [1, 0] : tensor<5x8xf32>
  %1 = xform.dot_general %0, %w batch = [] x [] contracting = [1] x [0] : tensor<8x5xf32>, tensor<5x4xf32>
  return %1 : tensor<8x4xf32>
}
