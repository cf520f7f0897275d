// RUN: xform-opt %s --xform-expand-transforms --xform-simplify --split-input-file | FileCheck %s
// RUN: xform-opt %s --xform-pipeline=compiler=iree --split-input-file | FileCheck %s --check-prefix=LINALG

// Nothing but the input is kept: the inner function runs once more, on what
// comes through the barrier when the cotangent is there.
func.func private @layer(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.sin %x : tensor<3xf32>
  %1 = xform.exp %0 : tensor<3xf32>
  return %1 : tensor<3xf32>
}
func.func private @nothing_loss(%x: tensor<3xf32>) -> tensor<f32> {
  %0 = xform.checkpoint @layer(%x) policy = "nothing_saveable" : (tensor<3xf32>) -> tensor<3xf32>
  %1 = xform.sin %0 : tensor<3xf32>
  %2 = xform.reduce_sum %1 axes = [0] : tensor<3xf32>
  return %2 : tensor<f32>
}
// CHECK-LABEL: func @nothing
// LINALG-LABEL: func.func @nothing
func.func @nothing(%x: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK: %[[S:.*]] = xform.sin %arg0
  // CHECK: %[[Y:.*]] = xform.exp %[[S]]
  // CHECK: %[[CT:.*]] = xform.cos %[[Y]]
  // CHECK: %[[X:.*]] = xform.barrier %arg0 after(%[[CT]] : tensor<3xf32>)
  // CHECK-DAG: %[[COS:.*]] = xform.cos %[[X]]
  // CHECK-DAG: %[[SIN:.*]] = xform.sin %[[X]]
  // CHECK-DAG: %[[EXP:.*]] = xform.exp %[[SIN]]
  // CHECK: %[[T:.*]] = xform.mul %[[CT]], %[[EXP]]
  // CHECK: xform.mul %[[T]], %[[COS]]
  // LINALG: "util.optimization_barrier"(%{{[0-9]+}}) : (tensor<3xf32>) -> tensor<3xf32>
  // LINALG: "util.optimization_barrier"(%arg0) : (tensor<3xf32>) -> tensor<3xf32>
  // LINALG-NOT: xform.
  %0 = xform.grad @nothing_loss(%x) argnums = [0] : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// A loop over checkpoints stacks what is carried only.
func.func private @cell(%h: tensor<3xf32>, %x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.mul %h, %x : tensor<3xf32>
  %1 = xform.sin %0 : tensor<3xf32>
  %2 = xform.exp %1 : tensor<3xf32>
  return %2 : tensor<3xf32>
}
func.func private @step(%h: tensor<3xf32>, %x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.checkpoint @cell(%h, %x) policy = "nothing_saveable" : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @loop(%h: tensor<3xf32>, %x: tensor<5x3xf32>) -> tensor<f32> {
  %0 = xform.scan @step(%h) over(%x) : (tensor<3xf32>), (tensor<5x3xf32>), () -> tensor<3xf32>
  %1 = xform.reduce_sum %0 axes = [0] : tensor<3xf32>
  return %1 : tensor<f32>
}
// CHECK-LABEL: func @scan
func.func @scan(%h: tensor<3xf32>, %x: tensor<5x3xf32>) -> tensor<5x3xf32> {
  // CHECK: %[[F:.*]]:2 = xform.scan @[[FORWARD:.*]](%arg0) over(%arg1) : {{.*}} -> (tensor<3xf32>, tensor<5x3xf32>)
  // CHECK: xform.scan @{{.*}} over(%[[F]]#1, %arg1) reverse
  %0 = xform.grad @loop(%h, %x) argnums = [1] : (tensor<3xf32>, tensor<5x3xf32>) -> tensor<5x3xf32>
  return %0 : tensor<5x3xf32>
}
