// RUN: xform-opt --allow-unregistered-dialect %s --xform-wait-for-turns | FileCheck %s

// One turn in 32 waits: a state of 1 MB is computed and handed on in each.
// CHECK-LABEL: func @states
// CHECK: scf.for %[[I:.*]] = %[[C0:.*]] to
// CHECK: %[[NEXT:.*]] = linalg.generic
// CHECK: %[[DONE:.*]] = arith.subi %[[I]], %[[C0]] : index
// CHECK: %[[TURN:.*]] = arith.divui %[[DONE]]
// CHECK: %[[COUNT:.*]] = arith.constant 32 : index
// CHECK: %[[REST:.*]] = arith.remui %[[TURN]], %[[COUNT]]
// CHECK: %[[LAST:.*]] = arith.constant 31 : index
// CHECK: %[[WAITS:.*]] = arith.cmpi eq, %[[REST]], %[[LAST]]
// CHECK: scf.if %[[WAITS]] {
// CHECK: %[[X:.*]] = tensor.extract %[[NEXT]][%{{.*}}, %{{.*}}] : tensor<512x512xf32>
// CHECK: "util.optimization_barrier"(%[[X]]) : (f32) -> f32
func.func @states(%x: tensor<512x512xf32>) -> tensor<512x512xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c100 = arith.constant 100 : index
  %0 = scf.for %i = %c0 to %c100 step %c1 iter_args(%s = %x) -> (tensor<512x512xf32>) {
    %empty = tensor.empty() : tensor<512x512xf32>
    %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%s : tensor<512x512xf32>) outs(%empty : tensor<512x512xf32>) {
    ^bb0(%a: f32, %b: f32):
      %2 = math.sin %a : f32
      linalg.yield %2 : f32
    } -> tensor<512x512xf32>
    scf.yield %1 : tensor<512x512xf32>
  }
  return %0 : tensor<512x512xf32>
}

// What is small does not wait, however long it runs.
// CHECK-LABEL: func @small
// CHECK-NOT: util.optimization_barrier
func.func @small(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c1000 = arith.constant 1000 : index
  %0 = scf.for %i = %c0 to %c1000 step %c1 iter_args(%s = %x) -> (tensor<4xf32>) {
    %1 = linalg.map {math.sin} ins(%s : tensor<4xf32>) outs(%s : tensor<4xf32>)
    %2 = "another.op"(%1) ({}) : (tensor<4xf32>) -> tensor<4xf32>
    scf.yield %2 : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// The turns of inner loops count; where these take much, each outer turn waits.
// CHECK-LABEL: func @nested
// CHECK: scf.for
// CHECK: %[[INNER:.*]] = scf.for
// CHECK-NOT: util.optimization_barrier
// CHECK: scf.yield
// CHECK-NOT: scf.if
// CHECK: %[[X:.*]] = tensor.extract %[[INNER]]
// CHECK: "util.optimization_barrier"(%[[X]])
// CHECK: scf.yield %[[INNER]]
func.func @nested(%x: tensor<1024x1024xf32>) -> tensor<1024x1024xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %c10 = arith.constant 10 : index
  %0 = scf.for %i = %c0 to %c10 step %c1 iter_args(%s = %x) -> (tensor<1024x1024xf32>) {
    %1 = scf.for %j = %c0 to %c5 step %c1 iter_args(%t = %s) -> (tensor<1024x1024xf32>) {
      %2 = linalg.map {math.sin} ins(%t : tensor<1024x1024xf32>) outs(%t : tensor<1024x1024xf32>)
      scf.yield %2 : tensor<1024x1024xf32>
    }
    scf.yield %1 : tensor<1024x1024xf32>
  }
  return %0 : tensor<1024x1024xf32>
}

// Nothing that a turn computes can be read.
// CHECK-LABEL: func @exchanged
// CHECK-NOT: util.optimization_barrier
func.func @exchanged(%x: tensor<4096x4096xf32>, %y: tensor<4096x4096xf32>, %n: index) -> tensor<4096x4096xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0:2 = scf.for %i = %c0 to %n step %c1 iter_args(%s = %x, %t = %y) -> (tensor<4096x4096xf32>, tensor<4096x4096xf32>) {
    scf.yield %t, %s : tensor<4096x4096xf32>, tensor<4096x4096xf32>
  }
  return %0#0 : tensor<4096x4096xf32>
}
