// A module written by hand goes through every pass, through IREE's compiler and
// into IREE's own runner, and gives the numbers of the closed form: the gradient
// of sum(sin(x * w)) by x is w * cos(x * w), row by row.
//
// RUN: xform-opt %S/../../../examples/batched_gradient.mlir --xform-pipeline=compiler=iree -o %t.linalg.mlir
// RUN: iree-compile %t.linalg.mlir -o %t.vmfb --iree-hal-target-device=local --iree-hal-local-target-device-backends=llvm-cpu --iree-llvmcpu-target-cpu=host
// RUN: iree-run-module --module=%t.vmfb --device=local-sync --function=main \
// RUN:   --input="2x3xf32=0 1 2 3 4 5" --input="3xf32=1 2 0.5" | FileCheck %s
//
// cos(0)*1, cos(2)*2, cos(1)*0.5; cos(3)*1, cos(8)*2, cos(2.5)*0.5
// CHECK: 2x3xf32=[1 -0.832294 0.270151][-0.989992 -0.291 -0.400572]
