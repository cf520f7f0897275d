// RUN: xform-opt --xform-to-linalg --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @constants() -> (tensor<2xi8>, tensor<3xf32>, tensor<0xi32>)
func.func @constants() -> (tensor<2xui8>, tensor<3xf32>, tensor<0xi32>) {
  // CHECK: arith.constant dense<[1, -1]> : tensor<2xi8>
  %0 = xform.constant dense<[1, 255]> : tensor<2xui8>
  // CHECK: arith.constant dense<1.000000e+00> : tensor<3xf32>
  %1 = xform.constant dense<1.0> : tensor<3xf32>
  // CHECK: tensor.empty() : tensor<0xi32>
  %2 = xform.constant dense<> : tensor<0xi32>
  return %0, %1, %2 : tensor<2xui8>, tensor<3xf32>, tensor<0xi32>
}

// -----

// CHECK-LABEL: func.func @iota
// CHECK: linalg.generic
// CHECK-NOT: ins(
// CHECK: %[[INDEX:.*]] = linalg.index 1
// CHECK: arith.index_cast %[[INDEX]] : index to i64
// CHECK: arith.trunci {{.*}} : i64 to i8
func.func @iota() -> tensor<2x3xui8> {
  %0 = xform.iota axis = 1 : tensor<2x3xui8>
  return %0 : tensor<2x3xui8>
}
