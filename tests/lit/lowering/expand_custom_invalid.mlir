// RUN: xform-opt %s --xform-expand-transforms --split-input-file --verify-diagnostics

func.func private @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func private @row(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{'xform.custom' op has no vmap rule for what is asked of it}}
  %0 = xform.custom @f(%x) vmap [] : (tensor<3xf32>), () -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @no_vmap_rule(%x: tensor<8x3xf32>) -> tensor<8x3xf32> {
  %0 = xform.vmap @row(%x) in_dims = [0] out_dims = [0] : (tensor<8x3xf32>) -> tensor<8x3xf32>
  return %0 : tensor<8x3xf32>
}

// -----

func.func private @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func private @call(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{'xform.custom' op has no derivative rule for what is asked of it}}
  %0 = xform.custom @f(%x) site "0" : (tensor<3xf32>), () -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @no_derivative(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0:2 = xform.jvp @call(%x) tangents(%x) argnums = [0] : (tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>, tensor<3xf32>
  return %0#1 : tensor<3xf32>
}

// -----

func.func private @f(%x: tensor<3xf32>, %c: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.mul %x, %c : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @jvp(%x: tensor<3xf32>, %t: tensor<3xf32>, %c: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  return %x, %t : tensor<3xf32>, tensor<3xf32>
}
func.func private @call(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{is differentiated by a value that it closes over; pass the value as an argument}}
  %0 = xform.custom @f(%x) captures(%x) jvp @jvp : (tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @closed_over(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0:2 = xform.jvp @call(%x) tangents(%x) argnums = [0] : (tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>, tensor<3xf32>
  return %0#1 : tensor<3xf32>
}

// -----

func.func private @f(%x: tensor<3xf32>, %c: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.mul %x, %c : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @row(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{closes over a value that differs from row to row; pass the value as an argument}}
  %0 = xform.custom @f(%x) captures(%x) vmap [] : (tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @closed_over_rows(%x: tensor<8x3xf32>) -> tensor<8x3xf32> {
  %0 = xform.vmap @row(%x) in_dims = [0] out_dims = [0] : (tensor<8x3xf32>) -> tensor<8x3xf32>
  return %0 : tensor<8x3xf32>
}
