// RUN: xform-opt --split-input-file --xform-cpu-stop --canonicalize %s | FileCheck %s

// The word comes before the scratch memory; a while loop looks at it in each
// turn.
// CHECK-LABEL: func.func @until(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<f32>, %[[STOP:[a-z0-9]*]]: memref<16xi32>, %{{[a-z0-9]*}}: memref<64xi8>)
// CHECK-SAME: xform.stoppable
// CHECK: scf.while
// CHECK: %[[MORE:.*]] = arith.cmpf
// CHECK: %[[STOPPED:.*]] = func.call @xform_is_stopped(%[[STOP]])
// CHECK: %[[ON:.*]] = arith.xori %[[STOPPED]]
// CHECK: %[[BOTH:.*]] = arith.andi %[[MORE]], %[[ON]]
// CHECK: scf.condition(%[[BOTH]])
func.func @until(%x: memref<f32>, %scratch: memref<64xi8>) attributes {xform.scratch = 64 : i64} {
  %limit = arith.constant 3.0 : f32
  scf.while : () -> () {
    %v = memref.load %x[] : memref<f32>
    %more = arith.cmpf olt, %v, %limit : f32
    scf.condition(%more)
  } do {
    %v = memref.load %x[] : memref<f32>
    %sum = arith.addf %v, %v : f32
    memref.store %sum, %x[] : memref<f32>
    scf.yield
  }
  return
}
// CHECK: func.func private @xform_is_stopped(memref<16xi32>) -> i1

// -----

// A loop that takes long runs by parts of a known length; what it carries goes
// from part to part.
// CHECK-LABEL: func.func @counted(
// CHECK-SAME: %[[STOP:[a-z0-9]*]]: memref<16xi32>)
// CHECK-DAG: %[[PART:.*]] = arith.constant 250000 : index
// CHECK-DAG: %[[END:.*]] = arith.constant 1000000000 : index
// CHECK: scf.while (%[[I:.*]] = %{{.*}}, %[[C:.*]] = %{{.*}})
// CHECK: arith.cmpi slt, %[[I]], %[[END]]
// CHECK: func.call @xform_is_stopped(%[[STOP]])
// CHECK: ^bb0(%[[FROM:.*]]: index, %[[D:.*]]: f32):
// CHECK: %[[TO:.*]] = arith.addi %[[FROM]], %[[PART]]
// CHECK: %[[R:.*]] = scf.for %{{.*}} = %[[FROM]] to %[[TO]] step %{{.*}} iter_args(%{{.*}} = %[[D]])
// CHECK: scf.yield %[[TO]], %[[R]]
func.func @counted(%x: memref<f32>) attributes {xform.scratch = 0 : i64} {
  %begin = arith.constant 0 : index
  %end = arith.constant 1000000000 : index
  %step = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %r = scf.for %i = %begin to %end step %step iter_args(%c = %zero) -> f32 {
    %v = memref.load %x[] : memref<f32>
    %sum = arith.addf %c, %v : f32
    scf.yield %sum : f32
  }
  memref.store %r, %x[] : memref<f32>
  return
}

// -----

// A short one does not, and the function is as it was.
// CHECK-LABEL: func.func @short(
// CHECK-SAME: %{{[a-z0-9]*}}: memref<f32>) attributes {xform.scratch = 0 : i64} {
// CHECK-NOT: is_stopped
func.func @short(%x: memref<f32>) attributes {xform.scratch = 0 : i64} {
  %begin = arith.constant 0 : index
  %end = arith.constant 1000 : index
  %step = arith.constant 1 : index
  scf.for %i = %begin to %end step %step {
    %v = memref.load %x[] : memref<f32>
    %sum = arith.addf %v, %v : f32
    memref.store %sum, %x[] : memref<f32>
  }
  return
}

// -----

// Parts of a program, and chunks of its loops, look too, and are not called when
// it is too late.
// CHECK-LABEL: func.func @parts(
// CHECK-SAME: %[[X:[a-z0-9]*]]: memref<f32>, %[[STOP:[a-z0-9]*]]: memref<16xi32>, %[[TEAM:[a-z0-9]*]]: memref<64xi64>)
// CHECK: scf.if
// CHECK: func.call @chunks(%[[TEAM]], %[[X]], %[[STOP]])
func.func @parts(%x: memref<f32>, %team: memref<64xi64>) attributes {xform.scratch = 512 : i64} {
  call @chunks(%team, %x) : (memref<64xi64>, memref<f32>) -> ()
  return
}
// CHECK: func.func private @chunk(%{{.*}}: index, %{{.*}}: memref<f32>, %[[WORD:.*]]: memref<16xi32>)
// CHECK: scf.while
// CHECK: func.call @xform_is_stopped(%[[WORD]])
func.func private @chunk(%i: index, %x: memref<f32>) {
  %begin = arith.constant 0 : index
  %end = arith.constant 1000000000 : index
  %step = arith.constant 1 : index
  scf.for %j = %begin to %end step %step {
    %v = memref.load %x[] : memref<f32>
    %sum = arith.addf %v, %v : f32
    memref.store %sum, %x[] : memref<f32>
  }
  return
}
// CHECK: func.func private @chunks(memref<64xi64>, memref<f32>, memref<16xi32>)
func.func private @chunks(memref<64xi64>, memref<f32>) attributes {xform.chunks = 8 : i64, xform.chunk = @chunk}
