// RUN: xform-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: func @iota
func.func @iota(%x: tensor<4x3xf32>) -> (tensor<4x3xf32>, tensor<4x2xf32>) {
  // Reading all rows in order is x, the first columns are a slice.
  %i = xform.iota axis = 0 : tensor<4x1xi32>
  %0 = xform.gather %x, %i axes = [0] batch = [] x [] window = [1] mode = "clip" unique = false : tensor<4x3xf32>, tensor<4x1xi32>
  %j = xform.iota axis = 0 : tensor<2xi64>
  %k = xform.reshape %j : tensor<2xi64> to tensor<2x1xi64>
  // CHECK: %[[S:.*]] = xform.slice %arg0 starts = [0, 0] limits = [4, 2] strides = [1, 1]
  %1 = xform.gather %x, %k axes = [1] batch = [] x [] window = [0] mode = "drop" unique = false : tensor<4x3xf32>, tensor<2x1xi64>
  // CHECK: return %arg0, %[[S]]
  return %0, %1 : tensor<4x3xf32>, tensor<4x2xf32>
}

// CHECK-LABEL: func @constants
func.func @constants(%x: tensor<6x3xf32>) -> (tensor<3x3xf32>, tensor<3xf32>, tensor<2x3xf32>) {
  // CHECK: %[[I:.*]] = xform.constant
  // CHECK: xform.slice %arg0 starts = [1, 0] limits = [6, 3] strides = [2, 1]
  %i = xform.constant dense<[[1], [3], [5]]> : tensor<3x1xi32>
  %0 = xform.gather %x, %i axes = [0] batch = [] x [] window = [1] mode = "clip" unique = false : tensor<6x3xf32>, tensor<3x1xi32>
  // CHECK: %[[R:.*]] = xform.slice %arg0 starts = [4, 0] limits = [5, 3]
  // CHECK: xform.reshape %[[R]] : tensor<1x3xf32> to tensor<3xf32>
  %j = xform.constant dense<4> : tensor<1xui8>
  %1 = xform.gather %x, %j axes = [0] batch = [] x [] window = [0] mode = "clip" unique = false : tensor<6x3xf32>, tensor<1xui8>
  // One out of range stays.
  // CHECK: xform.gather %arg0, %[[I]]
  %k = xform.constant dense<[[5], [6]]> : tensor<2x1xi32>
  %2 = xform.gather %x, %k axes = [0] batch = [] x [] window = [1] mode = "clip" unique = false : tensor<6x3xf32>, tensor<2x1xi32>
  return %0, %1, %2 : tensor<3x3xf32>, tensor<3xf32>, tensor<2x3xf32>
}

// CHECK-LABEL: func @trivial
func.func @trivial(%x: tensor<4xf32>, %i: tensor<2x1xi32>, %n: tensor<0x1xi32>, %u: tensor<0xf32>, %s: tensor<i32>) -> (tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>) {
  // CHECK-DAG: %[[ONES:.*]] = xform.constant dense<1.000000e+00> : tensor<2xf32>
  %ones = xform.constant dense<1.0> : tensor<4xf32>
  %0 = xform.gather %ones, %i axes = [0] batch = [] x [] window = [] mode = "clip" unique = false : tensor<4xf32>, tensor<2x1xi32>
  %1 = xform.scatter_add %x, %n, %u axes = [0] batch = [] x [] window = [] mode = "clip" unique = false : tensor<4xf32>, tensor<0x1xi32>, tensor<0xf32>
  // Starts are clamped.
  // CHECK-DAG: %[[END:.*]] = xform.slice %arg0 starts = [2] limits = [4] strides = [1]
  %c = xform.constant dense<9> : tensor<i32>
  %2 = xform.dynamic_slice %x at %c sizes = [2] : tensor<4xf32>, tensor<i32>
  %3 = xform.dynamic_update_slice %ones, %x at %s : tensor<4xf32>, tensor<4xf32>, tensor<i32>
  // CHECK: return %[[ONES]], %arg0, %[[END]], %arg0
  return %0, %1, %2, %3 : tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>
}

// What is added to a few elements of zeros is added to these of the other term.
// CHECK-LABEL: func @sums(
// CHECK-SAME: %[[Y:.*]]: tensor<4x3xf32>, %[[I:.*]]: tensor<5x1xi32>, %[[U:.*]]: tensor<5x3xf32>, %[[K:.*]]: tensor<i32>, %[[V:.*]]: tensor<2x3xf32>)
func.func @sums(%y: tensor<4x3xf32>, %i: tensor<5x1xi32>, %u: tensor<5x3xf32>, %k: tensor<i32>, %v: tensor<2x3xf32>) -> (tensor<4x3xf32>, tensor<4x3xf32>) {
  %zeros = xform.constant dense<0.0> : tensor<4x3xf32>
  // CHECK: %[[S:.*]] = xform.scatter_add %[[Y]], %[[I]], %[[U]]
  %0 = xform.scatter_add %zeros, %i, %u axes = [0] batch = [] x [] window = [1] mode = "drop" unique = false : tensor<4x3xf32>, tensor<5x1xi32>, tensor<5x3xf32>
  %1 = xform.add %0, %y : tensor<4x3xf32>
  // CHECK: %[[OWN:.*]] = xform.dynamic_slice %[[Y]] at %[[K]], %[[K]] sizes = [2, 3]
  // CHECK: %[[SUM:.*]] = xform.add %[[OWN]], %[[V]]
  // CHECK: %[[R:.*]] = xform.dynamic_update_slice %[[Y]], %[[SUM]] at %[[K]], %[[K]]
  %2 = xform.dynamic_update_slice %zeros, %v at %k, %k : tensor<4x3xf32>, tensor<2x3xf32>, tensor<i32>, tensor<i32>
  %3 = xform.add %y, %2 : tensor<4x3xf32>
  // CHECK: return %[[S]], %[[R]]
  return %1, %3 : tensor<4x3xf32>, tensor<4x3xf32>
}

// Not if the few elements are wanted themselves.
// CHECK-LABEL: func @kept_sums
func.func @kept_sums(%y: tensor<4xf32>, %i: tensor<5x1xi32>, %u: tensor<5xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %zeros = xform.constant dense<0.0> : tensor<4xf32>
  // CHECK: xform.scatter_add
  // CHECK: xform.add
  %0 = xform.scatter_add %zeros, %i, %u axes = [0] batch = [] x [] window = [] mode = "drop" unique = false : tensor<4xf32>, tensor<5x1xi32>, tensor<5xf32>
  %1 = xform.add %0, %y : tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}
