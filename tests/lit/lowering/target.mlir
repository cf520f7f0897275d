// RUN: xform-opt %s --xform-pipeline | FileCheck %s --check-prefix=OWN
// RUN: xform-opt %s --xform-pipeline=target=cpu:x86-64-v3 | FileCheck %s --check-prefix=OWN
// RUN: xform-opt %s --xform-pipeline="target=cpu compiler=iree" | FileCheck %s --check-prefix=IREE
// RUN: xform-opt %s --xform-pipeline=target=vulkan | FileCheck %s --check-prefix=PAIRS
// RUN: xform-opt %s --xform-pipeline=target=vulkan:desktop | FileCheck %s --check-prefix=IREE
// RUN: xform-opt %s --xform-pipeline=target=cuda:sm_80 | FileCheck %s --check-prefix=IREE
// RUN: xform-opt %s --xform-pipeline="target=cpu:x86-64-v4" \
// RUN:   | xform-opt --xform-cpu-pipeline="target=cpu:x86-64-v4" | FileCheck %s --check-prefix=WIDE
// RUN: xform-opt %s --xform-pipeline | xform-opt --xform-cpu-pipeline="target=cpu:x86-64-v3" \
// RUN:   | FileCheck %s --check-prefix=AVX2
// RUN: xform-opt %s --xform-pipeline | xform-opt --xform-cpu-pipeline="target=cpu:x86-64" \
// RUN:   | FileCheck %s --check-prefix=SSE
// RUN: xform-opt %s --xform-pipeline \
// RUN:   | xform-opt --xform-cpu-pipeline="target=cpu:aarch64-unknown-linux-gnu/neoverse-n1" \
// RUN:   | FileCheck %s --check-prefix=SSE
// RUN: xform-opt %s --xform-pipeline | xform-opt --xform-cpu-pipeline="target=cpu:x86-64-v4 plain=true" \
// RUN:   | FileCheck %s --check-prefix=PLAIN
// RUN: not xform-opt %s --xform-pipeline=target=tpu 2>&1 | FileCheck %s --check-prefix=ERROR
// RUN: not xform-opt %s --xform-pipeline=compiler=gcc 2>&1 | FileCheck %s --check-prefix=WHO

// A target says which passes run and what these know of the processor.
// OWN: module attributes {xform.cpu}
// OWN: arith.divsi
// IREE-NOT: xform.cpu
// IREE: arith.divsi
// PAIRS-NOT: xform.cpu
// PAIRS-NOT: arith.divsi
// WIDE: vector<8xf64>
// AVX2-NOT: vector<8xf64>
// AVX2: vector<4xf64>
// SSE-NOT: vector<4xf64>
// SSE: vector<2xf64>
// PLAIN-NOT: vector<2xf64>
// ERROR: 'tpu' is no target: expected cpu, vulkan or cuda, and a colon before the processor
// WHO: Cannot find option named 'gcc'
func.func @main(%x: tensor<64xf64>, %n: tensor<64xi64>, %m: tensor<64xi64>) -> (tensor<64xf64>, tensor<64xi64>) {
  %y = xform.mul %x, %x : tensor<64xf64>
  %q = xform.div %n, %m : tensor<64xi64>
  return %y, %q : tensor<64xf64>, tensor<64xi64>
}
