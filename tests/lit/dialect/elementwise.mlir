// RUN: xform-opt %s | xform-opt | FileCheck %s
// RUN: xform-opt %s --mlir-print-op-generic | xform-opt | FileCheck %s

// CHECK-LABEL: func @arithmetic
func.func @arithmetic(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // CHECK: xform.add %arg0, %arg1 : tensor<2x3xf32>
  %0 = xform.add %x, %y : tensor<2x3xf32>
  // CHECK: xform.neg
  %1 = xform.neg %0 : tensor<2x3xf32>
  // CHECK: xform.pow
  %2 = xform.pow %1, %y : tensor<2x3xf32>
  // CHECK: xform.integer_pow %{{.*}}, 3 : tensor<2x3xf32>
  %3 = xform.integer_pow %2, 3 : tensor<2x3xf32>
  return %3 : tensor<2x3xf32>
}

// CHECK-LABEL: func @choose
func.func @choose(%x: tensor<?xf64>, %y: tensor<?xf64>) -> tensor<?xf64> {
  // The comparison's type is inferred.
  // CHECK: %[[LT:.*]] = xform.lt %arg0, %arg1 : tensor<?xf64>
  %0 = xform.lt %x, %y : tensor<?xf64>
  // CHECK: xform.select %[[LT]], %arg0, %arg1 : tensor<?xi1>, tensor<?xf64>
  %1 = xform.select %0, %x, %y : tensor<?xi1>, tensor<?xf64>
  return %1 : tensor<?xf64>
}

// CHECK-LABEL: func @bits
func.func @bits(%x: tensor<4xui8>, %p: tensor<4xi1>) -> (tensor<4xi32>, tensor<4xi1>) {
  // CHECK: xform.not %arg0 : tensor<4xui8>
  %0 = xform.not %x : tensor<4xui8>
  // CHECK: xform.convert %{{.*}} : tensor<4xui8> to tensor<4xi32>
  %1 = xform.convert %0 : tensor<4xui8> to tensor<4xi32>
  %2 = xform.xor %p, %p : tensor<4xi1>
  return %1, %2 : tensor<4xi32>, tensor<4xi1>
}

// CHECK-LABEL: func @scalar
func.func @scalar(%x: tensor<bf16>) -> tensor<bf16> {
  // CHECK: xform.stop_gradient %arg0 : tensor<bf16>
  %0 = xform.stop_gradient %x : tensor<bf16>
  return %0 : tensor<bf16>
}
