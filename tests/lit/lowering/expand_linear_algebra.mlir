// RUN: xform-opt %s --xform-expand-transforms --canonicalize | FileCheck %s

func.func private @factor(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %0 = xform.cholesky %x : tensor<3x3xf32>
  return %0 : tensor<3x3xf32>
}
func.func private @solve(%a: tensor<3x3xf32>, %b: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %0 = xform.triangular_solve %a, %b left_side = true lower = true transpose_a = false unit_diagonal = false : tensor<3x3xf32>, tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}
func.func private @solve_right(%a: tensor<3x3xf32>, %b: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = xform.triangular_solve %a, %b left_side = false lower = false transpose_a = false unit_diagonal = false : tensor<3x3xf32>, tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// dl = l phi(l^-1 dx l^-T)
// CHECK-LABEL: func @factor_jvp
func.func @factor_jvp(%x: tensor<3x3xf32>, %t: tensor<3x3xf32>) -> tensor<3x3xf32> {
  // CHECK-DAG: %[[L:.*]] = xform.cholesky %arg0
  // CHECK-DAG: %[[T:.*]] = xform.transpose %arg1 permutation = [1, 0]
  // CHECK: %[[SUM:.*]] = xform.add %arg1, %[[T]]
  // CHECK: %[[SYM:.*]] = xform.mul %[[SUM]]
  // CHECK: %[[LEFT:.*]] = xform.triangular_solve %[[L]], %[[SYM]] left_side = true lower = true transpose_a = false
  // CHECK: %[[BOTH:.*]] = xform.triangular_solve %[[L]], %[[LEFT]] left_side = false lower = true transpose_a = true
  // CHECK: %[[HALF:.*]] = xform.mul %[[BOTH]]
  // CHECK: %[[DIAGONAL:.*]] = xform.select %{{.*}}, %[[HALF]]
  // CHECK: %[[PHI:.*]] = xform.select %{{.*}}, %[[BOTH]], %[[DIAGONAL]]
  // CHECK: xform.dot_general %[[L]], %[[PHI]] batch = [] x [] contracting = [1] x [0]
  %0:2 = xform.jvp @factor(%x) tangents(%t) argnums = [0] : (tensor<3x3xf32>), (tensor<3x3xf32>) -> tensor<3x3xf32>, tensor<3x3xf32>
  return %0#1 : tensor<3x3xf32>
}

// One more solve gives both tangents; what the op does not read of da is cut off.
// CHECK-LABEL: func @solve_jvp
func.func @solve_jvp(%a: tensor<3x3xf32>, %b: tensor<3x2xf32>, %da: tensor<3x3xf32>, %db: tensor<3x2xf32>) -> tensor<3x2xf32> {
  // CHECK-DAG: %[[X:.*]] = xform.triangular_solve %arg0, %arg1
  // CHECK-DAG: %[[READ:.*]] = xform.select %{{.*}}, %arg2
  // CHECK: %[[MOVED:.*]] = xform.dot_general %[[READ]], %[[X]]
  // CHECK: %[[RHS:.*]] = xform.sub %arg3, %[[MOVED]]
  // CHECK: %[[DX:.*]] = xform.triangular_solve %arg0, %[[RHS]] left_side = true lower = true transpose_a = false
  // CHECK-NOT: xform.triangular_solve
  // CHECK: return %[[DX]]
  %0:2 = xform.jvp @solve(%a, %b) tangents(%da, %db) argnums = [0, 1] : (tensor<3x3xf32>, tensor<3x2xf32>), (tensor<3x3xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>, tensor<3x2xf32>
  return %0#1 : tensor<3x2xf32>
}

// The transpose by b is the solve with the transposed matrix.
// CHECK-LABEL: func @solve_transpose
func.func @solve_transpose(%a: tensor<3x3xf32>, %b: tensor<3x2xf32>, %ct: tensor<3x2xf32>) -> tensor<3x2xf32> {
  // CHECK-NEXT: %[[CT:.*]] = xform.triangular_solve %arg0, %arg2 left_side = true lower = true transpose_a = true unit_diagonal = false
  // CHECK-NEXT: return %[[CT]]
  %0:2 = xform.vjp @solve(%a, %b) cotangents(%ct) argnums = [1] : (tensor<3x3xf32>, tensor<3x2xf32>), (tensor<3x2xf32>) -> tensor<3x2xf32>, tensor<3x2xf32>
  return %0#1 : tensor<3x2xf32>
}

// The matrices of a batch are factored together.
// CHECK-LABEL: func @factor_rows
func.func @factor_rows(%x: tensor<5x3x3xf32>) -> tensor<5x3x3xf32> {
  // CHECK-NEXT: %[[L:.*]] = xform.cholesky %arg0 : tensor<5x3x3xf32>
  // CHECK-NEXT: return %[[L]]
  %0 = xform.vmap @factor(%x) in_dims = [0] out_dims = [0] : (tensor<5x3x3xf32>) -> tensor<5x3x3xf32>
  return %0 : tensor<5x3x3xf32>
}

// CHECK-LABEL: func @solve_rows
func.func @solve_rows(%a: tensor<5x3x3xf32>, %b: tensor<5x3x2xf32>) -> tensor<5x3x2xf32> {
  // CHECK-NEXT: xform.triangular_solve %arg0, %arg1 {{.*}} : tensor<5x3x3xf32>, tensor<5x3x2xf32>
  %0 = xform.vmap @solve(%a, %b) in_dims = [0, 0] out_dims = [0] : (tensor<5x3x3xf32>, tensor<5x3x2xf32>) -> tensor<5x3x2xf32>
  return %0 : tensor<5x3x2xf32>
}

// CHECK-LABEL: func @solve_matrices
func.func @solve_matrices(%a: tensor<5x3x3xf32>, %b: tensor<3x2xf32>) -> tensor<5x3x2xf32> {
  // CHECK: %[[B:.*]] = xform.broadcast_in_dim %arg1 dims = [1, 2]
  // CHECK: xform.triangular_solve %arg0, %[[B]]
  %0 = xform.vmap @solve(%a, %b) in_dims = [0, none] out_dims = [0] : (tensor<5x3x3xf32>, tensor<3x2xf32>) -> tensor<5x3x2xf32>
  return %0 : tensor<5x3x2xf32>
}

// Right-hand sides of one matrix become columns, or from the right rows, of one.
// CHECK-LABEL: func @solve_columns
func.func @solve_columns(%a: tensor<3x3xf32>, %b: tensor<5x3x2xf32>) -> tensor<5x3x2xf32> {
  // CHECK: %[[MOVED:.*]] = xform.transpose %arg1 permutation = [1, 0, 2]
  // CHECK: %[[WIDE:.*]] = xform.reshape %[[MOVED]] : tensor<3x5x2xf32> to tensor<3x10xf32>
  // CHECK: %[[X:.*]] = xform.triangular_solve %arg0, %[[WIDE]] {{.*}} : tensor<3x3xf32>, tensor<3x10xf32>
  // CHECK: %[[NARROW:.*]] = xform.reshape %[[X]]
  // CHECK: xform.transpose %[[NARROW]] permutation = [1, 0, 2]
  %0 = xform.vmap @solve(%a, %b) in_dims = [none, 0] out_dims = [0] : (tensor<3x3xf32>, tensor<5x3x2xf32>) -> tensor<5x3x2xf32>
  return %0 : tensor<5x3x2xf32>
}

// CHECK-LABEL: func @solve_right_rows
func.func @solve_right_rows(%a: tensor<3x3xf32>, %b: tensor<5x2x3xf32>) -> tensor<5x2x3xf32> {
  // CHECK-NOT: xform.transpose
  // CHECK: %[[WIDE:.*]] = xform.reshape %arg1 : tensor<5x2x3xf32> to tensor<10x3xf32>
  // CHECK: xform.triangular_solve %arg0, %[[WIDE]] left_side = false
  %0 = xform.vmap @solve_right(%a, %b) in_dims = [none, 0] out_dims = [0] : (tensor<3x3xf32>, tensor<5x2x3xf32>) -> tensor<5x2x3xf32>
  return %0 : tensor<5x2x3xf32>
}

// CHECK-LABEL: func @transposed_matrix
func.func @transposed_matrix(%a: tensor<4x3x3xf32>, %b: tensor<4x3x2xf32>) -> tensor<4x3x2xf32> {
  // CHECK-NEXT: xform.triangular_solve %arg0, %arg1 left_side = true lower = false transpose_a = true unit_diagonal = true
  %t = xform.transpose %a permutation = [0, 2, 1] : tensor<4x3x3xf32>
  %0 = xform.triangular_solve %t, %b left_side = true lower = true transpose_a = false unit_diagonal = true : tensor<4x3x3xf32>, tensor<4x3x2xf32>
  return %0 : tensor<4x3x2xf32>
}

// A batch axis among the transposed ones stays.
// CHECK-LABEL: func @transposed_batch
func.func @transposed_batch(%a: tensor<3x3x3xf32>, %b: tensor<3x3x2xf32>) -> tensor<3x3x2xf32> {
  // CHECK-NEXT: %[[T:.*]] = xform.transpose
  // CHECK-NEXT: xform.triangular_solve %[[T]]
  %t = xform.transpose %a permutation = [1, 0, 2] : tensor<3x3x3xf32>
  %0 = xform.triangular_solve %t, %b left_side = true lower = true transpose_a = false unit_diagonal = false : tensor<3x3x3xf32>, tensor<3x3x2xf32>
  return %0 : tensor<3x3x2xf32>
}

func.func private @solve_general(%a: tensor<3x3xf32>, %b: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %f, %p, %q = xform.lu %a : tensor<3x3xf32>
  %0 = xform.lu_solve %a, %f, %q, %b transpose_a = false : tensor<3x3xf32>, tensor<3xi32>, tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// The factors are used again, and have no derivative of their own.
// CHECK-LABEL: func @solve_general_vjp
func.func @solve_general_vjp(%a: tensor<3x3xf32>, %b: tensor<3x2xf32>, %ct: tensor<3x2xf32>) -> (tensor<3x3xf32>, tensor<3x2xf32>) {
  // CHECK: %[[F:.*]], %{{.*}}, %[[Q:.*]] = xform.lu %arg0
  // CHECK: %[[X:.*]] = xform.lu_solve %arg0, %[[F]], %[[Q]], %arg1 transpose_a = false
  // CHECK: %[[DB:.*]] = xform.lu_solve %arg0, %[[F]], %[[Q]], %arg2 transpose_a = true
  // CHECK-NOT: xform.triangular_solve
  // CHECK: xform.dot_general
  // CHECK-NOT: xform.lu
  // CHECK: return
  %0:3 = xform.vjp @solve_general(%a, %b) cotangents(%ct) argnums = [0, 1] : (tensor<3x3xf32>, tensor<3x2xf32>), (tensor<3x2xf32>) -> tensor<3x2xf32>, tensor<3x3xf32>, tensor<3x2xf32>
  return %0#1, %0#2 : tensor<3x3xf32>, tensor<3x2xf32>
}
