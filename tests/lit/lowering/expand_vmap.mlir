// RUN: xform-opt %s --xform-expand-transforms | FileCheck %s

func.func private @affine(%x: tensor<3xf32>, %w: tensor<4x3xf32>, %b: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = xform.dot_general %w, %x batch = [] x [] contracting = [1] x [0] : tensor<4x3xf32>, tensor<3xf32>
  %1 = xform.add %0, %b : tensor<4xf32>
  %2 = xform.exp %b : tensor<4xf32>
  return %1, %2 : tensor<4xf32>, tensor<4xf32>
}

// One contraction for all rows; what does not depend on a row is not repeated.
// CHECK-LABEL: func @rows
func.func @rows(%xs: tensor<8x3xf32>, %w: tensor<4x3xf32>, %b: tensor<4xf32>) -> (tensor<8x4xf32>, tensor<4xf32>) {
  // CHECK-DAG: xform.dot_general %arg0, %arg1 batch = [] x [] contracting = [1] x [1]
  // CHECK-DAG: xform.exp %arg2 : tensor<4xf32>
  %0:2 = xform.vmap @affine(%xs, %w, %b) in_dims = [0, none, none] out_dims = [0, none] : (tensor<8x3xf32>, tensor<4x3xf32>, tensor<4xf32>) -> (tensor<8x4xf32>, tensor<4xf32>)
  return %0#0, %0#1 : tensor<8x4xf32>, tensor<4xf32>
}

func.func private @sum(%x: tensor<3xf32>) -> tensor<f32> {
  %0 = xform.reduce_sum %x axes = [0] : tensor<3xf32>
  return %0 : tensor<f32>
}
func.func private @sums(%x: tensor<5x3xf32>) -> tensor<5xf32> {
  %0 = xform.vmap @sum(%x) in_dims = [0] out_dims = [0] : (tensor<5x3xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// CHECK-LABEL: func @nested
func.func @nested(%x: tensor<5x7x3xf32>) -> tensor<5x7xf32> {
  // CHECK: %[[SUM:.*]] = xform.reduce_sum %{{.*}} axes = [2]
  // CHECK-NOT: xform.vmap
  %0 = xform.vmap @sums(%x) in_dims = [1] out_dims = [1] : (tensor<5x7x3xf32>) -> tensor<5x7xf32>
  return %0 : tensor<5x7xf32>
}

// CHECK-LABEL: func @columns
func.func @columns(%x: tensor<3x8xf32>) -> tensor<8xf32> {
  // CHECK: xform.transpose %arg0 permutation = [1, 0]
  // CHECK: xform.reduce_sum %{{.*}} axes = [1]
  %0 = xform.vmap @sum(%x) in_dims = [1] out_dims = [0] : (tensor<3x8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

func.func private @compared(%indices: tensor<2x1xi32>) -> tensor<2xi1> {
  %zeros = xform.constant dense<0> : tensor<2xi32>
  %places = xform.iota axis = 0 : tensor<2xi32>
  %written = xform.scatter %zeros, %indices, %places axes = [0] batch = [] x [] window = [] mode = "drop" unique = false : tensor<2xi32>, tensor<2x1xi32>, tensor<2xi32>
  %equal = xform.eq %written, %places : tensor<2xi32>
  return %equal : tensor<2xi1>
}

// A batch of no rows scatters nothing, which leaves a constant; the comparison moves it to the right.
// CHECK-LABEL: func @no_rows
func.func @no_rows(%indices: tensor<0x2x1xi32>) -> tensor<0x2xi1> {
  // CHECK: %[[ZEROS:.*]] = xform.constant dense<0>
  // CHECK: %[[PLACES:.*]] = xform.iota
  // CHECK: xform.eq %[[PLACES]], %[[ZEROS]]
  %0 = xform.vmap @compared(%indices) in_dims = [0] out_dims = [0] : (tensor<0x2x1xi32>) -> tensor<0x2xi1>
  return %0 : tensor<0x2xi1>
}
