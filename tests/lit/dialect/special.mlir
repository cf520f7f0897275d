// RUN: xform-opt %s | xform-opt | FileCheck %s
// RUN: xform-opt %s --xform-expand-transforms | FileCheck %s --check-prefix=RULES
// RUN: xform-opt %s --xform-expand-transforms --symbol-dce --xform-to-linalg | FileCheck %s --check-prefix=LINALG

// CHECK-LABEL: func @special
func.func @special(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  // CHECK: xform.erf_inv %arg0 : tensor<?xf32>
  %0 = xform.erf_inv %x : tensor<?xf32>
  // CHECK: xform.lgamma
  %1 = xform.lgamma %0 : tensor<?xf32>
  // CHECK: xform.digamma
  %2 = xform.digamma %1 : tensor<?xf32>
  // CHECK: xform.polygamma %{{.*}}, 2 : tensor<?xf32>
  %3 = xform.polygamma %2, 2 : tensor<?xf32>
  // CHECK: xform.sinc %{{.*}}, 3 : tensor<?xf32>
  %6 = xform.sinc %3, 3 : tensor<?xf32>
  // CHECK: xform.sinc_of_root %{{.*}}, -1 : tensor<?xf32>
  %11 = xform.sinc_of_root %6, -1 : tensor<?xf32>
  // CHECK: xform.half_pow %{{.*}}, -1 : tensor<?xf32>
  %7 = xform.half_pow %11, -1 : tensor<?xf32>
  // CHECK: xform.gaussian
  %8 = xform.gaussian %7 : tensor<?xf32>
  // CHECK: xform.logistic_slope
  %9 = xform.logistic_slope %8 : tensor<?xf32>
  // CHECK: xform.div_no_nan %{{.*}}, %arg1 : tensor<?xf32>
  %10 = xform.div_no_nan %9, %y : tensor<?xf32>
  // CHECK: xform.hypot %{{.*}}, %arg1 : tensor<?xf32>
  %4 = xform.hypot %10, %y : tensor<?xf32>
  // CHECK: xform.log_add_exp %{{.*}}, %arg1 : tensor<?xf32>
  %5 = xform.log_add_exp %4, %y : tensor<?xf32>
  return %5 : tensor<?xf32>
}

func.func private @lgamma(%x: tensor<3xf64>) -> tensor<3xf64> {
  %0 = xform.lgamma %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}

func.func private @digamma(%x: tensor<3xf64>) -> tensor<3xf64> {
  %0 = xform.digamma %x : tensor<3xf64>
  return %0 : tensor<3xf64>
}

func.func private @polygamma(%x: tensor<3xf64>) -> tensor<3xf64> {
  %0 = xform.polygamma %x, 3 : tensor<3xf64>
  return %0 : tensor<3xf64>
}

// The derivative of each is the next.
// RULES-LABEL: func @derivatives
// RULES-SAME: %[[X:.*]]: tensor<3xf64>, %[[T:.*]]: tensor<3xf64>
// RULES-DAG: %[[A:.*]] = xform.digamma %[[X]]
// RULES-DAG: xform.mul %[[T]], %[[A]]
// RULES-DAG: %[[B:.*]] = xform.polygamma %[[X]], 1
// RULES-DAG: xform.mul %[[T]], %[[B]]
// RULES-DAG: %[[C:.*]] = xform.polygamma %[[X]], 4
// RULES-DAG: xform.mul %[[T]], %[[C]]
func.func @derivatives(%x: tensor<3xf64>, %t: tensor<3xf64>)
    -> (tensor<3xf64>, tensor<3xf64>, tensor<3xf64>) {
  %0:2 = xform.jvp @lgamma(%x) tangents(%t) argnums = [0] : (tensor<3xf64>), (tensor<3xf64>) -> tensor<3xf64>, tensor<3xf64>
  %1:2 = xform.jvp @digamma(%x) tangents(%t) argnums = [0] : (tensor<3xf64>), (tensor<3xf64>) -> tensor<3xf64>, tensor<3xf64>
  %2:2 = xform.jvp @polygamma(%x) tangents(%t) argnums = [0] : (tensor<3xf64>), (tensor<3xf64>) -> tensor<3xf64>, tensor<3xf64>
  return %0#1, %1#1, %2#1 : tensor<3xf64>, tensor<3xf64>, tensor<3xf64>
}

// One loop without branches, in arithmetic and functions of the math dialect.
// LINALG-LABEL: func @erf_inv
// LINALG: linalg.generic
// LINALG: math.log
// LINALG: arith.select
// LINALG-NOT: scf
// LINALG: linalg.yield
func.func @erf_inv(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = xform.erf_inv %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
