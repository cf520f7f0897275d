// RUN: xform-opt --xform-compile-kernels=vector-bytes=16 --allow-unregistered-dialect --split-input-file %s | FileCheck %s

#map = affine_map<(d0) -> (d0)>

// Six elements are a vector of four and one of two. What is carried is on the
// stack, and a row of the result is stored where it belongs.
// CHECK: "hal.executable.source"() <{sym_name = "steps"
// CHECK: "hal.executable.export"() <{layout = #hal.pipeline.layout<bindings = [#hal.pipeline.binding<storage_buffer, ReadOnly>, #hal.pipeline.binding<storage_buffer>, #hal.pipeline.binding<storage_buffer>]>, ordinal = 0 : index, sym_name = "steps"
// CHECK: "hal.return"(%[[ONE:.*]], %[[ONE]], %[[ONE]])
// CHECK: func.func @steps()
// CHECK-DAG: %[[H:.*]] = "hal.interface.binding.subspan"(%{{.*}}) <{binding = 0 : index, descriptor_flags = 1 : i32
// CHECK-DAG: %[[YS:.*]] = "hal.interface.binding.subspan"(%{{.*}}) <{binding = 2 : index, layout
// CHECK-DAG: %[[C:.*]] = memref.alloca() : memref<6xf32>
// CHECK: vector.load %[[H]][%{{.*}}] : memref<6xf32>, vector<4xf32>
// CHECK: vector.load %[[H]][%{{.*}}] : memref<6xf32>, vector<2xf32>
// CHECK: scf.for %[[I:.*]] = %
// CHECK: %[[A:.*]] = vector.load %[[C]]
// CHECK-NEXT: arith.addf %[[A]], %[[A]] : vector<4xf32>
// CHECK: arith.addf %{{.*}} : vector<2xf32>
// CHECK: memref.subview %[[YS]][%[[I]], 0] [1, 6] [1, 1]
// CHECK-NOT: linalg
// CHECK-NOT: bufferization
// CHECK: "hal.executable.source_end"
func.func private @steps(%h: memref<6xf32>, %last: memref<6xf32>, %rows: memref<5x6xf32>)
    attributes {xform.kernel = 2 : i64} {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %count = arith.constant 5 : index
  %init = bufferization.to_tensor %h restrict : memref<6xf32> to tensor<6xf32>
  %stack = bufferization.to_tensor %rows restrict writable : memref<5x6xf32> to tensor<5x6xf32>
  %0:2 = scf.for %i = %zero to %count step %one iter_args(%c = %init, %ys = %stack) -> (tensor<6xf32>, tensor<5x6xf32>) {
    %empty = tensor.empty() : tensor<6xf32>
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]}
        ins(%c : tensor<6xf32>) outs(%empty : tensor<6xf32>) {
    ^bb0(%a: f32, %out: f32):
      %2 = arith.addf %a, %a : f32
      linalg.yield %2 : f32
    } -> tensor<6xf32>
    %y = tensor.insert_slice %c into %ys[%i, 0] [1, 6] [1, 1] : tensor<6xf32> into tensor<5x6xf32>
    scf.yield %1, %y : tensor<6xf32>, tensor<5x6xf32>
  }
  bufferization.materialize_in_destination %0#0 in restrict writable %last : (tensor<6xf32>, memref<6xf32>) -> ()
  bufferization.materialize_in_destination %0#1 in restrict writable %rows : (tensor<5x6xf32>, memref<5x6xf32>) -> ()
  return
}

// -----

// A product keeps a tile of its result in registers, eight rows of two vectors
// here; its second operand is transposed once, in front of the loop. Both need
// more room than the stack has, in one more result of the dispatch.
// CHECK: func.func @dense()
// CHECK: %[[SCRATCH:.*]] = "hal.interface.binding.subspan"(%{{.*}}) <{binding = 3 : index, layout
// CHECK-SAME: memref<18432xi8>
// CHECK-DAG: memref.view %[[SCRATCH]][%{{.*}}][] : memref<18432xi8> to memref<64x64xf32>
// CHECK: vector.from_elements
// CHECK: scf.for
// CHECK: %{{.*}}:16 = scf.for
// CHECK-COUNT-16: arith.mulf
// CHECK: scf.yield
// CHECK-LABEL: func.func @call
// CHECK: "flow.dispatch"(%arg0, %arg1) <{entry_points = [@dense::@dense], operandSegmentSizes = array<i32: 0, 2, 0, 0>, tied_operands = [-1 : index, -1 : index]}>
// CHECK-SAME: -> (tensor<8x64xf32>, tensor<18432xi8>)
func.func private @dense(%h: memref<8x64xf32>, %weights: memref<64x64xf32>, %last: memref<8x64xf32>)
    attributes {xform.kernel = 1 : i64} {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %count = arith.constant 5 : index
  %nought = arith.constant 0.0 : f32
  %init = bufferization.to_tensor %h restrict : memref<8x64xf32> to tensor<8x64xf32>
  %w = bufferization.to_tensor %weights restrict : memref<64x64xf32> to tensor<64x64xf32>
  %home = bufferization.to_tensor %last restrict writable : memref<8x64xf32> to tensor<8x64xf32>
  %first = linalg.copy ins(%init : tensor<8x64xf32>) outs(%home : tensor<8x64xf32>) -> tensor<8x64xf32>
  %0 = scf.for %i = %zero to %count step %one iter_args(%c = %first) -> tensor<8x64xf32> {
    %empty = tensor.empty() : tensor<8x64xf32>
    %fill = linalg.fill ins(%nought : f32) outs(%empty : tensor<8x64xf32>) -> tensor<8x64xf32>
    %1 = linalg.generic {
        indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
        iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%c, %w : tensor<8x64xf32>, tensor<64x64xf32>) outs(%fill : tensor<8x64xf32>) {
    ^bb0(%a: f32, %b: f32, %out: f32):
      %2 = arith.mulf %a, %b : f32
      %3 = arith.addf %out, %2 : f32
      linalg.yield %3 : f32
    } -> tensor<8x64xf32>
    scf.yield %1 : tensor<8x64xf32>
  }
  bufferization.materialize_in_destination %0 in restrict writable %last : (tensor<8x64xf32>, memref<8x64xf32>) -> ()
  return
}
func.func @call(%h: tensor<8x64xf32>, %w: tensor<64x64xf32>) -> tensor<8x64xf32> {
  %0 = "flow.dispatch"(%h, %w) <{entry_points = [@dense::@dense], operandSegmentSizes = array<i32: 0, 2, 0, 0>, tied_operands = [-1 : index]}>
      : (tensor<8x64xf32>, tensor<64x64xf32>) -> tensor<8x64xf32>
  return %0 : tensor<8x64xf32>
}

// -----

// A pad is a copy into a filled buffer.
// CHECK-LABEL: func.func @padded
// CHECK: %[[FILLED:.*]] = memref.alloca() : memref<6xf32>
// CHECK: scf.for
// CHECK: vector.store %{{.*}}, %[[FILLED]]
// CHECK: memref.subview %[[FILLED]][2] [4] [1]
func.func private @padded(%h: memref<4xf32>, %last: memref<6xf32>) attributes {xform.kernel = 1 : i64} {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %count = arith.constant 5 : index
  %nought = arith.constant 0.0 : f32
  %x = bufferization.to_tensor %h restrict : memref<4xf32> to tensor<4xf32>
  %home = bufferization.to_tensor %last restrict writable : memref<6xf32> to tensor<6xf32>
  %first = linalg.fill ins(%nought : f32) outs(%home : tensor<6xf32>) -> tensor<6xf32>
  %0 = scf.for %i = %zero to %count step %one iter_args(%c = %first) -> tensor<6xf32> {
    %wide = tensor.pad %x low[2] high[0] {
    ^bb0(%j: index):
      tensor.yield %nought : f32
    } : tensor<4xf32> to tensor<6xf32>
    %empty = tensor.empty() : tensor<6xf32>
    %1 = linalg.add ins(%c, %wide : tensor<6xf32>, tensor<6xf32>) outs(%empty : tensor<6xf32>) -> tensor<6xf32>
    scf.yield %1 : tensor<6xf32>
  }
  bufferization.materialize_in_destination %0 in restrict writable %last : (tensor<6xf32>, memref<6xf32>) -> ()
  return
}
func.func @call_padded(%h: tensor<4xf32>) -> tensor<6xf32> {
  %0 = "flow.dispatch"(%h) <{entry_points = [@padded::@padded], operandSegmentSizes = array<i32: 0, 1, 0, 0>, tied_operands = [-1 : index]}>
      : (tensor<4xf32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}
