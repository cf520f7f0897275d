// RUN: xform-opt %s --xform-split-derivative="function=f argnums=0" | FileCheck %s --check-prefix=PULL
// RUN: xform-opt %s --xform-split-derivative="function=f argnums=0,1 results=0 transpose=false" | FileCheck %s --check-prefix=PUSH
// RUN: not xform-opt %s --xform-split-derivative="function=g argnums=0" 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not xform-opt %s --xform-split-derivative="function=f argnums=7" 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: not xform-opt %s --xform-split-derivative="function=f argnums=2" 2>&1 | FileCheck %s --check-prefix=INT
// RUN: not xform-opt %s --xform-split-derivative="function=f argnums=0 results=1" 2>&1 | FileCheck %s --check-prefix=RESULT

// The forward pass runs once and hands on the cosine; the arguments that the
// derivative reads are not returned.

// PULL-LABEL: func.func @f.forward(
// PULL-SAME: %[[X:.*]]: tensor<3xf64>, %[[W:.*]]: tensor<3xf64>, %[[N:.*]]: tensor<3xi32>)
// PULL-DAG: %[[SIN:.*]] = xform.sin %[[X]]
// PULL-DAG: %[[COS:.*]] = xform.cos %[[X]]
// PULL-DAG: %[[Y:.*]] = xform.mul %[[SIN]], %[[W]]
// PULL: return %[[Y]], %{{.*}}, %[[W]], %[[COS]] : tensor<3xf64>, tensor<3xi32>, tensor<3xf64>, tensor<3xf64>

// PULL-LABEL: func.func @f.pullback(
// PULL-SAME: %{{.*}}: tensor<3xf64>, %[[W:.*]]: tensor<3xf64>, %{{.*}}: tensor<3xi32>, %[[COS:.*]]: tensor<3xf64>, %[[CT:.*]]: tensor<3xf64>, %{{.*}}: tensor<3xf64>) -> tensor<3xf64>
// PULL-NEXT: %[[SCALED:.*]] = xform.mul %[[CT]], %[[W]]
// PULL-NEXT: %[[GX:.*]] = xform.mul %[[SCALED]], %[[COS]]
// PULL-NEXT: return %[[GX]]

// PUSH-LABEL: func.func @f.pushforward(
// PUSH-SAME: %[[SIN:[a-z0-9]+]]: tensor<3xf64>, %[[COS:[a-z0-9]+]]: tensor<3xf64>, %[[DX:[a-z0-9]+]]: tensor<3xf64>, %[[DW:[a-z0-9]+]]: tensor<3xf64>) -> tensor<3xf64>
// PUSH-NOT: xform.sin
// PUSH: xform.add
// PUSH-NEXT: return

// NONE: error: has no function @g with a body
// RANGE: error: has no argument 7
// INT: error: cannot be differentiated by argument 2, which is not floating
// RESULT: error: has no floating result 1

func.func @f(%x: tensor<3xf64>, %w: tensor<3xf64>, %n: tensor<3xi32>)
    -> (tensor<3xf64>, tensor<3xi32>, tensor<3xf64>) {
  %s = xform.sin %x : tensor<3xf64>
  %y = xform.mul %s, %w : tensor<3xf64>
  %i = xform.add %n, %n : tensor<3xi32>
  return %y, %i, %w : tensor<3xf64>, tensor<3xi32>, tensor<3xf64>
}
