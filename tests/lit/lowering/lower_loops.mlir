// RUN: xform-opt --xform-lower-loops --split-input-file --verify-diagnostics %s | FileCheck %s

// CHECK-NOT: @row
// CHECK-LABEL: func.func @map
// CHECK-SAME: (%[[XS:.*]]: tensor<5x3xf32>, %[[W:.*]]: tensor<3xf32>)
func.func @map(%xs: tensor<5x3xf32>, %w: tensor<3xf32>) -> (tensor<5x3xf32>, tensor<5xf32>) {
  // CHECK-DAG: %[[COUNT:.*]] = arith.constant 5 : index
  // CHECK-DAG: %[[YS:.*]] = tensor.empty() : tensor<5x3xf32>
  // CHECK-DAG: %[[SUMS:.*]] = tensor.empty() : tensor<5xf32>
  // CHECK: scf.for %[[I:[a-z0-9_]+]] = %{{[a-z0-9_]+}} to %[[COUNT]] step %{{[a-z0-9_]+}}
  // CHECK-SAME: iter_args(%[[Y0:[a-z0-9_]+]] = %[[YS]], %[[S0:[a-z0-9_]+]] = %[[SUMS]])
  // CHECK: %[[X:.*]] = tensor.extract_slice %[[XS]][%[[I]], 0] [1, 3] [1, 1]
  // CHECK-SAME: tensor<5x3xf32> to tensor<3xf32>
  // CHECK: %[[Y:.*]] = xform.mul %[[X]], %[[W]]
  // CHECK: %[[S:.*]] = xform.reduce_sum %[[Y]]
  // CHECK: %[[Y1:.*]] = tensor.insert_slice %[[Y]] into %[[Y0]][%[[I]], 0] [1, 3] [1, 1]
  // CHECK: %[[S1:.*]] = tensor.insert_slice %[[S]] into %[[S0]][%[[I]]] [1] [1]
  // CHECK: scf.yield %[[Y1]], %[[S1]]
  %ys, %sums = xform.map @row(%xs) captures(%w)
      : (tensor<5x3xf32>), (tensor<3xf32>) -> tensor<5x3xf32>, tensor<5xf32>
  return %ys, %sums : tensor<5x3xf32>, tensor<5xf32>
}
func.func private @row(%x: tensor<3xf32>, %w: tensor<3xf32>) -> (tensor<3xf32>, tensor<f32>) {
  %0 = xform.mul %x, %w : tensor<3xf32>
  %1 = xform.reduce_sum %0 axes = [0] : tensor<3xf32>
  return %0, %1 : tensor<3xf32>, tensor<f32>
}

// -----

// No row, and one row, need no loop; a dynamic number of rows does.
// CHECK-LABEL: func.func @lengths
func.func @lengths(%none: tensor<0x3xf32>, %one: tensor<1x3xf32>, %any: tensor<?x3xf32>,
                   %w: tensor<3xf32>)
    -> (tensor<0x3xf32>, tensor<1x3xf32>, tensor<?x3xf32>) {
  // CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<0x3xf32>
  %0 = xform.map @f(%none) captures(%w)
      : (tensor<0x3xf32>), (tensor<3xf32>) -> tensor<0x3xf32>
  // CHECK-NOT: scf.for
  // CHECK: %[[ROW:.*]] = xform.reshape %arg1 : tensor<1x3xf32> to tensor<3xf32>
  // CHECK: %[[SUM:.*]] = xform.add %[[ROW]], %arg3
  // CHECK: %[[ONE:.*]] = xform.reshape %[[SUM]] : tensor<3xf32> to tensor<1x3xf32>
  %1 = xform.map @f(%one) captures(%w)
      : (tensor<1x3xf32>), (tensor<3xf32>) -> tensor<1x3xf32>
  // CHECK: %[[COUNT:.*]] = tensor.dim %arg2
  // CHECK: tensor.empty(%[[COUNT]]) : tensor<?x3xf32>
  // CHECK: %[[ANY:.*]] = scf.for %{{.*}} to %[[COUNT]]
  %2 = xform.map @f(%any) captures(%w)
      : (tensor<?x3xf32>), (tensor<3xf32>) -> tensor<?x3xf32>
  // CHECK: return %[[EMPTY]], %[[ONE]], %[[ANY]]
  return %0, %1, %2 : tensor<0x3xf32>, tensor<1x3xf32>, tensor<?x3xf32>
}
func.func private @f(%x: tensor<3xf32>, %w: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.add %x, %w : tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// A map in a map is a loop in a loop.
// CHECK-LABEL: func.func @nested
// CHECK: scf.for
// CHECK: scf.for
// CHECK: xform.add %{{.*}}, %arg1 : tensor<f32>
// CHECK-NOT: func.func
func.func @nested(%x: tensor<2x3xf32>, %w: tensor<f32>) -> tensor<2x3xf32> {
  %0 = xform.map @outer(%x) captures(%w) : (tensor<2x3xf32>), (tensor<f32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
func.func private @outer(%x: tensor<3xf32>, %w: tensor<f32>) -> tensor<3xf32> {
  %0 = xform.map @inner(%x) captures(%w) : (tensor<3xf32>), (tensor<f32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @inner(%x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  %0 = xform.add %x, %w : tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @recursive(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.map @leads_back(%x) captures(%x) : (tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @leads_back(%x: tensor<f32>, %xs: tensor<3xf32>) -> tensor<f32> {
  // expected-error @below {{calls @leads_back, which leads back here}}
  %0 = xform.map @leads_back(%xs) captures(%xs) : (tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>
  return %x : tensor<f32>
}
