// RUN: xform-opt --xform-to-linalg=updates-in-place --canonicalize %s | FileCheck %s

// A scatter is a loop over its index vectors, each of which replaces a window.
// CHECK-LABEL: func @scatter(
// CHECK-SAME: %[[X:.*]]: tensor<4x3xf32>, %[[I:.*]]: tensor<5x1xi32>, %[[U:.*]]: tensor<5x3xf32>)
// CHECK: %[[R:.*]] = scf.for %[[AT:[a-z0-9]*]] = %{{.*}} iter_args(%[[C:[a-z0-9]*]] = %[[X]])
// CHECK: %[[E:.*]] = tensor.extract %[[I]][%[[AT]], %{{.*}}]
// CHECK: %[[ROW:.*]] = arith.index_cast
// CHECK: %[[W:.*]] = tensor.extract_slice %[[U]][%[[AT]], 0] [1, 3] [1, 1]
// CHECK: %[[N:.*]] = tensor.insert_slice %[[W]] into %[[C]][%[[ROW]], 0] [1, 3] [1, 1]
// CHECK: scf.yield %[[N]]
func.func @scatter(%x: tensor<4x3xf32>, %i: tensor<5x1xi32>, %u: tensor<5x3xf32>) -> tensor<4x3xf32> {
  %0 = xform.scatter %x, %i, %u axes = [0] batch = [] x [] window = [1] mode = "clip" unique = false : tensor<4x3xf32>, tensor<5x1xi32>, tensor<5x3xf32>
  return %0 : tensor<4x3xf32>
}

// One vector needs no loop; outside of x it replaces elements by themselves.
// CHECK-LABEL: func @dropped
// CHECK-NOT: scf.for
// CHECK: %[[IN:.*]] = arith.cmpi ult
// CHECK: %[[OLD:.*]] = tensor.extract_slice
// CHECK: linalg.generic {{.*}} outs(%[[OLD]] :
// CHECK: arith.select %[[IN]]
// CHECK: tensor.insert_slice
func.func @dropped(%x: tensor<4x3xf32>, %i: tensor<1xi32>, %u: tensor<4xf32>) -> tensor<4x3xf32> {
  %0 = xform.scatter %x, %i, %u axes = [1] batch = [] x [] window = [0] mode = "drop" unique = false : tensor<4x3xf32>, tensor<1xi32>, tensor<4xf32>
  return %0 : tensor<4x3xf32>
}

// Each row of a batch has its own index vectors.
// CHECK-LABEL: func @batch(
// CHECK: scf.for %[[B:[a-z0-9]*]] =
// CHECK: scf.for %[[I:[a-z0-9]*]] =
// CHECK: tensor.extract_slice %{{.*}}[%[[B]], %{{.*}}] [1, 1]
// CHECK: arith.addf
func.func @batch(%x: tensor<2x4xf32>, %i: tensor<2x3x1xi32>, %u: tensor<2x3xf32>) -> tensor<2x4xf32> {
  %0 = xform.scatter_add %x, %i, %u axes = [1] batch = [0] x [0] window = [] mode = "clip" unique = false : tensor<2x4xf32>, tensor<2x3x1xi32>, tensor<2x3xf32>
  return %0 : tensor<2x4xf32>
}

// Sums of small floats are rounded once.
// CHECK-LABEL: func @small
// CHECK: scf.for {{.*}} -> (tensor<4xf32>)
func.func @small(%x: tensor<4xf16>, %i: tensor<3x1xi32>, %u: tensor<3xf16>) -> tensor<4xf16> {
  %0 = xform.scatter_add %x, %i, %u axes = [0] batch = [] x [] window = [] mode = "clip" unique = false : tensor<4xf16>, tensor<3x1xi32>, tensor<3xf16>
  return %0 : tensor<4xf16>
}

// A slice of what a loop carries, and a few terms, are replaced in place; those
// of an argument are read with it.
// CHECK-LABEL: func @carried(
// CHECK: scf.for {{.*}} iter_args(%[[C:[a-z0-9]*]] =
// CHECK: %[[N:.*]] = tensor.insert_slice %{{.*}} into %[[C]][%{{.*}}] [2] [1]
// CHECK: %[[OLD:.*]] = tensor.extract_slice %[[N]][1] [2] [2]
// CHECK: arith.addf
// CHECK: tensor.insert_slice %{{.*}} into %[[N]][1] [2] [2]
func.func @carried(%x: tensor<6xf32>, %u: tensor<2xf32>, %k: tensor<i32>) -> tensor<6xf32> {
  %begin = arith.constant 0 : index
  %end = arith.constant 5 : index
  %step = arith.constant 1 : index
  %zero = xform.constant dense<0.0> : tensor<f32>
  %r = scf.for %i = %begin to %end step %step iter_args(%c = %x) -> tensor<6xf32> {
    %0 = xform.dynamic_update_slice %c, %u at %k : tensor<6xf32>, tensor<2xf32>, tensor<i32>
    %1 = xform.pad %u, %zero low = [1] high = [2] interior = [1] : tensor<2xf32>, tensor<f32>
    %2 = xform.add %1, %0 : tensor<6xf32>
    scf.yield %2 : tensor<6xf32>
  }
  return %r : tensor<6xf32>
}

// No terms are no slice.
// CHECK-LABEL: func @no_terms
// CHECK-NOT: tensor.extract_slice
// CHECK: arith.addf
// CHECK-NOT: tensor.insert_slice
func.func @no_terms(%x: tensor<6xf32> {xform.donated}, %u: tensor<0xf32>) -> tensor<6xf32> {
  %zero = xform.constant dense<0.0> : tensor<f32>
  %0 = xform.pad %u, %zero low = [6] high = [0] interior = [0] : tensor<0xf32>, tensor<f32>
  %1 = xform.add %0, %x : tensor<6xf32>
  return %1 : tensor<6xf32>
}

// CHECK-LABEL: func @alone
// CHECK-NOT: tensor.insert_slice
func.func @alone(%x: tensor<6xf32>, %u: tensor<2xf32>, %k: tensor<i32>) -> tensor<6xf32> {
  %0 = xform.dynamic_update_slice %x, %u at %k : tensor<6xf32>, tensor<2xf32>, tensor<i32>
  return %0 : tensor<6xf32>
}

// CHECK-LABEL: func @donated
// CHECK: tensor.insert_slice
func.func @donated(%x: tensor<6xf32> {xform.donated}, %u: tensor<2xf32>, %k: tensor<i32>) -> tensor<6xf32> {
  %0 = xform.dynamic_update_slice %x, %u at %k : tensor<6xf32>, tensor<2xf32>, tensor<i32>
  return %0 : tensor<6xf32>
}
