// RUN: xform-opt --xform-cpu-math=vector-bytes=32 %s | FileCheck %s

// One function for all vectors, which are filled up to its width, and one for scalars.
// CHECK-DAG: func.func private @math.exp.f32x8(%{{.*}}: vector<8xf32>) -> vector<8xf32>
// CHECK-DAG: func.func private @math.exp.f32(%{{.*}}: f32) -> f32
// CHECK-DAG: func.func private @math.exp.f64x4(%{{.*}}: vector<4xf64>) -> vector<4xf64>
// CHECK-DAG: func.func private @math.fpowi.f64.i32x4(%{{.*}}: vector<4xf64>, %{{.*}}: vector<4xi32>) -> vector<4xf64>

// CHECK-LABEL: func.func @lanes(
// CHECK: call @math.exp.f32x8(%{{.*}}) : (vector<8xf32>) -> vector<8xf32>
// CHECK: %[[FULL:.*]] = vector.shuffle %[[X:.*]], %[[X]] [0, 1, 2, 0, 0, 0, 0, 0] : vector<3xf32>, vector<3xf32>
// CHECK: %[[R:.*]] = call @math.exp.f32x8(%[[FULL]])
// CHECK: vector.shuffle %[[R]], %[[R]] [0, 1, 2] : vector<8xf32>, vector<8xf32>
// CHECK: call @math.exp.f32(
// CHECK: call @math.exp.f64x4(
// CHECK: call @math.fpowi.f64.i32x4(
// What processors have instructions for is left.
// CHECK: math.sqrt
func.func @lanes(%a: vector<8xf32>, %b: vector<3xf32>, %c: f32, %d: vector<4xf64>, %n: vector<4xi32>)
    -> (vector<8xf32>, vector<3xf32>, f32, vector<4xf64>, vector<4xf64>, f32) {
  %0 = math.exp %a : vector<8xf32>
  %1 = math.exp %b : vector<3xf32>
  %2 = math.exp %c : f32
  %3 = math.exp %d : vector<4xf64>
  %4 = math.fpowi %d, %n : vector<4xf64>, vector<4xi32>
  %5 = math.sqrt %c : f32
  return %0, %1, %2, %3, %4, %5 : vector<8xf32>, vector<3xf32>, f32, vector<4xf64>, vector<4xf64>, f32
}

// CHECK-LABEL: func.func @square(
// CHECK: math.fpowi
func.func @square(%x: f64) -> f64 {
  %two = arith.constant 2 : i32
  %0 = math.fpowi %x, %two : f64, i32
  return %0 : f64
}
