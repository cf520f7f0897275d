// RUN: xform-opt %s --split-input-file --verify-diagnostics

func.func @key_words(%key: tensor<3xui32>) {
  // expected-error @+1 {{key must have a last axis of size 2, got 'tensor<3xui32>'}}
  %0 = xform.rng_bits %key : tensor<3xui32> to tensor<4xui32>
  return
}

// -----

func.func @key_rank(%key: tensor<ui32>) {
  // expected-error @+1 {{key must have a last axis of size 2, got 'tensor<ui32>'}}
  %0 = xform.rng_bits %key : tensor<ui32> to tensor<4xui32>
  return
}

// -----

func.func @key_batch(%key: tensor<5x2xui32>) {
  // expected-error @+1 {{must have a result whose shape begins with that of the batch of keys, 'tensor<5x2xui32>', got 'tensor<4xui32>'}}
  %0 = xform.rng_bits %key : tensor<5x2xui32> to tensor<4xui32>
  return
}

// -----

func.func @unknown_size(%key: tensor<2xui32>) {
  // expected-error @+1 {{must know how much each key draws, but its result is 'tensor<?xui32>'}}
  %0 = xform.rng_bits %key : tensor<2xui32> to tensor<?xui32>
  return
}

// -----

func.func @bits_type(%key: tensor<2xui32>) {
  // expected-error @+1 {{result #0 must be ranked tensor of}}
  %0 = xform.rng_bits %key : tensor<2xui32> to tensor<4xi32>
  return
}

// -----

func.func @fold_in_words(%key: tensor<3xui32>, %data: tensor<ui32>) {
  // expected-error @+1 {{key must have a last axis of size 2, got 'tensor<3xui32>'}}
  %0 = xform.fold_in %key, %data : tensor<3xui32>, tensor<ui32>
  return
}

// -----

func.func @fold_in_batch(%key: tensor<2xui32>, %data: tensor<3xui32>) {
  // expected-error @+1 {{data must have the shape of the batch of keys, 'tensor<ui32>', got 'tensor<3xui32>'}}
  %0 = xform.fold_in %key, %data : tensor<2xui32>, tensor<3xui32>
  return
}

// -----

func.func @width(%bits: tensor<4xui32>) {
  // expected-error @+1 {{needs bits and a result of one width, got 'ui32' and 'f64'}}
  %0 = xform.unit_float %bits : tensor<4xui32> to tensor<4xf64>
  return
}

// -----

func.func private @draw(%x: tensor<f32>, %key: tensor<2xui32>) -> (tensor<f32>, tensor<ui32>) {
  %0 = xform.rng_bits %key : tensor<2xui32> to tensor<ui32>
  return %x, %0 : tensor<f32>, tensor<ui32>
}
func.func @numbers(%x: tensor<8xf32>, %key: tensor<2xui32>, %numbers: tensor<7xui32>) {
  // expected-error @+1 {{needs a row number for each of 8 rows, got 'tensor<7xui32>'}}
  %0:2 = xform.vmap @draw(%x, %key) in_dims = [0, none] out_dims = [0, 0] row_numbers(%numbers : tensor<7xui32>) : (tensor<8xf32>, tensor<2xui32>) -> (tensor<8xf32>, tensor<8xui32>)
  return
}

// -----

func.func private @draw(%x: tensor<f32>, %key: tensor<2xui32>) -> (tensor<f32>, tensor<ui32>) {
  %0 = xform.rng_bits %key : tensor<2xui32> to tensor<ui32>
  return %x, %0 : tensor<f32>, tensor<ui32>
}
func.func @fresh_result(%x: tensor<8xf32>, %key: tensor<2xui32>, %numbers: tensor<8xui32>) {
  // expected-error @+1 {{out_dims[1] is none, but result 1 of @draw depends on a batched operand}}
  %0:2 = xform.vmap @draw(%x, %key) in_dims = [0, none] out_dims = [0, none] row_numbers(%numbers : tensor<8xui32>) : (tensor<8xf32>, tensor<2xui32>) -> (tensor<8xf32>, tensor<ui32>)
  return
}
