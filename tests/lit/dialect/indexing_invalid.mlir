// RUN: xform-opt %s --split-input-file --verify-diagnostics

func.func @axis(%x: tensor<4x3xf32>, %i: tensor<5x1xi32>) {
  // expected-error @+1 {{gather: axes [2] and batch [] must name different axes of 'tensor<4x3xf32>', at least one of them in axes}}
  %0 = xform.gather %x, %i axes = [2] batch = [] x [] window = [1] mode = "clip" unique = false : tensor<4x3xf32>, tensor<5x1xi32>
  return
}

// -----

func.func @axis_twice(%x: tensor<4x3xf32>, %i: tensor<5x1xi32>) {
  // expected-error @+1 {{gather: axes [0] and batch [0] must name different axes}}
  %0 = xform.gather %x, %i axes = [0] batch = [0] x [0] window = [1] mode = "clip" unique = false : tensor<4x3xf32>, tensor<5x1xi32>
  return
}

// -----

func.func @vectors(%x: tensor<4x3xf32>, %i: tensor<5x2xi32>) {
  // expected-error @+1 {{gather: indices needs a last axis of size 1, an entry for each indexed axis, got 'tensor<5x2xi32>'}}
  %0 = xform.gather %x, %i axes = [0] batch = [] x [] window = [1] mode = "clip" unique = false : tensor<4x3xf32>, tensor<5x2xi32>
  return
}

// -----

func.func @batch_axes(%x: tensor<4x3xf32>, %i: tensor<5x1xi32>) {
  // expected-error @+1 {{gather: the batch axes [1] of indices must be 1 different axes before the last of 'tensor<5x1xi32>'}}
  %0 = xform.gather %x, %i axes = [0] batch = [1] x [1] window = [] mode = "clip" unique = false : tensor<4x3xf32>, tensor<5x1xi32>
  return
}

// -----

func.func @batch_size(%x: tensor<4x3xf32>, %i: tensor<5x1xi32>) {
  // expected-error @+1 {{gather: batch axis 0 of 'tensor<5x1xi32>' must have the size of axis 1 of 'tensor<4x3xf32>'}}
  %0 = xform.gather %x, %i axes = [0] batch = [1] x [0] window = [] mode = "clip" unique = false : tensor<4x3xf32>, tensor<5x1xi32>
  return
}

// -----

func.func @window(%x: tensor<4x3xf32>, %i: tensor<5x1xi32>) {
  // expected-error @+1 {{gather: window [2] must be 1 increasing axes of 2}}
  %0 = xform.gather %x, %i axes = [0] batch = [] x [] window = [2] mode = "clip" unique = false : tensor<4x3xf32>, tensor<5x1xi32>
  return
}

// -----

func.func @mode(%x: tensor<4x3xf32>, %i: tensor<5x1xi32>) {
  // expected-error @+1 {{gather: mode must be clip or drop, got "wrap"}}
  %0 = xform.gather %x, %i axes = [0] batch = [] x [] window = [1] mode = "wrap" unique = false : tensor<4x3xf32>, tensor<5x1xi32>
  return
}

// -----

func.func @empty(%x: tensor<0x3xf32>, %i: tensor<5x1xi32>) {
  // expected-error @+1 {{gather: axis 0 of 'tensor<0x3xf32>' has no elements to read}}
  %0 = xform.gather %x, %i axes = [0] batch = [] x [] window = [1] mode = "clip" unique = false : tensor<0x3xf32>, tensor<5x1xi32>
  return
}

// -----

func.func @updates(%x: tensor<4x3xf32>, %i: tensor<5x1xi32>, %u: tensor<3x5xf32>) {
  // expected-error @+1 {{scatter_add: updates must be of type 'tensor<5x3xf32>', got 'tensor<3x5xf32>'}}
  %0 = xform.scatter_add %x, %i, %u axes = [0] batch = [] x [] window = [1] mode = "clip" unique = false : tensor<4x3xf32>, tensor<5x1xi32>, tensor<3x5xf32>
  return
}

// -----

func.func @starts(%x: tensor<4x3xf32>, %i: tensor<i32>) {
  // expected-error @+1 {{dynamic_slice: needs 2 starts for 'tensor<4x3xf32>', got 1}}
  %0 = xform.dynamic_slice %x at %i sizes = [2, 3] : tensor<4x3xf32>, tensor<i32>
  return
}

// -----

func.func @start(%x: tensor<4xf32>, %i: tensor<1xi32>) {
  // expected-error @+1 {{dynamic_slice: start 0 must be a scalar, got 'tensor<1xi32>'}}
  %0 = xform.dynamic_slice %x at %i sizes = [2] : tensor<4xf32>, tensor<1xi32>
  return
}

// -----

func.func @size(%x: tensor<4xf32>, %i: tensor<i32>) {
  // expected-error @+1 {{dynamic_slice: a slice of size 5 does not fit into axis 0 of 'tensor<4xf32>'}}
  %0 = xform.dynamic_slice %x at %i sizes = [5] : tensor<4xf32>, tensor<i32>
  return
}

// -----

func.func @sizes(%x: tensor<4xf32>, %i: tensor<i32>) {
  // expected-error @+1 {{dynamic_slice: needs 1 sizes for 'tensor<4xf32>', got 2}}
  %0 = xform.dynamic_slice %x at %i sizes = [2, 3] : tensor<4xf32>, tensor<i32>
  return
}

// -----

func.func @scalar(%x: tensor<f32>, %i: tensor<i32>) {
  // expected-error @+1 {{dynamic_slice: x must have an axis, got 'tensor<f32>'}}
  %0 = xform.dynamic_slice %x at %i sizes = [] : tensor<f32>, tensor<i32>
  return
}

// -----

func.func @update(%x: tensor<4xf32>, %u: tensor<2xf64>, %i: tensor<i32>) {
  // expected-error @+1 {{dynamic_update_slice: element type 'f64' of update must be that of x, 'f32'}}
  %0 = xform.dynamic_update_slice %x, %u at %i : tensor<4xf32>, tensor<2xf64>, tensor<i32>
  return
}

// -----

func.func @update_size(%x: tensor<4xf32>, %u: tensor<?xf32>, %i: tensor<i32>) {
  // expected-error @+1 {{dynamic_update_slice: update must have a static shape, got 'tensor<?xf32>'}}
  %0 = xform.dynamic_update_slice %x, %u at %i : tensor<4xf32>, tensor<?xf32>, tensor<i32>
  return
}
