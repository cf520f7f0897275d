// RUN: xform-opt %s --xform-simplify | FileCheck %s

// An elementwise chain on broadcasts runs before them.
// CHECK-LABEL: func @sink_broadcast
func.func @sink_broadcast(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<5x3xf32> {
  // CHECK: %[[ADD:.*]] = xform.add %arg0, %arg1 : tensor<3xf32>
  // CHECK: %[[SIN:.*]] = xform.sin %[[ADD]] : tensor<3xf32>
  // CHECK: xform.broadcast_in_dim %[[SIN]] dims = [1] : tensor<3xf32> to tensor<5x3xf32>
  %0 = xform.broadcast_in_dim %x dims = [1] : tensor<3xf32> to tensor<5x3xf32>
  %1 = xform.broadcast_in_dim %y dims = [1] : tensor<3xf32> to tensor<5x3xf32>
  %2 = xform.add %0, %1 : tensor<5x3xf32>
  %3 = xform.sin %2 : tensor<5x3xf32>
  return %3 : tensor<5x3xf32>
}

// A Jacobian's seed leaves no matrix behind, on either side.
// CHECK-LABEL: func @one_hot
func.func @one_hot(%w: tensor<10x4xf32>) -> (tensor<10x4xf32>, tensor<4x10xf32>) {
  // CHECK-NOT: iota
  // CHECK-NOT: dot_general
  // CHECK: %[[T:.*]] = xform.transpose %arg0 permutation = [1, 0]
  // CHECK: return %arg0, %[[T]]
  %0 = xform.iota axis = 0 : tensor<10x10xi32>
  %1 = xform.iota axis = 1 : tensor<10x10xi32>
  %2 = xform.eq %0, %1 : tensor<10x10xi32>
  %3 = xform.convert %2 : tensor<10x10xi1> to tensor<10x10xf32>
  %4 = xform.dot_general %3, %w batch = [] x [] contracting = [1] x [0] : tensor<10x10xf32>, tensor<10x4xf32>
  %5 = xform.dot_general %w, %3 batch = [] x [] contracting = [0] x [1] : tensor<10x4xf32>, tensor<10x10xf32>
  return %4, %5 : tensor<10x4xf32>, tensor<4x10xf32>
}

// CHECK-LABEL: func @twice
func.func @twice(%x: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK: xform.exp
  // CHECK-NOT: xform.exp
  %0 = xform.exp %x : tensor<3xf32>
  %1 = xform.exp %x : tensor<3xf32>
  %2 = xform.mul %0, %1 : tensor<3xf32>
  return %2 : tensor<3xf32>
}

// A transposed contraction exchanges its operands where lines stay lines so.
// CHECK-LABEL: func @transposed_dot
func.func @transposed_dot(%w: tensor<3x4x5xf32>, %x: tensor<7x3x5xf32>, %a: tensor<4x5xf32>, %b: tensor<5x6xf32>) -> (tensor<7x3x4xf32>, tensor<6x4xf32>, tensor<4x3x7xf32>) {
  // CHECK-DAG: %[[X:.*]] = xform.dot_general %arg1, %arg0 batch = [1] x [0] contracting = [2] x [2] : tensor<7x3x5xf32>, tensor<3x4x5xf32>
  // CHECK-DAG: %[[T:.*]] = xform.transpose %[[X]] permutation = [1, 0, 2]
  // CHECK-DAG: %[[B:.*]] = xform.dot_general %arg3, %arg2 batch = [] x [] contracting = [0] x [1]
  // CHECK-DAG: %[[W:.*]] = xform.dot_general %arg0, %arg1
  // CHECK-DAG: %[[K:.*]] = xform.transpose %[[W]] permutation = [1, 0, 2]
  // CHECK: return %[[T]], %[[B]], %[[K]]
  %0 = xform.dot_general %w, %x batch = [0] x [1] contracting = [2] x [2] : tensor<3x4x5xf32>, tensor<7x3x5xf32>
  %1 = xform.transpose %0 permutation = [2, 0, 1] : tensor<3x4x7xf32>
  %2 = xform.dot_general %a, %b batch = [] x [] contracting = [1] x [0] : tensor<4x5xf32>, tensor<5x6xf32>
  %3 = xform.transpose %2 permutation = [1, 0] : tensor<4x6xf32>
  %4 = xform.dot_general %w, %x batch = [0] x [1] contracting = [2] x [2] : tensor<3x4x5xf32>, tensor<7x3x5xf32>
  %5 = xform.transpose %4 permutation = [1, 0, 2] : tensor<3x4x7xf32>
  return %1, %3, %5 : tensor<7x3x4xf32>, tensor<6x4xf32>, tensor<4x3x7xf32>
}

// A sum over free axes goes in front of a contraction, a sum over batch axes
// stays behind it.
// CHECK-LABEL: func @summed_dot
func.func @summed_dot(%x: tensor<7x3x5xf32>, %w: tensor<3x4x5x2xf32>) -> (tensor<3x4xf32>, tensor<7x4x2xf32>, tensor<3x2xf32>) {
  // CHECK-DAG: %[[X:.*]] = xform.reduce_sum %arg0 axes = [0]
  // CHECK-DAG: %[[W:.*]] = xform.reduce_sum %arg1 axes = [3]
  // CHECK-DAG: %[[S:.*]] = xform.dot_general %[[X]], %[[W]] batch = [0] x [0] contracting = [1] x [2] : tensor<3x5xf32>, tensor<3x4x5xf32>
  // CHECK-DAG: %[[D:.*]] = xform.dot_general %arg0, %arg1
  // CHECK-DAG: %[[B:.*]] = xform.reduce_sum %[[D]] axes = [0]
  // CHECK-DAG: %[[V:.*]] = xform.reduce_sum %arg1 axes = [1]
  // CHECK-DAG: %[[T:.*]] = xform.dot_general %[[X]], %[[V]] batch = [0] x [0] contracting = [1] x [1] : tensor<3x5xf32>, tensor<3x5x2xf32>
  // CHECK: return %[[S]], %[[B]], %[[T]]
  %0 = xform.dot_general %x, %w batch = [1] x [0] contracting = [2] x [2] : tensor<7x3x5xf32>, tensor<3x4x5x2xf32>
  %1 = xform.reduce_sum %0 axes = [1, 3] : tensor<3x7x4x2xf32>
  %2 = xform.dot_general %x, %w batch = [1] x [0] contracting = [2] x [2] : tensor<7x3x5xf32>, tensor<3x4x5x2xf32>
  %3 = xform.reduce_sum %2 axes = [0] : tensor<3x7x4x2xf32>
  %4 = xform.dot_general %x, %w batch = [1] x [0] contracting = [2] x [2] : tensor<7x3x5xf32>, tensor<3x4x5x2xf32>
  %5 = xform.transpose %4 permutation = [1, 0, 2, 3] : tensor<3x7x4x2xf32>
  %6 = xform.reduce_sum %5 axes = [0, 2] : tensor<7x3x4x2xf32>
  return %1, %3, %6 : tensor<3x4xf32>, tensor<7x4x2xf32>, tensor<3x2xf32>
}

// What elementwise operations make of an identity matrix is a scaling, also
// where it is subtracted, negated or transposed.
// CHECK-LABEL: func @diagonal
func.func @diagonal(%d: tensor<10xf32>, %w: tensor<10x4xf32>) -> (tensor<10x4xf32>, tensor<4x10xf32>, tensor<10x10xf32>) {
  // CHECK-NOT: dot_general
  // CHECK-DAG: %[[N:.*]] = xform.neg %arg0
  // CHECK-DAG: %[[ROWS:.*]] = xform.broadcast_in_dim %[[N]] dims = [0] : tensor<10xf32> to tensor<10x4xf32>
  // CHECK-DAG: %[[A:.*]] = xform.mul %arg1, %[[ROWS]]
  // CHECK-DAG: %[[T:.*]] = xform.transpose %arg1
  // CHECK-DAG: %[[S:.*]] = xform.sub %arg0,
  // CHECK-DAG: %[[COLUMNS:.*]] = xform.broadcast_in_dim %[[S]] dims = [1] : tensor<10xf32> to tensor<4x10xf32>
  // CHECK-DAG: %[[B:.*]] = xform.mul %[[T]], %[[COLUMNS]]
  // CHECK: return %[[A]], %[[B]], %{{.*}}
  %0 = xform.iota axis = 0 : tensor<10x10xi32>
  %1 = xform.iota axis = 1 : tensor<10x10xi32>
  %2 = xform.eq %0, %1 : tensor<10x10xi32>
  %3 = xform.convert %2 : tensor<10x10xi1> to tensor<10x10xf32>
  %4 = xform.broadcast_in_dim %d dims = [1] : tensor<10xf32> to tensor<10x10xf32>
  %5 = xform.mul %3, %4 : tensor<10x10xf32>
  %6 = xform.neg %5 : tensor<10x10xf32>
  %7 = xform.dot_general %6, %w batch = [] x [] contracting = [1] x [0] : tensor<10x10xf32>, tensor<10x4xf32>
  %8 = xform.constant dense<2.0> : tensor<10x10xf32>
  %9 = xform.mul %8, %3 : tensor<10x10xf32>
  %10 = xform.sub %5, %9 : tensor<10x10xf32>
  %11 = xform.dot_general %w, %10 batch = [] x [] contracting = [0] x [0] : tensor<10x4xf32>, tensor<10x10xf32>
  // CHECK-NOT: xform.transpose {{.*}} tensor<10x10xf32>
  %12 = xform.transpose %9 permutation = [1, 0] : tensor<10x10xf32>
  return %7, %11, %12 : tensor<10x4xf32>, tensor<4x10xf32>, tensor<10x10xf32>
}

// A sum with anything else and a matrix that is not square are none.
// CHECK-LABEL: func @no_diagonal
func.func @no_diagonal(%m: tensor<3x3xf32>, %x: tensor<3x2xf32>, %y: tensor<4x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  // CHECK-COUNT-2: xform.dot_general
  %0 = xform.iota axis = 0 : tensor<3x3xi32>
  %1 = xform.iota axis = 1 : tensor<3x3xi32>
  %2 = xform.eq %0, %1 : tensor<3x3xi32>
  %3 = xform.convert %2 : tensor<3x3xi1> to tensor<3x3xf32>
  %4 = xform.add %3, %m : tensor<3x3xf32>
  %5 = xform.dot_general %4, %x batch = [] x [] contracting = [1] x [0] : tensor<3x3xf32>, tensor<3x2xf32>
  %6 = xform.iota axis = 0 : tensor<3x4xi32>
  %7 = xform.iota axis = 1 : tensor<3x4xi32>
  %8 = xform.eq %6, %7 : tensor<3x4xi32>
  %9 = xform.convert %8 : tensor<3x4xi1> to tensor<3x4xf32>
  %10 = xform.dot_general %9, %y batch = [] x [] contracting = [1] x [0] : tensor<3x4xf32>, tensor<4x2xf32>
  return %5, %10 : tensor<3x2xf32>, tensor<3x2xf32>
}
