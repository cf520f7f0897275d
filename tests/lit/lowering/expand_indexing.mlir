// RUN: xform-opt %s --xform-expand-transforms --split-input-file | FileCheck %s

func.func private @rows(%x: tensor<4x3xf32>, %i: tensor<5x1xi32>) -> tensor<5x3xf32> {
  %0 = xform.gather %x, %i axes = [0] batch = [] x [] window = [1] mode = "clip" unique = false : tensor<4x3xf32>, tensor<5x1xi32>
  return %0 : tensor<5x3xf32>
}

// The cotangents of rows are summed by one scatter_add.
// CHECK-LABEL: func @rows_back
func.func @rows_back(%x: tensor<4x3xf32>, %i: tensor<5x1xi32>, %ct: tensor<5x3xf32>) -> tensor<4x3xf32> {
  // CHECK-NEXT: %[[ZERO:.*]] = xform.constant dense<0.0{{.*}}> : tensor<4x3xf32>
  // CHECK-NEXT: %[[G:.*]] = xform.scatter_add %[[ZERO]], %arg1, %arg2 axes = [0] batch = [] x [] window = [1] mode = "clip"
  // CHECK-NEXT: return %[[G]]
  %0:2 = xform.vjp @rows(%x, %i) cotangents(%ct) argnums = [0] : (tensor<4x3xf32>, tensor<5x1xi32>), (tensor<5x3xf32>) -> tensor<5x3xf32>, tensor<4x3xf32>
  return %0#1 : tensor<4x3xf32>
}

// CHECK-LABEL: func @rows_of_each
func.func @rows_of_each(%x: tensor<2x4x3xf32>, %i: tensor<2x5x1xi32>) -> tensor<2x5x3xf32> {
  // CHECK-NEXT: xform.gather %arg0, %arg1 axes = [1] batch = [0] x [0] window = [2] mode = "clip"
  %0 = xform.vmap @rows(%x, %i) in_dims = [0, 0] out_dims = [0] : (tensor<2x4x3xf32>, tensor<2x5x1xi32>) -> tensor<2x5x3xf32>
  return %0 : tensor<2x5x3xf32>
}

// CHECK-LABEL: func @rows_of_one
func.func @rows_of_one(%x: tensor<4x3xf32>, %i: tensor<2x5x1xi32>) -> tensor<2x5x3xf32> {
  // CHECK-NEXT: xform.gather %arg0, %arg1 axes = [0] batch = [] x [] window = [2] mode = "clip"
  %0 = xform.vmap @rows(%x, %i) in_dims = [none, 0] out_dims = [0] : (tensor<4x3xf32>, tensor<2x5x1xi32>) -> tensor<2x5x3xf32>
  return %0 : tensor<2x5x3xf32>
}

// -----

func.func private @put(%x: tensor<4xf32>, %i: tensor<3x1xi32>, %u: tensor<3xf32>) -> tensor<4xf32> {
  %0 = xform.scatter %x, %i, %u axes = [0] batch = [] x [] window = [] mode = "drop" unique = true : tensor<4xf32>, tensor<3x1xi32>, tensor<3xf32>
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: func @put_back
func.func @put_back(%x: tensor<4xf32>, %i: tensor<3x1xi32>, %u: tensor<3xf32>, %ct: tensor<4xf32>) -> (tensor<4xf32>, tensor<3xf32>) {
  // CHECK-DAG: %[[ZERO:.*]] = xform.constant dense<0.0{{.*}}> : tensor<3xf32>
  // CHECK-DAG: %[[X:.*]] = xform.scatter %arg3, %arg1, %[[ZERO]]
  // CHECK-DAG: %[[U:.*]] = xform.gather %arg3, %arg1 {{.*}} mode = "drop"
  // CHECK: return %[[X]], %[[U]]
  %0:3 = xform.vjp @put(%x, %i, %u) cotangents(%ct) argnums = [0, 2] : (tensor<4xf32>, tensor<3x1xi32>, tensor<3xf32>), (tensor<4xf32>) -> tensor<4xf32>, tensor<4xf32>, tensor<3xf32>
  return %0#1, %0#2 : tensor<4xf32>, tensor<3xf32>
}

// CHECK-LABEL: func @put_forward
func.func @put_forward(%x: tensor<4xf32>, %i: tensor<3x1xi32>, %u: tensor<3xf32>, %t: tensor<3xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: %[[ZERO:.*]] = xform.constant dense<0.0{{.*}}> : tensor<4xf32>
  // CHECK-NEXT: xform.scatter %[[ZERO]], %arg1, %arg3
  %0:2 = xform.jvp @put(%x, %i, %u) tangents(%t) argnums = [2] : (tensor<4xf32>, tensor<3x1xi32>, tensor<3xf32>), (tensor<3xf32>) -> tensor<4xf32>, tensor<4xf32>
  return %0#1 : tensor<4xf32>
}

// -----

func.func private @block(%x: tensor<6x3xf32>, %i: tensor<i32>, %j: tensor<i32>) -> tensor<2x3xf32> {
  %0 = xform.dynamic_slice %x at %i, %j sizes = [2, 3] : tensor<6x3xf32>, tensor<i32>, tensor<i32>
  return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func @block_back
func.func @block_back(%x: tensor<6x3xf32>, %i: tensor<i32>, %ct: tensor<2x3xf32>) -> tensor<6x3xf32> {
  // CHECK-NEXT: %[[ZERO:.*]] = xform.constant dense<0.0{{.*}}> : tensor<6x3xf32>
  // CHECK-NEXT: xform.dynamic_update_slice %[[ZERO]], %arg2 at %arg1, %arg1
  %0:2 = xform.vjp @block(%x, %i, %i) cotangents(%ct) argnums = [0] : (tensor<6x3xf32>, tensor<i32>, tensor<i32>), (tensor<2x3xf32>) -> tensor<2x3xf32>, tensor<6x3xf32>
  return %0#1 : tensor<6x3xf32>
}

// Starts that differ make one gather.
// CHECK-LABEL: func @blocks
func.func @blocks(%x: tensor<6x3xf32>, %i: tensor<5xi32>, %j: tensor<i32>) -> tensor<5x2x3xf32> {
  // CHECK: xform.gather %arg0, %{{.*}} axes = [0] batch = [] x [] window = [2] mode = "clip" unique = false : tensor<6x3xf32>, tensor<5x2x1xi32>
  %0 = xform.vmap @block(%x, %i, %j) in_dims = [none, 0, none] out_dims = [0] : (tensor<6x3xf32>, tensor<5xi32>, tensor<i32>) -> tensor<5x2x3xf32>
  return %0 : tensor<5x2x3xf32>
}
