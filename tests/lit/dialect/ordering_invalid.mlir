// RUN: xform-opt %s --split-input-file --verify-diagnostics

func.func @axis(%x: tensor<2xf32>) {
  // expected-error @+1 {{sort: axis 1 is out of range for operands of rank 1}}
  %0 = xform.sort %x axis = 1 num_keys = 1 : tensor<2xf32>
  return
}

// -----

func.func @keys(%x: tensor<2xf32>) {
  // expected-error @+1 {{sort: num_keys 2 is out of range for 1 operands}}
  %0 = xform.sort %x axis = 0 num_keys = 2 : tensor<2xf32>
  return
}

// -----

func.func @shapes(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{sort: shape of operand 1, 'tensor<3xf32>', must be that of operand 0, 'tensor<2xf32>'}}
  %0:2 = xform.sort %x, %y axis = 0 num_keys = 1 : tensor<2xf32>, tensor<3xf32>
  return
}

// -----

func.func @place_axis(%x: tensor<2xf32>) {
  // expected-error @+1 {{axis 1 is out of range for an operand of rank 1}}
  %0 = xform.argmax %x axis = 1 : tensor<2xf32> to tensor<i32>
  return
}

// -----

func.func @place_of_nothing(%x: tensor<0x2xf32>) {
  // expected-error @+1 {{axis 0 of x has no elements}}
  %0 = xform.argmin %x axis = 0 : tensor<0x2xf32> to tensor<2xi32>
  return
}

// -----

func.func @place_shape(%x: tensor<3x2xf32>) {
  // expected-error @+1 {{along axis 0 must be of 'tensor<2xi32>', got 'tensor<3xi32>'}}
  %0 = xform.argmax %x axis = 0 : tensor<3x2xf32> to tensor<3xi32>
  return
}

// -----

func.func @cumulative_axis(%x: tensor<2xf32>) {
  // expected-error @+1 {{axis 1 is out of range for an operand of rank 1}}
  %0 = xform.cumsum %x axis = 1 reverse = false : tensor<2xf32>
  return
}
