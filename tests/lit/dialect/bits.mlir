// RUN: xform-opt %s | xform-opt | FileCheck %s
// RUN: xform-opt %s --canonicalize | FileCheck %s --check-prefix=CANON
// RUN: xform-opt %s --xform-to-linalg | FileCheck %s --check-prefix=LINALG

// CHECK-LABEL: func @whole
func.func @whole(%x: tensor<?xi32>, %y: tensor<?xi32>) -> tensor<?xi32> {
  // CHECK: xform.shift_left %arg0, %arg1 : tensor<?xi32>
  %0 = xform.shift_left %x, %y : tensor<?xi32>
  // CHECK: xform.shift_right_arithmetic
  %1 = xform.shift_right_arithmetic %0, %y : tensor<?xi32>
  // CHECK: xform.shift_right_logical
  %2 = xform.shift_right_logical %1, %y : tensor<?xi32>
  // CHECK: xform.popcount
  %3 = xform.popcount %2 : tensor<?xi32>
  // CHECK: xform.clz
  %4 = xform.clz %3 : tensor<?xi32>
  // CHECK: xform.gcd
  %5 = xform.gcd %4, %y : tensor<?xi32>
  // CHECK: xform.wrapping_pow
  %6 = xform.wrapping_pow %5, %y : tensor<?xi32>
  // CHECK: xform.floor_div
  %7 = xform.floor_div %6, %y : tensor<?xi32>
  // CHECK: xform.floor_rem
  %8 = xform.floor_rem %7, %y : tensor<?xi32>
  return %8 : tensor<?xi32>
}

// CHECK-LABEL: func @floats
func.func @floats(%x: tensor<2xbf16>, %y: tensor<2xbf16>) -> tensor<2xui16> {
  // CHECK: xform.next_after %arg0, %arg1 : tensor<2xbf16>
  %0 = xform.next_after %x, %y : tensor<2xbf16>
  // CHECK: xform.copy_sign
  %1 = xform.copy_sign %0, %y : tensor<2xbf16>
  // CHECK: xform.bitcast %{{.*}} : tensor<2xbf16> to tensor<2xui16>
  %2 = xform.bitcast %1 : tensor<2xbf16> to tensor<2xui16>
  return %2 : tensor<2xui16>
}

// There and back is nothing.
// CANON-LABEL: func @round_trip
// CANON-NEXT: return %arg0
func.func @round_trip(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = xform.bitcast %x : tensor<2xf32> to tensor<2xi32>
  %1 = xform.bitcast %0 : tensor<2xi32> to tensor<2xf32>
  return %1 : tensor<2xf32>
}

// Shifts by the width and more give 0.
// LINALG-LABEL: func @shift
// LINALG: %[[WIDTH:.*]] = arith.constant 32 : i32
// LINALG: %[[SOME:.*]] = arith.cmpi ult, %[[Y:.*]], %[[WIDTH]]
// LINALG: %[[SHIFTED:.*]] = arith.shli %{{.*}}, %[[Y]]
// LINALG: arith.select %[[SOME]], %[[SHIFTED]],
func.func @shift(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %0 = xform.shift_left %x, %y : tensor<4xi32>
  return %0 : tensor<4xi32>
}
