// RUN: xform-opt %s | xform-opt | FileCheck %s
// RUN: xform-opt %s --mlir-print-op-generic | xform-opt | FileCheck %s

// CHECK-LABEL: func @windows
func.func @windows(%x: tensor<4x3xf32>, %i: tensor<5x1xi32>) -> tensor<4x3xf32> {
  // CHECK: xform.gather %arg0, %arg1 axes = [0] batch = [] x [] window = [1] mode = "clip" unique = false : tensor<4x3xf32>, tensor<5x1xi32>
  %0 = xform.gather %x, %i axes = [0] batch = [] x [] window = [1] mode = "clip" unique = false : tensor<4x3xf32>, tensor<5x1xi32>
  // CHECK: xform.scatter %arg0, %arg1, %{{.*}} axes = [0] batch = [] x [] window = [1] mode = "drop" unique = true : tensor<4x3xf32>, tensor<5x1xi32>, tensor<5x3xf32>
  %1 = xform.scatter %x, %i, %0 axes = [0] batch = [] x [] window = [1] mode = "drop" unique = true : tensor<4x3xf32>, tensor<5x1xi32>, tensor<5x3xf32>
  // CHECK: xform.scatter_add
  %2 = xform.scatter_add %1, %i, %0 axes = [0] batch = [] x [] window = [1] mode = "drop" unique = false : tensor<4x3xf32>, tensor<5x1xi32>, tensor<5x3xf32>
  // CHECK: xform.scatter_mul
  %3 = xform.scatter_mul %2, %i, %0 axes = [0] batch = [] x [] window = [1] mode = "drop" unique = false : tensor<4x3xf32>, tensor<5x1xi32>, tensor<5x3xf32>
  // CHECK: xform.scatter_min
  %4 = xform.scatter_min %3, %i, %0 axes = [0] batch = [] x [] window = [1] mode = "drop" unique = false : tensor<4x3xf32>, tensor<5x1xi32>, tensor<5x3xf32>
  // CHECK: xform.scatter_max
  %5 = xform.scatter_max %4, %i, %0 axes = [0] batch = [] x [] window = [1] mode = "drop" unique = false : tensor<4x3xf32>, tensor<5x1xi32>, tensor<5x3xf32>
  return %5 : tensor<4x3xf32>
}

// CHECK-LABEL: func @dynamic_sizes
func.func @dynamic_sizes(%x: tensor<2x?x3xf32>, %i: tensor<?x2x1xui8>) -> tensor<3x?x2xf32> {
  // CHECK: xform.gather %arg0, %arg1 axes = [1] batch = [0] x [1] window = [0] {{.*}} : tensor<2x?x3xf32>, tensor<?x2x1xui8>
  %0 = xform.gather %x, %i axes = [1] batch = [0] x [1] window = [0] mode = "clip" unique = false : tensor<2x?x3xf32>, tensor<?x2x1xui8>
  return %0 : tensor<3x?x2xf32>
}

// CHECK-LABEL: func @slices
func.func @slices(%x: tensor<4x3xf32>, %i: tensor<i32>, %j: tensor<ui8>) -> tensor<4x3xf32> {
  // CHECK: xform.dynamic_slice %arg0 at %arg1, %arg2 sizes = [2, 3] : tensor<4x3xf32>, tensor<i32>, tensor<ui8>
  %0 = xform.dynamic_slice %x at %i, %j sizes = [2, 3] : tensor<4x3xf32>, tensor<i32>, tensor<ui8>
  // CHECK: xform.dynamic_update_slice %arg0, %{{.*}} at %arg1, %arg2 : tensor<4x3xf32>, tensor<2x3xf32>, tensor<i32>, tensor<ui8>
  %1 = xform.dynamic_update_slice %x, %0 at %i, %j : tensor<4x3xf32>, tensor<2x3xf32>, tensor<i32>, tensor<ui8>
  return %1 : tensor<4x3xf32>
}
