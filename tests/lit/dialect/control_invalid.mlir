// RUN: xform-opt %s --split-input-file --verify-diagnostics

func.func private @step(%c: tensor<f32>, %x: tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>) {
  return %c, %x : tensor<f32>, tensor<3xf32>
}
func.func @f(%c: tensor<f32>, %x: tensor<2x3xf32>, %y: tensor<4x3xf32>) {
  // expected-error @below {{'xform.scan' op has length 3, but row operand 0 has a leading axis of size 2}}
  %0:2 = xform.scan @step(%c) over(%x) length = 3 : (tensor<f32>), (tensor<2x3xf32>), () -> (tensor<f32>, tensor<3x3xf32>)
  return
}

// -----

func.func private @step(%c: tensor<f32>, %x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<f32> {
  return %c : tensor<f32>
}
func.func @f(%c: tensor<f32>, %x: tensor<2x3xf32>, %y: tensor<4x3xf32>) {
  // expected-error @below {{'xform.scan' op row operands have leading axes of different sizes, 2 and 4}}
  %0 = xform.scan @step(%c) over(%x, %y) : (tensor<f32>), (tensor<2x3xf32>, tensor<4x3xf32>), () -> tensor<f32>
  return
}

// -----

func.func private @step(%c: tensor<f32>) -> tensor<f32> {
  return %c : tensor<f32>
}
func.func @f(%c: tensor<f32>) {
  // expected-error @below {{'xform.scan' op needs a length, because it has no rows to run along}}
  %0 = xform.scan @step(%c) over() : (tensor<f32>), (), () -> tensor<f32>
  return
}

// -----

func.func private @step(%c: tensor<f32>, %x: tensor<f32>) -> tensor<f32> {
  return %c : tensor<f32>
}
func.func @f(%c: tensor<f32>) {
  // expected-error @below {{'xform.scan' op row operand 0 has no leading axis}}
  %0 = xform.scan @step(%c) over(%c) : (tensor<f32>), (tensor<f32>), () -> tensor<f32>
  return
}

// -----

func.func private @step(%c: tensor<f32>, %x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func @f(%c: tensor<f32>, %x: tensor<2x3xf32>) {
  // expected-error @below {{'xform.scan' op carried value 0 of type 'tensor<f32>' becomes one of type 'tensor<3xf32>' in @step}}
  %0 = xform.scan @step(%c) over(%x) : (tensor<f32>), (tensor<2x3xf32>), () -> tensor<f32>
  return
}

// -----

func.func private @step(%x: tensor<3xf32>) {
  return
}
func.func @f(%c: tensor<f32>, %x: tensor<2x3xf32>) {
  // expected-error @below {{'xform.scan' op @step takes 1 operands, got 2}}
  %0 = xform.scan @step(%c) over(%x) : (tensor<f32>), (tensor<2x3xf32>), () -> tensor<f32>
  return
}

// -----

func.func private @step(%c: tensor<f32>) {
  return
}
func.func @f(%c: tensor<f32>) {
  // expected-error @below {{'xform.scan' op carries 1 values, but @step returns 0}}
  %0 = xform.scan @step(%c) over() length = 2 : (tensor<f32>), (), () -> tensor<f32>
  return
}

// -----

func.func private @step(%c: tensor<f32>) -> tensor<f32> {
  return %c : tensor<f32>
}
func.func @f(%c: tensor<f32>) {
  // expected-error @below {{'xform.scan' op attribute 'unroll' failed to satisfy constraint}}
  %0 = xform.scan @step(%c) over() length = 2 unroll = 0 : (tensor<f32>), (), () -> tensor<f32>
  return
}

// -----

func.func @f(%c: tensor<f32>) {
  // expected-error @below {{'xform.scan' op names no function of this module: @missing}}
  %0 = xform.scan @missing(%c) over() length = 2 : (tensor<f32>), (), () -> tensor<f32>
  return
}

// -----

func.func private @one(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%i: tensor<i1>, %x: tensor<f32>) {
  // expected-error @below {{'xform.switch' op needs two branches for a truth value, got 1}}
  %0 = xform.switch %i [@one](%x) : tensor<i1>, (tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func @f(%i: tensor<i32>, %x: tensor<f32>) {
  // expected-error @below {{'xform.switch' op needs at least one branch}}
  %0 = xform.switch %i [](%x) : tensor<i32>, (tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func private @one(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func private @two(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  return %x, %x : tensor<f32>, tensor<f32>
}
func.func @f(%i: tensor<i32>, %x: tensor<f32>) {
  // expected-error @below {{'xform.switch' op branches return different types: @one ('tensor<f32>'), @two ('tensor<f32>', 'tensor<f32>')}}
  %0 = xform.switch %i [@one, @two](%x) : tensor<i32>, (tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func private @one(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%i: tensor<2xi32>, %x: tensor<f32>) {
  // expected-error @below {{'xform.switch' op operand #0 must be}}
  %0 = xform.switch %i [@one](%x) : tensor<2xi32>, (tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func private @body(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<f32>) {
  // expected-error @below {{'xform.while' op @body must return one value of type 'tensor<i1>', got ('tensor<f32>')}}
  %0 = xform.while(%x) cond @body() body @body() : (tensor<f32>), (), () -> tensor<f32>
  return
}

// -----

func.func private @cond(%x: tensor<f32>) -> tensor<i1> {
  %0 = xform.constant dense<false> : tensor<i1>
  return %0 : tensor<i1>
}
func.func private @body(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  return %x, %x : tensor<f32>, tensor<f32>
}
func.func @f(%x: tensor<f32>) {
  // expected-error @below {{'xform.while' op carries 1 values, but @body returns 2}}
  %0 = xform.while(%x) cond @cond() body @body() : (tensor<f32>), (), () -> tensor<f32>
  return
}
