// RUN: xform-opt --xform-to-linalg --split-input-file --verify-diagnostics %s

func.func @unknown_size(%x: tensor<2xf32>) -> tensor<?x2xf32> {
  // expected-error @below {{has a dynamic size that no operand gives, in its result of type 'tensor<?x2xf32>'}}
  %0 = xform.broadcast_in_dim %x dims = [1] : tensor<2xf32> to tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

func.func @unknown_sizes(%x: tensor<?xf32>) -> tensor<?x?xf32> {
  // expected-error @below {{cannot tell the dynamic sizes of 'tensor<?x?xf32>' from those of 'tensor<?xf32>'}}
  // expected-error @below {{failed to legalize operation 'xform.reshape'}}
  %0 = xform.reshape %x : tensor<?xf32> to tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

func.func @cut_unknown(%x: tensor<?xf32>) -> tensor<?xf32> {
  %zero = xform.constant dense<0.0> : tensor<f32>
  // expected-error @below {{cannot cut or spread the dynamic axis 0 of 'tensor<?xf32>'}}
  // expected-error @below {{failed to legalize operation 'xform.pad'}}
  %0 = xform.pad %x, %zero low = [-1] high = [0] interior = [0] : tensor<?xf32>, tensor<f32>
  return %0 : tensor<?xf32>
}

// -----

func.func private @f(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}

func.func @transform(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @below {{failed to legalize operation 'xform.vmap'}}
  %0 = xform.vmap @f(%x) in_dims = [0] out_dims = [0] : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
