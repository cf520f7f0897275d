// Bad input gets a message with its place and a non-zero exit code.
//
// RUN: not xform-opt %s --xform-pipeline 2>&1 | FileCheck %s
// RUN: head -c 700 %s | not xform-opt --xform-pipeline 2>&1 | FileCheck %s --check-prefix=CUT
// RUN: not xform-opt %t.missing 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not xform-opt %s --xform-no-such-pass 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// CHECK: malformed.mlir:[[@LINE+8]]:8: error: custom op 'xform.gradient' is unknown
// CUT: <stdin>:{{.*}} error:
// MISSING: No such file or directory
// UNKNOWN: Unknown command line argument '--xform-no-such-pass'
func.func private @f(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @main(%x: tensor<f32>) -> tensor<f32> {
  %0 = xform.gradient @f(%x) : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}
