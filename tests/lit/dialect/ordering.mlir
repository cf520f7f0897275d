// RUN: xform-opt %s | xform-opt | FileCheck %s
// RUN: xform-opt %s --mlir-print-op-generic | xform-opt | FileCheck %s
// RUN: xform-opt %s --xform-simplify | FileCheck %s --check-prefix=SIMPLE
// RUN: xform-opt %s --xform-expand-transforms | FileCheck %s --check-prefix=EXPAND
// RUN: xform-opt %s --xform-pipeline=compiler=iree | FileCheck %s --check-prefix=LINALG

// CHECK-LABEL: func @round_trip
// LINALG-LABEL: func.func @round_trip
func.func @round_trip(%x: tensor<3x4xf32>, %p: tensor<3x4xi32>)
    -> (tensor<3x4xf32>, tensor<3x4xi32>, tensor<4xi64>, tensor<3xi32>) {
  // Merges of runs of length 1, 2, 4: one loop, whose body runs over all elements.
  // LINALG: scf.for
  // LINALG: arith.shli
  // LINALG: linalg.generic
  // LINALG: scf.while
  // LINALG: arith.cmpf ugt
  // LINALG: scf.yield
  // CHECK: xform.sort %arg0, %arg1 axis = 1 num_keys = 1 : tensor<3x4xf32>, tensor<3x4xi32>
  %0:2 = xform.sort %x, %p axis = 1 num_keys = 1 : tensor<3x4xf32>, tensor<3x4xi32>
  // CHECK: xform.argmax %arg0 axis = 0 : tensor<3x4xf32> to tensor<4xi64>
  %1 = xform.argmax %x axis = 0 : tensor<3x4xf32> to tensor<4xi64>
  // CHECK: xform.argmin %arg0 axis = 1 : tensor<3x4xf32> to tensor<3xi32>
  %2 = xform.argmin %x axis = 1 : tensor<3x4xf32> to tensor<3xi32>
  return %0#0, %0#1, %1, %2 : tensor<3x4xf32>, tensor<3x4xi32>, tensor<4xi64>, tensor<3xi32>
}

// SIMPLE-LABEL: func @one_element
func.func @one_element(%x: tensor<3x1xf32>) -> tensor<3x1xf32> {
  // SIMPLE-NEXT: return %arg0
  %0 = xform.sort %x axis = 1 num_keys = 1 : tensor<3x1xf32>
  return %0 : tensor<3x1xf32>
}

// Two sorts by the same keys are one, and what nobody reads is not moved.
// SIMPLE-LABEL: func @merged
func.func @merged(%k: tensor<4xf32>, %p: tensor<4xf32>, %q: tensor<4xf32>)
    -> (tensor<4xf32>, tensor<4xf32>) {
  // SIMPLE-DAG: %[[I:.*]] = xform.iota
  // SIMPLE: %[[S:.*]]:3 = xform.sort %arg0, %arg1, %[[I]] axis = 0 num_keys = 1
  // SIMPLE-NEXT: xform.convert %[[S]]#2
  %0:3 = xform.sort %k, %p, %q axis = 0 num_keys = 1
      : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  %i = xform.iota axis = 0 : tensor<4xi32>
  %1:2 = xform.sort %k, %i axis = 0 num_keys = 1 : tensor<4xf32>, tensor<4xi32>
  %2 = xform.convert %1#1 : tensor<4xi32> to tensor<4xf32>
  return %0#1, %2 : tensor<4xf32>, tensor<4xf32>
}

func.func private @sorted(%k: tensor<4xf32>) -> tensor<4xf32> {
  %0 = xform.sort %k axis = 0 num_keys = 1 : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// The tangent goes along with the values.
// EXPAND-LABEL: func @forward
func.func @forward(%k: tensor<4xf32>, %t: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // EXPAND-NEXT: %[[S:.*]]:2 = xform.sort %arg0, %arg1 axis = 0 num_keys = 1
  // EXPAND-NEXT: return %[[S]]#0, %[[S]]#1
  %0:2 = xform.jvp @sorted(%k) tangents(%t) argnums = [0]
      : (tensor<4xf32>), (tensor<4xf32>) -> tensor<4xf32>, tensor<4xf32>
  return %0#0, %0#1 : tensor<4xf32>, tensor<4xf32>
}

// A cotangent goes back to the places from which the values came.
// EXPAND-LABEL: func @backward
func.func @backward(%k: tensor<4xf32>, %ct: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // EXPAND: %[[I:.*]] = xform.iota axis = 0 : tensor<4xi32>
  // EXPAND: %[[S:.*]]:2 = xform.sort %arg0, %[[I]] axis = 0 num_keys = 1
  // EXPAND: %[[B:.*]]:2 = xform.sort %[[S]]#1, %arg1 axis = 0 num_keys = 1
  // EXPAND: return %[[S]]#0, %[[B]]#1
  %0:2 = xform.vjp @sorted(%k) cotangents(%ct) argnums = [0]
      : (tensor<4xf32>), (tensor<4xf32>) -> tensor<4xf32>, tensor<4xf32>
  return %0#0, %0#1 : tensor<4xf32>, tensor<4xf32>
}

// EXPAND-LABEL: func @batched
func.func @batched(%k: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // EXPAND-NEXT: xform.sort %arg0 axis = 1 num_keys = 1 : tensor<2x4xf32>
  %0 = xform.vmap @sorted(%k) in_dims = [0] out_dims = [0]
      : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
