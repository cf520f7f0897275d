// RUN: xform-opt %s | xform-opt | FileCheck %s
// RUN: xform-opt %s --mlir-print-op-generic | xform-opt | FileCheck %s
// RUN: xform-opt %s --canonicalize | FileCheck %s --check-prefix=FOLD

// CHECK-LABEL: func @conv
func.func @conv(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf32>) -> tensor<2x4x5xf32> {
  // CHECK: xform.conv %arg0, %arg1 strides = [2] low = [1] high = [2] base_dilation = [1] window_dilation = [1] : tensor<2x3x8xf32>, tensor<4x3x3xf32>
  %0 = xform.conv %x, %w strides = [2] low = [1] high = [2] base_dilation = [1] window_dilation = [1] : tensor<2x3x8xf32>, tensor<4x3x3xf32>
  return %0 : tensor<2x4x5xf32>
}

// Axes in front are groups; a batch may be of any size.
// CHECK-LABEL: func @grouped
func.func @grouped(%x: tensor<5x?x3x4x4xf64>, %w: tensor<5x2x3x3x2xf64>) -> tensor<5x?x2x2x2xf64> {
  // CHECK: xform.conv {{.*}} : tensor<5x?x3x4x4xf64>, tensor<5x2x3x3x2xf64>
  %0 = xform.conv %x, %w strides = [1, 2] low = [0, 0] high = [0, 0] base_dilation = [1, 1] window_dilation = [1, 1] : tensor<5x?x3x4x4xf64>, tensor<5x2x3x3x2xf64>
  return %0 : tensor<5x?x2x2x2xf64>
}

// CHECK-LABEL: func @reductions
func.func @reductions(%x: tensor<?x6xf32>) -> (tensor<?x3xf32>, tensor<?x5xf32>, tensor<?x4xf32>) {
  // CHECK: xform.reduce_window_sum %arg0 window = [2] strides = [2] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<?x6xf32>
  %0 = xform.reduce_window_sum %x window = [2] strides = [2] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<?x6xf32>
  // CHECK: xform.reduce_window_max
  %1 = xform.reduce_window_max %x window = [2] strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<?x6xf32>
  // CHECK: xform.reduce_window_min {{.*}} window_dilation = [2]
  %2 = xform.reduce_window_min %x window = [2] strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [2] : tensor<?x6xf32>
  return %0, %1, %2 : tensor<?x3xf32>, tensor<?x5xf32>, tensor<?x4xf32>
}

// CHECK-LABEL: func @places
func.func @places(%x: tensor<6xf32>, %y: tensor<3xf32>) -> (tensor<3xf32>, tensor<6xf32>, tensor<3xi32>) {
  // CHECK: %[[MAX:.*]] = xform.window_argmax %arg0 window = [2] strides = [2]
  %0 = xform.window_argmax %x window = [2] strides = [2] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<6xf32>
  // CHECK: xform.window_argmin
  %1 = xform.window_argmin %x window = [2] strides = [2] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<6xf32>
  // CHECK: xform.window_gather %arg0 at %[[MAX]] window = [2] strides = [2] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<6xf32>, tensor<3xi32>
  %2 = xform.window_gather %x at %0 window = [2] strides = [2] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<6xf32>, tensor<3xi32>
  // CHECK: xform.window_scatter %arg1 at %[[MAX]] into [6] window = [2] strides = [2] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<3xf32>, tensor<3xi32>
  %3 = xform.window_scatter %y at %0 into [6] window = [2] strides = [2] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<3xf32>, tensor<3xi32>
  return %2, %3, %1 : tensor<3xf32>, tensor<6xf32>, tensor<3xi32>
}

// A window at each element, and of that element alone.
// FOLD-LABEL: func @single
func.func @single(%x: tensor<2x6xf32>) -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x3xf32>) {
  %0 = xform.reduce_window_sum %x window = [1] strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [3] : tensor<2x6xf32>
  %1 = xform.reduce_window_max %x window = [1] strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x6xf32>
  %2 = xform.reduce_window_min %x window = [1] strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x6xf32>
  // FOLD: %[[HALF:.*]] = xform.reduce_window_sum %arg0 window = [1] strides = [2]
  %3 = xform.reduce_window_sum %x window = [1] strides = [2] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x6xf32>
  // FOLD: return %arg0, %arg0, %arg0, %[[HALF]]
  return %0, %1, %2, %3 : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x3xf32>
}
