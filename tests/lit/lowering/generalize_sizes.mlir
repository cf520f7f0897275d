// RUN: xform-opt %s --split-input-file --xform-generalize-sizes --canonicalize --cse --verify-diagnostics | FileCheck %s

// The instances differ in sizes, in a number of elements, and in what a mean
// is multiplied with.

// CHECK-LABEL: func.func @mean(
// CHECK-SAME: %[[X:.*]]: tensor<?x2xf32>) -> tensor<?xf32>
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK-DAG: %[[TWO:.*]] = arith.constant 2 : index
// CHECK: %[[N:.*]] = tensor.dim %[[X]]
// CHECK-DAG: %[[TWICE:.*]] = arith.muli %[[N]], %[[TWO]] : index
// CHECK-DAG: %[[INT:.*]] = arith.index_cast %[[N]] : index to i64
// CHECK-DAG: %[[FLOAT:.*]] = arith.sitofp %[[INT]] : i64 to f32
// CHECK-DAG: %[[INVERSE:.*]] = arith.divf %[[ONE]], %[[FLOAT]] : f32
// CHECK: tensor.collapse_shape %[[X]] {{.*}} : tensor<?x2xf32> into tensor<?xf32>
// CHECK: tensor.empty(%[[TWICE]]) : tensor<?xf32>
// CHECK: linalg.generic
// CHECK: arith.mulf %{{.*}}, %[[INVERSE]] : f32

module attributes {xform.sizes = {n = 11 : i64}} {
  func.func @mean(%x: tensor<11x2xf32>) -> tensor<22xf32> {
    %s = arith.constant 0.0909090936 : f32
    %c = tensor.collapse_shape %x [[0, 1]] : tensor<11x2xf32> into tensor<22xf32>
    %e = tensor.empty() : tensor<22xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%c : tensor<22xf32>) outs(%e : tensor<22xf32>) {
    ^bb0(%a: f32, %b: f32):
      %m = arith.mulf %a, %s : f32
      linalg.yield %m : f32
    } -> tensor<22xf32>
    return %y : tensor<22xf32>
  }
}
module attributes {xform.sizes = {n = 67 : i64}} {
  func.func @mean(%x: tensor<67x2xf32>) -> tensor<134xf32> {
    %s = arith.constant 0.0149253728 : f32
    %c = tensor.collapse_shape %x [[0, 1]] : tensor<67x2xf32> into tensor<134xf32>
    %e = tensor.empty() : tensor<134xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%c : tensor<134xf32>) outs(%e : tensor<134xf32>) {
    ^bb0(%a: f32, %b: f32):
      %m = arith.mulf %a, %s : f32
      linalg.yield %m : f32
    } -> tensor<134xf32>
    return %y : tensor<134xf32>
  }
}
module attributes {xform.sizes = {n = 241 : i64}} {
  func.func @mean(%x: tensor<241x2xf32>) -> tensor<482xf32> {
    %s = arith.constant 0.00414937781 : f32
    %c = tensor.collapse_shape %x [[0, 1]] : tensor<241x2xf32> into tensor<482xf32>
    %e = tensor.empty() : tensor<482xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%c : tensor<482xf32>) outs(%e : tensor<482xf32>) {
    ^bb0(%a: f32, %b: f32):
      %m = arith.mulf %a, %s : f32
      linalg.yield %m : f32
    } -> tensor<482xf32>
    return %y : tensor<482xf32>
  }
}
module attributes {xform.sizes = {n = 359 : i64}} {
  func.func @mean(%x: tensor<359x2xf32>) -> tensor<718xf32> {
    %s = arith.constant 0.00278551527 : f32
    %c = tensor.collapse_shape %x [[0, 1]] : tensor<359x2xf32> into tensor<718xf32>
    %e = tensor.empty() : tensor<718xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%c : tensor<718xf32>) outs(%e : tensor<718xf32>) {
    ^bb0(%a: f32, %b: f32):
      %m = arith.mulf %a, %s : f32
      linalg.yield %m : f32
    } -> tensor<718xf32>
    return %y : tensor<718xf32>
  }
}

// -----

// Every second element: a quotient, rounded up.

// CHECK-LABEL: func.func @every(
// CHECK-SAME: %[[X:.*]]: tensor<?xf32>) -> tensor<?xf32>
// CHECK: %[[N:.*]] = tensor.dim %[[X]]
// CHECK: %[[MORE:.*]] = arith.addi %[[N]], %{{.*}} : index
// CHECK: %[[HALF:.*]] = arith.divui %[[MORE]], %{{.*}} : index
// CHECK: cf.assert %{{.*}}, "the sizes of the arguments are too small for what is computed at {{.*}}"
// CHECK: tensor.extract_slice %[[X]][0] [%[[HALF]]] [2] : tensor<?xf32> to tensor<?xf32>

module attributes {xform.sizes = {n = 11 : i64}} {
  func.func @every(%x: tensor<11xf32>) -> tensor<6xf32> {
    %y = tensor.extract_slice %x[0] [6] [2] : tensor<11xf32> to tensor<6xf32>
    return %y : tensor<6xf32>
  }
}
module attributes {xform.sizes = {n = 68 : i64}} {
  func.func @every(%x: tensor<68xf32>) -> tensor<34xf32> {
    %y = tensor.extract_slice %x[0] [34] [2] : tensor<68xf32> to tensor<34xf32>
    return %y : tensor<34xf32>
  }
}
module attributes {xform.sizes = {n = 241 : i64}} {
  func.func @every(%x: tensor<241xf32>) -> tensor<121xf32> {
    %y = tensor.extract_slice %x[0] [121] [2] : tensor<241xf32> to tensor<121xf32>
    return %y : tensor<121xf32>
  }
}
module attributes {xform.sizes = {n = 359 : i64}} {
  func.func @every(%x: tensor<359xf32>) -> tensor<180xf32> {
    %y = tensor.extract_slice %x[0] [180] [2] : tensor<359xf32> to tensor<180xf32>
    return %y : tensor<180xf32>
  }
}

// -----

// A number that follows no rule is refused where it stands.

module attributes {xform.sizes = {n = 11 : i64}} {
  func.func @f(%x: tensor<11xf32>) -> index {
    // expected-error @below {{this number depends on sizes in a way that is not followed: 3, 1, 4, 1 for n = 11, 67, 241, 359}}
    %c = arith.constant 3 : index
    return %c : index
  }
}
module attributes {xform.sizes = {n = 67 : i64}} {
  func.func @f(%x: tensor<67xf32>) -> index {
    %c = arith.constant 1 : index
    return %c : index
  }
}
module attributes {xform.sizes = {n = 241 : i64}} {
  func.func @f(%x: tensor<241xf32>) -> index {
    %c = arith.constant 4 : index
    return %c : index
  }
}
module attributes {xform.sizes = {n = 359 : i64}} {
  func.func @f(%x: tensor<359xf32>) -> index {
    %c = arith.constant 1 : index
    return %c : index
  }
}

// -----

// So is a program that has more to do for some sizes.

module attributes {xform.sizes = {n = 11 : i64}} {
  // expected-error @below {{how much is computed here depends on sizes}}
  func.func @f(%x: tensor<11xf32>) -> tensor<11xf32> {
    return %x : tensor<11xf32>
  }
}
module attributes {xform.sizes = {n = 67 : i64}} {
  func.func @f(%x: tensor<67xf32>) -> tensor<67xf32> {
    %e = tensor.empty() : tensor<67xf32>
    return %e : tensor<67xf32>
  }
}
module attributes {xform.sizes = {n = 241 : i64}} {
  func.func @f(%x: tensor<241xf32>) -> tensor<241xf32> {
    return %x : tensor<241xf32>
  }
}
module attributes {xform.sizes = {n = 359 : i64}} {
  func.func @f(%x: tensor<359xf32>) -> tensor<359xf32> {
    return %x : tensor<359xf32>
  }
}

// -----

// expected-error @below {{there are too few instances, or too much alike}}
module {
  module attributes {xform.sizes = {n = 11 : i64}} {
  }
}
