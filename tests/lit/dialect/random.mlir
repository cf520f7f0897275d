// RUN: xform-opt %s | xform-opt | FileCheck %s
// RUN: xform-opt %s --mlir-print-op-generic | xform-opt | FileCheck %s

// CHECK-LABEL: func @draws
func.func @draws(%key: tensor<2xui32>, %step: tensor<ui32>) -> tensor<3x4xf64> {
  // CHECK: xform.fold_in %arg0, %arg1 : tensor<2xui32>, tensor<ui32>
  %0 = xform.fold_in %key, %step : tensor<2xui32>, tensor<ui32>
  // CHECK: xform.rng_bits %{{.*}} : tensor<2xui32> to tensor<3x4xui64>
  %1 = xform.rng_bits %0 : tensor<2xui32> to tensor<3x4xui64>
  // CHECK: xform.unit_float %{{.*}} : tensor<3x4xui64> to tensor<3x4xf64>
  %2 = xform.unit_float %1 : tensor<3x4xui64> to tensor<3x4xf64>
  return %2 : tensor<3x4xf64>
}

// Of a batch of keys, each draws the rest of the shape.
// CHECK-LABEL: func @batches
func.func @batches(%keys: tensor<?x5x2xui32>, %data: tensor<?x5xui32>) -> tensor<?x5x7xui8> {
  // CHECK: xform.fold_in %arg0, %arg1 : tensor<?x5x2xui32>, tensor<?x5xui32>
  %0 = xform.fold_in %keys, %data : tensor<?x5x2xui32>, tensor<?x5xui32>
  // CHECK: xform.rng_bits %{{.*}} : tensor<?x5x2xui32> to tensor<?x5x7xui8>
  %1 = xform.rng_bits %0 : tensor<?x5x2xui32> to tensor<?x5x7xui8>
  return %1 : tensor<?x5x7xui8>
}

func.func private @noise(%x: tensor<3xf32>, %key: tensor<2xui32>) -> tensor<3xf32> {
  %0 = xform.rng_bits %key : tensor<2xui32> to tensor<3xui32>
  %1 = xform.unit_float %0 : tensor<3xui32> to tensor<3xf32>
  %2 = xform.add %x, %1 : tensor<3xf32>
  return %2 : tensor<3xf32>
}

// CHECK-LABEL: func @rows
func.func @rows(%x: tensor<8x3xf32>, %key: tensor<2xui32>, %numbers: tensor<8xui32>) -> tensor<8x3xf32> {
  // CHECK: xform.vmap @noise(%arg0, %arg1) in_dims = [0, none] out_dims = [0] row_numbers(%arg2 : tensor<8xui32>) :
  %0 = xform.vmap @noise(%x, %key) in_dims = [0, none] out_dims = [0] row_numbers(%numbers : tensor<8xui32>) : (tensor<8x3xf32>, tensor<2xui32>) -> tensor<8x3xf32>
  return %0 : tensor<8x3xf32>
}
