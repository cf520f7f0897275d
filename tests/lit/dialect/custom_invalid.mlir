// RUN: xform-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<3xf32>) {
  // expected-error @below {{'xform.custom' op names no function of this module: @g}}
  %0 = xform.custom @g(%x) : (tensor<3xf32>), () -> tensor<3xf32>
  return
}

// -----

func.func private @g(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func @f(%x: tensor<3xf32>, %c: tensor<f32>) {
  // expected-error @below {{'xform.custom' op @g takes 1 operands, got 2}}
  %0 = xform.custom @g(%x) captures(%c) : (tensor<3xf32>), (tensor<f32>) -> tensor<3xf32>
  return
}

// -----

func.func private @g(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func @f(%x: tensor<3xf32>) {
  // expected-error @below {{'xform.custom' op needs forward and backward together}}
  %0 = xform.custom @g(%x) backward @g : (tensor<3xf32>), () -> tensor<3xf32>
  return
}

// -----

func.func private @g(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func @f(%x: tensor<3xf32>) {
  // expected-error @below {{'xform.custom' op @g takes 1 operands, got 2}}
  %0 = xform.custom @g(%x) jvp @g : (tensor<3xf32>), () -> tensor<3xf32>
  return
}

// -----

func.func private @g(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func private @jvp(%x: tensor<3xf32>, %t: tensor<3xf32>) -> tensor<3xf32> {
  return %t : tensor<3xf32>
}
func.func @f(%x: tensor<3xf32>) {
  // expected-error @below {{'xform.custom' op @jvp must return ('tensor<3xf32>', 'tensor<3xf32>'), got ('tensor<3xf32>')}}
  %0 = xform.custom @g(%x) jvp @jvp : (tensor<3xf32>), () -> tensor<3xf32>
  return
}

// -----

func.func private @g(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func private @forward(%x: tensor<3xf32>) -> tensor<2xf32> {
  %0 = xform.constant dense<0.0> : tensor<2xf32>
  return %0 : tensor<2xf32>
}
func.func @f(%x: tensor<3xf32>) {
  // expected-error @below {{'xform.custom' op @forward must return ('tensor<3xf32>') and residuals, got ('tensor<2xf32>')}}
  %0 = xform.custom @g(%x) forward @forward backward @g : (tensor<3xf32>), () -> tensor<3xf32>
  return
}

// -----

func.func private @g(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func private @forward(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  return %x, %x : tensor<3xf32>, tensor<3xf32>
}
func.func @f(%x: tensor<3xf32>) {
  // expected-error @below {{'xform.custom' op @g takes 1 operands, got 2}}
  %0 = xform.custom @g(%x) forward @forward backward @g : (tensor<3xf32>), () -> tensor<3xf32>
  return
}

// -----

func.func private @g(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func @f(%x: tensor<3xf32>) {
  // expected-error @below {{'xform.custom' op no argument of @g has the rows along a leading axis}}
  %0 = xform.custom @g(%x) vmap [@g] : (tensor<3xf32>), () -> tensor<3xf32>
  return
}

// -----

func.func private @g(%x: tensor<3xf32>, %y: tensor<f32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func private @rows(%x: tensor<8x3xf32>, %y: tensor<4xf32>) -> tensor<8x3xf32> {
  return %x : tensor<8x3xf32>
}
func.func @f(%x: tensor<3xf32>, %y: tensor<f32>) {
  // expected-error @below {{'xform.custom' op argument 1 of @rows must be of type 'tensor<f32>' or have the rows along a leading axis, got 'tensor<4xf32>'}}
  %0 = xform.custom @g(%x, %y) vmap [@rows] : (tensor<3xf32>, tensor<f32>), () -> tensor<3xf32>
  return
}

// -----

func.func private @g(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func private @jvp(%x: tensor<3xf32>, %t: tensor<3xf32>) -> tensor<3xi1> {
  %0 = xform.lt %x, %t : tensor<3xf32>
  return %0 : tensor<3xi1>
}
func.func @f(%x: tensor<3xf32>) {
  // expected-error @below {{'xform.pushforward' op @jvp must return results and their tangents ('tensor<3xf32>'), got ('tensor<3xi1>')}}
  %0 = xform.pushforward jvp @jvp(%x) backward @g() tangents(%x) : (tensor<3xf32>), (), (), (tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<3xf32>) {
  // expected-error @below {{'xform.pushforward' op needs jvp or backward}}
  %0 = xform.pushforward tangents(%x) : (), (), (), (tensor<3xf32>) -> tensor<3xf32>
  return
}
