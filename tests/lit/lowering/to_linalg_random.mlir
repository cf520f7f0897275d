// RUN: xform-opt --xform-to-linalg --split-input-file %s | FileCheck %s

// Each element comes from its place: words of 32 bits only, and no loop.
// CHECK-LABEL: func.func @bits
// CHECK-DAG: tensor.extract_slice %arg0[0] [1] [1] : tensor<2xi32> to tensor<i32>
// CHECK-DAG: tensor.extract_slice %arg0[1] [1] [1] : tensor<2xi32> to tensor<i32>
// CHECK: linalg.generic
// CHECK-DAG: %[[ROW:.*]] = linalg.index 0
// CHECK-DAG: %[[COLUMN:.*]] = linalg.index 1
// CHECK: arith.muli {{.*}} : i32
// CHECK-COUNT-20: arith.shli {{.*}} : i32
// CHECK-NOT: arith.shli
// CHECK: linalg.yield {{.*}} : i32
func.func @bits(%key: tensor<2xui32>) -> tensor<3x4xui32> {
  %0 = xform.rng_bits %key : tensor<2xui32> to tensor<3x4xui32>
  return %0 : tensor<3x4xui32>
}

// -----

// With more elements than a word counts, the counter takes two.
// CHECK-LABEL: func.func @many
// CHECK: linalg.generic
// CHECK: %[[UPPER:.*]] = arith.shrui %{{.*}}, %{{.*}} : i64
// CHECK: arith.trunci %[[UPPER]] : i64 to i32
func.func @many(%key: tensor<2xui32>) -> tensor<8589934592xui8> {
  %0 = xform.rng_bits %key : tensor<2xui32> to tensor<8589934592xui8>
  return %0 : tensor<8589934592xui8>
}

// -----

// CHECK-LABEL: func.func @fold_in
// CHECK: linalg.generic
// CHECK: arith.select
func.func @fold_in(%keys: tensor<?x2xui32>, %data: tensor<?xui32>) -> tensor<?x2xui32> {
  %0 = xform.fold_in %keys, %data : tensor<?x2xui32>, tensor<?xui32>
  return %0 : tensor<?x2xui32>
}

// -----

// The upper 52 bits behind the exponent of one, less one.
// CHECK-LABEL: func.func @unit_float
// CHECK: %[[BY:.*]] = arith.constant 12 : i64
// CHECK: %[[FRACTION:.*]] = arith.shrui %{{.*}}, %[[BY]] : i64
// CHECK: %[[ONE:.*]] = arith.constant 4607182418800017408 : i64
// CHECK: %[[WORD:.*]] = arith.ori %[[FRACTION]], %[[ONE]] : i64
// CHECK: %[[NUMBER:.*]] = arith.bitcast %[[WORD]] : i64 to f64
// CHECK: arith.subf %[[NUMBER]], %{{.*}} : f64
func.func @unit_float(%bits: tensor<4xui64>) -> tensor<4xf64> {
  %0 = xform.unit_float %bits : tensor<4xui64> to tensor<4xf64>
  return %0 : tensor<4xf64>
}
