// RUN: xform-opt %s --split-input-file --verify-diagnostics

func.func @module(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{'xform.call_module' op needs a name without points as module, got 'a.b'}}
  %0 = xform.call_module "f" of "a.b"(%x) : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func @entry(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{'xform.call_module' op needs the name of an entry}}
  %0 = xform.call_module "" of "a"(%x) : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func @copied(%x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{'xform.call_module' op copies operand 1, but has 1 of them}}
  %0 = xform.call_module "f" of "a"(%x) copied [1] : (tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
