// RUN: xform-opt --split-input-file --xform-cpu-bufferize --canonicalize %s | FileCheck %s

// Element by element, a result takes the place of what it is made of.
// CHECK-LABEL: func.func @step(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<4xf32>, %[[Y:[a-z0-9]*]]: memref<4xf32>) attributes {xform.donors = array<i64: 0>} {
// CHECK-NEXT: linalg.sub ins(%[[X]], %[[Y]] : memref<4xf32>, memref<4xf32>) outs(%[[X]] : memref<4xf32>)
// CHECK-NEXT: return
func.func @step(%x: tensor<4xf32> {xform.donated}, %y: tensor<4xf32>) -> tensor<4xf32> {
  %empty = tensor.empty() : tensor<4xf32>
  %r = linalg.sub ins(%x, %y : tensor<4xf32>, tensor<4xf32>) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// Of the other elements some are read when they are gone.
// CHECK-LABEL: func.func @transposed(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<4x4xf32>, %[[R:[a-z0-9]*]]: memref<4x4xf32>) {
// CHECK: linalg.transpose ins(%[[X]] : {{.*}}) outs(%[[R]] : {{.*}})
func.func @transposed(%x: tensor<4x4xf32> {xform.donated}) -> tensor<4x4xf32> {
  %empty = tensor.empty() : tensor<4x4xf32>
  %r = linalg.transpose ins(%x : tensor<4x4xf32>) outs(%empty : tensor<4x4xf32>) permutation = [1, 0]
  return %r : tensor<4x4xf32>
}

// -----

// Sums read what is to come.
// CHECK-LABEL: func.func @sums(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<4x4xf32>, %[[R:[a-z0-9]*]]: memref<4x4xf32>) {
// CHECK-NOT: outs(%[[X]]
func.func @sums(%x: tensor<4x4xf32> {xform.donated}) -> tensor<4x4xf32> {
  %empty = tensor.empty() : tensor<4x4xf32>
  %zero = arith.constant 0.0 : f32
  %filled = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x4xf32>) -> tensor<4x4xf32>
  %r = linalg.matmul ins(%x, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%filled : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %r : tensor<4x4xf32>
}

// -----

// A part that is replaced is all that is written.
// CHECK-LABEL: func.func @update(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<4xf32>, %[[Y:[a-z0-9]*]]: memref<2xf32>) attributes {xform.donors = array<i64: 0>} {
// CHECK-NEXT: %[[PART:.*]] = memref.subview %[[X]][1] [2] [1]
// CHECK-NEXT: memref.copy %[[Y]], %[[PART]]
// CHECK-NEXT: return
func.func @update(%x: tensor<4xf32> {xform.donated}, %y: tensor<2xf32>) -> tensor<4xf32> {
  %r = tensor.insert_slice %y into %x[1] [2] [1] : tensor<2xf32> into tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// Each takes the place of its own; the first place that is free would be that
// of the other.
// CHECK-LABEL: func.func @two(
// CHECK-SAME: xform.donors = array<i64: 0, 1>
// CHECK-NOT: memref.copy
func.func @two(%x: tensor<4xf32> {xform.donated}, %y: tensor<4xf32> {xform.donated}) -> (tensor<4xf32>, tensor<4xf32>) {
  %a = tensor.empty() : tensor<4xf32>
  %b = tensor.empty() : tensor<4xf32>
  %r = linalg.exp ins(%x : tensor<4xf32>) outs(%a : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.exp ins(%y : tensor<4xf32>) outs(%b : tensor<4xf32>) -> tensor<4xf32>
  return %r, %s : tensor<4xf32>, tensor<4xf32>
}

// -----

// Arguments that change places need no more than to be called by the other's
// name.
// CHECK-LABEL: func.func @swap(
// CHECK-SAME: xform.donors = array<i64: 1, 0>
// CHECK-NEXT: return
func.func @swap(%x: tensor<4xf32> {xform.donated}, %y: tensor<4xf32> {xform.donated}) -> (tensor<4xf32>, tensor<4xf32>) {
  return %y, %x : tensor<4xf32>, tensor<4xf32>
}

// -----

// What is returned too is read until the end, but a part of it is copied before.
// CHECK-LABEL: func.func @kept(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<4xf32>, %[[Y:[a-z0-9]*]]: memref<4xf32>, %[[R:[a-z0-9]*]]: memref<4xf32>, %[[PART:[a-z0-9]*]]: memref<2xf32>)
// CHECK-SAME: xform.donors = array<i64: 0, -1, 1, -1>
// CHECK: memref.copy %{{.*}}, %[[PART]]
// CHECK: linalg.exp ins(%[[X]] : {{.*}}) outs(%[[R]] :
// CHECK: linalg.exp ins(%[[Y]] : {{.*}}) outs(%[[Y]] :
func.func @kept(%x: tensor<4xf32> {xform.donated}, %y: tensor<4xf32> {xform.donated}) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2xf32>) {
  %a = tensor.empty() : tensor<4xf32>
  %b = tensor.empty() : tensor<4xf32>
  %r = linalg.exp ins(%x : tensor<4xf32>) outs(%a : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.exp ins(%y : tensor<4xf32>) outs(%b : tensor<4xf32>) -> tensor<4xf32>
  %part = tensor.extract_slice %y[1] [2] [1] : tensor<4xf32> to tensor<2xf32>
  return %x, %r, %s, %part : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2xf32>
}

// -----

// A loop that reads the argument while it writes the result.
// CHECK-LABEL: func.func @loop(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<4xf32>, %[[R:[a-z0-9]*]]: memref<4xf32>) {
func.func @loop(%x: tensor<4xf32> {xform.donated}) -> tensor<4xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %three = arith.constant 3 : index
  %four = arith.constant 4 : index
  %empty = tensor.empty() : tensor<4xf32>
  %r = scf.for %i = %zero to %four step %one iter_args(%done = %empty) -> tensor<4xf32> {
    %from = arith.subi %three, %i : index
    %element = tensor.extract_slice %x[%from] [1] [1] : tensor<4xf32> to tensor<1xf32>
    %next = tensor.insert_slice %element into %done[%i] [1] [1] : tensor<1xf32> into tensor<4xf32>
    scf.yield %next : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}
