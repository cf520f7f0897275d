// RUN: xform-opt %s --split-input-file --verify-diagnostics

func.func @cholesky_square(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{expects x to have square matrices in its last two axes, got 'tensor<2x3xf32>'}}
  %0 = xform.cholesky %x : tensor<2x3xf32>
  return
}

// -----

func.func @cholesky_rank(%x: tensor<3xf32>) {
  // expected-error @+1 {{expects x to have square matrices in its last two axes, got 'tensor<3xf32>'}}
  %0 = xform.cholesky %x : tensor<3xf32>
  return
}

// -----

func.func @cholesky_element(%x: tensor<2x2xi32>) {
  // expected-error @+1 {{operand #0 must be ranked tensor of}}
  %0 = xform.cholesky %x : tensor<2x2xi32>
  return
}

// -----

func.func @solve_square(%a: tensor<2x3xf32>, %b: tensor<3x1xf32>) {
  // expected-error @+1 {{expects a to have square matrices in its last two axes, got 'tensor<2x3xf32>'}}
  %0 = xform.triangular_solve %a, %b left_side = true lower = true transpose_a = false unit_diagonal = false : tensor<2x3xf32>, tensor<3x1xf32>
  return
}

// -----

func.func @solve_rank(%a: tensor<3x3xf32>, %b: tensor<3xf32>) {
  // expected-error @+1 {{expects a and b of equal rank, got 'tensor<3x3xf32>' and 'tensor<3xf32>'}}
  %0 = xform.triangular_solve %a, %b left_side = true lower = true transpose_a = false unit_diagonal = false : tensor<3x3xf32>, tensor<3xf32>
  return
}

// -----

func.func @solve_batch(%a: tensor<2x3x3xf32>, %b: tensor<4x3x1xf32>) {
  // expected-error @+1 {{expects equal batch axes, got sizes 2 and 4 along axis 0 of a, 'tensor<2x3x3xf32>', and b, 'tensor<4x3x1xf32>'}}
  %0 = xform.triangular_solve %a, %b left_side = true lower = true transpose_a = false unit_diagonal = false : tensor<2x3x3xf32>, tensor<4x3x1xf32>
  return
}

// -----

func.func @solve_rows(%a: tensor<3x3xf32>, %b: tensor<1x3xf32>) {
  // expected-error @+1 {{expects rows of b as long as a, got 1 and 3 for a, 'tensor<3x3xf32>', and b, 'tensor<1x3xf32>'}}
  %0 = xform.triangular_solve %a, %b left_side = true lower = true transpose_a = false unit_diagonal = false : tensor<3x3xf32>, tensor<1x3xf32>
  return
}

// -----

func.func @solve_columns(%a: tensor<3x3xf32>, %b: tensor<3x1xf32>) {
  // expected-error @+1 {{expects columns of b as long as a, got 1 and 3 for a, 'tensor<3x3xf32>', and b, 'tensor<3x1xf32>'}}
  %0 = xform.triangular_solve %a, %b left_side = false lower = true transpose_a = false unit_diagonal = false : tensor<3x3xf32>, tensor<3x1xf32>
  return
}

// -----

func.func @solve_elements(%a: tensor<3x3xf32>, %b: tensor<3x1xf64>) {
  // expected-error @+1 {{failed to verify that all of {a, b, result} have same element type}}
  %0 = xform.triangular_solve %a, %b left_side = true lower = true transpose_a = false unit_diagonal = false : tensor<3x3xf32>, tensor<3x1xf64>
  return
}

// -----

func.func @lu_rank(%x: tensor<3xf32>) {
  // expected-error @+1 {{'xform.lu' op expects x to have matrices in its last two axes, got 'tensor<3xf32>'}}
  %0:3 = xform.lu %x : tensor<3xf32>
  return
}

// -----

func.func @qr_rank(%x: tensor<3xf32>) {
  // expected-error @+1 {{'xform.qr' op expects x to have matrices in its last two axes, got 'tensor<3xf32>'}}
  %0:2 = xform.qr %x complete = false : tensor<3xf32>
  return
}

// -----

func.func @lu_solve_square(%a: tensor<2x3xf32>, %p: tensor<2xi32>, %b: tensor<2x1xf32>) {
  // expected-error @+1 {{expects a to have square matrices in its last two axes, got 'tensor<2x3xf32>'}}
  %0 = xform.lu_solve %a, %a, %p, %b transpose_a = false : tensor<2x3xf32>, tensor<2xi32>, tensor<2x1xf32>
  return
}

// -----

func.func @lu_solve_permutation(%a: tensor<3x3xf32>, %p: tensor<2xi32>, %b: tensor<3x1xf32>) {
  // expected-error @+1 {{expects a row number for each row of a, 'tensor<3x3xf32>', got permutation 'tensor<2xi32>'}}
  %0 = xform.lu_solve %a, %a, %p, %b transpose_a = false : tensor<3x3xf32>, tensor<2xi32>, tensor<3x1xf32>
  return
}

// -----

func.func @lu_solve_rows(%a: tensor<3x3xf32>, %p: tensor<3xi32>, %b: tensor<2x1xf32>) {
  // expected-error @+1 {{expects b to have the batch axes and the rows of a, 'tensor<3x3xf32>', got 'tensor<2x1xf32>'}}
  %0 = xform.lu_solve %a, %a, %p, %b transpose_a = false : tensor<3x3xf32>, tensor<3xi32>, tensor<2x1xf32>
  return
}

// -----

func.func @eigh_square(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'xform.eigh' op expects x to have square matrices in its last two axes, got 'tensor<2x3xf32>'}}
  %w, %v = xform.eigh %x : tensor<2x3xf32>
  return
}

// -----

func.func @schur_square(%x: tensor<3xf32>) {
  // expected-error @+1 {{'xform.schur' op expects x to have square matrices in its last two axes, got 'tensor<3xf32>'}}
  %t, %z = xform.schur %x : tensor<3xf32>
  return
}

// -----

func.func @eig_square(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'xform.eig' op expects x to have square matrices in its last two axes, got 'tensor<2x3xf32>'}}
  %e:4 = xform.eig %x : tensor<2x3xf32>
  return
}

// -----

func.func @svd_rank(%x: tensor<3xf32>) {
  // expected-error @+1 {{'xform.svd' op expects x to have matrices in its last two axes, got 'tensor<3xf32>'}}
  %u:3 = xform.svd %x complete = false : tensor<3xf32>
  return
}
