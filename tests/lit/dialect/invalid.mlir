// RUN: xform-opt %s --split-input-file --verify-diagnostics

func.func @reshape(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{cannot reshape 'tensor<2x3xf32>' with 6 elements to 'tensor<4xf32>' with 4}}
  %0 = xform.reshape %x : tensor<2x3xf32> to tensor<4xf32>
  return
}

// -----

func.func @broadcast_size(%x: tensor<2xf32>) {
  // expected-error @+1 {{axis 0 of size 2 cannot be broadcast to size 3}}
  %0 = xform.broadcast_in_dim %x dims = [0] : tensor<2xf32> to tensor<3xf32>
  return
}

// -----

func.func @broadcast_rank(%x: tensor<2xf32>) {
  // expected-error @+1 {{dims has 2 entries for an operand of rank 1}}
  %0 = xform.broadcast_in_dim %x dims = [0, 1] : tensor<2xf32> to tensor<2x2xf32>
  return
}

// -----

func.func @broadcast_order(%x: tensor<2x2xf32>) {
  // expected-error @+1 {{dims must increase, got 0 after 1}}
  %0 = xform.broadcast_in_dim %x dims = [1, 0] : tensor<2x2xf32> to tensor<2x2xf32>
  return
}

// -----

func.func @transpose(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{transpose: permutation [0, 0] must name each axis of 'tensor<2x3xf32>' once}}
  %0 = xform.transpose %x permutation = [0, 0] : tensor<2x3xf32>
  return
}

// -----

func.func @reverse(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{reverse: axis 2 is out of range for an operand of rank 2}}
  %0 = xform.reverse %x axes = [2] : tensor<2x3xf32>
  return
}

// -----

func.func @slice_limit(%x: tensor<4xf32>) {
  // expected-error @+1 {{slice: 1 to 5 by 1 does not lie in axis 0 of 'tensor<4xf32>'}}
  %0 = xform.slice %x starts = [1] limits = [5] strides = [1] : tensor<4xf32>
  return
}

// -----

func.func @slice_rank(%x: tensor<4xf32>) {
  // expected-error @+1 {{slice: starts, limits and strides need 1 entries each, got 2, 1 and 1}}
  %0 = xform.slice %x starts = [1, 0] limits = [2] strides = [1] : tensor<4xf32>
  return
}

// -----

func.func @pad_value(%x: tensor<4xf32>, %v: tensor<f64>) {
  // expected-error @+1 {{pad: value must be a scalar of type 'f32', got 'tensor<f64>'}}
  %0 = xform.pad %x, %v low = [1] high = [1] interior = [0] : tensor<4xf32>, tensor<f64>
  return
}

// -----

func.func @pad_negative(%x: tensor<4xf32>, %v: tensor<f32>) {
  // expected-error @+1 {{pad: axis 0 of 'tensor<4xf32>' cannot be padded by -3, -2 and 0 between elements}}
  %0 = xform.pad %x, %v low = [-3] high = [-2] interior = [0] : tensor<4xf32>, tensor<f32>
  return
}

// -----

func.func @concatenate(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) {
  // expected-error @+1 {{concatenate: 'tensor<2x4xf32>' does not fit 'tensor<2x3xf32>' in the axes besides 0}}
  %0 = xform.concatenate %x, %y axis = 0 : tensor<2x3xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @iota() {
  // expected-error @+1 {{axis 1 is out of range for a result of rank 1}}
  %0 = xform.iota axis = 1 : tensor<3xi32>
  return
}

// -----

func.func @reduce(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{reduce_sum: axes must increase, got 0 after 1}}
  %0 = xform.reduce_sum %x axes = [1, 0] : tensor<2x3xf32>
  return
}

// -----

func.func @dot_sizes(%x: tensor<2x3xf32>, %y: tensor<4x5xf32>) {
  // expected-error @+1 {{dot_general: contracting axis 1 of lhs, 'tensor<2x3xf32>', and axis 0 of rhs, 'tensor<4x5xf32>', have sizes 3 and 4}}
  %0 = xform.dot_general %x, %y batch = [] x [] contracting = [1] x [0] : tensor<2x3xf32>, tensor<4x5xf32>
  return
}

// -----

func.func @dot_twice(%x: tensor<2x2xf32>, %y: tensor<2x2xf32>) {
  // expected-error @+1 {{dot_general: axis 0 of lhs is out of range or named twice}}
  %0 = xform.dot_general %x, %y batch = [0] x [0] contracting = [0] x [1] : tensor<2x2xf32>, tensor<2x2xf32>
  return
}

// -----

func.func @integer_pow(%x: tensor<2xi32>) {
  // expected-error @+1 {{exponent -1 must not be negative for elements of type 'i32'}}
  %0 = xform.integer_pow %x, -1 : tensor<2xi32>
  return
}

// -----

func.func @select(%p: tensor<3xi1>, %x: tensor<2xf32>) {
  // expected-error @+1 {{op}}
  %0 = xform.select %p, %x, %x : tensor<3xi1>, tensor<2xf32>
  return
}

// -----

func.func @no_callee(%x: tensor<2xf32>) {
  // expected-error @+1 {{names no function of this module: @nothing}}
  %0 = xform.grad @nothing(%x) argnums = [0] : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func private @vector(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
func.func @grad_of_vector(%x: tensor<2xf32>) {
  // expected-error @+1 {{@vector must return a floating scalar first, got 'tensor<2xf32>'}}
  %0 = xform.grad @vector(%x) argnums = [0] : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func private @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
func.func @vmap_none(%x: tensor<2xf32>) {
  // expected-error @+1 {{no operand is batched: in_dims are all none}}
  %0 = xform.vmap @f(%x) in_dims = [none] out_dims = [0] : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func private @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
func.func @vmap_out(%x: tensor<5x2xf32>) {
  // expected-error @+1 {{out_dims[0] is none, but result 0 of @f depends on a batched operand}}
  %0 = xform.vmap @f(%x) in_dims = [0] out_dims = [none] : (tensor<5x2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func private @f(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
func.func @vmap_sizes(%x: tensor<5x2xf32>, %y: tensor<4x2xf32>) {
  // expected-error @+1 {{operands have different batch sizes, 5 and 4}}
  %0 = xform.vmap @f(%x, %y) in_dims = [0, 0] out_dims = [0] : (tensor<5x2xf32>, tensor<4x2xf32>) -> tensor<5x2xf32>
  return
}

// -----

func.func private @f(%x: tensor<2xi32>) -> tensor<2xi32> {
  return %x : tensor<2xi32>
}
func.func @jvp_integer(%x: tensor<2xi32>, %t: tensor<2xf32>) {
  // expected-error @+1 {{operand 0 of type 'tensor<2xi32>' has no derivative: its elements are not floating}}
  %0 = xform.jvp @f(%x) tangents(%t) argnums = [0] : (tensor<2xi32>), (tensor<2xf32>) -> tensor<2xi32>
  return
}

// -----

func.func private @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
func.func @vjp_cotangent(%x: tensor<2xf32>, %ct: tensor<3xf32>) {
  // expected-error @+1 {{cotangent 0 must be of type 'tensor<2xf32>', got 'tensor<3xf32>'}}
  %0:2 = xform.vjp @f(%x) cotangents(%ct) argnums = [0] : (tensor<2xf32>), (tensor<3xf32>) -> tensor<2xf32>, tensor<2xf32>
  return
}

// -----

func.func private @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
func.func @map_lengths(%x: tensor<f32>) {
  // expected-error @+1 {{operand 0 has no leading axis}}
  %0 = xform.map @f(%x) : (tensor<f32>) -> tensor<2xf32>
  return
}

// -----

func.func @bitcast_width(%x: tensor<2xf32>) {
  // expected-error @+1 {{result element type 'i64' must have the width of x's element type 'f32'}}
  %0 = xform.bitcast %x : tensor<2xf32> to tensor<2xi64>
  return
}

// -----

func.func @sinc_order(%x: tensor<2xf32>) {
  // expected-error @+1 {{order must not be negative, got -1}}
  %0 = xform.sinc %x, -1 : tensor<2xf32>
  return
}

// -----

func.func @sinc_of_root_order(%x: tensor<2xf32>) {
  // expected-error @+1 {{order must be at least -1, got -2}}
  %0 = xform.sinc_of_root %x, -2 : tensor<2xf32>
  return
}

// -----

func.func @half_pow_even(%x: tensor<2xf32>) {
  // expected-error @+1 {{exponent must be odd and at least -1, got 2}}
  %0 = xform.half_pow %x, 2 : tensor<2xf32>
  return
}

// -----

func.func @half_pow_too_small(%x: tensor<2xf32>) {
  // expected-error @+1 {{exponent must be odd and at least -1, got -3}}
  %0 = xform.half_pow %x, -3 : tensor<2xf32>
  return
}

// -----

func.func @polygamma_order(%x: tensor<2xf32>) {
  // expected-error @+1 {{order must be at least 1, got 0}}
  %0 = xform.polygamma %x, 0 : tensor<2xf32>
  return
}
