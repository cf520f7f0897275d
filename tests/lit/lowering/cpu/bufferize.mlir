// RUN: xform-opt --allow-unregistered-dialect --split-input-file --xform-cpu-bufferize --canonicalize %s | FileCheck %s

// Results are written where the caller wants them.
// CHECK-LABEL: func.func @sum(
// CHECK-SAME: %[[X:.*]]: memref<4xf32>, %[[R:.*]]: memref<4xf32>) {
// CHECK-NOT: alloca
// CHECK: linalg.add ins(%[[X]], %[[X]] : memref<4xf32>, memref<4xf32>) outs(%[[R]] : memref<4xf32>)
// CHECK-NEXT: return
func.func @sum(%x: tensor<4xf32>) -> tensor<4xf32> {
  %empty = tensor.empty() : tensor<4xf32>
  %sum = linalg.add ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
  return %sum : tensor<4xf32>
}

// -----

// What a while loop carries has a place, which its turns update.
// CHECK-LABEL: func.func @count(
// CHECK-SAME: %[[N:.*]]: memref<i64>, %[[R:.*]]: memref<i64>) {
// CHECK-NOT: memref.alloca
// CHECK: memref.copy %[[N]], %[[R]]
// CHECK: scf.while : () -> () {
// CHECK: memref.load %[[R]][]
// CHECK: scf.condition
// CHECK: linalg.generic
// CHECK-SAME: outs(%[[R]] : memref<i64>)
func.func @count(%n: tensor<i64>) -> tensor<i64> {
  %zero = arith.constant 0 : i64
  %r = scf.while (%left = %n) : (tensor<i64>) -> tensor<i64> {
    %number = tensor.extract %left[] : tensor<i64>
    %more = arith.cmpi sgt, %number, %zero : i64
    scf.condition(%more) %left : tensor<i64>
  } do {
  ^bb0(%left: tensor<i64>):
    %empty = tensor.empty() : tensor<i64>
    %less = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%left : tensor<i64>) outs(%empty : tensor<i64>) {
    ^bb0(%in: i64, %out: i64):
      %one = arith.constant 1 : i64
      %difference = arith.subi %in, %one : i64
      linalg.yield %difference : i64
    } -> tensor<i64>
    scf.yield %less : tensor<i64>
  }
  return %r : tensor<i64>
}

// -----

// A scatter is a loop over its updates.
// CHECK-LABEL: func.func @scatter(
// CHECK-SAME: %[[U:.*]]: memref<3x2xf32>, %[[AT:.*]]: memref<3x1xi32>, %[[X:.*]]: memref<4x2xf32>, %[[R:.*]]: memref<4x2xf32>)
// CHECK: memref.copy %[[X]], %[[R]]
// CHECK: scf.for %[[I:.*]] =
// CHECK: %[[ROW:.*]] = memref.load %[[AT]][%[[I]],
// CHECK: arith.index_cast %[[ROW]] : i32 to index
// CHECK: linalg.generic
// CHECK: arith.addf
func.func @scatter(%updates: tensor<3x2xf32>, %rows: tensor<3x1xi32>, %x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %r = "iree_linalg_ext.scatter"(%updates, %rows, %x) <{dimension_map = array<i64: 0>, operandSegmentSizes = array<i32: 2, 1>, unique_indices = false}> ({
  ^bb0(%update: f32, %old: f32):
    %sum = arith.addf %update, %old : f32
    "iree_linalg_ext.yield"(%sum) : (f32) -> ()
  }) : (tensor<3x2xf32>, tensor<3x1xi32>, tensor<4x2xf32>) -> tensor<4x2xf32>
  return %r : tensor<4x2xf32>
}

// -----

// A large operand is read from a copy in which the columns of a tile lie one
// row behind the other; what has no lanes, along the sum.
// CHECK-LABEL: func.func @packed(
// CHECK-SAME: %[[A:.*]]: memref<1024x1024xf32>, %[[B:.*]]: memref<1024x1024xf32>, %[[R:.*]]: memref<1024x1024xf32>)
// CHECK-DAG: %[[BLOCKS:.*]] = memref.alloca() : memref<32x1024x32xf32>
// CHECK-DAG: %[[ROWS:.*]] = memref.alloca() : memref<1024x1024xf32>
// CHECK-DAG: %[[SPLIT:.*]] = memref.expand_shape %[[B]] {{\[\[}}0], [1, 2]] {{.*}} into memref<1024x32x32xf32>
// CHECK-DAG: linalg.transpose ins(%[[SPLIT]] : {{.*}}) outs(%[[BLOCKS]] : {{.*}}) permutation = [1, 0, 2]
// CHECK-DAG: linalg.transpose ins(%[[A]] : {{.*}}) outs(%[[ROWS]] : {{.*}}) permutation = [1, 0]
// CHECK: %[[SUMS:.*]] = memref.expand_shape %[[R]] {{\[\[}}0], [1, 2]]
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction", "parallel"]} ins(%[[ROWS]], %[[BLOCKS]] : {{.*}}) outs(%[[SUMS]] :
// CHECK-NOT: memref.copy
func.func @packed(%a: tensor<1024x1024xf32>, %b: tensor<1024x1024xf32>) -> tensor<1024x1024xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1024x1024xf32>
  %start = linalg.fill ins(%zero : f32) outs(%empty : tensor<1024x1024xf32>) -> tensor<1024x1024xf32>
  %r = linalg.matmul indexing_maps = [affine_map<(i, j, k) -> (k, i)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>]
      ins(%a, %b : tensor<1024x1024xf32>, tensor<1024x1024xf32>) outs(%start : tensor<1024x1024xf32>) -> tensor<1024x1024xf32>
  return %r : tensor<1024x1024xf32>
}

// -----

// What a turn reads of what it carries, and then replaces, is read before.
// CHECK-LABEL: func.func @update(
// CHECK-SAME: %[[X:.*]]: memref<4xf32>, %[[R:.*]]: memref<4xf32>)
// CHECK-NOT: memref<4xf32>
// CHECK: memref.copy %[[X]], %[[R]]
// CHECK: scf.for
// CHECK: memref.load %[[R]]
// CHECK: linalg.generic
// CHECK-NOT: memref.copy {{.*}} memref<4xf32>
func.func @update(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %three = arith.constant 3 : index
  %r = scf.for %i = %zero to %three step %one iter_args(%c = %x) -> tensor<4xf32> {
    %next = arith.addi %i, %one : index
    %old = tensor.extract_slice %c[%next] [1] [1] : tensor<4xf32> to tensor<f32>
    %half = arith.constant 0.5 : f32
    %a = tensor.empty() : tensor<f32>
    %some = linalg.fill ins(%half : f32) outs(%a : tensor<f32>) -> tensor<f32>
    %replaced = tensor.insert_slice %some into %c[%i] [1] [1] : tensor<f32> into tensor<4xf32>
    %late = tensor.extract %c[%i] : tensor<4xf32>
    %sum = linalg.generic {indexing_maps = [affine_map<() -> ()>], iterator_types = []} outs(%old : tensor<f32>) {
    ^bb0(%out: f32):
      %0 = arith.addf %out, %late : f32
      linalg.yield %0 : f32
    } -> tensor<f32>
    %again = tensor.insert_slice %sum into %replaced[%next] [1] [1] : tensor<f32> into tensor<4xf32>
    scf.yield %again : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

// What a loop keeps has a place for each value, also where nobody reads it.
module attributes {xform.cpu} {
  // CHECK-LABEL: func @kept
  func.func @kept(%x: tensor<1xf64>) -> tensor<1xf64> {
    // CHECK-DAG: %[[SINES:.*]] = memref.alloca() : memref<3x1xf64>
    // CHECK-DAG: %[[COSINES:.*]] = memref.alloca() : memref<3x1xf64>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c3 = arith.constant 3 : index
    %none = tensor.empty() : tensor<3x1xf64>
    %place = tensor.empty() : tensor<1xf64>
    // CHECK: scf.for
    %0:3 = scf.for %i = %c0 to %c3 step %c1 iter_args(%c = %x, %a = %none, %b = %none) -> (tensor<1xf64>, tensor<3x1xf64>, tensor<3x1xf64>) {
      // CHECK-DAG: memref.subview %[[SINES]]
      // CHECK-DAG: memref.subview %[[COSINES]]
      %sin = linalg.map { math.sin } ins(%c : tensor<1xf64>) outs(%place : tensor<1xf64>)
      %cos = linalg.map { math.cos } ins(%c : tensor<1xf64>) outs(%place : tensor<1xf64>)
      %next = linalg.map { arith.mulf } ins(%sin, %cos : tensor<1xf64>, tensor<1xf64>) outs(%place : tensor<1xf64>)
      %sines = tensor.insert_slice %sin into %a[%i, 0] [1, 1] [1, 1] : tensor<1xf64> into tensor<3x1xf64>
      %cosines = tensor.insert_slice %cos into %b[%i, 0] [1, 1] [1, 1] : tensor<1xf64> into tensor<3x1xf64>
      scf.yield %next, %sines, %cosines : tensor<1xf64>, tensor<3x1xf64>, tensor<3x1xf64>
    }
    return %0#0 : tensor<1xf64>
  }
}
