// RUN: xform-opt --split-input-file --xform-cpu-pipeline=target=cpu:x86-64 %s | FileCheck %s

// CHECK-LABEL: llvm.func internal @twice.body(
// CHECK-SAME: %[[X:.*]]: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias}, %[[R:.*]]: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias})
// CHECK: %[[LANES:.*]] = llvm.load %[[X]] {{.*}} -> vector<4xf32>
// CHECK: %[[SUM:.*]] = llvm.fadd %[[LANES]], %[[LANES]] : vector<4xf32>
// CHECK: llvm.store %[[SUM]], %[[R]]
// CHECK: llvm.func @twice(%{{.*}}: !llvm.ptr, %[[DISPATCH:.*]]: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i32 attributes {xform.scratch = 0 : i64}
// CHECK: %[[AT:.*]] = llvm.getelementptr %[[DISPATCH]][32]
// CHECK: %[[BINDINGS:.*]] = llvm.load %[[AT]] : !llvm.ptr -> !llvm.ptr
// CHECK: llvm.load %[[BINDINGS]] : !llvm.ptr -> !llvm.ptr
// CHECK: llvm.call @twice.body(
func.func @twice(%x: tensor<4xf32>) -> tensor<4xf32> {
  %empty = tensor.empty() : tensor<4xf32>
  %sum = linalg.add ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
  return %sum : tensor<4xf32>
}

// -----

// Memory for what is too large for the stack comes as the last argument.
// CHECK-LABEL: llvm.func internal @between.body(
// CHECK-SAME: %{{.*}}: !llvm.ptr {{.*}}, %{{.*}}: !llvm.ptr {{.*}}, %{{.*}}: !llvm.ptr
// CHECK: llvm.func @between(
// CHECK-SAME: attributes {xform.scratch = 4096 : i64}
func.func @between(%x: tensor<1024xf32>) -> tensor<f32> {
  %empty = tensor.empty() : tensor<1024xf32>
  %doubled = linalg.add ins(%x, %x : tensor<1024xf32>, tensor<1024xf32>) outs(%empty : tensor<1024xf32>) -> tensor<1024xf32>
  %zero = arith.constant 0.0 : f32
  %one = tensor.empty() : tensor<f32>
  %start = linalg.fill ins(%zero : f32) outs(%one : tensor<f32>) -> tensor<f32>
  %dot = linalg.dot ins(%doubled, %doubled : tensor<1024xf32>, tensor<1024xf32>) outs(%start : tensor<f32>) -> tensor<f32>
  return %dot : tensor<f32>
}
