// RUN: xform-opt --xform-cpu-split=most-ops=8 %s | FileCheck %s

// A part gets the buffers that it needs, and computes views for itself.
// CHECK-LABEL: func.func @long(
// CHECK-SAME: %[[X:.*]]: memref<4x4xf32>, %[[AT:.*]]: memref<index>, %[[R:.*]]: memref<4xf32>)
// CHECK: %[[BETWEEN:.*]] = memref.alloca() : memref<4xf32>
// CHECK: call @[[FIRST:.*part.*]](%[[X]], %[[BETWEEN]]) : (memref<4x4xf32>, memref<4xf32>) -> ()
// What others read stays.
// CHECK: %[[PLACE:.*]] = memref.load %[[AT]][]
// CHECK: call @[[SECOND:.*part.*]](%[[BETWEEN]], %[[X]], %[[PLACE]], %[[R]])
// CHECK: return
// CHECK: func.func private @[[FIRST]](%[[X1:.*]]: memref<4x4xf32>, %[[B1:.*]]: memref<4xf32>) {
// CHECK: %[[ROW:.*]] = memref.subview %[[X1]][1, 0]
// CHECK: linalg.add
// CHECK: linalg.add
// CHECK: func.func private @[[SECOND]](
// CHECK: memref.subview %{{.*}}[%{{.*}}, 0]
// CHECK: linalg.mul
func.func @long(%x: memref<4x4xf32>, %at: memref<index>, %r: memref<4xf32>) {
  %between = memref.alloca() : memref<4xf32>
  %row = memref.subview %x[1, 0] [1, 4] [1, 1] : memref<4x4xf32> to memref<4xf32, strided<[1], offset: 4>>
  linalg.add ins(%row, %row : memref<4xf32, strided<[1], offset: 4>>, memref<4xf32, strided<[1], offset: 4>>) outs(%between : memref<4xf32>)
  linalg.add ins(%between, %between : memref<4xf32>, memref<4xf32>) outs(%between : memref<4xf32>)
  %place = memref.load %at[] : memref<index>
  %other = memref.subview %x[%place, 0] [1, 4] [1, 1] : memref<4x4xf32> to memref<4xf32, strided<[1], offset: ?>>
  linalg.add ins(%between, %between : memref<4xf32>, memref<4xf32>) outs(%between : memref<4xf32>)
  linalg.mul ins(%between, %other : memref<4xf32>, memref<4xf32, strided<[1], offset: ?>>) outs(%r : memref<4xf32>)
  return
}
