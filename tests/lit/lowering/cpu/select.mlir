// RUN: xform-opt --split-input-file --xform-cpu-select %s | FileCheck %s
// RUN: xform-opt --split-input-file --xform-cpu-select=explain %s 2>&1 >/dev/null | FileCheck --check-prefix=REASON %s

// Loops, branches and scatters belong to what becomes machine code here.
// CHECK: module attributes {xform.cpu}
func.func @loop(%x: tensor<4xf32>, %n: tensor<i64>) -> tensor<4xf32> {
  %zero = arith.constant 0 : i64
  %left = tensor.extract %n[] : tensor<i64>
  %more = arith.cmpi sgt, %left, %zero : i64
  %r = scf.if %more -> tensor<4xf32> {
    %empty = tensor.empty() : tensor<4xf32>
    %sum = linalg.add ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %sum : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// -----

// REASON: remark: compiled by IREE: an argument that is no tensor of known type
// CHECK: module {
// CHECK-NOT: xform.donated
func.func @dynamic(%x: tensor<?xf32> {xform.donated}) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// -----

// CHECK: module attributes {xform.cpu}
func.func @large(%x: tensor<4096x4096xf32>) -> tensor<4096x4096xf32> {
  %empty = tensor.empty() : tensor<4096x4096xf32>
  %square = linalg.matmul ins(%x, %x : tensor<4096x4096xf32>, tensor<4096x4096xf32>) outs(%empty : tensor<4096x4096xf32>) -> tensor<4096x4096xf32>
  return %square : tensor<4096x4096xf32>
}

// -----

// REASON: remark: compiled by IREE: func.call: not known
// CHECK: module {
func.func @unknown(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = call @other(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}
func.func private @other(tensor<4xf32>) -> tensor<4xf32>
