// RUN: xform-opt %s --xform-simplify | FileCheck %s
// RUN: xform-opt %s --xform-expand-transforms --xform-simplify | FileCheck %s --check-prefix=VALUES

// The slopes of one kink that come from two derivatives are 1 together, with factors
// on both sides and moved elements between.
// CHECK-LABEL: func @slopes
// CHECK-SAME: %[[X:.*]]: tensor<3xf64>, %[[T:.*]]: tensor<2x3xf64>, %[[C:.*]]: tensor<2x3xf64>
func.func @slopes(%x: tensor<3xf64>, %t: tensor<2x3xf64>, %c: tensor<2x3xf64>) -> tensor<2x3xf64> {
  // CHECK-NOT: abs_slope
  // CHECK: %[[N:.*]] = xform.neg %[[T]]
  // CHECK: %[[Q:.*]] = xform.div %[[N]], %[[C]]
  // CHECK: %[[P:.*]] = xform.mul %[[Q]], %[[C]]
  // CHECK: return %[[P]]
  // VALUES-LABEL: func @slopes
  // VALUES-NOT: sign
  %0 = xform.abs_slope %x {levels = 1 : i64} : tensor<3xf64>
  %1 = xform.broadcast_in_dim %0 dims = [1] : tensor<3xf64> to tensor<2x3xf64>
  %2 = xform.mul %t, %1 : tensor<2x3xf64>
  %3 = xform.neg %2 : tensor<2x3xf64>
  %4 = xform.div %3, %c : tensor<2x3xf64>
  %5 = xform.broadcast_in_dim %x dims = [1] : tensor<3xf64> to tensor<2x3xf64>
  %6 = xform.abs_slope %5 {levels = 2 : i64} : tensor<2x3xf64>
  %7 = xform.mul %c, %6 : tensor<2x3xf64>
  %8 = xform.mul %4, %7 : tensor<2x3xf64>
  return %8 : tensor<2x3xf64>
}

// Those of one derivative are numbers, as is a sign; other kinks have other slopes.
// CHECK-LABEL: func @others
// VALUES-LABEL: func @others
func.func @others(%x: tensor<f64>, %y: tensor<f64>) -> (tensor<f64>, tensor<f64>, tensor<f64>) {
  // CHECK-DAG: %[[S:.*]] = xform.abs_slope %arg0 {levels = 1 : i64}
  // CHECK-DAG: %[[S2:.*]] = xform.abs_slope %arg0 {levels = 2 : i64}
  // CHECK-DAG: %[[Y:.*]] = xform.abs_slope %arg1 {levels = 2 : i64}
  // CHECK-DAG: %[[SIGN:.*]] = xform.sign %arg0
  // CHECK-DAG: %[[A:.*]] = xform.mul %[[S]], %[[S]]
  // CHECK-DAG: %[[B:.*]] = xform.mul %[[S]], %[[Y]]
  // CHECK-DAG: %[[C:.*]] = xform.mul %[[SIGN]], %[[S2]]
  // CHECK: return %[[A]], %[[B]], %[[C]]
  // VALUES-DAG: %[[S:.*]] = xform.sign %arg0
  // VALUES-DAG: %[[Y:.*]] = xform.sign %arg1
  // VALUES-DAG: %[[A:.*]] = xform.mul %[[S]], %[[S]]
  // VALUES-DAG: %[[B:.*]] = xform.mul %[[S]], %[[Y]]
  // VALUES: return %[[A]], %[[B]], %[[A]]
  %0 = xform.abs_slope %x {levels = 1 : i64} : tensor<f64>
  %1 = xform.abs_slope %y {levels = 2 : i64} : tensor<f64>
  %2 = xform.abs_slope %x {levels = 2 : i64} : tensor<f64>
  %3 = xform.sign %x : tensor<f64>
  %4 = xform.mul %0, %0 : tensor<f64>
  %5 = xform.mul %0, %1 : tensor<f64>
  %6 = xform.mul %3, %2 : tensor<f64>
  return %4, %5, %6 : tensor<f64>, tensor<f64>, tensor<f64>
}

// A share twice is the share; with the other one's nothing is left.
// CHECK-LABEL: func @shares
// CHECK-SAME: %[[X:.*]]: tensor<f64>, %[[Y:.*]]: tensor<f64>, %[[T:.*]]: tensor<f64>, %[[U:.*]]: tensor<f64>
func.func @shares(%x: tensor<f64>, %y: tensor<f64>, %t: tensor<f64>, %u: tensor<f64>)
    -> (tensor<f64>, tensor<f64>, tensor<f64>) {
  // CHECK-DAG: %[[ZERO:.*]] = xform.constant dense<0.0
  // CHECK-DAG: %[[GT:.*]] = xform.gt %[[X]], %[[Y]]
  // CHECK-DAG: %[[EQ:.*]] = xform.eq %[[X]], %[[Y]]
  // CHECK-DAG: %[[TU:.*]] = xform.mul %[[T]], %[[U]]
  // CHECK-DAG: %[[BOTH:.*]] = xform.share %[[TU]], %[[GT]], %[[EQ]] {levels = 3 : i64}
  // CHECK-DAG: %[[TWICE:.*]] = xform.share %[[T]], %[[GT]], %[[EQ]] {levels = 3 : i64}
  // CHECK: return %[[BOTH]], %[[ZERO]], %[[TWICE]]
  %greater = xform.gt %x, %y : tensor<f64>
  %less = xform.lt %x, %y : tensor<f64>
  %equal = xform.eq %x, %y : tensor<f64>
  %0 = xform.share %t, %greater, %equal {levels = 1 : i64} : tensor<f64>, tensor<i1>
  %1 = xform.share %u, %greater, %equal {levels = 2 : i64} : tensor<f64>, tensor<i1>
  %2 = xform.share %u, %less, %equal {levels = 2 : i64} : tensor<f64>, tensor<i1>
  %3 = xform.mul %0, %1 : tensor<f64>
  %4 = xform.mul %0, %2 : tensor<f64>
  %5 = xform.share %0, %greater, %equal {levels = 2 : i64} : tensor<f64>, tensor<i1>
  return %3, %4, %5 : tensor<f64>, tensor<f64>, tensor<f64>
}

// With something beside, a product is that of one side or the other.
// CHECK-LABEL: func @mixed
// CHECK-SAME: %[[X:.*]]: tensor<f64>, %[[A:.*]]: tensor<f64>, %[[B:.*]]: tensor<f64>
func.func @mixed(%x: tensor<f64>, %a: tensor<f64>, %b: tensor<f64>) -> tensor<f64> {
  // CHECK-DAG: %[[GT:.*]] = xform.gt %[[X]]
  // CHECK-DAG: %[[LT:.*]] = xform.lt %[[X]]
  // CHECK-DAG: %[[EQ:.*]] = xform.eq %[[X]]
  // CHECK-DAG: %[[PLUS:.*]] = xform.add %[[A]], %[[B]]
  // CHECK-DAG: %[[MINUS:.*]] = xform.sub %[[A]], %[[B]]
  // CHECK-DAG: %[[ABOVE:.*]] = xform.mul %[[PLUS]], %[[PLUS]]
  // CHECK-DAG: %[[BELOW:.*]] = xform.mul %[[MINUS]], %[[MINUS]]
  // CHECK-DAG: %[[FIRST:.*]] = xform.share %[[ABOVE]], %[[GT]], %[[EQ]]
  // CHECK-DAG: %[[SECOND:.*]] = xform.share %[[BELOW]], %[[LT]], %[[EQ]]
  // CHECK: %[[SUM:.*]] = xform.add %[[FIRST]], %[[SECOND]]
  // CHECK: return %[[SUM]]
  %0 = xform.abs_slope %x {levels = 1 : i64} : tensor<f64>
  %1 = xform.abs_slope %x {levels = 2 : i64} : tensor<f64>
  %2 = xform.mul %0, %b : tensor<f64>
  %3 = xform.mul %1, %b : tensor<f64>
  %4 = xform.add %a, %2 : tensor<f64>
  %5 = xform.add %a, %3 : tensor<f64>
  %6 = xform.mul %4, %5 : tensor<f64>
  return %6 : tensor<f64>
}

// One element twice in an array, and behind a barrier.
// CHECK-LABEL: func @parts
// CHECK-SAME: %[[X:.*]]: tensor<1xf64>, %[[T:.*]]: tensor<2xf64>
func.func @parts(%x: tensor<1xf64>, %t: tensor<2xf64>) -> tensor<1xf64> {
  // CHECK-NOT: abs_slope
  // CHECK: return
  %c = xform.constant dense<2.0> : tensor<1xf64>
  %0 = xform.mul %x, %c : tensor<1xf64>
  %1 = xform.barrier %x : tensor<1xf64>
  %2 = xform.concatenate %1, %0 axis = 0 : tensor<1xf64>, tensor<1xf64>
  %3 = xform.abs_slope %2 {levels = 1 : i64} : tensor<2xf64>
  %4 = xform.abs_slope %2 {levels = 2 : i64} : tensor<2xf64>
  %5 = xform.mul %t, %3 : tensor<2xf64>
  %6 = xform.slice %5 starts = [0] limits = [1] strides = [1] : tensor<2xf64>
  %7 = xform.slice %4 starts = [1] limits = [2] strides = [1] : tensor<2xf64>
  %8 = xform.mul %6, %7 : tensor<1xf64>
  return %8 : tensor<1xf64>
}

// sign(x) |x| is x, and |x|^3 with the sign is x^3.
// CHECK-LABEL: func @signs
// CHECK-SAME: %[[X:.*]]: tensor<f64>, %[[C:.*]]: tensor<f64>
func.func @signs(%x: tensor<f64>, %c: tensor<f64>) -> (tensor<f64>, tensor<f64>, tensor<f64>) {
  // CHECK-DAG: %[[CX:.*]] = xform.mul %[[C]], %[[X]]
  // CHECK-DAG: %[[CUBE:.*]] = xform.integer_pow %[[X]], 3
  // CHECK-DAG: %[[ABS:.*]] = xform.abs %[[X]]
  // CHECK: return %[[CX]], %[[CUBE]], %[[ABS]]
  %0 = xform.abs %x : tensor<f64>
  %1 = xform.sign %x : tensor<f64>
  %2 = xform.mul %c, %1 : tensor<f64>
  %3 = xform.mul %2, %0 : tensor<f64>
  %4 = xform.integer_pow %0, 3 : tensor<f64>
  %5 = xform.mul %1, %4 : tensor<f64>
  %6 = xform.mul %x, %1 : tensor<f64>
  return %3, %5, %6 : tensor<f64>, tensor<f64>, tensor<f64>
}
