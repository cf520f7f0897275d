// RUN: xform-opt %s --xform-expand-transforms --split-input-file --verify-diagnostics

// expected-error @+1 {{@loop calls itself; recursion cannot be expanded}}
func.func @loop(%x: tensor<f32>) -> tensor<f32> {
  %0 = func.call @loop(%x) : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func private @declared(tensor<f32>) -> tensor<f32>
func.func @external(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @+1 {{needs the body of @declared}}
  %0 = func.call @declared(%x) : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func private @foreign(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @+1 {{has no jvp rule}}
  %0 = math.sin %x : tensor<f32>
  return %0 : tensor<f32>
}
func.func @grad(%x: tensor<f32>) -> tensor<f32> {
  %0 = xform.grad @foreign(%x) argnums = [0] : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func private @less(%x: tensor<f32>) -> tensor<i1> {
  %0 = xform.lt %x, %x : tensor<f32>
  return %0 : tensor<i1>
}
func.func private @body(%x: tensor<f32>) -> tensor<f32> {
  %0 = xform.exp %x : tensor<f32>
  return %0 : tensor<f32>
}
func.func private @loop(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @below {{while_loop has no derivative in reverse mode, because the number of its steps is not known before it runs; use scan}}
  %0 = xform.while(%x) cond @less() body @body() : (tensor<f32>), (), () -> tensor<f32>
  return %0 : tensor<f32>
}
func.func private @loop_of_product(%x: tensor<f32>, %y: tensor<f32>) -> tensor<f32> {
  %0 = xform.mul %x, %y : tensor<f32>
  %1 = call @loop(%0) : (tensor<f32>) -> tensor<f32>
  return %1 : tensor<f32>
}
func.func @gradient(%x: tensor<f32>, %y: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %0:2 = xform.grad @loop_of_product(%x, %y) argnums = [0, 1] : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %0#0, %0#1 : tensor<f32>, tensor<f32>
}
