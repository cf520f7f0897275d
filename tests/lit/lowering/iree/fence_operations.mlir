// RUN: xform-opt --allow-unregistered-dialect %s --xform-fence-operations | FileCheck %s

#map = affine_map<(i) -> (i)>

// What computes elements is fenced, also in loops; what is returned as well.
// CHECK-LABEL: func @fenced
func.func @fenced(%x: tensor<8xf32>, %n: index) -> tensor<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK: %[[EMPTY:.*]] = tensor.empty
  %empty = tensor.empty() : tensor<8xf32>
  // CHECK: %[[DOUBLE:.*]] = linalg.add
  // CHECK: %[[FENCED:.*]] = "util.optimization_barrier"(%[[DOUBLE]])
  %double = linalg.add ins(%x, %x : tensor<8xf32>, tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  // CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[FENCED]])
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%c = %double) -> tensor<8xf32> {
    // CHECK: %[[SQUARE:.*]] = linalg.mul
    // CHECK: %[[INNER:.*]] = "util.optimization_barrier"(%[[SQUARE]])
    // CHECK: scf.yield %[[INNER]]
    %square = linalg.mul ins(%c, %c : tensor<8xf32>, tensor<8xf32>) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
    scf.yield %square : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}

// A sum's start and views stay as they are.
// CHECK-LABEL: func @not_fenced
func.func @not_fenced(%x: tensor<8xf32>) -> tensor<f32> {
  // CHECK-NOT: util.optimization_barrier
  // CHECK: linalg.reduce
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<f32>
  %start = linalg.fill ins(%zero : f32) outs(%empty : tensor<f32>) -> tensor<f32>
  %half = tensor.extract_slice %x[0] [4] [1] : tensor<8xf32> to tensor<4xf32>
  %sum = linalg.reduce { arith.addf } ins(%half : tensor<4xf32>) outs(%start : tensor<f32>) dimensions = [0]
  // CHECK: "util.optimization_barrier"
  return %sum : tensor<f32>
}
