// RUN: xform-opt --xform-to-linalg --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @rows
func.func @rows(%x: tensor<4x5xf32>) -> tensor<4xf32> {
  // CHECK: %[[ZERO:.*]] = arith.constant 0.0
  // CHECK: %[[INIT:.*]] = linalg.fill ins(%[[ZERO]] : f32)
  // CHECK: linalg.generic
  // CHECK-SAME: iterator_types = ["parallel", "reduction"]
  // CHECK-SAME: ins(%arg0 : tensor<4x5xf32>) outs(%[[INIT]] : tensor<4xf32>)
  // CHECK: arith.addf
  %0 = xform.reduce_sum %x axes = [1] : tensor<4x5xf32>
  return %0 : tensor<4xf32>
}

// -----

// Loops run in the order in which the operand lies, also behind a transpose.
// CHECK-DAG: #[[ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[COLUMN:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func.func @columns
func.func @columns(%x: tensor<4x5xf32>) -> (tensor<5xf32>, tensor<5xf32>) {
  // CHECK: linalg.generic
  // CHECK-SAME: indexing_maps = [#[[ALL]], #[[COLUMN]]]
  // CHECK-SAME: iterator_types = ["reduction", "parallel"]
  %0 = xform.reduce_sum %x axes = [0] : tensor<4x5xf32>
  // CHECK: linalg.generic
  // CHECK-SAME: indexing_maps = [#[[ALL]], #[[COLUMN]]]
  // CHECK-SAME: iterator_types = ["reduction", "parallel"]
  // CHECK-SAME: ins(%arg0
  %1 = xform.transpose %x permutation = [1, 0] : tensor<4x5xf32>
  %2 = xform.reduce_sum %1 axes = [1] : tensor<5x4xf32>
  return %0, %2 : tensor<5xf32>, tensor<5xf32>
}

// -----

// What each kind starts from, and how it combines.
// CHECK-LABEL: func.func @kinds
func.func @kinds(%x: tensor<4xf32>, %i: tensor<4xi8>, %u: tensor<4xui8>, %p: tensor<4xi1>)
    -> (tensor<f32>, tensor<i8>, tensor<ui8>, tensor<f32>, tensor<i1>) {
  // CHECK: arith.constant 0xFF800000 : f32
  // CHECK: arith.maximumf
  %0 = xform.reduce_max %x axes = [0] : tensor<4xf32>
  // CHECK: arith.constant 127 : i8
  // CHECK: arith.minsi
  %1 = xform.reduce_min %i axes = [0] : tensor<4xi8>
  // CHECK: arith.constant -1 : i8
  // CHECK: arith.minui
  %2 = xform.reduce_min %u axes = [0] : tensor<4xui8>
  // CHECK: arith.constant 1.0
  // CHECK: arith.mulf
  %3 = xform.reduce_prod %x axes = [0] : tensor<4xf32>
  // CHECK: arith.constant true
  // CHECK: arith.andi
  %4 = xform.reduce_and %p axes = [0] : tensor<4xi1>
  return %0, %1, %2, %3, %4
      : tensor<f32>, tensor<i8>, tensor<ui8>, tensor<f32>, tensor<i1>
}

// -----

// Halves are summed in f32.
// CHECK-LABEL: func.func @half
// CHECK: linalg.fill {{.*}} -> tensor<f32>
// CHECK: linalg.generic
// CHECK: arith.extf
// CHECK: arith.addf {{.*}} : f32
// CHECK: linalg.generic
// CHECK: arith.truncf %{{.*}} : f32 to bf16
func.func @half(%x: tensor<4xbf16>) -> tensor<bf16> {
  %0 = xform.reduce_sum %x axes = [0] : tensor<4xbf16>
  return %0 : tensor<bf16>
}

// -----

// The product of a repeated row is hidden from IREE's vectorizer, which makes
// an invalid vector.contract of its sum over several axes.
// CHECK-LABEL: func.func @repeated
// CHECK: arith.mulf
// CHECK: ^bb0(%[[P:.*]]: f64, %[[SUM:.*]]: f64):
// CHECK: %[[TERM:.*]] = math.fma %[[P]], %{{.*}}, %{{.*}} : f64
// CHECK: arith.addf %[[TERM]], %[[SUM]]
// CHECK: ^bb0(%[[P:.*]]: f64, %[[SUM:.*]]: f64):
// CHECK-NEXT: arith.addf
func.func @repeated(%x: tensor<3x4xf64>, %row: tensor<4xf64>)
    -> (tensor<f64>, tensor<4xf64>) {
  %b = xform.broadcast_in_dim %row dims = [1] : tensor<4xf64> to tensor<3x4xf64>
  %p = xform.mul %x, %b : tensor<3x4xf64>
  %0 = xform.reduce_sum %p axes = [0, 1] : tensor<3x4xf64>
  %1 = xform.reduce_sum %p axes = [0] : tensor<3x4xf64>
  return %0, %1 : tensor<f64>, tensor<4xf64>
}
