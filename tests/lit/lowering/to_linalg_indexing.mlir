// RUN: xform-opt --xform-to-linalg %s | FileCheck %s

// Each element reads its index and its place; slices are read through.
// CHECK-LABEL: func.func @gather
// CHECK: linalg.generic {{.*}} ins(%arg1 : tensor<5x1xi32>)
// CHECK: arith.maxsi
// CHECK: arith.minsi
// CHECK: tensor.extract %arg0[
func.func @gather(%x: tensor<8x3xf32>, %i: tensor<5x1xi32>) -> tensor<5x3xf32> {
  %0 = xform.slice %x starts = [1, 0] limits = [8, 3] strides = [2, 1] : tensor<8x3xf32>
  %1 = xform.gather %0, %i axes = [0] batch = [] x [] window = [1] mode = "clip" unique = false : tensor<4x3xf32>, tensor<5x1xi32>
  return %1 : tensor<5x3xf32>
}

// A dropped update becomes one that changes nothing.
// CHECK-LABEL: func.func @scatter_add
// CHECK: %[[U:.*]] = linalg.generic {{.*}} ins(%arg1, %arg2 :
// CHECK: %[[NEUTRAL:.*]] = arith.constant -0.000000e+00 : f32
// CHECK: arith.select %{{.*}}, %{{.*}}, %[[NEUTRAL]] : f32
// CHECK: %[[ROW:.*]] = linalg.generic {{.*}} ins(%arg1 : tensor<5x1xi32>)
// CHECK: "iree_linalg_ext.scatter"(%[[U]], %[[ROW]], %arg0)
// CHECK: arith.addf
// CHECK: dimension_map = array<i64: 0>, operandSegmentSizes = array<i32: 2, 1>, unique_indices = false
func.func @scatter_add(%x: tensor<4x3xf32>, %i: tensor<5x1xi32>, %u: tensor<5x3xf32>) -> tensor<4x3xf32> {
  %0 = xform.scatter_add %x, %i, %u axes = [0] batch = [] x [] window = [1] mode = "drop" unique = false : tensor<4x3xf32>, tensor<5x1xi32>, tensor<5x3xf32>
  return %0 : tensor<4x3xf32>
}

// Batches and several indices become one row number; updates in range stay as they are.
// CHECK-LABEL: func.func @rows
// CHECK: %[[X:.*]] = tensor.collapse_shape %arg0 {{\[}}[0, 1, 2], [3]] : tensor<2x4x5x3xf32> into tensor<40x3xf32>
// CHECK: %[[ROWS:.*]] = tensor.collapse_shape %{{.*}} {{\[}}[0, 1]] : tensor<2x6xi32> into tensor<12xi32>
// CHECK: %[[U:.*]] = tensor.collapse_shape %arg2 {{\[}}[0, 1], [2]]
// CHECK: "iree_linalg_ext.scatter"(%[[U]], %[[ROWS]], %[[X]])
// CHECK: unique_indices = true
// CHECK: tensor.expand_shape %{{.*}} {{\[}}[0, 1, 2], [3]]
func.func @rows(%x: tensor<2x4x5x3xf32>, %i: tensor<2x6x2xi32>, %u: tensor<2x6x3xf32>) -> tensor<2x4x5x3xf32> {
  %0 = xform.scatter_max %x, %i, %u axes = [1, 2] batch = [0] x [0] window = [2] mode = "clip" unique = true : tensor<2x4x5x3xf32>, tensor<2x6x2xi32>, tensor<2x6x3xf32>
  return %0 : tensor<2x4x5x3xf32>
}

// Rows of one element are elements. One alone is not said to be unique, or all
// threads of a GPU would add it.
// CHECK-LABEL: func.func @elements
// CHECK: %[[X:.*]] = tensor.collapse_shape %arg0 {{\[}}[0, 1]] : tensor<4x1xf32> into tensor<4xf32>
// CHECK: "iree_linalg_ext.scatter"(%{{.*}}, %{{.*}}, %[[X]])
// CHECK: unique_indices = true
// CHECK: "iree_linalg_ext.scatter"
// CHECK: unique_indices = false
func.func @elements(%x: tensor<4x1xf32>, %i: tensor<3x1xi32>, %u: tensor<3x1xf32>, %j: tensor<1x1xi32>, %v: tensor<1x1xf32>) -> tensor<4x1xf32> {
  %0 = xform.scatter_add %x, %i, %u axes = [0] batch = [] x [] window = [1] mode = "clip" unique = true : tensor<4x1xf32>, tensor<3x1xi32>, tensor<3x1xf32>
  %1 = xform.scatter_add %0, %j, %v axes = [0] batch = [] x [] window = [1] mode = "clip" unique = true : tensor<4x1xf32>, tensor<1x1xi32>, tensor<1x1xf32>
  return %1 : tensor<4x1xf32>
}

// The last position of an update is scattered, the rest is parallel.
// CHECK-LABEL: func.func @scatter
// CHECK: "iree_linalg_ext.scatter"
// CHECK: arith.maxsi {{.*}} : i32
// CHECK: -> tensor<4xi32>
// CHECK: linalg.generic
// CHECK: tensor.extract %arg2
// CHECK: arith.select
func.func @scatter(%x: tensor<4x3xi1>, %i: tensor<5x1xi32>, %u: tensor<5x3xi1>) -> tensor<4x3xi1> {
  %0 = xform.scatter %x, %i, %u axes = [0] batch = [] x [] window = [1] mode = "clip" unique = false : tensor<4x3xi1>, tensor<5x1xi32>, tensor<5x3xi1>
  return %0 : tensor<4x3xi1>
}

// CHECK-LABEL: func.func @dynamic_sizes
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// CHECK: tensor.extract %arg0[
func.func @dynamic_sizes(%x: tensor<?x?xf32>, %i: tensor<?x1xi64>) -> tensor<?x?xf32> {
  %0 = xform.gather %x, %i axes = [0] batch = [] x [] window = [1] mode = "drop" unique = false : tensor<?x?xf32>, tensor<?x1xi64>
  return %0 : tensor<?x?xf32>
}

// CHECK-LABEL: func.func @slices
// CHECK: linalg.generic {{.*}} ins(%arg1 : tensor<i32>)
// CHECK: tensor.extract %arg0
// CHECK: linalg.generic
// CHECK: arith.cmpi ult
// CHECK: tensor.extract
// CHECK: arith.select
func.func @slices(%x: tensor<6xf32>, %i: tensor<i32>) -> tensor<6xf32> {
  %0 = xform.dynamic_slice %x at %i sizes = [2] : tensor<6xf32>, tensor<i32>
  %1 = xform.dynamic_update_slice %x, %0 at %i : tensor<6xf32>, tensor<2xf32>, tensor<i32>
  return %1 : tensor<6xf32>
}
