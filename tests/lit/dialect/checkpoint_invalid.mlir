// RUN: xform-opt %s --split-input-file --verify-diagnostics

func.func @no_callee(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{'xform.checkpoint' op names no function of this module: @none}}
  %0 = xform.checkpoint @none(%x) policy = "nothing_saveable" : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func private @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func @result(%x: tensor<3xf32>) -> tensor<2xf32> {
  // expected-error @below {{'xform.checkpoint' op must have results of types ('tensor<3xf32>'), got ('tensor<2xf32>')}}
  %0 = xform.checkpoint @f(%x) policy = "nothing_saveable" : (tensor<3xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func private @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func @unknown(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{'xform.checkpoint' op has an unknown policy, "some"}}
  %0 = xform.checkpoint @f(%x) policy = "some" : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func private @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func @no_names(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{'xform.checkpoint' op policy "save_only_these_names" needs names}}
  %0 = xform.checkpoint @f(%x) policy = "save_only_these_names" : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func private @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func @names(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{'xform.checkpoint' op policy "dots_saveable" takes no names}}
  %0 = xform.checkpoint @f(%x) policy = "dots_saveable" names = ["a"] : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func private @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func @no_bytes(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{'xform.checkpoint' op policy "save_at_most" needs a number of bytes}}
  %0 = xform.checkpoint @f(%x) policy = "save_at_most" : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func private @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func @bytes(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{'xform.checkpoint' op policy "nothing_saveable" takes no number of bytes}}
  %0 = xform.checkpoint @f(%x) policy = "nothing_saveable" bytes = 8 : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
