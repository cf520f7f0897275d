// RUN: xform-opt %s --xform-expand-transforms --split-input-file | FileCheck %s

func.func private @f(%x: tensor<f32>) -> tensor<f32> {
  %0 = xform.sin %x : tensor<f32>
  return %0 : tensor<f32>
}
func.func private @df(%x: tensor<f32>) -> tensor<f32> {
  %0 = xform.grad @f(%x) argnums = [0] : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: func @first
func.func @first(%x: tensor<f32>) -> tensor<f32> {
  // The unit cotangent leaves no product behind.
  // CHECK-NEXT: %[[G:.*]] = xform.cos %arg0 : tensor<f32>
  // CHECK-NEXT: return %[[G]]
  %0 = xform.grad @f(%x) argnums = [0] : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: func @second
func.func @second(%x: tensor<f32>) -> tensor<f32> {
  // CHECK-NEXT: %[[S:.*]] = xform.sin %arg0 : tensor<f32>
  // CHECK-NEXT: %[[G:.*]] = xform.neg %[[S]] : tensor<f32>
  // CHECK-NEXT: return %[[G]]
  %0 = xform.grad @df(%x) argnums = [0] : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: func @forward
func.func @forward(%x: tensor<f32>, %t: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  // CHECK-DAG: %[[S:.*]] = xform.sin %arg0
  // CHECK-DAG: %[[C:.*]] = xform.cos %arg0
  // CHECK-DAG: %[[T:.*]] = xform.mul %arg1, %[[C]]
  // CHECK: return %[[S]], %[[T]]
  %0:2 = xform.jvp @f(%x) tangents(%t) argnums = [0] : (tensor<f32>), (tensor<f32>) -> tensor<f32>, tensor<f32>
  return %0#0, %0#1 : tensor<f32>, tensor<f32>
}

// -----

// One number by one number runs forwards: the product begins at the argument,
// and the seed is the cotangent.
func.func private @chain(%x: tensor<f32>) -> (tensor<f32>, tensor<2xf32>) {
  %0 = xform.sin %x : tensor<f32>
  %1 = xform.exp %0 : tensor<f32>
  %2 = xform.broadcast_in_dim %0 dims = [] : tensor<f32> to tensor<2xf32>
  return %1, %2 : tensor<f32>, tensor<2xf32>
}
// CHECK-LABEL: func @number
func.func @number(%x: tensor<f32>) -> (tensor<f32>, tensor<2xf32>) {
  // CHECK-DAG: %[[S:.*]] = xform.sin %arg0
  // CHECK-DAG: %[[C:.*]] = xform.cos %arg0
  // CHECK-DAG: %[[E:.*]] = xform.exp %[[S]]
  // CHECK-DAG: %[[G:.*]] = xform.mul %[[C]], %[[E]]
  // CHECK-DAG: %[[AUX:.*]] = xform.broadcast_in_dim %[[S]]
  // CHECK: return %[[G]], %[[AUX]]
  %0:2 = xform.grad @chain(%x) argnums = [0] {has_aux} : (tensor<f32>) -> (tensor<f32>, tensor<2xf32>)
  return %0#0, %0#1 : tensor<f32>, tensor<2xf32>
}
// With a cotangent for another result the pullback runs backwards.
// CHECK-LABEL: func @numbers
func.func @numbers(%x: tensor<f32>, %a: tensor<f32>, %b: tensor<2xf32>) -> tensor<f32> {
  // CHECK: xform.reduce_sum %arg2
  %0:3 = xform.vjp @chain(%x) cotangents(%a, %b) argnums = [0] : (tensor<f32>), (tensor<f32>, tensor<2xf32>) -> tensor<f32>, tensor<2xf32>, tensor<f32>
  return %0#2 : tensor<f32>
}

// -----

// An operand that the result does not depend on has a zero gradient, and no
// multiplication by zero is written for it.
func.func private @first(%x: tensor<3xf32>, %y: tensor<2xf32>) -> tensor<f32> {
  %0 = xform.exp %x : tensor<3xf32>
  %1 = xform.reduce_sum %0 axes = [0] : tensor<3xf32>
  return %1 : tensor<f32>
}
// CHECK-LABEL: func @unused
func.func @unused(%x: tensor<3xf32>, %y: tensor<2xf32>) -> (tensor<3xf32>, tensor<2xf32>) {
  // CHECK-DAG: %[[ZERO:.*]] = xform.constant dense<0.0{{.*}}> : tensor<2xf32>
  // CHECK-DAG: %[[EXP:.*]] = xform.exp %arg0
  // CHECK-NOT: xform.mul
  // CHECK: return %[[EXP]], %[[ZERO]]
  %0:2 = xform.grad @first(%x, %y) argnums = [0, 1] : (tensor<3xf32>, tensor<2xf32>) -> (tensor<3xf32>, tensor<2xf32>)
  return %0#0, %0#1 : tensor<3xf32>, tensor<2xf32>
}

// -----

func.func private @stopped(%x: tensor<f32>) -> tensor<f32> {
  %0 = xform.stop_gradient %x : tensor<f32>
  %1 = xform.mul %0, %x : tensor<f32>
  return %1 : tensor<f32>
}
// CHECK-LABEL: func @through_stop
func.func @through_stop(%x: tensor<f32>) -> tensor<f32> {
  // CHECK-NEXT: return %arg0
  %0 = xform.grad @stopped(%x) argnums = [0] : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

// The forward pass appears once in the Jacobian of a batch, and no identity
// matrix is multiplied.
func.func private @model(%x: tensor<4xf32>, %w: tensor<3x4xf32>, %v: tensor<2x3xf32>) -> tensor<2xf32> {
  %0 = xform.dot_general %w, %x batch = [] x [] contracting = [1] x [0] : tensor<3x4xf32>, tensor<4xf32>
  %1 = xform.tanh %0 : tensor<3xf32>
  %2 = xform.dot_general %v, %1 batch = [] x [] contracting = [1] x [0] : tensor<2x3xf32>, tensor<3xf32>
  return %2 : tensor<2xf32>
}
func.func private @pullback(%ct: tensor<2xf32>, %x: tensor<4xf32>, %w: tensor<3x4xf32>, %v: tensor<2x3xf32>) -> tensor<4xf32> {
  %0:2 = xform.vjp @model(%x, %w, %v) cotangents(%ct) argnums = [0] : (tensor<4xf32>, tensor<3x4xf32>, tensor<2x3xf32>), (tensor<2xf32>) -> tensor<2xf32>, tensor<4xf32>
  return %0#1 : tensor<4xf32>
}
func.func private @jacobian(%x: tensor<4xf32>, %w: tensor<3x4xf32>, %v: tensor<2x3xf32>) -> tensor<2x4xf32> {
  %0 = xform.iota axis = 0 : tensor<2x2xi32>
  %1 = xform.iota axis = 1 : tensor<2x2xi32>
  %2 = xform.eq %0, %1 : tensor<2x2xi32>
  %3 = xform.convert %2 : tensor<2x2xi1> to tensor<2x2xf32>
  %4 = xform.vmap @pullback(%3, %x, %w, %v) in_dims = [0, none, none, none] out_dims = [0] : (tensor<2x2xf32>, tensor<4xf32>, tensor<3x4xf32>, tensor<2x3xf32>) -> tensor<2x4xf32>
  return %4 : tensor<2x4xf32>
}
// CHECK-LABEL: func @jacobians
func.func @jacobians(%xs: tensor<8x4xf32>, %w: tensor<3x4xf32>, %v: tensor<2x3xf32>) -> tensor<8x2x4xf32> {
  // CHECK-NOT: xform.iota
  // CHECK-NOT: xform.tanh
  // CHECK: xform.dot_general
  // CHECK: xform.logistic_slope
  // CHECK-NOT: xform.logistic_slope
  // CHECK: xform.dot_general
  // CHECK-NOT: xform.dot_general
  // CHECK: return
  %0 = xform.vmap @jacobian(%xs, %w, %v) in_dims = [0, none, none] out_dims = [0] : (tensor<8x4xf32>, tensor<3x4xf32>, tensor<2x3xf32>) -> tensor<8x2x4xf32>
  return %0 : tensor<8x2x4xf32>
}

// -----

// A map is a scan that carries nothing; its backward scan reads each step's
// residual and carries the sum of what all steps share.
func.func private @body(%x: tensor<3xf32>, %w: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.mul %x, %w : tensor<3xf32>
  %1 = xform.tanh %0 : tensor<3xf32>
  return %1 : tensor<3xf32>
}
func.func private @loop(%x: tensor<5x3xf32>, %w: tensor<3xf32>) -> tensor<f32> {
  %0 = xform.map @body(%x) captures(%w) : (tensor<5x3xf32>), (tensor<3xf32>) -> tensor<5x3xf32>
  %1 = xform.reduce_sum %0 axes = [0, 1] : tensor<5x3xf32>
  return %1 : tensor<f32>
}
// CHECK-LABEL: func @map_gradient
func.func @map_gradient(%x: tensor<5x3xf32>, %w: tensor<3xf32>) -> (tensor<5x3xf32>, tensor<3xf32>) {
  // CHECK-DAG: %[[ZERO:.*]] = xform.constant dense<0.0{{.*}}> : tensor<3xf32>
  // CHECK: %[[FORWARD:.*]] = xform.scan @[[PRIMAL:.*]]() over(%arg0) captures(%arg1)
  // CHECK: %[[BACKWARD:.*]]:2 = xform.scan @[[LINEAR:.*]](%[[ZERO]]) over(%arg0, %[[FORWARD]], %{{.*}}) captures(%arg1) reverse
  // CHECK: return %[[BACKWARD]]#1, %[[BACKWARD]]#0
  %0:2 = xform.grad @loop(%x, %w) argnums = [0, 1] : (tensor<5x3xf32>, tensor<3xf32>) -> (tensor<5x3xf32>, tensor<3xf32>)
  return %0#0, %0#1 : tensor<5x3xf32>, tensor<3xf32>
}
// CHECK: func private @[[LINEAR]]
// CHECK-NOT: xform.logistic_slope
// CHECK: func private @[[PRIMAL]]
// CHECK: xform.logistic_slope

// -----

// So do many numbers, each by itself, under a sum and a scale.
func.func private @elements(%x: tensor<4xf32>) -> tensor<f32> {
  %c = xform.constant dense<3.0> : tensor<f32>
  %0 = xform.sin %x : tensor<4xf32>
  %1 = xform.exp %0 : tensor<4xf32>
  %2 = xform.reduce_sum %1 axes = [0] : tensor<4xf32>
  %3 = xform.mul %2, %c : tensor<f32>
  return %3 : tensor<f32>
}
// CHECK-LABEL: func @many_numbers
func.func @many_numbers(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-DAG: %[[SCALE:.*]] = xform.constant dense<3.0{{.*}}> : tensor<4xf32>
  // CHECK-DAG: %[[S:.*]] = xform.sin %arg0
  // CHECK-DAG: %[[C:.*]] = xform.cos %arg0
  // CHECK-DAG: %[[E:.*]] = xform.exp %[[S]]
  // CHECK-DAG: %[[T:.*]] = xform.mul %[[C]], %[[SCALE]]
  // CHECK-DAG: %[[G:.*]] = xform.mul %[[T]], %[[E]]
  // CHECK-NOT: reduce_sum
  // CHECK: return %[[G]]
  %0 = xform.grad @elements(%x) argnums = [0] : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// What is not by itself goes backwards.
func.func private @neighbours(%x: tensor<4xf32>) -> tensor<f32> {
  %0 = xform.reverse %x axes = [0] : tensor<4xf32>
  %1 = xform.mul %0, %x : tensor<4xf32>
  %2 = xform.reduce_sum %1 axes = [0] : tensor<4xf32>
  return %2 : tensor<f32>
}
// CHECK-LABEL: func @backwards
func.func @backwards(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[R:.*]] = xform.reverse %arg0
  // CHECK: xform.add %[[R]], %[[R]]
  %0 = xform.grad @neighbours(%x) argnums = [0] : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
