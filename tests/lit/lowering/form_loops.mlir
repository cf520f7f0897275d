// RUN: xform-opt --xform-form-loops --split-input-file %s | FileCheck %s
// RUN: xform-opt --xform-form-loops=kernels=true --allow-unregistered-dialect --split-input-file %s | FileCheck %s --check-prefix=KERNEL

#map = affine_map<(d0) -> (d0)>

// Many small steps are written out by twenty, what is left over behind them;
// or the loop is a kernel, which reads a row of %w and not a copy of it, and
// makes the stacked result where it is wanted.
// CHECK-LABEL: func.func @steps
// CHECK-DAG: %[[BY:.*]] = arith.constant 20 : index
// CHECK: scf.for %{{.*}} to %{{.*}} step %{{.*}} iter_args
// CHECK-COUNT-20: linalg.generic
// CHECK: scf.yield
// CHECK-NOT: scf.for
// CHECK-COUNT-5: linalg.generic
// CHECK-NOT: linalg.generic
// KERNEL: func.func private @steps_loop
// KERNEL-SAME: %{{.*}}: memref<3xf32>, %[[W:.*]]: memref<2x3xf32>, %[[LAST:.*]]: memref<3xf32>, %[[YS:.*]]: memref<45x3xf32>
// KERNEL-SAME: attributes {xform.kernel = 2 : i64}
// KERNEL: %[[WHOLE:.*]] = bufferization.to_tensor %[[W]] restrict
// KERNEL: tensor.extract_slice %[[WHOLE]][1, 0] [1, 3] [1, 1]
// KERNEL: %[[STACK:.*]] = bufferization.to_tensor %[[YS]] restrict writable
// KERNEL: %[[LOOP:.*]]:2 = scf.for {{.*}} = %[[STACK]])
// KERNEL: bufferization.materialize_in_destination %[[LOOP]]#0 in restrict writable %[[LAST]]
// KERNEL: bufferization.materialize_in_destination %[[LOOP]]#1 in restrict writable %[[YS]]
// KERNEL-LABEL: func.func @steps
// KERNEL: "flow.dispatch"(%arg0, %arg1)
// KERNEL-SAME: entry_points = [@steps_loop::@steps_loop]
// KERNEL-SAME: -> (tensor<3xf32>, tensor<45x3xf32>)
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

// Half precision is no kernel, and few steps are not written out.
// KERNEL-LABEL: func.func @half
// KERNEL: scf.for
// KERNEL-NOT: xform.scan
// KERNEL-NOT: flow.dispatch
func.func @half(%h: tensor<3xf16>) -> tensor<3xf16> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %count = arith.constant 5 : index
  %0 = scf.for %i = %zero to %count step %one iter_args(%c = %h) -> tensor<3xf16> {
    %1 = linalg.add ins(%c, %c : tensor<3xf16>, tensor<3xf16>) outs(%h : tensor<3xf16>) -> tensor<3xf16>
    scf.yield %1 : tensor<3xf16>
  } {xform.scan}
  return %0 : tensor<3xf16>
}

// -----

// Nor is a step with much work: there the other cores count.
// KERNEL-LABEL: func.func @large
// KERNEL: scf.for
// KERNEL-NOT: flow.dispatch
func.func @large(%h: tensor<256x256xf32>, %w: tensor<256x256xf32>) -> tensor<256x256xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %count = arith.constant 5 : index
  %0 = scf.for %i = %zero to %count step %one iter_args(%c = %h) -> tensor<256x256xf32> {
    %1 = linalg.matmul ins(%c, %w : tensor<256x256xf32>, tensor<256x256xf32>)
        outs(%h : tensor<256x256xf32>) -> tensor<256x256xf32>
    scf.yield %1 : tensor<256x256xf32>
  } {xform.scan}
  return %0 : tensor<256x256xf32>
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
