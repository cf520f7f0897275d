// RUN: xform-opt --xform-to-linalg --split-input-file %s | FileCheck %s

// One channel: the windows themselves are innermost.
// CHECK-DAG: #[[READ:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, 0, d2 * 2 + d3)>
// CHECK-DAG: #[[KERNEL:.*]] = affine_map<(d0, d1, d2, d3) -> (d1, 0, d3)>
// CHECK-DAG: #[[RESULT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: func.func @line
// CHECK: %[[INIT:.*]] = linalg.fill {{.*}} -> tensor<1x1x4xf32>
// CHECK: %[[PADDED:.*]] = tensor.pad %arg0 low[0, 0, 1] high[0, 0, 0]
// CHECK: linalg.generic {indexing_maps = [#[[READ]], #[[KERNEL]], #[[RESULT]]], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%[[PADDED]], %arg1 : tensor<1x1x9xf32>, tensor<1x1x3xf32>) outs(%[[INIT]] : tensor<1x1x4xf32>)
// CHECK: arith.mulf
// CHECK: arith.addf
func.func @line(%x: tensor<1x1x8xf32>, %w: tensor<1x1x3xf32>) -> tensor<1x1x4xf32> {
  %0 = xform.conv %x, %w strides = [2] low = [1] high = [0] base_dilation = [1] window_dilation = [1] : tensor<1x1x8xf32>, tensor<1x1x3xf32>
  return %0 : tensor<1x1x4xf32>
}

// -----

// Output channels are innermost in the kernel and in the result; sums of bf16 are in f32.
// CHECK-DAG: #[[READ:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 + d3 * 2, d4)>
// CHECK-DAG: #[[KERNEL:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d3, d4, d2)>
// CHECK-DAG: #[[RESULT:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2)>
// CHECK-LABEL: func.func @channels
// CHECK: linalg.generic {{.*}} ins(%arg0 : tensor<2x3x8xbf16>) outs({{.*}} : tensor<2x8x3xbf16>)
// CHECK: linalg.generic {{.*}} ins(%arg1 : tensor<16x3x3xbf16>) outs({{.*}} : tensor<3x3x16xbf16>)
// CHECK: linalg.generic {indexing_maps = [#[[READ]], #[[KERNEL]], #[[RESULT]]], {{.*}} outs({{.*}} : tensor<2x4x16xf32>)
// CHECK: arith.extf
// CHECK: linalg.generic {{.*}} outs({{.*}} : tensor<2x16x4xbf16>)
// CHECK: arith.truncf
func.func @channels(%x: tensor<2x3x8xbf16>, %w: tensor<16x3x3xbf16>) -> tensor<2x16x4xbf16> {
  %0 = xform.conv %x, %w strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [2] : tensor<2x3x8xbf16>, tensor<16x3x3xbf16>
  return %0 : tensor<2x16x4xbf16>
}

// -----

// A depthwise convolution has one output channel a group: the windows stay innermost.
// CHECK-DAG: #[[READ:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, 0, d3 + d4)>
// CHECK-DAG: #[[KERNEL:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d2, 0, d4)>
// CHECK-LABEL: func.func @depthwise
// CHECK: linalg.generic {indexing_maps = [#[[READ]], #[[KERNEL]], {{.*}} ins(%arg0, %arg1 : {{.*}} outs({{.*}} : tensor<8x2x1x6xf32>)
func.func @depthwise(%x: tensor<8x2x1x8xf32>, %w: tensor<8x1x1x3xf32>) -> tensor<8x2x1x6xf32> {
  %0 = xform.conv %x, %w strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<8x2x1x8xf32>, tensor<8x1x1x3xf32>
  return %0 : tensor<8x2x1x6xf32>
}

// -----

// Nothing to sum over.
// CHECK-LABEL: func.func @no_channels
// CHECK: %[[ZERO:.*]] = linalg.fill
// CHECK-NEXT: return %[[ZERO]]
func.func @no_channels(%x: tensor<2x0x8xf32>, %w: tensor<3x0x3xf32>) -> tensor<2x3x6xf32> {
  %0 = xform.conv %x, %w strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x0x8xf32>, tensor<3x0x3xf32>
  return %0 : tensor<2x3x6xf32>
}

// -----

// The operand is padded with what no element is smaller than.
// CHECK-DAG: #[[READ:.*]] = affine_map<(d0, d1, d2) -> (d0, d1 * 2 + d2)>
// CHECK-DAG: #[[WINDOW:.*]] = affine_map<(d0, d1, d2) -> (d2)>
// CHECK-LABEL: func.func @maximum
// CHECK: %[[LEAST:.*]] = arith.constant 0xFF800000 : f32
// CHECK: %[[NUMBER:.*]] = "util.optimization_barrier"(%[[LEAST]])
// CHECK: tensor.pad %arg0 low[0, 1] high[0, 1]
// CHECK: tensor.yield %[[NUMBER]]
// CHECK: %[[SHAPE:.*]] = tensor.empty() : tensor<3xi8>
// CHECK: linalg.generic {indexing_maps = [#[[READ]], #[[WINDOW]], {{.*}} ins({{.*}}, %[[SHAPE]] :
// CHECK: arith.maximumf
func.func @maximum(%x: tensor<2x7xf32>) -> tensor<2x4xf32> {
  %0 = xform.reduce_window_max %x window = [3] strides = [2] low = [1] high = [1] base_dilation = [1] window_dilation = [1] : tensor<2x7xf32>
  return %0 : tensor<2x4xf32>
}

// -----

// CHECK-LABEL: func.func @unsigned
// CHECK: arith.constant -1 : i8
// CHECK: arith.minui
func.func @unsigned(%x: tensor<7xui8>) -> tensor<6xui8> {
  %0 = xform.reduce_window_min %x window = [2] strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<7xui8>
  return %0 : tensor<6xui8>
}

// -----

// The place of an element equal to the extreme, the least of several; NaN come before all.
// CHECK-LABEL: func.func @place
// CHECK: %[[MAX:.*]] = linalg.generic
// CHECK: arith.maximumf
// CHECK: linalg.generic {{.*}} ins(%arg0, %[[MAX]], {{.*}} outs({{.*}} : tensor<6xi32>)
// CHECK: arith.cmpf oeq
// CHECK: arith.cmpf uno
// CHECK: arith.minsi
// CHECK: arith.maxsi
func.func @place(%x: tensor<7xf32>) -> tensor<6xi32> {
  %0 = xform.window_argmax %x window = [2] strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<7xf32>
  return %0 : tensor<6xi32>
}

// -----

// A scatter gathers, for each element, from the windows that read it.
// CHECK-DAG: #[[READ:.*]] = affine_map<(d0, d1) -> (d0 + d1)>
// CHECK-LABEL: func.func @scatter
// CHECK: linalg.generic {indexing_maps = [#[[READ]], #[[READ]], {{.*}} outs({{.*}} : tensor<7xf32>)
// CHECK: arith.cmpi eq
// CHECK: arith.select
// CHECK: arith.addf
func.func @scatter(%x: tensor<6xf32>, %i: tensor<6xi32>) -> tensor<7xf32> {
  %0 = xform.window_scatter %x at %i into [7] window = [2] strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<6xf32>, tensor<6xi32>
  return %0 : tensor<7xf32>
}

// Windows side by side: each element asks its own window only, in an
// elementwise loop; the last row of windows is cut.
// CHECK-LABEL: func @scatter_side_by_side
func.func @scatter_side_by_side(%x: tensor<2x3x2xf32>, %i: tensor<2x3x2xi32>) -> tensor<2x5x6xf32> {
  // CHECK: arith.select
  // CHECK: -> tensor<2x3x2x2x3xf32>
  // CHECK: %[[WHOLE:.*]] = tensor.collapse_shape {{.*}} into tensor<2x6x6xf32>
  // CHECK: %[[CUT:.*]] = tensor.extract_slice %[[WHOLE]]{{.*}} to tensor<2x5x6xf32>
  // CHECK-NOT: "reduction"
  // CHECK: return %[[CUT]]
  %0 = xform.window_scatter %x at %i into [5, 6] window = [2, 3] strides = [2, 3] low = [0, 0] high = [1, 0] base_dilation = [1, 1] window_dilation = [1, 1] : tensor<2x3x2xf32>, tensor<2x3x2xi32>
  return %0 : tensor<2x5x6xf32>
}
