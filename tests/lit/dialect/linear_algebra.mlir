// RUN: xform-opt %s | xform-opt | FileCheck %s
// RUN: xform-opt %s --mlir-print-op-generic | xform-opt | FileCheck %s

// CHECK-LABEL: func @factor
func.func @factor(%x: tensor<2x3x3xf32>, %y: tensor<?x?x?xf64>) {
  // CHECK: xform.cholesky %arg0 : tensor<2x3x3xf32>
  %0 = xform.cholesky %x : tensor<2x3x3xf32>
  // CHECK: xform.cholesky %arg1 : tensor<?x?x?xf64>
  %1 = xform.cholesky %y : tensor<?x?x?xf64>
  return
}

// CHECK-LABEL: func @solve
func.func @solve(%a: tensor<2x3x3xf32>, %b: tensor<2x3x4xf32>, %c: tensor<?x4x3xf32>) {
  // CHECK: xform.triangular_solve %arg0, %arg1 left_side = true lower = true transpose_a = false unit_diagonal = false : tensor<2x3x3xf32>, tensor<2x3x4xf32>
  %0 = xform.triangular_solve %a, %b left_side = true lower = true transpose_a = false unit_diagonal = false : tensor<2x3x3xf32>, tensor<2x3x4xf32>
  // CHECK: xform.triangular_solve %arg0, %arg2 left_side = false lower = false transpose_a = true unit_diagonal = true : tensor<2x3x3xf32>, tensor<?x4x3xf32>
  %1 = xform.triangular_solve %a, %c left_side = false lower = false transpose_a = true unit_diagonal = true : tensor<2x3x3xf32>, tensor<?x4x3xf32>
  return
}

// CHECK-LABEL: func @general
func.func @general(%a: tensor<2x4x3xf32>, %s: tensor<?x3x3xf64>, %b: tensor<?x3x1xf64>) {
  // CHECK: xform.lu %arg0 : tensor<2x4x3xf32>
  %0:3 = xform.lu %a : tensor<2x4x3xf32>
  // CHECK: %[[F:.*]], %{{.*}}, %[[P:.*]] = xform.lu %arg1 : tensor<?x3x3xf64>
  %f, %pivots, %p = xform.lu %s : tensor<?x3x3xf64>
  // CHECK: xform.lu_solve %arg1, %[[F]], %[[P]], %arg2 transpose_a = true : tensor<?x3x3xf64>, tensor<?x3xi32>, tensor<?x3x1xf64>
  %1 = xform.lu_solve %s, %f, %p, %b transpose_a = true : tensor<?x3x3xf64>, tensor<?x3xi32>, tensor<?x3x1xf64>
  // CHECK: xform.qr %arg0 complete = true : tensor<2x4x3xf32>
  %q:2 = xform.qr %a complete = true : tensor<2x4x3xf32>
  return
}

// CHECK-LABEL: func @spectra
func.func @spectra(%a: tensor<2x4x3xf32>, %s: tensor<?x3x3xf64>) {
  // CHECK: xform.eigh %arg1 : tensor<?x3x3xf64>
  %w, %v = xform.eigh %s : tensor<?x3x3xf64>
  // CHECK: xform.schur %arg1 : tensor<?x3x3xf64>
  %t, %z = xform.schur %s : tensor<?x3x3xf64>
  // CHECK: xform.eig %arg1 : tensor<?x3x3xf64>
  %e:4 = xform.eig %s : tensor<?x3x3xf64>
  // CHECK: xform.svd %arg0 complete = true : tensor<2x4x3xf32>
  %u:3 = xform.svd %a complete = true : tensor<2x4x3xf32>
  return
}
