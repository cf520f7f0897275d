// RUN: xform-opt --allow-unregistered-dialect %s --xform-fence-across-loops | FileCheck %s

// What a loop begins with, and what it does not read, is fenced for those
// behind it only; what is read in front of it alone is not.
// CHECK-LABEL: func @behind
func.func @behind(%x: tensor<8xf32>, %n: index) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %empty = tensor.empty() : tensor<8xf32>
  // CHECK: %[[DOUBLE:.*]] = linalg.add
  // CHECK: %[[SQUARE:.*]] = linalg.mul
  // CHECK: %[[OTHER:.*]] = linalg.sub
  // CHECK: %[[FENCED_DOUBLE:.*]] = "util.optimization_barrier"(%[[DOUBLE]])
  // CHECK: %[[FENCED_OTHER:.*]] = "util.optimization_barrier"(%[[OTHER]])
  // CHECK-NOT: util.optimization_barrier
  // CHECK: %[[LOOP:.*]] = scf.for {{.*}} iter_args(%{{.*}} = %[[DOUBLE]])
  %double = linalg.add ins(%x, %x : tensor<8xf32>, tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  %square = linalg.mul ins(%x, %x : tensor<8xf32>, tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  %other = linalg.sub ins(%square, %double : tensor<8xf32>, tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%c = %double) -> tensor<8xf32> {
    %next = linalg.mul ins(%c, %c : tensor<8xf32>, tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
    scf.yield %next : tensor<8xf32>
  }
  // CHECK: %[[EXP:.*]] = linalg.exp ins(%[[FENCED_DOUBLE]]
  // CHECK: return %[[LOOP]], %[[EXP]], %[[FENCED_OTHER]]
  %e = linalg.exp ins(%double : tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  return %r, %e, %other : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}

// In a branch of a loop's body, too; one barrier is enough for two loops.
// CHECK-LABEL: func @nested
func.func @nested(%x: tensor<8xf32>, %n: index, %flag: i1) -> tensor<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %empty = tensor.empty() : tensor<8xf32>
  // CHECK: scf.for
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%c = %x) -> tensor<8xf32> {
    // CHECK: %[[EXP:.*]] = linalg.exp
    // CHECK: %[[FENCED:.*]] = "util.optimization_barrier"(%[[EXP]])
    // CHECK: scf.if
    // CHECK-NOT: util.optimization_barrier
    // CHECK: linalg.add ins(%[[FENCED]],
    %e = linalg.exp ins(%c : tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
    %a = scf.if %flag -> tensor<8xf32> {
      scf.yield %c : tensor<8xf32>
    } else {
      %half = linalg.negf ins(%c : tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
      scf.yield %half : tensor<8xf32>
    }
    %b = scf.if %flag -> tensor<8xf32> {
      scf.yield %a : tensor<8xf32>
    } else {
      %half = linalg.negf ins(%a : tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
      scf.yield %half : tensor<8xf32>
    }
    %sum = linalg.add ins(%e, %b : tensor<8xf32>, tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
    scf.yield %sum : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}
