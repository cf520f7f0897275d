// RUN: xform-opt %s --xform-simplify | FileCheck %s

// The square of a magnitude, of a norm and of a length has no kink.
// CHECK-LABEL: func @squares
// CHECK-SAME: %[[X:.*]]: tensor<3xf64>, %[[Y:.*]]: tensor<3xf64>, %[[S:.*]]: tensor<3xf64>
func.func @squares(%x: tensor<3xf64>, %y: tensor<3xf64>, %s: tensor<3xf64>)
    -> (tensor<3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>) {
  // CHECK-DAG: %[[X2:.*]] = xform.integer_pow %[[X]], 2
  // CHECK-DAG: %[[Y2:.*]] = xform.integer_pow %[[Y]], 2
  // CHECK-DAG: %[[S2:.*]] = xform.integer_pow %[[S]], 2
  %0 = xform.abs %x : tensor<3xf64>
  %1 = xform.integer_pow %0, 2 : tensor<3xf64>
  %2 = xform.half_pow %s, 1 : tensor<3xf64>
  %3 = xform.integer_pow %2, 4 : tensor<3xf64>
  // CHECK-DAG: %[[SUM:.*]] = xform.add %[[X2]], %[[Y2]]
  // CHECK-DAG: %[[H:.*]] = xform.hypot %[[X]], %[[Y]]
  // CHECK-DAG: %[[INFINITE:.*]] = xform.eq %[[H]]
  // CHECK-DAG: %[[H2:.*]] = xform.select %[[INFINITE]], %{{.*}}, %[[SUM]]
  %4 = xform.hypot %x, %y : tensor<3xf64>
  %5 = xform.mul %4, %4 : tensor<3xf64>
  // A root has no value below 0, and so has its square.
  // CHECK-DAG: %[[NEGATIVE:.*]] = xform.lt %[[S]]
  // CHECK-DAG: %[[R2:.*]] = xform.select %[[NEGATIVE]], %{{.*}}, %[[S]]
  %6 = xform.sqrt %s : tensor<3xf64>
  %7 = xform.integer_pow %6, 2 : tensor<3xf64>
  // CHECK: return %[[X2]], %[[S2]], %[[H2]], %[[R2]]
  return %1, %3, %5, %7 : tensor<3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>
}

// Two equal norms, with factors and moved elements between them and the product.
// CHECK-LABEL: func @through
// CHECK-SAME: %[[X:.*]]: tensor<3x2xf64>, %[[C:.*]]: tensor<3xf64>
func.func @through(%x: tensor<3x2xf64>, %c: tensor<3xf64>) -> (tensor<3xf64>, tensor<f64>, tensor<3xf64>) {
  // CHECK-NOT: half_pow
  // CHECK-DAG: %[[X2:.*]] = xform.integer_pow %[[X]], 2
  // CHECK-DAG: %[[S:.*]] = xform.reduce_sum %[[X2]] axes = [1]
  // CHECK-DAG: %[[ONCE:.*]] = xform.mul %[[C]], %[[S]]
  %0 = xform.integer_pow %x, 2 : tensor<3x2xf64>
  %1 = xform.reduce_sum %0 axes = [1] : tensor<3x2xf64>
  %2 = xform.half_pow %1, 1 : tensor<3xf64>
  %3 = xform.integer_pow %x, 2 : tensor<3x2xf64>
  %4 = xform.reduce_sum %3 axes = [1] : tensor<3x2xf64>
  %5 = xform.half_pow %4, 1 : tensor<3xf64>
  // CHECK-DAG: %[[TWICE:.*]] = xform.mul %[[C]], %[[ONCE]]
  %6 = xform.mul %c, %2 : tensor<3xf64>
  %7 = xform.integer_pow %6, 2 : tensor<3xf64>
  // CHECK-DAG: %[[DOT:.*]] = xform.reduce_sum %{{.*}} axes = [0]
  %8 = xform.reverse %2 axes = [0] : tensor<3xf64>
  %9 = xform.dot_general %8, %8 batch = [] x [] contracting = [0] x [0] : tensor<3xf64>, tensor<3xf64>
  %10 = xform.mul %c, %2 : tensor<3xf64>
  %11 = xform.mul %10, %5 : tensor<3xf64>
  // CHECK: return %[[TWICE]], %[[DOT]], %[[ONCE]]
  return %7, %9, %11 : tensor<3xf64>, tensor<f64>, tensor<3xf64>
}

// Odd powers of a norm are half powers of its square.
// CHECK-LABEL: func @odd
// CHECK-SAME: %[[S:.*]]: tensor<3xf64>
func.func @odd(%s: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>, tensor<3xf64>) {
  // CHECK-DAG: %[[A:.*]] = xform.half_pow %[[S]], 3
  // CHECK-DAG: %[[B:.*]] = xform.half_pow %[[S]], 5
  %0 = xform.half_pow %s, 1 : tensor<3xf64>
  %1 = xform.integer_pow %0, 3 : tensor<3xf64>
  %2 = xform.mul %0, %0 : tensor<3xf64>
  %3 = xform.mul %2, %0 : tensor<3xf64>
  %4 = xform.integer_pow %0, 5 : tensor<3xf64>
  // CHECK: return %[[A]], %[[A]], %[[B]]
  return %1, %3, %4 : tensor<3xf64>, tensor<3xf64>, tensor<3xf64>
}

// Even functions do not see a sign.
// CHECK-LABEL: func @even
// CHECK-SAME: %[[X:.*]]: tensor<3xf64>, %[[C:.*]]: tensor<3xf64>
func.func @even(%x: tensor<3xf64>, %c: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>, tensor<3xf64>) {
  // CHECK-DAG: %[[P:.*]] = xform.mul %[[C]], %[[X]]
  // CHECK-DAG: %[[COS:.*]] = xform.cos %[[P]]
  // CHECK-DAG: %[[ABS:.*]] = xform.abs %[[X]]
  // CHECK-DAG: %[[SLOPE:.*]] = xform.sinc %[[ABS]], 1
  // CHECK-DAG: %[[SINC:.*]] = xform.sinc %[[X]], 0
  %0 = xform.abs %x : tensor<3xf64>
  %1 = xform.mul %c, %0 : tensor<3xf64>
  %2 = xform.cos %1 : tensor<3xf64>
  %3 = xform.sinc %0, 0 : tensor<3xf64>
  %4 = xform.sinc %0, 1 : tensor<3xf64>
  // CHECK: return %[[COS]], %[[SINC]], %[[SLOPE]]
  return %2, %3, %4 : tensor<3xf64>, tensor<3xf64>, tensor<3xf64>
}

// cos and sinc of a length are functions of its square.
// CHECK-LABEL: func @even_of_roots
// CHECK-SAME: %[[S:.*]]: tensor<3xf64>, %[[C:.*]]: tensor<3xf64>
func.func @even_of_roots(%s: tensor<3xf64>, %c: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
  // CHECK-DAG: %[[COS:.*]] = xform.sinc_of_root %[[S]], -1
  // CHECK-DAG: %[[ONCE:.*]] = xform.mul %[[C]], %[[S]]
  // CHECK-DAG: %[[TWICE:.*]] = xform.mul %[[C]], %[[ONCE]]
  // CHECK-DAG: %[[SINC:.*]] = xform.sinc_of_root %[[TWICE]], 0
  %0 = xform.half_pow %s, 1 : tensor<3xf64>
  %1 = xform.cos %0 : tensor<3xf64>
  %2 = xform.mul %c, %0 : tensor<3xf64>
  %3 = xform.sinc %2, 0 : tensor<3xf64>
  // CHECK: return %[[COS]], %[[SINC]]
  return %1, %3 : tensor<3xf64>, tensor<3xf64>
}

// Other ways to write a magnitude, or what has no kink.
// CHECK-LABEL: func @magnitudes
// CHECK-SAME: %[[X:.*]]: tensor<3xf64>, %[[Y:.*]]: tensor<3xf64>
func.func @magnitudes(%x: tensor<3xf64>, %y: tensor<3xf64>)
    -> (tensor<3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>) {
  // CHECK-DAG: %[[ABS:.*]] = xform.abs %[[X]]
  // CHECK-DAG: %[[X2:.*]] = xform.integer_pow %[[X]], 2
  %0 = xform.mul %x, %x : tensor<3xf64>
  %1 = xform.sqrt %0 : tensor<3xf64>
  %2 = xform.integer_pow %x, 4 : tensor<3xf64>
  %3 = xform.sqrt %2 : tensor<3xf64>
  %4 = xform.neg %x : tensor<3xf64>
  %5 = xform.max %4, %x : tensor<3xf64>
  %7 = xform.abs %x : tensor<3xf64>
  // CHECK-DAG: %[[TWICE:.*]] = xform.mul %[[X]], %{{.*}}
  // CHECK-DAG: %[[XY:.*]] = xform.mul %[[Y]], %[[X]]
  // CHECK-DAG: %[[PRODUCT:.*]] = xform.mul %[[XY]], %[[TWICE]]
  %9 = xform.mul %y, %7 : tensor<3xf64>
  %c = xform.constant dense<-2.0> : tensor<3xf64>
  %11 = xform.mul %c, %x : tensor<3xf64>
  %12 = xform.abs %11 : tensor<3xf64>
  %10 = xform.mul %9, %12 : tensor<3xf64>
  // CHECK: return %[[ABS]], %[[X2]], %[[ABS]], %[[PRODUCT]]
  return %1, %3, %5, %10 : tensor<3xf64>, tensor<3xf64>, tensor<3xf64>, tensor<3xf64>
}

// What has no kink, or needs another order, stays.
// CHECK-LABEL: func @stays
func.func @stays(%x: tensor<3xf64>, %n: tensor<3xi32>) -> (tensor<3xf64>, tensor<3xf64>, tensor<3xi32>) {
  // CHECK: xform.abs
  // CHECK: xform.integer_pow %{{.*}}, 3
  %0 = xform.abs %x : tensor<3xf64>
  %1 = xform.integer_pow %0, 3 : tensor<3xf64>
  // CHECK: xform.half_pow %arg0, -1
  // CHECK: xform.integer_pow %{{.*}}, 2
  %2 = xform.half_pow %x, -1 : tensor<3xf64>
  %3 = xform.integer_pow %2, 2 : tensor<3xf64>
  // CHECK: xform.abs
  // CHECK: xform.mul
  %4 = xform.abs %n : tensor<3xi32>
  %5 = xform.mul %4, %4 : tensor<3xi32>
  return %1, %3, %5 : tensor<3xf64>, tensor<3xf64>, tensor<3xi32>
}
