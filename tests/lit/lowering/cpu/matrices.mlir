// RUN: xform-opt --split-input-file --xform-cpu-bufferize --canonicalize %s | FileCheck %s
// RUN: xform-opt --split-input-file --xform-cpu-bufferize --xform-cpu-share %s | FileCheck %s --check-prefix=SHARED
// RUN: xform-opt --split-input-file --xform-cpu-pipeline=target=cpu:x86-64-v3 %s | FileCheck %s --check-prefix=LLVM

// One call for one matrix, with memory to work in and no buffer for what nobody reads.
module attributes {xform.cpu} {
  // CHECK-LABEL: func @values
  // CHECK-SAME: %[[X:.*]]: memref<3x3xf64>, %[[W:.*]]: memref<3xf64>
  // CHECK: %[[SCRATCH:.*]] = memref.alloca() : memref<{{.*}}xf64>
  // CHECK: call @xform_matrices_0(%[[X]], %[[W]], %[[SCRATCH]], %c0, %c3, %c0, %c1, %{{.*}})
  // CHECK: func.func private @xform_matrices_0({{.*}}) attributes {xform.runtime = "xform_eigvalsh_f64"}
  // LLVM: llvm.call @xform_eigvalsh_f64(
  // LLVM: llvm.func @xform_eigvalsh_f64(
  func.func @values(%x: tensor<3x3xf64>) -> tensor<3xf64> {
    %w, %v = xform.eigh %x : tensor<3x3xf64>
    return %w : tensor<3xf64>
  }
}

// -----

// Values alone are another function's.
module attributes {xform.cpu} {
  // CHECK-LABEL: func @general
  // CHECK: call @xform_matrices_0(
  // CHECK: call @xform_matrices_1(
  // CHECK: call @xform_matrices_2(
  // CHECK: {xform.runtime = "xform_eigvals_f32"}
  // CHECK: {xform.runtime = "xform_eig_f32"}
  // CHECK: {xform.runtime = "xform_schur_f32"}
  func.func @general(%x: tensor<4x4xf32>, %y: tensor<4x4xf32>) -> (tensor<4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
    %0:4 = xform.eig %x : tensor<4x4xf32>
    %1:4 = xform.eig %y : tensor<4x4xf32>
    %2:2 = xform.schur %y : tensor<4x4xf32>
    return %0#0, %1#2, %2#1 : tensor<4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
  }
}

// -----

// Matrices of a batch are independent of each other: cores share them. What is no whole buffer is
// copied.
module attributes {xform.cpu} {
  // CHECK-LABEL: func @batch
  // CHECK: memref.copy
  // CHECK: scf.for %[[I:.*]] = %c0 to %c63 step %c1
  // CHECK: %[[FIRST:.*]] = arith.muli %[[I]], %c4
  // CHECK: call @xform_matrices_0({{.*}}, %[[FIRST]], %{{.*}}, %{{.*}})
  // CHECK: {xform.independent}
  // SHARED: call @batch.chunks
  // SHARED: func.func private @batch.chunk(
  // SHARED: call @xform_matrices_0
  func.func @batch(%x: tensor<250x40x32xf32>) -> (tensor<250x32x32xf32>, tensor<250x32xi32>, tensor<250x32xi32>) {
    %part = tensor.extract_slice %x[0, 0, 0] [250, 32, 32] [1, 1, 1] : tensor<250x40x32xf32> to tensor<250x32x32xf32>
    %0:3 = xform.lu %part : tensor<250x32x32xf32>
    return %0#0, %0#1, %0#2 : tensor<250x32x32xf32>, tensor<250x32xi32>, tensor<250x32xi32>
  }
}

// -----

// Calls with other types are of the same function.
module attributes {xform.cpu} {
  // LLVM-LABEL: llvm.func internal @two.body
  // LLVM: llvm.call @xform_cholesky_f64(
  // LLVM: llvm.call @xform_cholesky_f64(
  // LLVM: llvm.func @xform_cholesky_f64(
  // LLVM-NOT: @xform_cholesky_f64
  func.func @two(%x: tensor<2x2xf64>, %y: tensor<3x3xf64>) -> (tensor<2x2xf64>, tensor<3x3xf64>) {
    %0 = xform.cholesky %x : tensor<2x2xf64>
    %1 = xform.cholesky %y : tensor<3x3xf64>
    return %0, %1 : tensor<2x2xf64>, tensor<3x3xf64>
  }
}
