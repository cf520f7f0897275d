// RUN: xform-opt --xform-cpu-loops %s | FileCheck %s

// Buffers that are not needed at the same time share their place.
// CHECK-LABEL: func.func @chain(
// CHECK-SAME: %[[MEMORY:[a-z0-9]+]]: memref<8192xi8>) attributes {xform.scratch = 8192 : i64}
// CHECK: %[[A:.*]] = arith.constant 0 : index
// CHECK-NEXT: memref.view %[[MEMORY]][%[[A]]][]
// CHECK: %[[B:.*]] = arith.constant 4096 : index
// CHECK-NEXT: memref.view %[[MEMORY]][%[[B]]][]
// CHECK: %[[C:.*]] = arith.constant 0 : index
// CHECK-NEXT: memref.view %[[MEMORY]][%[[C]]][]
// CHECK-NOT: memref.alloca
// What is seen through a view is in use.
// CHECK-LABEL: func.func @views(
// CHECK-SAME: memref<8192xi8>)
func.func @chain(%x: memref<1024xf32>, %r: memref<1024xf32>) {
  %a = memref.alloca() : memref<1024xf32>
  %b = memref.alloca() : memref<1024xf32>
  %c = memref.alloca() : memref<1024xf32>
  linalg.add ins(%x, %x : memref<1024xf32>, memref<1024xf32>) outs(%a : memref<1024xf32>)
  linalg.add ins(%a, %a : memref<1024xf32>, memref<1024xf32>) outs(%b : memref<1024xf32>)
  linalg.add ins(%b, %b : memref<1024xf32>, memref<1024xf32>) outs(%c : memref<1024xf32>)
  linalg.add ins(%c, %c : memref<1024xf32>, memref<1024xf32>) outs(%r : memref<1024xf32>)
  return
}

func.func @views(%x: memref<1024xf32>, %r: memref<512xf32>) {
  %a = memref.alloca() : memref<1024xf32>
  %b = memref.alloca() : memref<1024xf32>
  linalg.add ins(%x, %x : memref<1024xf32>, memref<1024xf32>) outs(%a : memref<1024xf32>)
  %half = memref.subview %a[512] [512] [1] : memref<1024xf32> to memref<512xf32, strided<[1], offset: 512>>
  linalg.add ins(%x, %x : memref<1024xf32>, memref<1024xf32>) outs(%b : memref<1024xf32>)
  %other = memref.subview %b[0] [512] [1] : memref<1024xf32> to memref<512xf32, strided<[1]>>
  linalg.add ins(%half, %other : memref<512xf32, strided<[1], offset: 512>>, memref<512xf32, strided<[1]>>) outs(%r : memref<512xf32>)
  return
}
