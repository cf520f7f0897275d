// RUN: xform-opt %s --split-input-file --verify-diagnostics

// Whatever calls the function again, and whatever is to be done to it.
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  %0 = func.call @g(%x) : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}
func.func @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{'xform.vmap' op runs @g, which calls itself; recursion cannot be transformed}}
  %0 = xform.vmap @g(%x) in_dims = [0] out_dims = [0] : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @below {{'xform.grad' op runs @g, which calls itself; recursion cannot be transformed}}
  %0 = xform.grad @g(%x) argnums = [0] : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @below {{'xform.checkpoint' op runs @g, which calls itself; recursion cannot be transformed}}
  %0 = xform.checkpoint @g(%x) policy = "nothing_saveable" : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @below {{'xform.jvp' op runs @g, which calls itself; recursion cannot be transformed}}
  %0:2 = xform.jvp @g(%x) tangents(%x) argnums = [0] : (tensor<f32>), (tensor<f32>) -> tensor<f32>, tensor<f32>
  return %0#0 : tensor<f32>
}

// -----

func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @below {{'xform.vjp' op runs @g, which calls itself; recursion cannot be transformed}}
  %0:2 = xform.vjp @g(%x) cotangents(%x) argnums = [0] : (tensor<f32>), (tensor<f32>) -> tensor<f32>, tensor<f32>
  return %0#0 : tensor<f32>
}

// -----

func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @below {{'xform.scan' op runs @g, which calls itself; recursion cannot be transformed}}
  %0 = xform.scan @g(%x) over() length = 3 : (tensor<f32>), (), () -> tensor<f32>
  return %0 : tensor<f32>
}
