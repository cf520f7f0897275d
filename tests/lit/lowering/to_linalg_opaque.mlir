// RUN: xform-opt %s --xform-lower-loops --xform-to-linalg | FileCheck %s
// RUN: xform-opt %s --xform-pipeline=compiler=iree | FileCheck %s --check-prefix=IREE

// Each entry is imported once, by the names of its module and its own.
// CHECK-DAG: func.func private @mIvJaB.predict(tensor<2x3xi8>) -> tensor<2xf32>
// CHECK-DAG: func.func private @mIvJaB.step(tensor<2xf32>) -> tensor<2xf32>
// CHECK-DAG: func.func private @mIvJaB.any(tensor<?x?xi8>) -> tensor<?xf32>
// IREE-DAG: func.func private @mIvJaB.predict

// Integers have no sign there.
// CHECK-LABEL: func.func @twice(
// CHECK-SAME: %[[X:arg0]]: tensor<2x3xi8>
// CHECK: call @mIvJaB.predict(%[[X]]) : (tensor<2x3xi8>) -> tensor<2xf32>
// CHECK: call @mIvJaB.predict(%{{.*}}) : (tensor<2x3xi8>) -> tensor<2xf32>
func.func @twice(%x: tensor<2x3xui8>, %y: tensor<2x3xui8>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = xform.call_module "predict" of "mIvJaB"(%x) : (tensor<2x3xui8>) -> tensor<2xf32>
  %1 = xform.call_module "predict" of "mIvJaB"(%y) : (tensor<2x3xui8>) -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}

// What the other module may write to or return is a copy that nobody else has.
// CHECK-LABEL: func.func @copied
// CHECK: %[[HIDDEN:.*]] = "util.optimization_barrier"
// CHECK: %[[COPY:.*]] = linalg.generic {{.*}} ins(%arg0 : tensor<2xf32>)
// CHECK: arith.select %[[HIDDEN]]
// CHECK: call @mIvJaB.step(%[[COPY]])
func.func @copied(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = xform.call_module "step" of "mIvJaB"(%x) copied [0] : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// Calls for several sizes import one function.
// CHECK-LABEL: func.func @sizes
// CHECK: %[[A:.*]] = tensor.cast %arg0 : tensor<2x3xi8> to tensor<?x?xi8>
// CHECK: %[[R:.*]] = call @mIvJaB.any(%[[A]]) : (tensor<?x?xi8>) -> tensor<?xf32>
// CHECK: tensor.cast %[[R]] : tensor<?xf32> to tensor<2xf32>
// CHECK: tensor.cast %arg1 : tensor<4x3xi8> to tensor<?x?xi8>
// CHECK: call @mIvJaB.any
func.func @sizes(%x: tensor<2x3xi8>, %y: tensor<4x3xi8>) -> (tensor<2xf32>, tensor<4xf32>) {
  %0 = xform.call_module "any" of "mIvJaB"(%x) open true : (tensor<2x3xi8>) -> tensor<2xf32>
  %1 = xform.call_module "any" of "mIvJaB"(%y) open true : (tensor<4x3xi8>) -> tensor<4xf32>
  return %0, %1 : tensor<2xf32>, tensor<4xf32>
}

// In a loop the call is made in each turn.
func.func private @body(%c: tensor<2xf32>) -> tensor<2xf32> {
  %0 = xform.call_module "step" of "mIvJaB"(%c) : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
// IREE-LABEL: func.func @loop
// IREE: scf.for
// IREE: func.call @mIvJaB.step
// IREE: scf.yield
func.func @loop(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = xform.scan @body(%x) over() length = 5 : (tensor<2xf32>), (), () -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
