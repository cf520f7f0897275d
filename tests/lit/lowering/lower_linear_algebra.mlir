// RUN: xform-opt %s --xform-lower-linear-algebra=calls-functions --canonicalize --split-input-file --verify-diagnostics | FileCheck %s --check-prefix=FUNCTIONS
// RUN: xform-opt %s --xform-lower-linear-algebra --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// Few columns are eliminated one after another without a loop.
// CHECK-LABEL: func @small
func.func @small(%x: tensor<7x2x2xf32>) -> tensor<7x2x2xf32> {
  // CHECK-NOT: scf.for
  // CHECK: %[[DOWN:.*]] = tensor.extract_slice %arg0[0, 0, 0] [7, 2, 1] [1, 1, 1] : tensor<7x2x2xf32> to tensor<7x2xf32>
  // CHECK: %[[ACROSS:.*]] = tensor.extract_slice %arg0[0, 0, 0] [7, 2, 1] [1, 1, 1] : tensor<7x2x2xf32> to tensor<7x2xf32>
  // CHECK: %[[PIVOT:.*]] = tensor.extract_slice %arg0[0, 0, 0] [7, 1, 1] [1, 1, 1] : tensor<7x2x2xf32> to tensor<7xf32>
  // CHECK: %[[STEP:.*]] = linalg.generic {{.*}} ins(%arg0, %[[DOWN]], %[[ACROSS]], %[[PIVOT]]
  // CHECK: math.sqrt
  // CHECK: linalg.generic {{.*}} ins(%[[STEP]],
  // CHECK-NOT: linalg.generic
  %0 = xform.cholesky %x : tensor<7x2x2xf32>
  return %0 : tensor<7x2x2xf32>
}

// -----

// Panels of 32 columns, each less the product of what was computed before; then the rest.
// CHECK-LABEL: func @panels
func.func @panels(%x: tensor<100x100xf32>) -> tensor<100x100xf32> {
  // CHECK-DAG: %[[ZERO:.*]] = xform.constant dense<0.000000e+00> : tensor<100x100xf32>
  // CHECK: %[[WHOLE:.*]] = scf.for %[[I:.*]] = %{{.*}} to %c96 step %c32 iter_args(%[[L:.*]] = %[[ZERO]])
  // CHECK: %[[ROWS:.*]] = tensor.extract_slice %[[L]][%[[I]], 0] [32, 100] [1, 1]
  // CHECK: %[[PRODUCT:.*]] = xform.dot_general %[[L]], %[[ROWS]] batch = [] x [] contracting = [1] x [1]
  // CHECK: %[[PANEL:.*]] = tensor.extract_slice %arg0[0, %[[I]]] [100, 32] [1, 1]
  // CHECK: %[[LEFT:.*]] = xform.sub %[[PANEL]], %[[PRODUCT]]
  // CHECK: %[[DONE:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[LEFT]])
  // CHECK: linalg.generic
  // CHECK: tensor.insert_slice %[[DONE]] into %[[L]][0, %[[I]]] [100, 32] [1, 1]
  // CHECK: tensor.extract_slice %[[WHOLE]][96, 0] [4, 100]
  // CHECK: xform.dot_general
  // CHECK: scf.for
  // CHECK: linalg.generic
  %0 = xform.cholesky %x : tensor<100x100xf32>
  return %0 : tensor<100x100xf32>
}

// -----

// An upper triangle is solved from its last row; its other triangle meets no product.
// CHECK-LABEL: func @backward
func.func @backward(%a: tensor<64x64xf32>, %b: tensor<64x5xf32>) -> tensor<64x5xf32> {
  // CHECK: %[[READ:.*]] = xform.select %{{.*}}, %arg0
  // CHECK: scf.for %[[I:.*]] = %{{.*}} to %c64 step %c32
  // CHECK: %[[START:.*]] = arith.subi %c32, %[[I]]
  // CHECK: %[[ROWS:.*]] = tensor.extract_slice %[[READ]][%[[START]], 0] [32, 64] [1, 1]
  // CHECK: xform.dot_general %[[ROWS]]
  // CHECK: tensor.extract_slice %arg0[%[[START]], %[[START]]] [32, 32] [1, 1]
  // CHECK: scf.for %[[J:.*]] = %{{.*}} to %c32
  // CHECK: arith.subi %c31, %[[J]]
  %0 = xform.triangular_solve %a, %b left_side = true lower = false transpose_a = false unit_diagonal = false : tensor<64x64xf32>, tensor<64x5xf32>
  return %0 : tensor<64x5xf32>
}

// -----

// A transposed matrix is read by columns; ones on the diagonal divide nothing.
// CHECK-LABEL: func @unit
func.func @unit(%a: tensor<2x2xf64>, %b: tensor<2x3xf64>) -> tensor<2x3xf64> {
  // CHECK: tensor.extract_slice %arg0[1, 0] [1, 2] [1, 1] : tensor<2x2xf64> to tensor<2xf64>
  // CHECK-NOT: arith.divf
  %0 = xform.triangular_solve %a, %b left_side = true lower = true transpose_a = true unit_diagonal = true : tensor<2x2xf64>, tensor<2x3xf64>
  return %0 : tensor<2x3xf64>
}

// -----

// Small types are computed in f32, nothing where there is nothing, and any batch.
// CHECK-LABEL: func @types
func.func @types(%h: tensor<1x1xf16>, %none: tensor<0x0xf32>, %some: tensor<?x6x6xf32>) -> (tensor<1x1xf16>, tensor<0x0xf32>, tensor<?x6x6xf32>) {
  // CHECK-DAG: %[[NONE:.*]] = xform.constant dense<0.000000e+00> : tensor<0x0xf32>
  // CHECK-DAG: %[[WIDE:.*]] = xform.convert %arg0 : tensor<1x1xf16> to tensor<1x1xf32>
  // CHECK: linalg.generic
  // CHECK: %[[H:.*]] = xform.convert %{{.*}} : tensor<1x1xf32> to tensor<1x1xf16>
  %0 = xform.cholesky %h : tensor<1x1xf16>
  %1 = xform.cholesky %none : tensor<0x0xf32>
  // CHECK: %[[ANY:.*]] = scf.for
  %2 = xform.cholesky %some : tensor<?x6x6xf32>
  // CHECK: return %[[H]], %[[NONE]], %[[ANY]]
  return %0, %1, %2 : tensor<1x1xf16>, tensor<0x0xf32>, tensor<?x6x6xf32>
}

// -----

// A column finds its pivot, exchanges rows and is eliminated, in one pass over the panel.
// CHECK-LABEL: func @lu_leaf
func.func @lu_leaf(%x: tensor<9x8x5xf64>) -> (tensor<9x8x5xf64>, tensor<9x5xi32>, tensor<9x8xi32>) {
  // CHECK: %[[LOOP:.*]]:3 = scf.for %[[J:.*]] = %c0 to %c5 step %c1 iter_args(%[[X:.*]] = %arg0
  // CHECK: %[[COLUMN:.*]] = tensor.extract_slice %[[X]][0, 0, %[[J]]] [9, 8, 1] [1, 1, 1]
  // CHECK: math.absf
  // CHECK: xform.argmax
  // CHECK: xform.gather %[[X]]
  // CHECK: %[[STEP:.*]] = linalg.generic {{.*}} ins(%[[X]], %{{.*}}, %{{.*}}, %[[COLUMN]]
  // CHECK: arith.divf
  // CHECK: scf.yield %[[STEP]]
  // CHECK: return %[[LOOP]]#0, %[[LOOP]]#1, %[[LOOP]]#2
  %0:3 = xform.lu %x : tensor<9x8x5xf64>
  return %0#0, %0#1, %0#2 : tensor<9x8x5xf64>, tensor<9x5xi32>, tensor<9x8xi32>
}

// -----

// The right half is solved by the left one's triangle, and updated by a product.
// CHECK-LABEL: func @lu_halves
func.func @lu_halves(%x: tensor<32x32xf32>) -> tensor<32x32xf32> {
  // CHECK: %[[LEFT:.*]]:3 = scf.for
  // CHECK: %[[RIGHT:.*]] = xform.gather %{{.*}}, %{{.*}}
  // CHECK: %[[TOP:.*]] = scf.for
  // CHECK: %[[PRODUCT:.*]] = xform.dot_general %{{.*}}, %[[TOP]] batch = [] x [] contracting = [1] x [0]
  // CHECK: %[[REST:.*]] = xform.sub %{{.*}}, %[[PRODUCT]]
  // CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[REST]]
  %0:3 = xform.lu %x : tensor<32x32xf32>
  return %0#0 : tensor<32x32xf32>
}

// -----

// The exchanges go to the right-hand side before the solves, or to the solution.
// CHECK-LABEL: func @lu_solve
func.func @lu_solve(%a: tensor<4x4xf32>, %f: tensor<4x4xf32>, %p: tensor<4xi32>, %b: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  // CHECK: %[[B:.*]] = xform.gather %arg3
  // CHECK: %[[L:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[B]])
  // CHECK: %[[X:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[L]])
  %0 = xform.lu_solve %a, %f, %p, %b transpose_a = false : tensor<4x4xf32>, tensor<4xi32>, tensor<4x2xf32>
  // CHECK: %[[U:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %arg3)
  // CHECK: %[[T:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[U]])
  // CHECK: xform.scatter {{.*}}, %[[T]]
  %1 = xform.lu_solve %a, %f, %p, %b transpose_a = true : tensor<4x4xf32>, tensor<4xi32>, tensor<4x2xf32>
  return %0, %1 : tensor<4x2xf32>, tensor<4x2xf32>
}

// -----

// Reflections one column after the other, then q as one product.
// CHECK-LABEL: func @qr
func.func @qr(%x: tensor<6x4xf32>) -> (tensor<6x4xf32>, tensor<4x4xf32>) {
  // CHECK: %[[LOOP:.*]]:2 = scf.for {{.*}} iter_args(%[[PANEL:.*]] = %arg0
  // CHECK: math.sqrt
  // CHECK: math.copysign
  // CHECK: xform.dot_general %[[PANEL]]
  // CHECK: scf.yield
  // CHECK: xform.dot_general
  %0:2 = xform.qr %x complete = false : tensor<6x4xf32>
  return %0#0, %0#1 : tensor<6x4xf32>, tensor<4x4xf32>
}

// -----

// What has a function in the runtime of our machine code stays; larger systems are cut.
// FUNCTIONS-LABEL: func @functions
// CHECK-LABEL: func @functions
func.func @functions(%x: tensor<2x5x3xf32>, %y: tensor<4x4xf16>, %big: tensor<1024x1024xf64>) -> (tensor<2x5x5xf32>, tensor<2x3xf32>, tensor<2x3x3xf32>, tensor<4xf16>, tensor<4x4xf16>, tensor<4xf16>, tensor<1024x1024xf64>) {
  // FUNCTIONS: %[[Q:.*]], %[[R:.*]] = xform.qr %arg0 complete = true : tensor<2x5x3xf32>
  // FUNCTIONS: %[[TOP:.*]] = xform.slice %[[R]]
  // FUNCTIONS: xform.svd %[[TOP]] complete = false : tensor<2x3x3xf32>
  // FUNCTIONS: xform.dot_general
  // FUNCTIONS: xform.concatenate
  // CHECK-NOT: xform.svd
  // CHECK: scf.while
  %u, %s, %vt = xform.svd %x complete = true : tensor<2x5x3xf32>
  // FUNCTIONS: %[[WIDE:.*]] = xform.convert %arg1 : tensor<4x4xf16> to tensor<4x4xf32>
  // FUNCTIONS: xform.eigh %[[WIDE]] : tensor<4x4xf32>
  // CHECK-NOT: xform.eigh
  // CHECK: scf.while
  %w, %v = xform.eigh %y : tensor<4x4xf16>
  // FUNCTIONS: xform.schur %{{.*}} : tensor<4x4xf32>
  // CHECK-NOT: xform.schur
  // CHECK: scf.while
  // CHECK: math.copysign
  %t, %z = xform.schur %y : tensor<4x4xf16>
  // FUNCTIONS: xform.eig %{{.*}} : tensor<4x4xf32>
  // CHECK-NOT: xform.eig
  // CHECK: scf.while
  // CHECK: scf.for
  %e:4 = xform.eig %y : tensor<4x4xf16>
  // FUNCTIONS: xform.lu %{{.*}} : tensor<1024x256xf64>
  // FUNCTIONS: xform.triangular_solve %{{.*}} unit_diagonal = true : tensor<256x256xf64>, tensor<256x256xf64>
  // FUNCTIONS: xform.dot_general
  // FUNCTIONS-NOT: scf
  %f:3 = xform.lu %big : tensor<1024x1024xf64>
  return %u, %s, %vt, %w, %t, %e#0, %f#0 : tensor<2x5x5xf32>, tensor<2x3xf32>, tensor<2x3x3xf32>, tensor<4xf16>, tensor<4x4xf16>, tensor<4xf16>, tensor<1024x1024xf64>
}

// -----

func.func @unknown(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  // expected-error @+1 {{needs matrices of static size, got 'tensor<?x?xf32>'}}
  %0 = xform.cholesky %x : tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
