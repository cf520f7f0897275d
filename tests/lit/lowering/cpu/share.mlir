// RUN: xform-opt --split-input-file --xform-cpu-share %s | FileCheck %s

// Operations after one another along the same axis make one loop, in which what
// they hand on is memory of the chunk. It runs for chunks, by whoever comes.
// CHECK-LABEL: func.func @rows(
// CHECK-SAME: %[[X:.*]]: memref<4096x512xf32>, %[[Y:.*]]: memref<4096x512xf32>) attributes {xform.team}
// CHECK: %[[OWN:.*]] = memref.alloca() : memref<[[ALL:[0-9]+]]xi8>
// CHECK: %[[TEAM:.*]] = memref.alloca() {xform.team} : memref<24xi64>
// CHECK: call @rows.chunks(%[[TEAM]], %[[OWN]], %[[X]], %[[Y]])
// CHECK-NEXT: return
// CHECK: func.func private @rows.chunk(%[[I:.*]]: index, %[[OWN1:.*]]: memref<[[ALL]]xi8>, %[[X1:.*]]: memref<4096x512xf32>, %[[Y1:.*]]: memref<4096x512xf32>)
// CHECK: scf.for %[[J:.*]] = %{{.*}} to %{{.*}} step %c4
// CHECK: %[[BEGIN:.*]] = arith.muli %[[I]], %c8192
// CHECK: %[[AT:.*]] = arith.addi %[[BEGIN]], %c0
// CHECK: memref.view %[[OWN1]][%[[AT]]][] : memref<[[ALL]]xi8> to memref<4x512xf32>
// CHECK: memref.subview %[[X1]][%[[J]], 0] [4, 512]
// CHECK: math.exp
// CHECK: memref.subview %[[Y1]][%[[J]], 0] [4, 512]
// CHECK: arith.mulf
// CHECK: func.func private @rows.chunks(memref<24xi64>, memref<[[ALL]]xi8>, memref<4096x512xf32>, memref<4096x512xf32>) attributes {xform.chunk = @rows.chunk, xform.chunks = 64 : i64}
#id = affine_map<(i, j) -> (i, j)>
#flip = affine_map<(i, j) -> (j, i)>
func.func @rows(%x: memref<4096x512xf32>, %y: memref<4096x512xf32>) {
  %e = memref.alloca() : memref<4096x512xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<4096x512xf32>) outs(%e : memref<4096x512xf32>) {
  ^bb0(%a: f32, %out: f32):
    %1 = math.exp %a : f32
    linalg.yield %1 : f32
  }
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%e, %x : memref<4096x512xf32>, memref<4096x512xf32>) outs(%y : memref<4096x512xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %1 = arith.mulf %a, %b : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// What reads all of what the one before writes comes after all of it.
// CHECK-LABEL: func.func @turned(
// CHECK: call @turned.chunks(
// CHECK: call @turned.chunks_{{.*}}(
#id = affine_map<(i, j) -> (i, j)>
#flip = affine_map<(i, j) -> (j, i)>
func.func @turned(%x: memref<1024x1024xf32>, %y: memref<1024x1024xf32>) {
  %e = memref.alloca() : memref<1024x1024xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<1024x1024xf32>) outs(%e : memref<1024x1024xf32>) {
  ^bb0(%a: f32, %out: f32):
    %1 = math.exp %a : f32
    linalg.yield %1 : f32
  }
  linalg.generic {indexing_maps = [#flip, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%e, %x : memref<1024x1024xf32>, memref<1024x1024xf32>) outs(%y : memref<1024x1024xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %1 = arith.mulf %a, %b : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// The sum of everything is the sum of what the chunks sum up, in their order.
// CHECK-LABEL: func.func @sum(
// CHECK-SAME: %[[X:.*]]: memref<4000003xf32>, %[[S:.*]]: memref<f32>)
// CHECK: %[[PARTS:.*]] = memref.alloca() : memref<[[COUNT:[0-9]+]]xf32>
// CHECK: call @sum.chunks(%{{.*}}, %[[PARTS]], %[[X]])
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction"]} ins(%[[PARTS]] : {{.*}}) outs(%[[S]] : memref<f32>)
// CHECK: arith.addf %{{.*}}, %{{.*}} : f32
// CHECK: func.func private @sum.chunk(%[[I:.*]]: index
// CHECK: %[[PART:.*]] = memref.subview %{{.*}}[%[[I]]] [1] [1]
// CHECK: linalg.fill ins(%{{.*}}) outs(%[[PART]] : memref<f32, strided<[], offset: ?>>)
// The last chunk has what is left over.
// CHECK: scf.if
// CHECK: memref.subview %{{.*}} [60739] [1]
#all = affine_map<(i) -> (i)>
#none = affine_map<(i) -> ()>
func.func @sum(%x: memref<4000003xf32>, %s: memref<f32>) {
  linalg.generic {indexing_maps = [#all, #none], iterator_types = ["reduction"]}
      ins(%x : memref<4000003xf32>) outs(%s : memref<f32>) {
  ^bb0(%a: f32, %out: f32):
    %1 = arith.addf %out, %a : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// Where an element stands is counted from the beginning of all chunks.
// CHECK-LABEL: func.func @count(
// CHECK: func.func private @count.chunk(
// CHECK: scf.for %[[J:.*]] =
// CHECK: %[[WITHIN:.*]] = linalg.index 0 : index
// CHECK: arith.addi %[[WITHIN]], %[[J]] : index
#all = affine_map<(i) -> (i)>
func.func @count(%x: memref<1048576xindex>) {
  linalg.generic {indexing_maps = [#all], iterator_types = ["parallel"]}
      outs(%x : memref<1048576xindex>) {
  ^bb0(%out: index):
    %1 = linalg.index 0 : index
    linalg.yield %1 : index
  }
  return
}

// -----

// Little work is left to one core.
// CHECK-LABEL: func.func @little(
// CHECK-NOT: chunk
#all = affine_map<(i) -> (i)>
func.func @little(%x: memref<4096xf32>, %y: memref<4096xf32>) {
  linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel"]}
      ins(%x : memref<4096xf32>) outs(%y : memref<4096xf32>) {
  ^bb0(%a: f32, %out: f32):
    %1 = arith.addf %a, %a : f32
    linalg.yield %1 : f32
  }
  return
}
