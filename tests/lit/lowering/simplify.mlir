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
