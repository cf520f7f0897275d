// RUN: xform-opt %s | xform-opt | FileCheck %s
// RUN: xform-opt %s --mlir-print-op-generic | xform-opt | FileCheck %s

func.func private @cell(%h: tensor<4xf32>, %x: tensor<3xf32>, %w: tensor<4xf32>) -> (tensor<4xf32>, tensor<f32>) {
  %0 = xform.mul %h, %w : tensor<4xf32>
  %1 = xform.reduce_sum %x axes = [0] : tensor<3xf32>
  return %0, %1 : tensor<4xf32>, tensor<f32>
}
func.func private @count(%n: tensor<i32>) -> tensor<i32> {
  return %n : tensor<i32>
}
func.func private @less(%n: tensor<i32>, %limit: tensor<i32>) -> tensor<i1> {
  %0 = xform.lt %n, %limit : tensor<i32>
  return %0 : tensor<i1>
}

// CHECK-LABEL: func @all
func.func @all(%h: tensor<4xf32>, %xs: tensor<8x3xf32>, %n: tensor<i32>, %p: tensor<i1>) {
  // CHECK: xform.scan @cell(%arg0) over(%arg1) captures(%arg0) : (tensor<4xf32>), (tensor<8x3xf32>), (tensor<4xf32>) -> (tensor<4xf32>, tensor<8xf32>)
  %0:2 = xform.scan @cell(%h) over(%xs) captures(%h) : (tensor<4xf32>), (tensor<8x3xf32>), (tensor<4xf32>) -> (tensor<4xf32>, tensor<8xf32>)
  // CHECK: xform.scan @cell(%arg0) over(%arg1) captures(%arg0) reverse unroll = 4 : (tensor<4xf32>), (tensor<8x3xf32>), (tensor<4xf32>) -> (tensor<4xf32>, tensor<8xf32>)
  %1:2 = xform.scan @cell(%h) over(%xs) captures(%h) reverse unroll = 4 : (tensor<4xf32>), (tensor<8x3xf32>), (tensor<4xf32>) -> (tensor<4xf32>, tensor<8xf32>)
  // CHECK: xform.scan @count(%arg2) over() length = 5 : (tensor<i32>), (), () -> tensor<i32>
  %2 = xform.scan @count(%n) over() length = 5 : (tensor<i32>), (), () -> tensor<i32>
  // CHECK: xform.switch %arg3 [@count, @count](%arg2) : tensor<i1>, (tensor<i32>) -> tensor<i32>
  %3 = xform.switch %p [@count, @count](%n) : tensor<i1>, (tensor<i32>) -> tensor<i32>
  // CHECK: xform.while(%arg2) cond @less(%arg2) body @count() : (tensor<i32>), (tensor<i32>), () -> tensor<i32>
  %4 = xform.while(%n) cond @less(%n) body @count() : (tensor<i32>), (tensor<i32>), () -> tensor<i32>
  return
}
