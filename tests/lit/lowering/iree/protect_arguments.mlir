// RUN: xform-opt %s --xform-to-linalg --xform-protect-arguments | FileCheck %s

// What belongs to the caller is copied, by a loop that IREE cannot fold away.
// CHECK-LABEL: func @argument
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>, %{{.*}}: tensor<5x1xi32>
// CHECK: %[[TRUE:.*]] = arith.constant true
// CHECK: %[[HIDDEN:.*]] = "util.optimization_barrier"(%[[TRUE]]) : (i1) -> i1
// CHECK: %[[COPY:.*]] = linalg.generic {{.*}}"parallel"{{.*}} ins(%[[X]] : tensor<4xf32>)
// CHECK: arith.select %[[HIDDEN]]
// CHECK: "iree_linalg_ext.scatter"(%{{.*}}, %{{.*}}, %[[COPY]])
func.func @argument(%x: tensor<4xf32>, %i: tensor<5x1xi32>, %u: tensor<5xf32>) -> tensor<4xf32> {
  %0 = xform.scatter_add %x, %i, %u axes = [0] batch = [] x [] window = [] mode = "clip" unique = false : tensor<4xf32>, tensor<5x1xi32>, tensor<5xf32>
  return %0 : tensor<4xf32>
}

// What the program makes is its own, and IREE copies constants itself.
// CHECK-LABEL: func @own
// CHECK-NOT: util.optimization_barrier
func.func @own(%x: tensor<4x3xf32>, %i: tensor<5x1xi32>, %u: tensor<5xf32>, %row: tensor<1xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %0 = xform.reduce_sum %x axes = [1] : tensor<4x3xf32>
  %1 = xform.scatter_add %0, %i, %u axes = [0] batch = [] x [] window = [] mode = "clip" unique = false : tensor<4xf32>, tensor<5x1xi32>, tensor<5xf32>
  %2 = xform.scatter_mul %1, %i, %u axes = [0] batch = [] x [] window = [] mode = "clip" unique = false : tensor<4xf32>, tensor<5x1xi32>, tensor<5xf32>
  %3 = xform.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %4 = xform.scatter_max %3, %i, %u axes = [0] batch = [] x [] window = [] mode = "clip" unique = false : tensor<4xf32>, tensor<5x1xi32>, tensor<5xf32>
  %5 = xform.concatenate %row, %u axis = 0 : tensor<1xf32>, tensor<5xf32>
  %6 = tensor.extract_slice %5[0] [4] [1] : tensor<6xf32> to tensor<4xf32>
  %7 = xform.scatter_add %6, %i, %u axes = [0] batch = [] x [] window = [] mode = "clip" unique = false : tensor<4xf32>, tensor<5x1xi32>, tensor<5xf32>
  return %2, %4, %7 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// For IREE a column is the row that it was made of, and so is a sum of one row.
// CHECK-LABEL: func @moved
// CHECK: %[[COLUMN:.*]] = linalg.generic {{.*}} ins(%arg0 : tensor<1x4xf32>)
// CHECK: %[[LINE:.*]] = tensor.collapse_shape %[[COLUMN]]
// CHECK: %[[COPY:.*]] = linalg.generic {{.*}} ins(%[[LINE]] : tensor<4xf32>)
// CHECK: "iree_linalg_ext.scatter"(%{{.*}}, %{{.*}}, %[[COPY]])
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}}"reduction"{{.*}} ins(%arg0 : tensor<1x4xf32>)
// CHECK: %[[COPIED_SUM:.*]] = linalg.generic {{.*}} ins(%[[SUM]] : tensor<4xf32>)
// CHECK: "iree_linalg_ext.scatter"(%{{.*}}, %{{.*}}, %[[COPIED_SUM]])
func.func @moved(%x: tensor<1x4xf32>, %i: tensor<5x1xi32>, %u: tensor<5x1xf32>, %v: tensor<5xf32>) -> (tensor<4x1xf32>, tensor<4xf32>) {
  %0 = xform.transpose %x permutation = [1, 0] : tensor<1x4xf32>
  %1 = xform.scatter_add %0, %i, %u axes = [0] batch = [] x [] window = [1] mode = "clip" unique = false : tensor<4x1xf32>, tensor<5x1xi32>, tensor<5x1xf32>
  %2 = xform.reduce_sum %x axes = [0] : tensor<1x4xf32>
  %3 = xform.scatter_add %2, %i, %v axes = [0] batch = [] x [] window = [] mode = "clip" unique = false : tensor<4xf32>, tensor<5x1xi32>, tensor<5xf32>
  return %1, %3 : tensor<4x1xf32>, tensor<4xf32>
}

// A view lies in the memory of what it shows; so does what a barrier lets through.
// CHECK-LABEL: func @views
// CHECK: %[[VIEW:.*]] = tensor.collapse_shape
// CHECK: %[[FIRST:.*]] = linalg.generic {{.*}} ins(%[[VIEW]] : tensor<4xf32>)
// CHECK: "iree_linalg_ext.scatter"(%{{.*}}, %{{.*}}, %[[FIRST]])
// CHECK: %[[THROUGH:.*]] = "util.optimization_barrier"(%arg3)
// CHECK: %[[SECOND:.*]] = linalg.generic {{.*}} ins(%[[THROUGH]] : tensor<4xf32>)
// CHECK: tensor.insert_slice %{{.*}} into %[[SECOND]]
func.func @views(%x: tensor<2x2xf32>, %i: tensor<5x1xi32>, %u: tensor<5xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = xform.reshape %x : tensor<2x2xf32> to tensor<4xf32>
  %1 = xform.scatter_add %0, %i, %u axes = [0] batch = [] x [] window = [] mode = "clip" unique = false : tensor<4xf32>, tensor<5x1xi32>, tensor<5xf32>
  %2 = "util.optimization_barrier"(%y) : (tensor<4xf32>) -> tensor<4xf32>
  %3 = tensor.extract_slice %1[1] [2] [1] : tensor<4xf32> to tensor<2xf32>
  %4 = tensor.insert_slice %3 into %2[1] [2] [1] : tensor<2xf32> into tensor<4xf32>
  return %1, %4 : tensor<4xf32>, tensor<4xf32>
}

// A loop gets a copy to begin with, not one in each turn.
// CHECK-LABEL: func @loops
// CHECK: %[[FOR:.*]] = linalg.generic {{.*}} ins(%arg0 : tensor<?xf32>)
// CHECK: scf.for {{.*}} iter_args(%[[CARRIED:.*]] = %[[FOR]])
// CHECK-NEXT: tensor.insert_slice %{{.*}} into %[[CARRIED]]
// CHECK: %[[WHILE:.*]] = linalg.generic {{.*}} ins(%arg1 : tensor<4xf32>)
// CHECK: scf.while (%{{.*}} = %[[WHILE]])
// CHECK-NOT: util.optimization_barrier
// CHECK: return
func.func @loops(%x: tensor<?xf32>, %y: tensor<4xf32>, %u: tensor<1xf32>, %n: index) -> (tensor<?xf32>, tensor<4xf32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %0 = scf.for %k = %zero to %n step %one iter_args(%c = %x) -> tensor<?xf32> {
    %2 = tensor.insert_slice %u into %c[%k] [1] [1] : tensor<1xf32> into tensor<?xf32>
    scf.yield %2 : tensor<?xf32>
  }
  %1 = scf.while (%c = %y) : (tensor<4xf32>) -> tensor<4xf32> {
    %2 = tensor.extract %c[%zero] : tensor<4xf32>
    %limit = arith.constant 1.0 : f32
    %3 = arith.cmpf olt, %2, %limit : f32
    scf.condition(%3) %c : tensor<4xf32>
  } do {
  ^bb0(%c: tensor<4xf32>):
    %2 = tensor.insert_slice %u into %c[%n] [1] [1] : tensor<1xf32> into tensor<4xf32>
    scf.yield %2 : tensor<4xf32>
  }
  return %0, %1 : tensor<?xf32>, tensor<4xf32>
}

// What a loop reads anew in each turn, it also copies in each.
// CHECK-LABEL: func @read_in_a_loop
// CHECK: scf.for
// CHECK: %[[COPY:.*]] = linalg.generic {{.*}} ins(%arg0 : tensor<4xf32>)
// CHECK: tensor.insert_slice %{{.*}} into %[[COPY]]
func.func @read_in_a_loop(%x: tensor<4xf32>, %n: index) -> tensor<4xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %init = tensor.empty() : tensor<4xf32>
  %0 = scf.for %k = %zero to %n step %one iter_args(%c = %init) -> tensor<4xf32> {
    %1 = tensor.extract_slice %c[1] [2] [1] : tensor<4xf32> to tensor<2xf32>
    %2 = tensor.insert_slice %1 into %x[0] [2] [1] : tensor<2xf32> into tensor<4xf32>
    scf.yield %2 : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// Rows of arguments that a loop stacks are copied into what it made.
// CHECK-LABEL: func @stacked
// CHECK-NOT: util.optimization_barrier
// CHECK: return
func.func @stacked(%x: tensor<?x3xf32>, %n: index) -> tensor<?x3xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %init = tensor.empty(%n) : tensor<?x3xf32>
  %0 = scf.for %k = %zero to %n step %one iter_args(%c = %init) -> tensor<?x3xf32> {
    %1 = tensor.extract_slice %x[%k, 0] [1, 3] [1, 1] : tensor<?x3xf32> to tensor<3xf32>
    %2 = tensor.insert_slice %1 into %c[%k, 0] [1, 3] [1, 1] : tensor<3xf32> into tensor<?x3xf32>
    scf.yield %2 : tensor<?x3xf32>
  }
  return %0 : tensor<?x3xf32>
}

// Only the branch that returns the argument copies it.
// CHECK-LABEL: func @branches
// CHECK: %[[CHOICE:.*]] = scf.if
// CHECK: %[[COPY:.*]] = linalg.generic {{.*}} ins(%arg1 : tensor<4xf32>)
// CHECK: scf.yield %[[COPY]]
// CHECK: } else {
// CHECK-NOT: util.optimization_barrier
// CHECK: tensor.insert_slice %{{.*}} into %[[CHOICE]]
func.func @branches(%p: i1, %x: tensor<4xf32>, %u: tensor<1xf32>, %y: tensor<4x3xf32>) -> tensor<4xf32> {
  %0 = scf.if %p -> tensor<4xf32> {
    scf.yield %x : tensor<4xf32>
  } else {
    %2 = xform.reduce_sum %y axes = [1] : tensor<4x3xf32>
    scf.yield %2 : tensor<4xf32>
  }
  %1 = tensor.insert_slice %u into %0[0] [1] [1] : tensor<1xf32> into tensor<4xf32>
  return %1 : tensor<4xf32>
}

// CHECK-LABEL: func @selected
// CHECK: %[[CHOICE:.*]] = arith.select %arg0, %arg1, %{{.*}} : tensor<4xf32>
// CHECK: %[[COPY:.*]] = linalg.generic {{.*}} ins(%[[CHOICE]] : tensor<4xf32>)
// CHECK: tensor.insert_slice %{{.*}} into %[[COPY]]
func.func @selected(%p: i1, %x: tensor<4xf32>, %u: tensor<1xf32>) -> tensor<4xf32> {
  %0 = arith.constant dense<0.0> : tensor<4xf32>
  %1 = arith.select %p, %x, %0 : tensor<4xf32>
  %2 = tensor.insert_slice %u into %1[0] [1] [1] : tensor<1xf32> into tensor<4xf32>
  return %2 : tensor<4xf32>
}
