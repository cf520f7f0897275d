// RUN: xform-opt %s --xform-keep-not-finite | FileCheck %s

// CHECK-LABEL: func @times_zero
// CHECK: %[[BITS:.*]] = arith.bitcast %arg0 : f32 to i32
// CHECK: %[[MASK:.*]] = arith.constant 2147483647 : i32
// CHECK: %[[SIZE:.*]] = arith.andi %[[BITS]], %[[MASK]]
// CHECK: %[[INF:.*]] = arith.constant 2139095040 : i32
// CHECK: %[[FINITE:.*]] = arith.cmpi ult, %[[SIZE]], %[[INF]]
// CHECK: %[[SIGN:.*]] = arith.andi %[[BITS]], %{{.*}}
// CHECK: %[[NAN:.*]] = arith.constant 2143289344 : i32
// CHECK: %[[RESULT:.*]] = arith.select %[[FINITE]], %[[SIGN]], %[[NAN]]
// CHECK: arith.bitcast %[[RESULT]] : i32 to f32
// CHECK-NOT: arith.mulf
func.func @times_zero(%x: f32) -> f32 {
  %zero = arith.constant 0.0 : f32
  %0 = arith.mulf %x, %zero : f32
  return %0 : f32
}

// CHECK-LABEL: func @difference
// CHECK-NOT: arith.subf
// CHECK: arith.select %{{.*}}, %{{.*}}, %{{.*}} : i64
// CHECK-NOT: arith.addf
func.func @difference(%x: f64, %y: f16) -> (f64, f16) {
  %0 = arith.subf %x, %x : f64
  %1 = arith.negf %y : f16
  %2 = arith.addf %1, %y : f16
  return %0, %2 : f64, f16
}

// CHECK-LABEL: func @zero_over
// CHECK: arith.cmpf one
// CHECK-NOT: arith.divf
func.func @zero_over(%x: f32) -> f32 {
  %zero = arith.constant -0.0 : f32
  %0 = arith.divf %zero, %x : f32
  return %0 : f32
}

// CHECK-LABEL: func @zero_minus
// CHECK: arith.cmpf oeq
// CHECK: arith.xori
// CHECK-NOT: arith.subf
func.func @zero_minus(%x: f32) -> f32 {
  %zero = arith.constant 0.0 : f32
  %0 = arith.subf %zero, %x : f32
  return %0 : f32
}

// What no driver folds stays: x * 1, x - y, -0 - x, integers.
// CHECK-LABEL: func @others
// CHECK-NOT: arith.bitcast
func.func @others(%x: f32, %y: f32, %i: i32) -> (f32, f32, f32, i32) {
  %one = arith.constant 1.0 : f32
  %minus = arith.constant -0.0 : f32
  %0 = arith.mulf %x, %one : f32
  %1 = arith.subf %x, %y : f32
  %2 = arith.subf %minus, %x : f32
  %3 = arith.subi %i, %i : i32
  return %0, %1, %2, %3 : f32, f32, f32, i32
}
