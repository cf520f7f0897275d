// RUN: xform-opt %s | xform-opt | FileCheck %s
// RUN: xform-opt %s --mlir-print-op-generic | xform-opt | FileCheck %s
// RUN: xform-opt %s --xform-simplify | FileCheck %s --check-prefix=SIMPLE
// RUN: xform-opt %s --xform-expand-transforms | FileCheck %s --check-prefix=EXPAND
// RUN: xform-opt %s --xform-pipeline=compiler=iree | FileCheck %s --check-prefix=LINALG

// CHECK-LABEL: func @round_trip
func.func @round_trip(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  // CHECK: xform.cumsum %arg0 axis = 0 reverse = false : tensor<3x4xf32>
  %0 = xform.cumsum %x axis = 0 reverse = false : tensor<3x4xf32>
  // CHECK: xform.cumprod %{{.*}} axis = 1 reverse = true : tensor<3x4xf32>
  %1 = xform.cumprod %0 axis = 1 reverse = true : tensor<3x4xf32>
  // CHECK: xform.cummax %{{.*}} axis = 1 reverse = false : tensor<3x4xf32>
  %2 = xform.cummax %1 axis = 1 reverse = false : tensor<3x4xf32>
  // CHECK: xform.cummin %{{.*}} axis = 0 reverse = false : tensor<3x4xf32>
  %3 = xform.cummin %2 axis = 0 reverse = false : tensor<3x4xf32>
  return %3 : tensor<3x4xf32>
}

// SIMPLE-LABEL: func @one_element
func.func @one_element(%x: tensor<3x1xf32>) -> tensor<3x1xf32> {
  // SIMPLE-NEXT: return %arg0
  %0 = xform.cumprod %x axis = 1 reverse = false : tensor<3x1xf32>
  return %0 : tensor<3x1xf32>
}

// SIMPLE-LABEL: func @transposed
func.func @transposed(%x: tensor<3x4xf32>) -> tensor<4x3xf32> {
  // SIMPLE-NEXT: %[[T:.*]] = xform.transpose %arg0
  // SIMPLE-NEXT: xform.cumsum %[[T]] axis = 1 reverse = true : tensor<4x3xf32>
  %0 = xform.cumsum %x axis = 0 reverse = true : tensor<3x4xf32>
  %1 = xform.transpose %0 permutation = [1, 0] : tensor<3x4xf32>
  return %1 : tensor<4x3xf32>
}

// A recurrence: the accumulator is written out at every place.
// LINALG-LABEL: func.func @lowered
func.func @lowered(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  // LINALG: %[[R:.*]]:2 = linalg.generic
  // LINALG-SAME: iterator_types = ["parallel", "reduction"]
  // LINALG: %[[S:.*]] = arith.addf
  // LINALG: linalg.yield %[[S]], %[[S]]
  // LINALG: return %[[R]]#1
  %0 = xform.cumsum %x axis = 1 reverse = false : tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// A long axis is cut into pieces.
// LINALG-LABEL: func.func @long
func.func @long(%x: tensor<5000xf32>) -> tensor<5000xf32> {
  // LINALG: tensor.expand_shape
  // LINALG: linalg.generic
  // LINALG: linalg.generic
  // LINALG: tensor.collapse_shape
  // LINALG: tensor.extract_slice
  %0 = xform.cumsum %x axis = 0 reverse = false : tensor<5000xf32>
  return %0 : tensor<5000xf32>
}

func.func private @sums(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = xform.cumsum %x axis = 0 reverse = false : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// EXPAND-LABEL: func @backward
func.func @backward(%x: tensor<4xf32>, %ct: tensor<4xf32>) -> tensor<4xf32> {
  // EXPAND-NEXT: xform.cumsum %arg1 axis = 0 reverse = true
  %0:2 = xform.vjp @sums(%x) cotangents(%ct) argnums = [0]
      : (tensor<4xf32>), (tensor<4xf32>) -> tensor<4xf32>, tensor<4xf32>
  return %0#1 : tensor<4xf32>
}

// EXPAND-LABEL: func @batched
func.func @batched(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // EXPAND-NEXT: xform.cumsum %arg0 axis = 1 reverse = false : tensor<2x4xf32>
  %0 = xform.vmap @sums(%x) in_dims = [0] out_dims = [0]
      : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
