// RUN: xform-opt --xform-expand-math %s | FileCheck %s
// RUN: xform-opt --xform-expand-math %s | FileCheck %s --check-prefix=NONE
// RUN: xform-opt --xform-expand-math=fused-multiply-add=true %s \
// RUN:   | FileCheck %s --check-prefix=FUSED
// RUN: xform-opt --xform-expand-math=emulated-int64=true %s \
// RUN:   | FileCheck %s --check-prefix=PAIRS

// No function is left; what stays is native everywhere.
// NONE-NOT: math.{{(exp|log|sin|cos|tan|asin|acos|atan|sinh|erf|pow|fpowi|cbrt|rsqrt)}}

// The exponent is rounded by conversions, and 2^n is made from bits.
// CHECK-LABEL: func.func @exp_f32
// CHECK-SAME: (%[[X:.*]]: f32)
// CHECK: arith.fptosi {{.*}} : f32 to i32
// CHECK: arith.sitofp {{.*}} : i32 to f32
// CHECK: arith.shli {{.*}} : i32
// CHECK: arith.bitcast {{.*}} : i32 to f32
// CHECK: %[[NAN:.*]] = arith.cmpf uno, %[[X]], %[[X]] : f32
// CHECK: %[[R:.*]] = arith.select %[[NAN]], %[[X]], %{{.*}} : f32
// CHECK-NEXT: return %[[R]]
func.func @exp_f32(%x: f32) -> f32 {
  %r = math.exp %x : f32
  return %r : f32
}

// Conversions of float64 go through 32-bit integers, which vectorise everywhere.
// CHECK-LABEL: func.func @exp_f64
// CHECK: arith.fptosi {{.*}} : f64 to i32
// CHECK: arith.extsi {{.*}} : i32 to i64
// CHECK: arith.bitcast {{.*}} : i64 to f64
func.func @exp_f64(%x: f64) -> f64 {
  %r = math.exp %x : f64
  return %r : f64
}

// CHECK-LABEL: func.func @log_vector
// CHECK: arith.bitcast {{.*}} : vector<8xf64> to vector<8xi64>
// CHECK: arith.divf {{.*}} : vector<8xf64>
// CHECK: arith.select {{.*}} : vector<8xi1>, vector<8xf64>
func.func @log_vector(%x: vector<8xf64>) -> vector<8xf64> {
  %r = math.log %x : vector<8xf64>
  return %r : vector<8xf64>
}

// CHECK-LABEL: func.func @log_scalable
// CHECK: arith.divf {{.*}} : vector<[4]xf32>
func.func @log_scalable(%x: vector<[4]xf32>) -> vector<[4]xf32> {
  %r = math.log %x : vector<[4]xf32>
  return %r : vector<[4]xf32>
}

// Small floats are computed in float32.
// CHECK-LABEL: func.func @tanh_f16
// CHECK-SAME: (%[[X:.*]]: f16)
// CHECK: arith.extf %[[X]] : f16 to f32
// CHECK: %[[R:.*]] = arith.truncf %{{.*}} : f32 to f16
// CHECK-NEXT: return %[[R]]
func.func @tanh_f16(%x: f16) -> f16 {
  %r = math.tanh %x : f16
  return %r : f16
}

// CHECK-LABEL: func.func @tanh_bf16
// CHECK: arith.extf {{.*}} : bf16 to f32
// CHECK: arith.truncf {{.*}} : f32 to bf16
func.func @tanh_bf16(%x: bf16) -> bf16 {
  %r = math.tanh %x : bf16
  return %r : bf16
}

// Angles are reduced in integer arithmetic, without a branch.
// CHECK-LABEL: func.func @sin_f32
// CHECK-NOT: scf.if
// CHECK: arith.muli {{.*}} : i32
// CHECK-LABEL: func.func @cos_f64
// CHECK-NOT: scf.if
// CHECK: arith.muli {{.*}} : i64
func.func @sin_f32(%x: f32) -> f32 {
  %r = math.sin %x : f32
  return %r : f32
}
func.func @cos_f64(%x: f64) -> f64 {
  %r = math.cos %x : f64
  return %r : f64
}

// One reduction serves both results.
// CHECK-LABEL: func.func @sincos
// CHECK-COUNT-9: arith.muli
// CHECK-NOT: arith.muli
// CHECK: return %{{.*}}, %{{.*}} : f32, f32
func.func @sincos(%x: f32) -> (f32, f32) {
  %s, %c = math.sincos %x : f32
  return %s, %c : f32, f32
}

// CHECK-LABEL: func.func @rsqrt
// CHECK: %[[ROOT:.*]] = math.sqrt %{{.*}} : f64
// CHECK: arith.divf %{{.*}}, %[[ROOT]] : f64
func.func @rsqrt(%x: f64) -> f64 {
  %r = math.rsqrt %x : f64
  return %r : f64
}

// A small constant exponent becomes multiplications.
// CHECK-LABEL: func.func @square
// CHECK-SAME: (%[[X:.*]]: f32)
// CHECK-NEXT: %[[R:.*]] = arith.mulf %[[X]], %[[X]] : f32
// CHECK-NEXT: return %[[R]]
func.func @square(%x: f32) -> f32 {
  %two = arith.constant 2.0 : f32
  %r = math.powf %x, %two : f32
  return %r : f32
}

// CHECK-LABEL: func.func @cube
// CHECK-SAME: (%[[X:.*]]: vector<4xf64>)
// CHECK: %[[SQUARE:.*]] = arith.mulf %[[X]], %[[X]]
// CHECK: %[[CUBE:.*]] = arith.mulf %[[SQUARE]], %[[X]]
// CHECK: return %[[CUBE]]
func.func @cube(%x: vector<4xf64>) -> vector<4xf64> {
  %n = arith.constant dense<3> : vector<4xi32>
  %r = math.fpowi %x, %n : vector<4xf64>, vector<4xi32>
  return %r : vector<4xf64>
}

// Other exponents take the general path.
// CHECK-LABEL: func.func @power
// CHECK: arith.divf {{.*}} : f32
// CHECK: arith.fptosi
func.func @power(%x: f32, %y: f32) -> f32 {
  %r = math.powf %x, %y : f32
  return %r : f32
}

// An exponent that a float cannot hold is taken in two parts.
// CHECK-LABEL: func.func @integer_power
// CHECK-SAME: (%{{.*}}: f32, %[[N:.*]]: i64)
// CHECK: arith.minsi %[[N]], %{{.*}} : i64
// CHECK-COUNT-2: arith.sitofp %{{.*}} : i64 to f32
func.func @integer_power(%x: f32, %n: i64) -> f32 {
  %r = math.fpowi %x, %n : f32, i64
  return %r : f32
}

// CHECK-LABEL: func.func @in_generic
// CHECK: linalg.generic
// CHECK: ^bb0
// CHECK-NOT: math.atan2
// CHECK: linalg.yield
func.func @in_generic(%y: tensor<?xf32>, %x: tensor<?xf32>, %out: tensor<?xf32>) -> tensor<?xf32> {
  %r = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]}
      ins(%y, %x : tensor<?xf32>, tensor<?xf32>) outs(%out : tensor<?xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %v = math.atan2 %a, %b : f32
    linalg.yield %v : f32
  } -> tensor<?xf32>
  return %r : tensor<?xf32>
}

// Native operations stay.
// CHECK-LABEL: func.func @native
// CHECK: math.absf
// CHECK: math.copysign
// CHECK: math.floor
// CHECK: math.ceil
// CHECK: math.trunc
// CHECK: math.roundeven
// CHECK: math.sqrt
// CHECK: math.fma
func.func @native(%x: f64, %y: f64) -> f64 {
  %0 = math.absf %x : f64
  %1 = math.copysign %0, %y : f64
  %2 = math.floor %1 : f64
  %3 = math.ceil %2 : f64
  %4 = math.trunc %3 : f64
  %5 = math.roundeven %4 : f64
  %6 = math.sqrt %5 : f64
  %7 = math.fma %6, %x, %y : f64
  return %7 : f64
}

// A remainder is exact without a branch: in 13 steps of 21 bits where a
// multiply-add is rounded once, otherwise in 29 of 9 bits.
// NONE-NOT: arith.remf
// CHECK-LABEL: func.func @remainder
// CHECK-NOT: math.fma
// CHECK-NOT: scf.
// CHECK: return
// FUSED-LABEL: func.func @remainder
// FUSED-COUNT-13: math.fma
// FUSED-NOT: math.fma
func.func @remainder(%x: f32, %y: f32) -> f32 {
  %r = arith.remf %x, %y : f32
  return %r : f32
}

// Integers of 64 bits are divided by way of floats where there are none.
// CHECK-LABEL: func.func @wide
// CHECK: arith.divsi
// CHECK: arith.remui
// PAIRS-LABEL: func.func @wide
// PAIRS-COUNT-8: arith.divf
// PAIRS-NOT: arith.divsi
// PAIRS-NOT: arith.remui
func.func @wide(%x: i64, %y: i64) -> (i64, i64) {
  %q = arith.divsi %x, %y : i64
  %r = arith.remui %x, %y : i64
  return %q, %r : i64, i64
}

// PAIRS-LABEL: func.func @narrow
// PAIRS: arith.divsi
func.func @narrow(%x: i32, %y: i32) -> i32 {
  %q = arith.divsi %x, %y : i32
  return %q : i32
}
