// RUN: xform-opt %s --xform-expand-transforms | FileCheck %s

func.func private @noise(%x: tensor<f32>, %key: tensor<2xui32>) -> tensor<f32> {
  %0 = xform.rng_bits %key : tensor<2xui32> to tensor<ui32>
  %1 = xform.unit_float %0 : tensor<ui32> to tensor<f32>
  %2 = xform.mul %x, %1 : tensor<f32>
  return %2 : tensor<f32>
}

// One draw for all rows.
// CHECK-LABEL: func @same
// CHECK-NOT: xform.fold_in
// CHECK: xform.rng_bits %arg1 : tensor<2xui32> to tensor<ui32>
func.func @same(%x: tensor<8xf32>, %key: tensor<2xui32>) -> tensor<8xf32> {
  %0 = xform.vmap @noise(%x, %key) in_dims = [0, none] out_dims = [0] : (tensor<8xf32>, tensor<2xui32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// The row's number makes a key of its own.
// CHECK-LABEL: func @different
// CHECK: %[[KEYS:.*]] = xform.broadcast_in_dim %arg1 dims = [1] : tensor<2xui32> to tensor<8x2xui32>
// CHECK: %[[OWN:.*]] = xform.fold_in %[[KEYS]], %arg2 : tensor<8x2xui32>, tensor<8xui32>
// CHECK: xform.rng_bits %[[OWN]] : tensor<8x2xui32> to tensor<8xui32>
func.func @different(%x: tensor<8xf32>, %key: tensor<2xui32>, %numbers: tensor<8xui32>) -> tensor<8xf32> {
  %0 = xform.vmap @noise(%x, %key) in_dims = [0, none] out_dims = [0] row_numbers(%numbers : tensor<8xui32>) : (tensor<8xf32>, tensor<2xui32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// A key that is batched is the row's own already.
// CHECK-LABEL: func @own_keys
// CHECK-NOT: xform.fold_in
// CHECK: xform.rng_bits %arg1 : tensor<8x2xui32> to tensor<8xui32>
func.func @own_keys(%x: tensor<8xf32>, %key: tensor<8x2xui32>, %numbers: tensor<8xui32>) -> tensor<8xf32> {
  %0 = xform.vmap @noise(%x, %key) in_dims = [0, 0] out_dims = [0] row_numbers(%numbers : tensor<8xui32>) : (tensor<8xf32>, tensor<8x2xui32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

func.func private @row(%x: tensor<3xf32>, %key: tensor<2xui32>, %numbers: tensor<3xui32>) -> tensor<3xf32> {
  %0 = xform.vmap @noise(%x, %key) in_dims = [0, none] out_dims = [0] row_numbers(%numbers : tensor<3xui32>) : (tensor<3xf32>, tensor<2xui32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// Of nested batches each folds in its own number, the inner one first.
// CHECK-LABEL: func @nested
// CHECK: %[[INNER:.*]] = xform.fold_in %{{.*}}, %arg2 : tensor<3x2xui32>, tensor<3xui32>
// CHECK: %[[OUTER:.*]] = xform.fold_in %{{.*}}, %{{.*}} : tensor<8x3x2xui32>, tensor<8x3xui32>
// CHECK: xform.rng_bits %[[OUTER]] : tensor<8x3x2xui32> to tensor<8x3xui32>
func.func @nested(%x: tensor<8x3xf32>, %key: tensor<2xui32>, %inner: tensor<3xui32>, %outer: tensor<8xui32>) -> tensor<8x3xf32> {
  %0 = xform.vmap @row(%x, %key, %inner) in_dims = [0, none, none] out_dims = [0] row_numbers(%outer : tensor<8xui32>) : (tensor<8x3xf32>, tensor<2xui32>, tensor<3xui32>) -> tensor<8x3xf32>
  return %0 : tensor<8x3xf32>
}

func.func private @steps(%x: tensor<4xf32>, %key: tensor<2xui32>) -> tensor<4xf32> {
  %0 = xform.map @noise(%x) captures(%key) : (tensor<4xf32>), (tensor<2xui32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// The body of a map sees the row's number as a capture.
// CHECK-LABEL: func @in_map
// CHECK: xform.map @[[BODY:.*]](%{{.*}}) captures(%{{.*}}, %{{.*}}) : (tensor<4x8xf32>), (tensor<2xui32>, tensor<8xui32>) -> tensor<4x8xf32>
func.func @in_map(%x: tensor<8x4xf32>, %key: tensor<2xui32>, %numbers: tensor<8xui32>) -> tensor<8x4xf32> {
  %0 = xform.vmap @steps(%x, %key) in_dims = [0, none] out_dims = [0] row_numbers(%numbers : tensor<8xui32>) : (tensor<8x4xf32>, tensor<2xui32>) -> tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}
