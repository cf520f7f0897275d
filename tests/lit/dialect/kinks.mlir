// RUN: xform-opt %s | xform-opt | FileCheck %s
// RUN: xform-opt %s --xform-expand-transforms | FileCheck %s --check-prefix=RULES

// CHECK-LABEL: func private @kinks
func.func private @kinks(%x: tensor<?xf32>, %t: tensor<?xf32>, %p: tensor<?xi1>) -> tensor<?xf32> {
  // CHECK: xform.abs_slope %arg0 {levels = 2 : i64} : tensor<?xf32>
  %0 = xform.abs_slope %x {levels = 2 : i64} : tensor<?xf32>
  // CHECK: xform.share %{{.*}}, %arg2, %arg2 : tensor<?xf32>, tensor<?xi1>
  %1 = xform.share %0, %p, %p : tensor<?xf32>, tensor<?xi1>
  return %1 : tensor<?xf32>
}

func.func private @abs(%x: tensor<f64>) -> tensor<f64> {
  %0 = xform.abs %x : tensor<f64>
  return %0 : tensor<f64>
}

func.func private @max(%x: tensor<f64>, %y: tensor<f64>) -> tensor<f64> {
  %0 = xform.max %x, %y : tensor<f64>
  return %0 : tensor<f64>
}

// A first derivative has the values of the convention.
// RULES-LABEL: func @derivatives
func.func @derivatives(%x: tensor<f64>, %y: tensor<f64>) -> (tensor<f64>, tensor<f64>) {
  // RULES-DAG: %[[SIGN:.*]] = xform.sign %arg0
  // RULES-DAG: %[[HALF:.*]] = xform.constant dense<5.0
  // RULES-DAG: %[[GT:.*]] = xform.gt %arg0, %arg1
  // RULES-DAG: %[[EQ:.*]] = xform.eq %arg0, %arg1
  // RULES-DAG: %[[TIE:.*]] = xform.select %[[EQ]], %[[HALF]]
  // RULES-DAG: %[[PART:.*]] = xform.select %[[GT]], %{{.*}}, %[[TIE]]
  // RULES: return %[[SIGN]], %[[PART]]
  %0 = xform.grad @abs(%x) argnums = [0] : (tensor<f64>) -> tensor<f64>
  %1 = xform.grad @max(%x, %y) argnums = [0] : (tensor<f64>, tensor<f64>) -> tensor<f64>
  return %0, %1 : tensor<f64>, tensor<f64>
}
