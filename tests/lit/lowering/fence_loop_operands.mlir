// RUN: xform-opt --allow-unregistered-dialect %s --xform-fence-loop-operands | FileCheck %s

// What a loop begins with and is summed up as well is fenced, through a view.
// CHECK-LABEL: func @read_twice
func.func @read_twice(%x: tensor<8xf32>, %n: index) -> (tensor<1x8xf32>, tensor<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %empty = tensor.empty() : tensor<8xf32>
  %line = tensor.empty() : tensor<1x8xf32>
  // CHECK: %[[DOUBLE:.*]] = linalg.add
  // CHECK: %[[FENCED:.*]] = "util.optimization_barrier"(%[[DOUBLE]])
  // CHECK: tensor.expand_shape %[[FENCED]]
  %double = linalg.add ins(%x, %x : tensor<8xf32>, tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  %expanded = tensor.expand_shape %double [[0, 1]] output_shape [1, 8] : tensor<8xf32> into tensor<1x8xf32>
  // CHECK: scf.for
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%c = %expanded) -> tensor<1x8xf32> {
    // CHECK: linalg.mul
    // CHECK-NOT: util.optimization_barrier
    %square = linalg.mul ins(%c, %c : tensor<1x8xf32>, tensor<1x8xf32>) outs(%line : tensor<1x8xf32>) -> tensor<1x8xf32>
    scf.yield %square : tensor<1x8xf32>
  }
  // CHECK: linalg.exp ins(%[[FENCED]]
  %e = linalg.exp ins(%double : tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  return %r, %e : tensor<1x8xf32>, tensor<8xf32>
}

// What only a branch reads is not, nor are arguments.
// CHECK-LABEL: func @read_once
func.func @read_once(%x: tensor<8xf32>, %flag: i1) -> (tensor<8xf32>, tensor<8xf32>) {
  // CHECK-NOT: util.optimization_barrier
  %empty = tensor.empty() : tensor<8xf32>
  %double = linalg.add ins(%x, %x : tensor<8xf32>, tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  %r = scf.if %flag -> tensor<8xf32> {
    %a = linalg.mul ins(%double, %x : tensor<8xf32>, tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
    scf.yield %a : tensor<8xf32>
  } else {
    scf.yield %double : tensor<8xf32>
  }
  %e = linalg.exp ins(%x : tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  return %r, %e : tensor<8xf32>, tensor<8xf32>
}
