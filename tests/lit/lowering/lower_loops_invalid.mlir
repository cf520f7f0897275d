// RUN: xform-opt --xform-lower-loops --verify-diagnostics %s

func.func private @layer(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.tanh %x : tensor<3xf32>
  return %0 : tensor<3xf32>
}

func.func @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{'xform.checkpoint' op has no form as a loop or a branch; expand transforms first}}
  %0 = xform.checkpoint @layer(%x) policy = "nothing_saveable" : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
