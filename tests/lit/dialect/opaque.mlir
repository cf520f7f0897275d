// RUN: xform-opt %s | xform-opt | FileCheck %s
// RUN: xform-opt %s --mlir-print-op-generic | xform-opt | FileCheck %s
// RUN: xform-opt %s --xform-simplify | FileCheck %s --check-prefix=SIMPLE

// CHECK-LABEL: func @calls
func.func @calls(%x: tensor<2x3xf32>, %n: tensor<4xui8>) -> (tensor<2xf32>, tensor<i1>) {
  // CHECK: xform.call_module "predict" of "mIvJaB"(%arg0) : (tensor<2x3xf32>) -> tensor<2xf32>
  %0 = xform.call_module "predict" of "mIvJaB"(%x) : (tensor<2x3xf32>) -> tensor<2xf32>
  // CHECK: xform.call_module "step" of "mIvJaB"(%arg0, %arg1) copied [0, 1] flops 100 bytes 80 additions 300 open true : (tensor<2x3xf32>, tensor<4xui8>) -> (tensor<2xf32>, tensor<i1>)
  %1:2 = xform.call_module "step" of "mIvJaB"(%x, %n) copied [0, 1] flops 100 bytes 80 additions 300 open true : (tensor<2x3xf32>, tensor<4xui8>) -> (tensor<2xf32>, tensor<i1>)
  return %0, %1#1 : tensor<2xf32>, tensor<i1>
}

// Equal calls are one, and a call goes that nobody reads.
// SIMPLE-LABEL: func @pure
// SIMPLE: xform.call_module "a"
// SIMPLE-NOT: xform.call_module
// SIMPLE: return
func.func @pure(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = xform.call_module "a" of "mIvJaB"(%x) : (tensor<2xf32>) -> tensor<2xf32>
  %1 = xform.call_module "a" of "mIvJaB"(%x) : (tensor<2xf32>) -> tensor<2xf32>
  %2 = xform.call_module "b" of "mIvJaB"(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}
