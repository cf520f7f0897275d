// RUN: xform-opt --xform-unroll-loops --split-input-file %s | FileCheck %s

#map = affine_map<(d0) -> (d0)>

// Many small steps are written out by twenty, what is left over behind them.
// CHECK-LABEL: func.func @steps
// CHECK-DAG: %[[BY:.*]] = arith.constant 20 : index
// CHECK: scf.for %{{.*}} to %{{.*}} step %{{.*}} iter_args
// CHECK-COUNT-20: linalg.generic
// CHECK: scf.yield
// CHECK-NOT: scf.for
// CHECK-COUNT-5: linalg.generic
// CHECK-NOT: linalg.generic
func.func @steps(%h: tensor<3xf32>, %w: tensor<2x3xf32>) -> (tensor<3xf32>, tensor<45x3xf32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %count = arith.constant 45 : index
  %stack = tensor.empty() : tensor<45x3xf32>
  %row = tensor.extract_slice %w[1, 0] [1, 3] [1, 1] : tensor<2x3xf32> to tensor<3xf32>
  %0:2 = scf.for %i = %zero to %count step %one iter_args(%c = %h, %ys = %stack) -> (tensor<3xf32>, tensor<45x3xf32>) {
    %empty = tensor.empty() : tensor<3xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel"]}
        ins(%c, %row : tensor<3xf32>, tensor<3xf32>) outs(%empty : tensor<3xf32>) {
    ^bb0(%a: f32, %b: f32, %out: f32):
      %2 = arith.mulf %a, %b : f32
      linalg.yield %2 : f32
    } -> tensor<3xf32>
    %y = tensor.insert_slice %1 into %ys[%i, 0] [1, 3] [1, 1] : tensor<3xf32> into tensor<45x3xf32>
    scf.yield %1, %y : tensor<3xf32>, tensor<45x3xf32>
  } {xform.scan}
  return %0#0, %0#1 : tensor<3xf32>, tensor<45x3xf32>
}

// -----

// Large steps are not written out, and those that read rows are as often as
// their places fit into the constants of a dispatch.
// CHECK-LABEL: func.func @large
// CHECK: scf.for
// CHECK-COUNT-1: linalg.exp
// CHECK-NOT: linalg.exp
// CHECK-LABEL: func.func @rows
// CHECK: scf.for
// CHECK-COUNT-8: linalg.add
// CHECK-NOT: linalg.add
func.func @large(%x: tensor<300x300xf16>) -> tensor<300x300xf16> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %count = arith.constant 80 : index
  %0 = scf.for %i = %zero to %count step %one iter_args(%c = %x) -> (tensor<300x300xf16>) {
    %empty = tensor.empty() : tensor<300x300xf16>
    %1 = linalg.exp ins(%c : tensor<300x300xf16>) outs(%empty : tensor<300x300xf16>) -> tensor<300x300xf16>
    scf.yield %1 : tensor<300x300xf16>
  } {xform.scan}
  return %0 : tensor<300x300xf16>
}
func.func @rows(%x: tensor<3xf16>, %w: tensor<80x3xf16>) -> tensor<3xf16> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %count = arith.constant 80 : index
  %0 = scf.for %i = %zero to %count step %one iter_args(%c = %x) -> (tensor<3xf16>) {
    %empty = tensor.empty() : tensor<3xf16>
    %row = tensor.extract_slice %w[%i, 0] [1, 3] [1, 1] : tensor<80x3xf16> to tensor<3xf16>
    %1 = linalg.add ins(%c, %row : tensor<3xf16>, tensor<3xf16>) outs(%empty : tensor<3xf16>) -> tensor<3xf16>
    scf.yield %1 : tensor<3xf16>
  } {xform.scan}
  return %0 : tensor<3xf16>
}
