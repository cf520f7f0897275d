// RUN: xform-opt %s | xform-opt | FileCheck %s
// RUN: xform-opt %s --mlir-print-op-generic | xform-opt | FileCheck %s

func.func private @f(%x: tensor<3xf32>, %w: tensor<3xf32>) -> tensor<f32> {
  %0 = xform.mul %x, %w : tensor<3xf32>
  %1 = xform.reduce_sum %0 axes = [0] : tensor<3xf32>
  return %1 : tensor<f32>
}

// CHECK-LABEL: func @all
func.func @all(%xs: tensor<8x3xf32>, %x: tensor<3xf32>, %w: tensor<3xf32>, %ct: tensor<f32>) {
  // CHECK: xform.vmap @f(%arg0, %arg2) in_dims = [0, none] out_dims = [0] : (tensor<8x3xf32>, tensor<3xf32>) -> tensor<8xf32>
  %0 = xform.vmap @f(%xs, %w) in_dims = [0, none] out_dims = [0] : (tensor<8x3xf32>, tensor<3xf32>) -> tensor<8xf32>
  // CHECK: xform.jvp @f(%arg1, %arg2) tangents(%arg2) argnums = [1] : (tensor<3xf32>, tensor<3xf32>), (tensor<3xf32>) -> tensor<f32>, tensor<f32>
  %1:2 = xform.jvp @f(%x, %w) tangents(%w) argnums = [1] : (tensor<3xf32>, tensor<3xf32>), (tensor<3xf32>) -> tensor<f32>, tensor<f32>
  // CHECK: xform.vjp @f(%arg1, %arg2) cotangents(%arg3) argnums = [0, 1] : (tensor<3xf32>, tensor<3xf32>), (tensor<f32>) -> tensor<f32>, tensor<3xf32>, tensor<3xf32>
  %2:3 = xform.vjp @f(%x, %w) cotangents(%ct) argnums = [0, 1] : (tensor<3xf32>, tensor<3xf32>), (tensor<f32>) -> tensor<f32>, tensor<3xf32>, tensor<3xf32>
  // CHECK: xform.grad @f(%arg1, %arg2) argnums = [0] with_value : (tensor<3xf32>, tensor<3xf32>) -> (tensor<3xf32>, tensor<f32>)
  %3:2 = xform.grad @f(%x, %w) argnums = [0] with_value : (tensor<3xf32>, tensor<3xf32>) -> (tensor<3xf32>, tensor<f32>)
  // CHECK: xform.map @f(%arg0) captures(%arg2) : (tensor<8x3xf32>), (tensor<3xf32>) -> tensor<8xf32>
  %4 = xform.map @f(%xs) captures(%w) : (tensor<8x3xf32>), (tensor<3xf32>) -> tensor<8xf32>
  return
}
