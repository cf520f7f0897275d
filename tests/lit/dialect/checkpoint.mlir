// RUN: xform-opt %s --split-input-file | xform-opt --split-input-file | FileCheck %s
// RUN: xform-opt %s --split-input-file --mlir-print-op-generic | xform-opt --split-input-file | FileCheck %s
// RUN: xform-opt %s --split-input-file --canonicalize | FileCheck %s --check-prefix=SIMPLE

func.func private @layer(%x: tensor<3xf32>, %n: tensor<2xi32>) -> (tensor<3xf32>, tensor<2xi32>) {
  // CHECK: xform.checkpoint_name %arg0, "hidden" : tensor<3xf32>
  %0 = xform.checkpoint_name %x, "hidden" : tensor<3xf32>
  return %0, %n : tensor<3xf32>, tensor<2xi32>
}
// CHECK-LABEL: func @policies
func.func @policies(%x: tensor<3xf32>, %n: tensor<2xi32>) -> tensor<3xf32> {
  // CHECK: xform.checkpoint @layer(%arg0, %arg1) policy = "nothing_saveable" : (tensor<3xf32>, tensor<2xi32>) -> (tensor<3xf32>, tensor<2xi32>)
  %0:2 = xform.checkpoint @layer(%x, %n) policy = "nothing_saveable" : (tensor<3xf32>, tensor<2xi32>) -> (tensor<3xf32>, tensor<2xi32>)
  // CHECK: policy = "save_only_these_names" names = ["hidden", "x"] :
  %1:2 = xform.checkpoint @layer(%0#0, %n) policy = "save_only_these_names" names = ["hidden", "x"] : (tensor<3xf32>, tensor<2xi32>) -> (tensor<3xf32>, tensor<2xi32>)
  // CHECK: policy = "save_at_most" bytes = 1024 :
  %2:2 = xform.checkpoint @layer(%1#0, %n) policy = "save_at_most" bytes = 1024 : (tensor<3xf32>, tensor<2xi32>) -> (tensor<3xf32>, tensor<2xi32>)
  return %2#0 : tensor<3xf32>
}

// CHECK-LABEL: func @barrier
// SIMPLE-LABEL: func @barrier
func.func @barrier(%x: tensor<3xf32>, %y: tensor<2xi32>, %ct: tensor<f32>) -> (tensor<3xf32>, tensor<2xi32>) {
  // CHECK: xform.barrier %arg0, %arg1 after(%arg2 : tensor<f32>) : tensor<3xf32>, tensor<2xi32>
  // SIMPLE: xform.barrier %arg1 after(%arg2 : tensor<f32>) : tensor<2xi32>
  %0:2 = xform.barrier %x, %y after(%ct : tensor<f32>) : tensor<3xf32>, tensor<2xi32>
  // CHECK: %[[ALONE:.*]] = xform.barrier %arg0 : tensor<3xf32>
  // SIMPLE: %[[ALONE:.*]] = xform.barrier %arg0 : tensor<3xf32>
  %1 = xform.barrier %x : tensor<3xf32>
  // SIMPLE-NOT: xform.barrier
  %2 = xform.barrier %y after(%ct : tensor<f32>) : tensor<2xi32>
  return %1, %0#1 : tensor<3xf32>, tensor<2xi32>
}

// -----

// What is always there waits for nothing, and a barrier behind a barrier is one
// of both.
// CHECK-LABEL: func @merged
// SIMPLE-LABEL: func @merged
func.func @merged(%x: tensor<3xf32>, %y: tensor<3xf32>, %a: tensor<f32>, %b: tensor<f32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  // SIMPLE: %[[ONE:.*]] = xform.constant
  // SIMPLE: %[[B:.*]] = xform.barrier %arg0 after(%arg2, %arg3 : tensor<f32>, tensor<f32>) : tensor<3xf32>
  // SIMPLE: return %[[B]], %[[ONE]], %[[B]]
  %one = xform.constant dense<1.0> : tensor<3xf32>
  %0:2 = xform.barrier %x, %y after(%a, %one : tensor<f32>, tensor<3xf32>) : tensor<3xf32>, tensor<3xf32>
  %1:4 = xform.barrier %0#0, %one, %0#1, %0#0 after(%b, %b : tensor<f32>, tensor<f32>) : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
  return %1#0, %1#1, %1#3 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}
