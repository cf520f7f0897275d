// RUN: xform-opt %s --xform-expand-transforms --split-input-file | FileCheck %s

func.func private @conv(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf32>) -> tensor<2x4x3xf32> {
  %0 = xform.conv %x, %w strides = [2] low = [1] high = [-1] base_dilation = [1] window_dilation = [1] : tensor<2x3x8xf32>, tensor<4x3x3xf32>
  return %0 : tensor<2x4x3xf32>
}

// CHECK-LABEL: func @forward
func.func @forward(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf32>, %t: tensor<2x3x8xf32>, %u: tensor<4x3x3xf32>) -> (tensor<2x4x3xf32>, tensor<2x4x3xf32>) {
  // CHECK-DAG: xform.conv %arg0, %arg1 strides = [2] low = [1]
  // CHECK-DAG: %[[T:.*]] = xform.conv %arg2, %arg1 strides = [2] low = [1]
  // CHECK-DAG: %[[U:.*]] = xform.conv %arg0, %arg3 strides = [2] low = [1]
  // CHECK: xform.add %[[T]], %[[U]]
  %0:2 = xform.jvp @conv(%x, %w) tangents(%t, %u) argnums = [0, 1] : (tensor<2x3x8xf32>, tensor<4x3x3xf32>), (tensor<2x3x8xf32>, tensor<4x3x3xf32>) -> tensor<2x4x3xf32>, tensor<2x4x3xf32>
  return %0#0, %0#1 : tensor<2x4x3xf32>, tensor<2x4x3xf32>
}

// By lhs: the cotangent spread by the strides, with the kernel backwards. By rhs: lhs with the
// cotangent as kernel, spread likewise.
// CHECK-LABEL: func @backward
func.func @backward(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf32>, %ct: tensor<2x4x3xf32>) -> (tensor<2x3x8xf32>, tensor<4x3x3xf32>) {
  // CHECK-DAG: %[[BACK:.*]] = xform.reverse %arg1 axes = [2]
  // CHECK-DAG: %[[KERNEL:.*]] = xform.transpose %[[BACK]] permutation = [1, 0, 2]
  // CHECK-DAG: %[[OF_X:.*]] = xform.conv %arg2, %[[KERNEL]] strides = [1] low = [1] high = [4] base_dilation = [2] window_dilation = [1]
  // CHECK-DAG: %[[X:.*]] = xform.transpose %arg0 permutation = [1, 0, 2]
  // CHECK-DAG: %[[CT:.*]] = xform.transpose %arg2 permutation = [1, 0, 2]
  // CHECK-DAG: %[[PRODUCT:.*]] = xform.conv %[[X]], %[[CT]] strides = [1] low = [1] high = [-2] base_dilation = [1] window_dilation = [2]
  // CHECK-DAG: %[[OF_W:.*]] = xform.transpose %[[PRODUCT]] permutation = [1, 0, 2]
  // CHECK: return %[[OF_X]], %[[OF_W]]
  %0:3 = xform.vjp @conv(%x, %w) cotangents(%ct) argnums = [0, 1] : (tensor<2x3x8xf32>, tensor<4x3x3xf32>), (tensor<2x4x3xf32>) -> tensor<2x4x3xf32>, tensor<2x3x8xf32>, tensor<4x3x3xf32>
  return %0#1, %0#2 : tensor<2x3x8xf32>, tensor<4x3x3xf32>
}

// A batch of images lies beside the rows, one of kernels beside the channels; one of both is groups.
// CHECK-LABEL: func @batches
func.func @batches(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf32>, %xs: tensor<5x2x3x8xf32>, %ws: tensor<5x4x3x3xf32>)
    -> (tensor<5x2x4x3xf32>, tensor<5x2x4x3xf32>, tensor<5x2x4x3xf32>) {
  // CHECK-DAG: xform.conv %{{.*}}, %arg1 {{.*}} : tensor<10x3x8xf32>, tensor<4x3x3xf32>
  %0 = xform.vmap @conv(%xs, %w) in_dims = [0, none] out_dims = [0] : (tensor<5x2x3x8xf32>, tensor<4x3x3xf32>) -> tensor<5x2x4x3xf32>
  // CHECK-DAG: xform.conv %arg0, %{{.*}} : tensor<2x3x8xf32>, tensor<20x3x3xf32>
  %1 = xform.vmap @conv(%x, %ws) in_dims = [none, 0] out_dims = [0] : (tensor<2x3x8xf32>, tensor<5x4x3x3xf32>) -> tensor<5x2x4x3xf32>
  // CHECK-DAG: xform.conv %arg2, %arg3 {{.*}} : tensor<5x2x3x8xf32>, tensor<5x4x3x3xf32>
  %2 = xform.vmap @conv(%xs, %ws) in_dims = [0, 0] out_dims = [0] : (tensor<5x2x3x8xf32>, tensor<5x4x3x3xf32>) -> tensor<5x2x4x3xf32>
  return %0, %1, %2 : tensor<5x2x4x3xf32>, tensor<5x2x4x3xf32>, tensor<5x2x4x3xf32>
}

// -----

func.func private @sum(%x: tensor<2x8xf32>) -> tensor<2x3xf32> {
  %0 = xform.reduce_window_sum %x window = [3] strides = [2] low = [1] high = [-1] base_dilation = [1] window_dilation = [1] : tensor<2x8xf32>
  return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func @sum_backward
func.func @sum_backward(%x: tensor<2x8xf32>, %ct: tensor<2x3xf32>) -> tensor<2x8xf32> {
  // CHECK: %[[CT:.*]] = xform.reduce_window_sum %arg1 window = [3] strides = [1] low = [1] high = [4] base_dilation = [2] window_dilation = [1] : tensor<2x3xf32>
  // CHECK: return %[[CT]]
  %0:2 = xform.vjp @sum(%x) cotangents(%ct) argnums = [0] : (tensor<2x8xf32>), (tensor<2x3xf32>) -> tensor<2x3xf32>, tensor<2x8xf32>
  return %0#1 : tensor<2x8xf32>
}

// CHECK-LABEL: func @sum_batch
func.func @sum_batch(%x: tensor<5x2x8xf32>) -> tensor<5x2x3xf32> {
  // CHECK: xform.reduce_window_sum %arg0 {{.*}} : tensor<5x2x8xf32>
  %0 = xform.vmap @sum(%x) in_dims = [0] out_dims = [0] : (tensor<5x2x8xf32>) -> tensor<5x2x3xf32>
  return %0 : tensor<5x2x3xf32>
}

// -----

func.func private @max(%x: tensor<2x8xf32>) -> tensor<2x4xf32> {
  %0 = xform.reduce_window_max %x window = [2] strides = [2] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x8xf32>
  return %0 : tensor<2x4xf32>
}

// CHECK-LABEL: func @max_forward
func.func @max_forward(%x: tensor<2x8xf32>, %t: tensor<2x8xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  // CHECK-DAG: %[[Y:.*]] = xform.reduce_window_max %arg0
  // CHECK-DAG: %[[AT:.*]] = xform.window_argmax %arg0 window = [2] strides = [2]
  // CHECK-DAG: %[[T:.*]] = xform.window_gather %arg1 at %[[AT]] window = [2] strides = [2]
  // CHECK: return %[[Y]], %[[T]]
  %0:2 = xform.jvp @max(%x) tangents(%t) argnums = [0] : (tensor<2x8xf32>), (tensor<2x8xf32>) -> tensor<2x4xf32>, tensor<2x4xf32>
  return %0#0, %0#1 : tensor<2x4xf32>, tensor<2x4xf32>
}

// CHECK-LABEL: func @max_backward
func.func @max_backward(%x: tensor<2x8xf32>, %ct: tensor<2x4xf32>) -> tensor<2x8xf32> {
  // CHECK: %[[AT:.*]] = xform.window_argmax %arg0 window = [2] strides = [2]
  // CHECK: %[[CT:.*]] = xform.window_scatter %arg1 at %[[AT]] into [8] window = [2] strides = [2]
  // CHECK: return %[[CT]]
  %0:2 = xform.vjp @max(%x) cotangents(%ct) argnums = [0] : (tensor<2x8xf32>), (tensor<2x4xf32>) -> tensor<2x4xf32>, tensor<2x8xf32>
  return %0#1 : tensor<2x8xf32>
}
