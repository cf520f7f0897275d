// RUN: xform-opt --xform-expand-math %s | FileCheck %s

// Types that the expansion does not know are left as they are.
// CHECK-LABEL: func.func @tensor
// CHECK: math.exp %{{.*}} : tensor<4xf32>
func.func @tensor(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = math.exp %x : tensor<4xf32>
  return %r : tensor<4xf32>
}

// CHECK-LABEL: func.func @quadruple
// CHECK: math.powf %{{.*}}, %{{.*}} : f128
func.func @quadruple(%x: f128) -> f128 {
  %r = math.powf %x, %x : f128
  return %r : f128
}
