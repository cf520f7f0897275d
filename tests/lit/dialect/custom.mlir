// RUN: xform-opt %s | xform-opt | FileCheck %s

func.func private @scaled(%x: tensor<3xf32>, %n: tensor<i32>, %c: tensor<3xf32>) -> (tensor<3xf32>, tensor<i32>) {
  %0 = xform.mul %x, %c : tensor<3xf32>
  return %0, %n : tensor<3xf32>, tensor<i32>
}
func.func private @scaled.jvp(%x: tensor<3xf32>, %n: tensor<i32>, %t: tensor<3xf32>, %c: tensor<3xf32>) -> (tensor<3xf32>, tensor<i32>, tensor<3xf32>) {
  %0 = xform.mul %x, %c : tensor<3xf32>
  return %0, %n, %t : tensor<3xf32>, tensor<i32>, tensor<3xf32>
}
func.func private @scaled.forward(%x: tensor<3xf32>, %n: tensor<i32>, %c: tensor<3xf32>) -> (tensor<3xf32>, tensor<i32>, tensor<3xi1>) {
  %0 = xform.mul %x, %c : tensor<3xf32>
  %1 = xform.lt %x, %c : tensor<3xf32>
  return %0, %n, %1 : tensor<3xf32>, tensor<i32>, tensor<3xi1>
}
func.func private @scaled.backward(%r: tensor<3xi1>, %ct: tensor<3xf32>, %c: tensor<3xf32>) -> tensor<3xf32> {
  return %ct : tensor<3xf32>
}
func.func private @scaled.rows(%x: tensor<8x3xf32>, %n: tensor<i32>, %c: tensor<3xf32>) -> (tensor<8x3xf32>, tensor<i32>) {
  return %x, %n : tensor<8x3xf32>, tensor<i32>
}

// CHECK-LABEL: func @calls
func.func @calls(%x: tensor<3xf32>, %n: tensor<i32>, %c: tensor<3xf32>) {
  // CHECK: xform.custom @scaled(%arg0, %arg1) captures(%arg2) jvp @scaled.jvp forward @scaled.forward backward @scaled.backward vmap [@scaled.rows] site "0.jvp.1" : (tensor<3xf32>, tensor<i32>), (tensor<3xf32>) -> (tensor<3xf32>, tensor<i32>)
  %0:2 = xform.custom @scaled(%x, %n) captures(%c) jvp @scaled.jvp
      forward @scaled.forward backward @scaled.backward vmap [@scaled.rows] site "0.jvp.1"
      : (tensor<3xf32>, tensor<i32>), (tensor<3xf32>) -> (tensor<3xf32>, tensor<i32>)
  // CHECK: xform.custom @scaled(%arg0, %arg1) captures(%arg2) site "0" symbolic_zeros : (tensor<3xf32>, tensor<i32>), (tensor<3xf32>) -> (tensor<3xf32>, tensor<i32>)
  %2:2 = xform.custom @scaled(%x, %n) captures(%c) site "0" symbolic_zeros
      : (tensor<3xf32>, tensor<i32>), (tensor<3xf32>) -> (tensor<3xf32>, tensor<i32>)
  // CHECK: xform.custom @scaled(%arg0, %arg1) captures(%arg2) site "1" has_backward : (tensor<3xf32>, tensor<i32>), (tensor<3xf32>) -> (tensor<3xf32>, tensor<i32>)
  %3:2 = xform.custom @scaled(%x, %n) captures(%c) site "1" has_backward
      : (tensor<3xf32>, tensor<i32>), (tensor<3xf32>) -> (tensor<3xf32>, tensor<i32>)
  // CHECK: xform.custom @scaled(%arg0, %arg1, %arg2) vmap [] : (tensor<3xf32>, tensor<i32>, tensor<3xf32>), () -> (tensor<3xf32>, tensor<i32>)
  %1:2 = xform.custom @scaled(%x, %n, %c) vmap [] : (tensor<3xf32>, tensor<i32>, tensor<3xf32>), () -> (tensor<3xf32>, tensor<i32>)
  return
}

// CHECK-LABEL: func @pushforwards
func.func @pushforwards(%x: tensor<3xf32>, %n: tensor<i32>, %r: tensor<3xi1>, %c: tensor<3xf32>, %t: tensor<3xf32>) {
  // CHECK: xform.pushforward jvp @scaled.jvp(%arg0, %arg1) backward @scaled.backward(%arg2) captures(%arg3) tangents(%arg4) : (tensor<3xf32>, tensor<i32>), (tensor<3xi1>), (tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>
  %0 = xform.pushforward jvp @scaled.jvp(%x, %n) backward @scaled.backward(%r) captures(%c) tangents(%t)
      : (tensor<3xf32>, tensor<i32>), (tensor<3xi1>), (tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>
  // CHECK: xform.pushforward backward @scaled.backward(%arg2) captures(%arg3) tangents(%arg4) : (), (tensor<3xi1>), (tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>
  %1 = xform.pushforward backward @scaled.backward(%r) captures(%c) tangents(%t)
      : (), (tensor<3xi1>), (tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>
  // CHECK: xform.pushforward jvp @scaled.jvp(%arg0, %arg1) captures(%arg3) tangents(%arg4) : (tensor<3xf32>, tensor<i32>), (), (tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>
  %2 = xform.pushforward jvp @scaled.jvp(%x, %n) captures(%c) tangents(%t)
      : (tensor<3xf32>, tensor<i32>), (), (tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>
  // CHECK: xform.pushforward backward @scaled.backward(%arg2) captures(%arg3) tangents(%arg4) site "0" : (), (tensor<3xi1>), (tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>
  %3 = xform.pushforward backward @scaled.backward(%r) captures(%c) tangents(%t) site "0"
      : (), (tensor<3xi1>), (tensor<3xf32>), (tensor<3xf32>) -> tensor<3xf32>
  return
}
