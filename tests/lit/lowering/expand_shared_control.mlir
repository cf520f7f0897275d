// RUN: xform-opt %s --xform-expand-transforms | FileCheck %s

func.func private @step(%h: tensor<f32>, %x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %0 = xform.add %h, %x : tensor<f32>
  %1 = xform.sin %0 : tensor<f32>
  return %1, %0 : tensor<f32>, tensor<f32>
}
func.func private @loop(%h: tensor<f32>, %x: tensor<5xf32>) -> tensor<f32> {
  %0:2 = xform.scan @step(%h) over(%x) : (tensor<f32>), (tensor<5xf32>), () -> (tensor<f32>, tensor<5xf32>)
  return %0#0 : tensor<f32>
}

// The loop of the derivative gives the value, too, though the cotangent, which
// comes behind the value, is computed from it.
// CHECK-LABEL: func @value_and_pullback
func.func @value_and_pullback(%h: tensor<f32>, %x: tensor<5xf32>) -> (tensor<f32>, tensor<5xf32>) {
  // CHECK: %[[FORWARD:.*]]:2 = xform.scan @{{.*}}primal{{.*}}(%arg0) over(%arg1)
  // CHECK: %[[CT:.*]] = xform.cos %[[FORWARD]]#0
  // CHECK: xform.scan @{{.*}}transpose{{.*}}(%[[CT]]) over(%[[FORWARD]]#1) reverse
  // CHECK-NOT: xform.scan
  // CHECK: return %[[FORWARD]]#0
  %0 = call @loop(%h, %x) : (tensor<f32>, tensor<5xf32>) -> tensor<f32>
  %1 = xform.cos %0 : tensor<f32>
  %2:2 = xform.vjp @loop(%h, %x) cotangents(%1) argnums = [1] : (tensor<f32>, tensor<5xf32>), (tensor<f32>) -> tensor<f32>, tensor<5xf32>
  return %0, %2#1 : tensor<f32>, tensor<5xf32>
}

// Loops in the other direction, of another start or of other rows stay.
// CHECK-LABEL: func @others
func.func @others(%h: tensor<f32>, %x: tensor<5xf32>) -> (tensor<f32>, tensor<f32>, tensor<f32>, tensor<5xf32>) {
  // CHECK-COUNT-4: xform.scan
  %0:2 = xform.scan @step(%h) over(%x) : (tensor<f32>), (tensor<5xf32>), () -> (tensor<f32>, tensor<5xf32>)
  %1:2 = xform.scan @step(%h) over(%x) reverse : (tensor<f32>), (tensor<5xf32>), () -> (tensor<f32>, tensor<5xf32>)
  %2:2 = xform.scan @step(%0#0) over(%x) : (tensor<f32>), (tensor<5xf32>), () -> (tensor<f32>, tensor<5xf32>)
  %3:2 = xform.scan @step(%h) over(%0#1) : (tensor<f32>), (tensor<5xf32>), () -> (tensor<f32>, tensor<5xf32>)
  return %1#0, %2#0, %3#0, %3#1 : tensor<f32>, tensor<f32>, tensor<f32>, tensor<5xf32>
}

func.func private @grown(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.exp %x : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @turned(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.sin %x : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @either(%i: tensor<i1>, %x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.switch %i [@grown, @turned](%x) : tensor<i1>, (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// So do the branches; those of another index do not.
// CHECK-LABEL: func @branches
func.func @branches(%i: tensor<i1>, %j: tensor<i1>, %x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  // CHECK: %[[BOTH:.*]]:2 = xform.switch %arg0
  // CHECK: %[[OTHER:.*]] = xform.switch %arg1
  // CHECK: %[[CT:.*]] = xform.neg %[[BOTH]]#0
  // CHECK: %[[BACK:.*]] = xform.switch %arg0 {{.*}}%[[BOTH]]#1
  // CHECK: return %[[BOTH]]#0, %[[OTHER]], %[[BACK]]
  %0 = call @either(%i, %x) : (tensor<i1>, tensor<3xf32>) -> tensor<3xf32>
  %1 = call @either(%j, %x) : (tensor<i1>, tensor<3xf32>) -> tensor<3xf32>
  %2 = xform.neg %0 : tensor<3xf32>
  %3:2 = xform.vjp @either(%i, %x) cotangents(%2) argnums = [1] : (tensor<i1>, tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>, tensor<3xf32>
  return %0, %1, %3#1 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

func.func private @turn(%x: tensor<f32>, %y: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %0 = xform.sub %x, %y : tensor<f32>
  %1 = xform.sin %y : tensor<f32>
  return %0, %1 : tensor<f32>, tensor<f32>
}
func.func private @difference(%x: tensor<f32>, %y: tensor<f32>) -> tensor<f32> {
  %0 = xform.sub %x, %y : tensor<f32>
  return %0 : tensor<f32>
}

// The same functions of the same operands in another order are others.
// CHECK-LABEL: func @exchanged
func.func @exchanged(%i: tensor<i1>, %x: tensor<f32>, %y: tensor<f32>)
    -> (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) {
  // CHECK-COUNT-2: xform.scan
  // CHECK-COUNT-2: xform.switch
  // CHECK-NOT: xform.switch
  %0:2 = xform.scan @turn(%x, %y) over() length = 3 : (tensor<f32>, tensor<f32>), (), () -> (tensor<f32>, tensor<f32>)
  %1:2 = xform.scan @turn(%y, %x) over() length = 3 : (tensor<f32>, tensor<f32>), (), () -> (tensor<f32>, tensor<f32>)
  %2 = xform.switch %i [@difference, @difference](%x, %y) : tensor<i1>, (tensor<f32>, tensor<f32>) -> tensor<f32>
  %3 = xform.switch %i [@difference, @difference](%y, %x) : tensor<i1>, (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %0#0, %0#1, %1#0, %1#1, %2, %3 : tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
}
