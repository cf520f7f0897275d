// RUN: xform-opt --xform-to-linalg --split-input-file %s | FileCheck %s

// Broadcasts, transposes, splats and iotas are read where they lie.
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG: #[[COLUMN:.*]] = affine_map<(d0, d1) -> (d0, 0)>
// CHECK-DAG: #[[ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[TURNED:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-LABEL: func.func @views
// CHECK-SAME: (%[[X:.*]]: tensor<3x4xf32>, %[[V:.*]]: tensor<3xf32>, %[[C:.*]]: tensor<4x1xf32>)
func.func @views(%x: tensor<3x4xf32>, %v: tensor<3xf32>, %c: tensor<4x1xf32>)
    -> (tensor<4x3xf32>, tensor<4x3xf32>) {
  // CHECK: %[[INIT:.*]] = tensor.empty() : tensor<4x3xf32>
  // CHECK: linalg.generic
  // CHECK-SAME: indexing_maps = [#[[ROW]], #[[COLUMN]], #[[ALL]]]
  // CHECK-SAME: ins(%[[V]], %[[C]] :
  // CHECK-SAME: outs(%[[INIT]] :
  %0 = xform.broadcast_in_dim %v dims = [1] : tensor<3xf32> to tensor<4x3xf32>
  %1 = xform.broadcast_in_dim %c dims = [0, 1] : tensor<4x1xf32> to tensor<4x3xf32>
  %2 = xform.mul %0, %1 : tensor<4x3xf32>
  // CHECK: linalg.generic
  // CHECK-SAME: indexing_maps = [#[[TURNED]], #[[ALL]]]
  // CHECK-SAME: ins(%[[X]] :
  // CHECK-NEXT: ^bb0(%[[E:.*]]: f32, %{{.*}}: f32):
  // CHECK-NEXT: %[[TWO:.*]] = arith.constant 2.0
  // CHECK-NEXT: arith.addf %[[E]], %[[TWO]]
  %3 = xform.transpose %x permutation = [1, 0] : tensor<3x4xf32>
  %4 = xform.constant dense<2.0> : tensor<4x3xf32>
  %5 = xform.add %3, %4 : tensor<4x3xf32>
  // CHECK: linalg.generic
  // CHECK: %[[INDEX:.*]] = linalg.index 1
  // CHECK: %[[NUMBER:.*]] = arith.index_cast %[[INDEX]] : index to i64
  // CHECK: arith.sitofp %[[NUMBER]] : i64 to f32
  %6 = xform.iota axis = 1 : tensor<4x3xf32>
  %7 = xform.max %5, %6 : tensor<4x3xf32>
  // CHECK-NOT: linalg.generic
  // CHECK: return
  return %2, %7 : tensor<4x3xf32>, tensor<4x3xf32>
}

// -----

// One tensor read twice is one operand.
// CHECK-LABEL: func.func @twice
// CHECK: ins(%arg0 : tensor<3xf32>)
// CHECK: arith.mulf %[[E:.*]], %[[E]]
func.func @twice(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.mul %x, %x : tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// A size that only the other operand of the sum tells.
// CHECK-LABEL: func.func @dynamic
// CHECK: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK: %[[SIZE:.*]] = tensor.dim %arg0, %[[ZERO]]
// CHECK: tensor.empty(%[[SIZE]]) : tensor<?x2xf32>
// CHECK: linalg.generic
// CHECK-NOT: xform
func.func @dynamic(%x: tensor<?x2xf32>, %v: tensor<2xf32>) -> tensor<?x2xf32> {
  %0 = xform.broadcast_in_dim %v dims = [1] : tensor<2xf32> to tensor<?x2xf32>
  %1 = xform.add %x, %0 : tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}

// -----

// Unsigned elements become signless; the operations remember the sign.
// CHECK-LABEL: func.func @unsigned(%arg0: tensor<4xi8>, %arg1: tensor<4xi8>)
// CHECK-SAME: -> (tensor<4xi8>, tensor<4xi1>, tensor<4xf32>)
func.func @unsigned(%x: tensor<4xui8>, %y: tensor<4xui8>)
    -> (tensor<4xui8>, tensor<4xi1>, tensor<4xf32>) {
  // CHECK: arith.maxui
  %0 = xform.max %x, %y : tensor<4xui8>
  // CHECK: arith.cmpi ult
  %1 = xform.lt %x, %y : tensor<4xui8>
  // CHECK: arith.uitofp
  %2 = xform.convert %x : tensor<4xui8> to tensor<4xf32>
  return %0, %1, %2 : tensor<4xui8>, tensor<4xi1>, tensor<4xf32>
}

// -----

// No divisor reaches the division that would trap.
// CHECK-LABEL: func.func @divide
func.func @divide(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  // CHECK: ^bb0(%[[X:.*]]: i32, %[[Y:.*]]: i32, %{{.*}}: i32):
  // CHECK: %[[ISZERO:.*]] = arith.cmpi eq, %[[Y]], %{{.*}}
  // CHECK: arith.constant -2147483648 : i32
  // CHECK: %[[UNSAFE:.*]] = arith.ori %[[ISZERO]], %{{.*}}
  // CHECK: %[[DIVISOR:.*]] = arith.select %[[UNSAFE]], %{{.*}}, %[[Y]]
  // CHECK: %[[QUOTIENT:.*]] = arith.divsi %[[X]], %[[DIVISOR]]
  // CHECK: arith.select %[[ISZERO]], %{{.*}}, %[[QUOTIENT]]
  %0 = xform.div %x, %y : tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

// Arithmetic on halves is done in f32 and rounded once.
// CHECK-LABEL: func.func @half
func.func @half(%x: tensor<4xf16>) -> tensor<4xf16> {
  // CHECK: %[[WIDE:.*]] = arith.extf %{{.*}} : f16 to f32
  // CHECK: %[[SINE:.*]] = math.sin %[[WIDE]] : f32
  // CHECK: arith.truncf %[[SINE]] : f32 to f16
  %0 = xform.sin %x : tensor<4xf16>
  return %0 : tensor<4xf16>
}

// -----

// A power of floats is one function, one of integers a few products.
// CHECK-LABEL: func.func @integer_pow
func.func @integer_pow(%x: tensor<4xf32>, %n: tensor<4xi32>)
    -> (tensor<4xf32>, tensor<4xi32>) {
  // CHECK: math.fpowi {{.*}} : f32, i32
  %0 = xform.integer_pow %x, -2 : tensor<4xf32>
  // CHECK-COUNT-3: arith.muli
  // CHECK-NOT: arith.muli
  %1 = xform.integer_pow %n, 5 : tensor<4xi32>
  return %0, %1 : tensor<4xf32>, tensor<4xi32>
}

// -----

// A remainder stays one operation while loops are fused.
// CHECK-LABEL: func.func @remainder
// CHECK: arith.remf
func.func @remainder(%x: tensor<f64>, %y: tensor<f64>) -> tensor<f64> {
  %0 = xform.rem %x, %y : tensor<f64>
  return %0 : tensor<f64>
}

// -----

// A stopped gradient costs nothing.
// CHECK-LABEL: func.func @stop_gradient
// CHECK-NEXT: return %arg0
func.func @stop_gradient(%x: tensor<4xui8>) -> tensor<4xui8> {
  %0 = xform.stop_gradient %x : tensor<4xui8>
  return %0 : tensor<4xui8>
}
