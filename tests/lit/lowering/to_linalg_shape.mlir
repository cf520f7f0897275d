// RUN: xform-opt --xform-to-linalg --split-input-file %s | FileCheck %s

// CHECK-LABEL: func.func @reshape
func.func @reshape(%x: tensor<4x6xf32>, %s: tensor<f32>, %e: tensor<0x6xf32>)
    -> (tensor<24xf32>, tensor<2x2x6xf32>, tensor<3x8xf32>, tensor<1xf32>, tensor<2x0xf32>) {
  // CHECK: tensor.collapse_shape %arg0 {{\[}}[0, 1]] : tensor<4x6xf32> into tensor<24xf32>
  %0 = xform.reshape %x : tensor<4x6xf32> to tensor<24xf32>
  // CHECK: tensor.expand_shape %arg0 {{\[}}[0, 1], [2]]
  %1 = xform.reshape %x : tensor<4x6xf32> to tensor<2x2x6xf32>
  // CHECK: %[[FLAT:.*]] = tensor.collapse_shape %arg0
  // CHECK: tensor.expand_shape %[[FLAT]] {{\[}}[0, 1]] output_shape [3, 8]
  %2 = xform.reshape %x : tensor<4x6xf32> to tensor<3x8xf32>
  // CHECK: tensor.expand_shape %arg1 []
  %3 = xform.reshape %s : tensor<f32> to tensor<1xf32>
  // CHECK: tensor.empty() : tensor<2x0xf32>
  %4 = xform.reshape %e : tensor<0x6xf32> to tensor<2x0xf32>
  return %0, %1, %2, %3, %4
      : tensor<24xf32>, tensor<2x2x6xf32>, tensor<3x8xf32>, tensor<1xf32>, tensor<2x0xf32>
}

// -----

// CHECK-LABEL: func.func @slice
// CHECK: tensor.extract_slice %arg0[1, 0] [2, 2] [1, 3] : tensor<4x6xf32> to tensor<2x2xf32>
func.func @slice(%x: tensor<4x6xf32>) -> tensor<2x2xf32> {
  %0 = xform.slice %x starts = [1, 0] limits = [3, 6] strides = [1, 3] : tensor<4x6xf32>
  return %0 : tensor<2x2xf32>
}

// -----

// CHECK-LABEL: func.func @concatenate
// CHECK: %[[INIT:.*]] = tensor.empty() : tensor<4x5xi8>
// CHECK: %[[FIRST:.*]] = tensor.insert_slice %arg0 into %[[INIT]][0, 0] [4, 2] [1, 1]
// CHECK: tensor.insert_slice %arg1 into %[[FIRST]][0, 2] [4, 3] [1, 1]
func.func @concatenate(%x: tensor<4x2xui8>, %y: tensor<4x3xui8>) -> tensor<4x5xui8> {
  %0 = xform.concatenate %x, %y axis = 1 : tensor<4x2xui8>, tensor<4x3xui8>
  return %0 : tensor<4x5xui8>
}

// -----

// CHECK-LABEL: func.func @pad
func.func @pad(%x: tensor<4xf32>, %v: tensor<f32>)
    -> (tensor<7xf32>, tensor<8xf32>, tensor<7xf32>, tensor<2xf32>) {
  %zero = xform.constant dense<0.0> : tensor<f32>
  // CHECK: tensor.pad %arg0 low[1] high[2]
  %0 = xform.pad %x, %zero low = [1] high = [2] interior = [0] : tensor<4xf32>, tensor<f32>
  // CHECK: %[[FILLED:.*]] = linalg.fill
  // CHECK: %[[KEPT:.*]] = tensor.extract_slice %arg0[1] [3] [1]
  // CHECK: tensor.insert_slice %[[KEPT]] into %[[FILLED]][1] [3] [2]
  %1 = xform.pad %x, %zero low = [-1] high = [2] interior = [1] : tensor<4xf32>, tensor<f32>
  // CHECK: %[[FILLED:.*]] = linalg.broadcast ins(%arg1
  // CHECK: tensor.insert_slice %{{.*}} into %[[FILLED]][1] [4] [1]
  %2 = xform.pad %x, %v low = [1] high = [2] interior = [0] : tensor<4xf32>, tensor<f32>
  // CHECK: %[[CUT:.*]] = tensor.extract_slice %arg0[1] [2] [1]
  // CHECK: return {{.*}}, %[[CUT]] :
  %3 = xform.pad %x, %zero low = [-1] high = [-1] interior = [0] : tensor<4xf32>, tensor<f32>
  return %0, %1, %2, %3 : tensor<7xf32>, tensor<8xf32>, tensor<7xf32>, tensor<2xf32>
}

// -----

// Of what has no elements nothing is written: at the end of an axis there is no
// place for it.
// CHECK-LABEL: func.func @pad_nothing
// CHECK-NOT: tensor.pad
// CHECK-NOT: tensor.insert_slice
func.func @pad_nothing(%x: tensor<0xf32>, %rows: tensor<3x0xf32>, %v: tensor<f32>)
    -> (tensor<1xf32>, tensor<4x2xf32>, tensor<3xf32>) {
  %zero = xform.constant dense<0.0> : tensor<f32>
  // CHECK: linalg.fill {{.*}} -> tensor<1xf32>
  %0 = xform.pad %x, %zero low = [1] high = [0] interior = [0] : tensor<0xf32>, tensor<f32>
  // CHECK: linalg.fill {{.*}} -> tensor<4x2xf32>
  %one = xform.constant dense<1.0> : tensor<f32>
  %1 = xform.pad %rows, %one low = [1, 2] high = [0, 0] interior = [0, 0] : tensor<3x0xf32>, tensor<f32>
  // CHECK: linalg.broadcast ins(%arg2
  %2 = xform.pad %x, %v low = [1] high = [2] interior = [1] : tensor<0xf32>, tensor<f32>
  return %0, %1, %2 : tensor<1xf32>, tensor<4x2xf32>, tensor<3xf32>
}

// -----

// CHECK-LABEL: func.func @reverse
// CHECK: %[[LAST:.*]] = arith.constant 5 : index
// CHECK: %[[I:.*]] = linalg.index 0
// CHECK: %[[J:.*]] = linalg.index 1
// CHECK: %[[BACK:.*]] = arith.subi %[[LAST]], %[[J]]
// CHECK: tensor.extract %arg0[%[[I]], %[[BACK]]]
func.func @reverse(%x: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %0 = xform.reverse %x axes = [1] : tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}

// -----

// What no loop reads through is copied, in one loop for a chain.
// CHECK: #[[MAP:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func.func @returned
// CHECK: linalg.generic
// CHECK-SAME: indexing_maps = [#[[MAP]], #{{.*}}]
// CHECK-SAME: ins(%arg0
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @returned(%x: tensor<3xf32>) -> tensor<3x4xf32> {
  %0 = xform.broadcast_in_dim %x dims = [1] : tensor<3xf32> to tensor<4x3xf32>
  %1 = xform.transpose %0 permutation = [1, 0] : tensor<4x3xf32>
  return %1 : tensor<3x4xf32>
}

// Behind a stride MLIR would fold the pad into the wrong places.
// CHECK-LABEL: func @spread_pad
// CHECK-NOT: tensor.pad
// CHECK: %[[INNER:.*]] = tensor.insert_slice %arg0 into %{{.*}}[2] [1] [1] : tensor<1xf32> into tensor<6xf32>
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[1] [6] [3] : tensor<6xf32> into tensor<20xf32>
func.func @spread_pad(%x: tensor<1xf32>) -> tensor<20xf32> {
  %zero = xform.constant dense<0.0> : tensor<f32>
  %0 = xform.pad %x, %zero low = [2] high = [3] interior = [0] : tensor<1xf32>, tensor<f32>
  %1 = xform.pad %0, %zero low = [1] high = [3] interior = [2] : tensor<6xf32>, tensor<f32>
  return %1 : tensor<20xf32>
}
