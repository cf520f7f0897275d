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

// All steps draw with one key, so the draw is made once for each row, not in the loop.
// CHECK-LABEL: func @in_map
// CHECK: %[[OWN:.*]] = xform.fold_in %{{.*}}, %arg2 : tensor<8x2xui32>, tensor<8xui32>
// CHECK: xform.rng_bits %[[OWN]] : tensor<8x2xui32> to tensor<8xui32>
// CHECK: xform.scan @{{.*}}() over(%{{.*}}) captures(%{{.*}}) : (), (tensor<4x8xf32>), (tensor<8xf32>) -> tensor<4x8xf32>
func.func @in_map(%x: tensor<8x4xf32>, %key: tensor<2xui32>, %numbers: tensor<8xui32>) -> tensor<8x4xf32> {
  %0 = xform.vmap @steps(%x, %key) in_dims = [0, none] out_dims = [0] row_numbers(%numbers : tensor<8xui32>) : (tensor<8x4xf32>, tensor<2xui32>) -> tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}

func.func private @chain(%key: tensor<2xui32>, %x: tensor<f32>) -> (tensor<2xui32>, tensor<f32>) {
  %number = xform.constant dense<1> : tensor<ui32>
  %next = xform.fold_in %key, %number : tensor<2xui32>, tensor<ui32>
  %y = call @noise(%x, %key) : (tensor<f32>, tensor<2xui32>) -> tensor<f32>
  return %next, %y : tensor<2xui32>, tensor<f32>
}

func.func private @chained(%x: tensor<4xf32>, %key: tensor<2xui32>) -> tensor<4xf32> {
  %0:2 = xform.scan @chain(%key) over(%x) : (tensor<2xui32>), (tensor<4xf32>), () -> (tensor<2xui32>, tensor<4xf32>)
  return %0#1 : tensor<4xf32>
}

// The key that a scan carries stays that of all rows; each step folds in the row's number.
// CHECK-LABEL: func @in_scan
// CHECK: xform.scan @[[STEP:.*]](%arg1) over(%{{.*}}) captures(%arg2) : (tensor<2xui32>), (tensor<4x8xf32>), (tensor<8xui32>) -> (tensor<2xui32>, tensor<4x8xf32>)
func.func @in_scan(%x: tensor<8x4xf32>, %key: tensor<2xui32>, %numbers: tensor<8xui32>) -> tensor<8x4xf32> {
  %0 = xform.vmap @chained(%x, %key) in_dims = [0, none] out_dims = [0] row_numbers(%numbers : tensor<8xui32>) : (tensor<8x4xf32>, tensor<2xui32>) -> tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}

func.func private @plain(%x: tensor<f32>, %key: tensor<2xui32>) -> tensor<f32> {
  return %x : tensor<f32>
}

func.func private @either(%which: tensor<i1>, %x: tensor<f32>, %key: tensor<2xui32>) -> tensor<f32> {
  %0 = xform.switch %which [@plain, @noise](%x, %key) : tensor<i1>, (tensor<f32>, tensor<2xui32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// Every branch takes the row's number, whether it draws or not.
// CHECK-LABEL: func @in_switch
// CHECK: xform.switch %arg0 [@{{.*}}, @[[DRAWS:.*]]](%arg1, %arg2, %arg3) : tensor<i1>, (tensor<8xf32>, tensor<2xui32>, tensor<8xui32>) -> tensor<8xf32>
func.func @in_switch(%which: tensor<i1>, %x: tensor<8xf32>, %key: tensor<2xui32>, %numbers: tensor<8xui32>) -> tensor<8xf32> {
  %0 = xform.vmap @either(%which, %x, %key) in_dims = [none, 0, none] out_dims = [0] row_numbers(%numbers : tensor<8xui32>) : (tensor<i1>, tensor<8xf32>, tensor<2xui32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// CHECK: func.func private @[[STEP]](%[[KEY:.*]]: tensor<2xui32>, %{{.*}}: tensor<8xf32>, %[[ROW:.*]]: tensor<8xui32>)
// CHECK: %[[KEYS:.*]] = xform.broadcast_in_dim %[[KEY]] dims = [1]
// CHECK: xform.fold_in %[[KEYS]], %[[ROW]]
