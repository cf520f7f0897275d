// RUN: xform-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: func @neutral
func.func @neutral(%x: tensor<4xf32>) -> tensor<4xf32> {
  %one = xform.constant dense<1.0> : tensor<4xf32>
  %zero = xform.constant dense<0.0> : tensor<4xf32>
  %negative_zero = xform.constant dense<-0.0> : tensor<4xf32>
  %0 = xform.mul %x, %one : tensor<4xf32>
  %1 = xform.div %0, %one : tensor<4xf32>
  %2 = xform.sub %1, %zero : tensor<4xf32>
  %3 = xform.add %2, %negative_zero : tensor<4xf32>
  // CHECK-NEXT: return %arg0
  return %3 : tensor<4xf32>
}

// x + 0.0 is 0.0 where x is -0.0.
// CHECK-LABEL: func @signed_zero
func.func @signed_zero(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = xform.constant dense<0.0> : tensor<4xf32>
  // CHECK: xform.add
  %0 = xform.add %x, %zero : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: func @integer_zero
func.func @integer_zero(%x: tensor<4xi32>) -> tensor<4xi32> {
  %zero = xform.constant dense<0> : tensor<4xi32>
  %0 = xform.add %zero, %x : tensor<4xi32>
  // CHECK-NEXT: return %arg0
  return %0 : tensor<4xi32>
}

// CHECK-LABEL: func @negation
func.func @negation(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %0 = xform.neg %y : tensor<4xf32>
  // CHECK: %[[SUB:.*]] = xform.sub %arg0, %arg1
  %1 = xform.add %x, %0 : tensor<4xf32>
  // CHECK: %[[ADD:.*]] = xform.add %arg0, %arg1
  %2 = xform.sub %x, %0 : tensor<4xf32>
  %3 = xform.neg %x : tensor<4xf32>
  // CHECK: %[[MUL:.*]] = xform.mul %arg0, %arg1
  %4 = xform.mul %3, %0 : tensor<4xf32>
  // CHECK: return %[[SUB]], %[[ADD]], %[[MUL]]
  return %1, %2, %4 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func @views
func.func @views(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = xform.transpose %x permutation = [1, 0] : tensor<2x3xf32>
  %1 = xform.transpose %0 permutation = [1, 0] : tensor<3x2xf32>
  %2 = xform.reshape %x : tensor<2x3xf32> to tensor<6xf32>
  %3 = xform.reshape %2 : tensor<6xf32> to tensor<2x3xf32>
  %4 = xform.reverse %x axes = [0] : tensor<2x3xf32>
  %5 = xform.reverse %4 axes = [0] : tensor<2x3xf32>
  // CHECK-NEXT: return %arg0, %arg0, %arg0
  return %1, %3, %5 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}

// CHECK-LABEL: func @transposed_broadcast
func.func @transposed_broadcast(%x: tensor<3xf32>) -> tensor<3x2xf32> {
  %0 = xform.broadcast_in_dim %x dims = [1] : tensor<3xf32> to tensor<2x3xf32>
  // CHECK-NEXT: xform.broadcast_in_dim %arg0 dims = [0] : tensor<3xf32> to tensor<3x2xf32>
  %1 = xform.transpose %0 permutation = [1, 0] : tensor<2x3xf32>
  return %1 : tensor<3x2xf32>
}

// CHECK-LABEL: func @sum_of_broadcast
func.func @sum_of_broadcast(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.broadcast_in_dim %x dims = [1] : tensor<3xf32> to tensor<5x3xf32>
  // CHECK: %[[FIVE:.*]] = xform.constant dense<5.0
  // CHECK: xform.mul %arg0, %[[FIVE]]
  // CHECK-NOT: reduce_sum
  %1 = xform.reduce_sum %0 axes = [0] : tensor<5x3xf32>
  return %1 : tensor<3xf32>
}

// CHECK-LABEL: func @sum_of_broadcast_half
func.func @sum_of_broadcast_half(%x: tensor<3xf16>) -> tensor<3xf16> {
  %0 = xform.broadcast_in_dim %x dims = [1] : tensor<3xf16> to tensor<70000x3xf16>
  // CHECK-DAG: %[[COUNT:.*]] = xform.constant dense<7.000000e+04> : tensor<3xf32>
  // CHECK-DAG: %[[WIDE:.*]] = xform.convert %arg0 : tensor<3xf16> to tensor<3xf32>
  // CHECK: %[[SUM:.*]] = xform.mul %[[WIDE]], %[[COUNT]]
  // CHECK: xform.convert %[[SUM]] : tensor<3xf32> to tensor<3xf16>
  %1 = xform.reduce_sum %0 axes = [0] : tensor<70000x3xf16>
  return %1 : tensor<3xf16>
}

// CHECK-LABEL: func @sum_of_none
func.func @sum_of_none(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = xform.broadcast_in_dim %x dims = [1] : tensor<3xf32> to tensor<0x3xf32>
  // CHECK: %[[ZERO:.*]] = xform.constant dense<0.0
  // CHECK-NEXT: return %[[ZERO]]
  %1 = xform.reduce_sum %0 axes = [0] : tensor<0x3xf32>
  return %1 : tensor<3xf32>
}

// CHECK-LABEL: func @sum_of_sum
func.func @sum_of_sum(%x: tensor<2x3x4xf32>) -> tensor<3xf32> {
  // CHECK-NEXT: xform.reduce_sum %arg0 axes = [0, 2] : tensor<2x3x4xf32>
  %0 = xform.reduce_sum %x axes = [0] : tensor<2x3x4xf32>
  %1 = xform.reduce_sum %0 axes = [1] : tensor<3x4xf32>
  return %1 : tensor<3xf32>
}

// CHECK-LABEL: func @dot_of_transpose
func.func @dot_of_transpose(%x: tensor<2x3xf32>, %y: tensor<4x3xf32>) -> tensor<2x4xf32> {
  %0 = xform.transpose %y permutation = [1, 0] : tensor<4x3xf32>
  // CHECK-NEXT: xform.dot_general %arg0, %arg1 batch = [] x [] contracting = [1] x [1]
  %1 = xform.dot_general %x, %0 batch = [] x [] contracting = [1] x [0] : tensor<2x3xf32>, tensor<3x4xf32>
  return %1 : tensor<2x4xf32>
}

// A contraction with a number is a product, and with 1 nothing at all.
// CHECK-LABEL: func @dot_of_number
func.func @dot_of_number(%x: tensor<2x3xf32>, %n: tensor<f32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<f32>) {
  %one = xform.constant dense<1.0> : tensor<f32>
  // CHECK-NEXT: %[[N:.*]] = xform.broadcast_in_dim %arg1 dims = [] : tensor<f32> to tensor<2x3xf32>
  // CHECK-NEXT: %[[P:.*]] = xform.mul %[[N]], %arg0
  // CHECK-NEXT: %[[Q:.*]] = xform.mul %arg1, %arg1
  // CHECK-NEXT: return %[[P]], %arg0, %[[Q]]
  %0 = xform.dot_general %n, %x batch = [] x [] contracting = [] x [] : tensor<f32>, tensor<2x3xf32>
  %1 = xform.dot_general %x, %one batch = [] x [] contracting = [] x [] : tensor<2x3xf32>, tensor<f32>
  %2 = xform.dot_general %n, %n batch = [] x [] contracting = [] x [] : tensor<f32>, tensor<f32>
  return %0, %1, %2 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<f32>
}

// -----

// Constants are converted once, but for floats that become integers.
// CHECK-LABEL: func.func @converted_constants
func.func @converted_constants() -> (tensor<2xf32>, tensor<f64>, tensor<f32>, tensor<i8>, tensor<i64>, tensor<i32>) {
  %a = xform.constant dense<0.1> : tensor<2xf64>
  %b = xform.constant dense<-3> : tensor<i32>
  %c = xform.constant dense<255> : tensor<ui8>
  %d = xform.constant dense<1.5> : tensor<f32>
  // CHECK-DAG: xform.constant dense<1.000000e-01> : tensor<2xf32>
  // CHECK-DAG: xform.constant dense<-3.000000e+00> : tensor<f64>
  // CHECK-DAG: xform.constant dense<2.550000e+02> : tensor<f32>
  // CHECK-DAG: xform.constant dense<-3> : tensor<i8>
  // CHECK-DAG: xform.constant dense<255> : tensor<i64>
  // CHECK: xform.convert %{{.*}} : tensor<f32> to tensor<i32>
  %0 = xform.convert %a : tensor<2xf64> to tensor<2xf32>
  %1 = xform.convert %b : tensor<i32> to tensor<f64>
  %2 = xform.convert %c : tensor<ui8> to tensor<f32>
  %3 = xform.convert %b : tensor<i32> to tensor<i8>
  %4 = xform.convert %c : tensor<ui8> to tensor<i64>
  %5 = xform.convert %d : tensor<f32> to tensor<i32>
  return %0, %1, %2, %3, %4, %5 : tensor<2xf32>, tensor<f64>, tensor<f32>, tensor<i8>, tensor<i64>, tensor<i32>
}

// Two pads with one value are one, unless the inner one cuts.
// CHECK-LABEL: func @pads
// CHECK: %[[P:.*]] = xform.pad %arg0, %{{.*}} low = [7, -1] high = [13, 6] interior = [5, 0]
// CHECK-NOT: xform.pad
// CHECK: return %[[P]]
func.func @pads(%x: tensor<3x4xf32>) -> tensor<33x9xf32> {
  %zero = xform.constant dense<0.0> : tensor<f32>
  %again = xform.constant dense<0.0> : tensor<f32>
  %0 = xform.pad %x, %zero low = [2, 0] high = [3, 2] interior = [1, 0] : tensor<3x4xf32>, tensor<f32>
  %1 = xform.pad %0, %again low = [1, -1] high = [4, 4] interior = [2, 0] : tensor<10x6xf32>, tensor<f32>
  return %1 : tensor<33x9xf32>
}

// CHECK-LABEL: func @other_pads
// CHECK-COUNT-4: xform.pad
func.func @other_pads(%x: tensor<6xf32>) -> (tensor<19xf32>, tensor<16xf32>) {
  %zero = xform.constant dense<0.0> : tensor<f32>
  %one = xform.constant dense<1.0> : tensor<f32>
  %0 = xform.pad %x, %zero low = [1] high = [0] interior = [0] : tensor<6xf32>, tensor<f32>
  %1 = xform.pad %0, %one low = [0] high = [0] interior = [2] : tensor<7xf32>, tensor<f32>
  %2 = xform.pad %x, %zero low = [-1] high = [1] interior = [0] : tensor<6xf32>, tensor<f32>
  %3 = xform.pad %2, %zero low = [0] high = [0] interior = [2] : tensor<6xf32>, tensor<f32>
  return %1, %3 : tensor<19xf32>, tensor<16xf32>
}
