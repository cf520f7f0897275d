// RUN: xform-opt %s --xform-expand-transforms=asks=true | FileCheck %s

// Missing rules are listed, and which cotangents a rule is given that are not zero.

// CHECK: module attributes {xform.asked = [
// CHECK-SAME: {operands = array<i1: false, true>, rule = "cotangents", site = "3", size = 0 : i64}
// CHECK-SAME: {operands = array<i1: true>, rule = "vmap", site = "2", size = 8 : i64}
// CHECK-SAME: {operands = array<i1: false, true>, rule = "derivative", site = "4.jvp.0", size = 0 : i64}
// CHECK-SAME: {operands = array<i1: true, false>, rule = "derivative", site = "1", size = 0 : i64}
// CHECK-SAME: {operands = array<i1: true>, rule = "vmap", site = "0", size = 8 : i64}
// CHECK-SAME: {operands = array<i1: true>, rule = "derivative", site = "5.backward.0", size = 0 : i64}

func.func private @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  return %x : tensor<3xf32>
}
func.func private @g(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<f32> {
  %0 = xform.reduce_sum %x axes = [0] : tensor<3xf32>
  return %0 : tensor<f32>
}
func.func private @row(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.custom @f(%x) vmap [] site "0" : (tensor<3xf32>), () -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @loss(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<f32> {
  %0 = xform.custom @g(%x, %y) site "1" : (tensor<3xf32>, tensor<3xf32>), () -> tensor<f32>
  return %0 : tensor<f32>
}
// A rule may return the same for all rows.
func.func private @shared(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.custom @f(%x) vmap [] site "2" : (tensor<3xf32>), () -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @pair(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  return %x, %x : tensor<f32>, tensor<f32>
}
func.func private @pair_backward(%a: tensor<f32>, %b: tensor<f32>) -> tensor<f32> {
  return %b : tensor<f32>
}
func.func private @second(%x: tensor<f32>) -> tensor<f32> {
  %0:2 = xform.custom @pair(%x) forward @pair backward @pair_backward site "3" symbolic_zeros
      : (tensor<f32>), () -> (tensor<f32>, tensor<f32>)
  %1 = xform.mul %0#1, %0#1 : tensor<f32>
  return %1 : tensor<f32>
}
func.func @cotangents(%x: tensor<f32>, %rows: tensor<8x3xf32>) -> (tensor<f32>, tensor<3xf32>) {
  %0 = xform.grad @second(%x) argnums = [0] : (tensor<f32>) -> tensor<f32>
  %1 = xform.vmap @shared(%rows) in_dims = [0] out_dims = [none] : (tensor<8x3xf32>) -> tensor<3xf32>
  return %0, %1 : tensor<f32>, tensor<3xf32>
}
// A call in a rule is transposed with it: by a rule of its own, if it has one.
func.func private @scaled(%x: tensor<f32>, %t: tensor<f32>) -> tensor<f32> {
  %0 = xform.mul %x, %t : tensor<f32>
  return %0 : tensor<f32>
}
func.func private @pair_jvp(%x: tensor<f32>, %t: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) {
  %0 = xform.custom @scaled(%x, %t) site "4.jvp.0" has_backward : (tensor<f32>, tensor<f32>), () -> tensor<f32>
  %1 = xform.custom @scaled(%x, %t) site "4.jvp.1" : (tensor<f32>, tensor<f32>), () -> tensor<f32>
  return %x, %x, %0, %1 : tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
}
func.func private @with_jvp(%x: tensor<f32>) -> tensor<f32> {
  %0:2 = xform.custom @pair(%x) jvp @pair_jvp site "4" : (tensor<f32>), () -> (tensor<f32>, tensor<f32>)
  %1 = xform.add %0#0, %0#1 : tensor<f32>
  return %1 : tensor<f32>
}
func.func @transposing(%x: tensor<f32>) -> tensor<f32> {
  %0 = xform.grad @with_jvp(%x) argnums = [0] : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}
// Forward mode transposes backward rules, when it is known that no other mode
// comes.
func.func private @f_backward(%ct: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.custom @f(%ct) site "5.backward.0" has_backward : (tensor<3xf32>), () -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @with_backward(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.custom @f(%x) forward @f backward @f_backward site "5" : (tensor<3xf32>), () -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @forward(%x: tensor<3xf32>, %t: tensor<3xf32>) -> tensor<3xf32> {
  %0:2 = xform.jvp @with_backward(%x) tangents(%t) argnums = [0] : (tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>, tensor<3xf32>
  return %0#1 : tensor<3xf32>
}
func.func @asking(%x: tensor<8x3xf32>, %y: tensor<3xf32>) -> (tensor<3xf32>, tensor<8x3xf32>) {
  %0 = xform.grad @loss(%y, %y) argnums = [0] : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  %1 = xform.vmap @row(%x) in_dims = [0] out_dims = [0] : (tensor<8x3xf32>) -> tensor<8x3xf32>
  return %0, %1 : tensor<3xf32>, tensor<8x3xf32>
}
