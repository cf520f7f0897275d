// RUN: xform-opt %s --xform-to-linalg --xform-fuse-elementwise --xform-fence-repeated-reads | FileCheck %s

// CHECK-LABEL: func @outer
// CHECK: %[[V:.*]] = linalg.generic {{.*}}reduction
// CHECK: %[[FENCED:.*]] = "util.optimization_barrier"(%[[V]]) : (tensor<4xf32>) -> tensor<4xf32>
// CHECK: linalg.generic {{.*}} ins(%[[FENCED]], %[[FENCED]] :
func.func @outer(%x: tensor<4x3xf32>) -> tensor<4x4xf32> {
  %0 = xform.reduce_sum %x axes = [1] : tensor<4x3xf32>
  %1 = xform.broadcast_in_dim %0 dims = [0] : tensor<4xf32> to tensor<4x4xf32>
  %2 = xform.broadcast_in_dim %0 dims = [1] : tensor<4xf32> to tensor<4x4xf32>
  %3 = xform.mul %1, %2 : tensor<4x4xf32>
  return %3 : tensor<4x4xf32>
}

// Of a matrix all elements, one after the other.
// CHECK-LABEL: func @flattened
// CHECK: %[[V:.*]] = linalg.generic {{.*}}reduction
// CHECK: %[[FENCED:.*]] = "util.optimization_barrier"(%[[V]]) : (tensor<2x2xf32>) -> tensor<2x2xf32>
// CHECK: %[[LINE:.*]] = tensor.collapse_shape %[[FENCED]]
// CHECK: linalg.generic {{.*}} ins(%[[LINE]], %[[LINE]] :
func.func @flattened(%x: tensor<2x2x3xf32>) -> tensor<4x4xf32> {
  %0 = xform.reduce_sum %x axes = [2] : tensor<2x2x3xf32>
  %1 = xform.reshape %0 : tensor<2x2xf32> to tensor<4xf32>
  %2 = xform.broadcast_in_dim %1 dims = [0] : tensor<4xf32> to tensor<4x4xf32>
  %3 = xform.broadcast_in_dim %1 dims = [1] : tensor<4xf32> to tensor<4x4xf32>
  %4 = xform.mul %2, %3 : tensor<4x4xf32>
  return %4 : tensor<4x4xf32>
}

// An argument is in memory, and what is read in one way only may share a dispatch.
// CHECK-LABEL: func @apart
// CHECK-NOT: util.optimization_barrier
func.func @apart(%x: tensor<4x4xf32>, %v: tensor<4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %0 = xform.broadcast_in_dim %v dims = [0] : tensor<4xf32> to tensor<4x4xf32>
  %1 = xform.broadcast_in_dim %v dims = [1] : tensor<4xf32> to tensor<4x4xf32>
  %2 = xform.mul %0, %1 : tensor<4x4xf32>
  %3 = xform.reduce_max %x axes = [1] : tensor<4x4xf32>
  %4 = xform.broadcast_in_dim %3 dims = [0] : tensor<4xf32> to tensor<4x4xf32>
  %5 = xform.sub %x, %4 : tensor<4x4xf32>
  return %2, %5 : tensor<4x4xf32>, tensor<4x4xf32>
}
