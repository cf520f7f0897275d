// RUN: xform-opt --xform-to-linalg --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @matmul
// CHECK: %[[INIT:.*]] = linalg.fill
// CHECK: linalg.matmul ins(%arg0, %arg1 : tensor<4x5xf32>, tensor<5x6xf32>)
// CHECK-SAME: outs(%[[INIT]] : tensor<4x6xf32>)
func.func @matmul(%x: tensor<4x5xf32>, %y: tensor<5x6xf32>) -> tensor<4x6xf32> {
  %0 = xform.dot_general %x, %y batch = [] x [] contracting = [1] x [0]
      : tensor<4x5xf32>, tensor<5x6xf32>
  return %0 : tensor<4x6xf32>
}

// -----

// A transposed operand needs no copy, whoever transposed it.
// CHECK-DAG: #[[LHS:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[RHS:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[OUT:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func.func @transposed
// CHECK-COUNT-2: linalg.matmul indexing_maps = [#[[LHS]], #[[RHS]], #[[OUT]]] ins(%arg0, %arg1
// CHECK-NOT: linalg.generic
func.func @transposed(%x: tensor<4x5xf32>, %y: tensor<6x5xf32>)
    -> (tensor<4x6xf32>, tensor<4x6xf32>) {
  %0 = xform.dot_general %x, %y batch = [] x [] contracting = [1] x [1]
      : tensor<4x5xf32>, tensor<6x5xf32>
  %1 = xform.transpose %y permutation = [1, 0] : tensor<6x5xf32>
  %2 = xform.dot_general %x, %1 batch = [] x [] contracting = [1] x [0]
      : tensor<4x5xf32>, tensor<5x6xf32>
  return %0, %2 : tensor<4x6xf32>, tensor<4x6xf32>
}

// -----

// CHECK-LABEL: func.func @batch
// CHECK: linalg.batch_matmul ins(%arg0, %arg1
func.func @batch(%x: tensor<2x4x5xf32>, %y: tensor<2x5x6xf32>) -> tensor<2x4x6xf32> {
  %0 = xform.dot_general %x, %y batch = [0] x [0] contracting = [2] x [1]
      : tensor<2x4x5xf32>, tensor<2x5x6xf32>
  return %0 : tensor<2x4x6xf32>
}

// -----

// A matrix that meets a vector is read in order.
// CHECK-DAG: #[[VECTOR:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[MATRIX:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[OUT:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func.func @vecmat
// CHECK: linalg.generic
// CHECK-SAME: indexing_maps = [#[[VECTOR]], #[[MATRIX]], #[[OUT]]]
// CHECK-SAME: iterator_types = ["reduction", "parallel"]
func.func @vecmat(%x: tensor<5xf32>, %y: tensor<5x6xf32>) -> tensor<6xf32> {
  %0 = xform.dot_general %x, %y batch = [] x [] contracting = [0] x [0]
      : tensor<5xf32>, tensor<5x6xf32>
  return %0 : tensor<6xf32>
}

// -----

// Several axes of a kind: loops over all of them, and no transpose.
// CHECK-DAG: #[[LHS:.*]] = affine_map<(d0, d1, d2, d3) -> (d1, d0, d3)>
// CHECK-DAG: #[[RHS:.*]] = affine_map<(d0, d1, d2, d3) -> (d3, d2, d0)>
// CHECK-DAG: #[[OUT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: func.func @generic
// CHECK: linalg.generic
// CHECK-SAME: indexing_maps = [#[[LHS]], #[[RHS]], #[[OUT]]]
// CHECK-SAME: iterator_types = ["parallel", "parallel", "parallel", "reduction"]
// CHECK-NOT: linalg.transpose
func.func @generic(%x: tensor<4x3x5xf32>, %y: tensor<5x6x3xf32>) -> tensor<3x4x6xf32> {
  %0 = xform.dot_general %x, %y batch = [1] x [2] contracting = [2] x [0]
      : tensor<4x3x5xf32>, tensor<5x6x3xf32>
  return %0 : tensor<3x4x6xf32>
}

// -----

// Where nothing is summed, an elementwise loop in the result's order.
// CHECK-LABEL: func.func @outer
// CHECK-NOT: linalg.fill
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel", "parallel"]
// CHECK-NOT: arith.addf
// CHECK: return
func.func @outer(%x: tensor<2x4x1xf32>, %y: tensor<2x6x1xf32>) -> tensor<2x4x6xf32> {
  %0 = xform.dot_general %x, %y batch = [0] x [0] contracting = [2] x [2]
      : tensor<2x4x1xf32>, tensor<2x6x1xf32>
  return %0 : tensor<2x4x6xf32>
}

// -----

// The empty sum is zero.
// CHECK-LABEL: func.func @nothing
// CHECK: %[[ZEROS:.*]] = linalg.fill
// CHECK-NEXT: return %[[ZEROS]]
func.func @nothing(%x: tensor<4x0xf32>, %y: tensor<0x6xf32>) -> tensor<4x6xf32> {
  %0 = xform.dot_general %x, %y batch = [] x [] contracting = [1] x [0]
      : tensor<4x0xf32>, tensor<0x6xf32>
  return %0 : tensor<4x6xf32>
}

// -----

// Halves are summed in f32.
// CHECK-LABEL: func.func @half
// CHECK: linalg.matmul ins({{.*}} : tensor<4x5xf16>, tensor<5x6xf16>) outs({{.*}} : tensor<4x6xf32>)
// CHECK: arith.truncf
func.func @half(%x: tensor<4x5xf16>, %y: tensor<5x6xf16>) -> tensor<4x6xf16> {
  %0 = xform.dot_general %x, %y batch = [] x [] contracting = [1] x [0]
      : tensor<4x5xf16>, tensor<5x6xf16>
  return %0 : tensor<4x6xf16>
}
