// RUN: xform-opt %s --split-input-file --verify-diagnostics

func.func @elements(%x: tensor<2x3x8xf32>, %w: tensor<4x3x3xf64>) {
  // expected-error @+1 {{conv: operands have different elements, 'tensor<2x3x8xf32>' and 'tensor<4x3x3xf64>'}}
  %0 = xform.conv %x, %w strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x3x8xf32>, tensor<4x3x3xf64>
  return
}

// -----

func.func @ranks(%x: tensor<2x3x8xf32>, %w: tensor<4x3xf32>) {
  // expected-error @+1 {{conv: windows over 1 axes need lhs and rhs of one rank of at least 3, got 'tensor<2x3x8xf32>' and 'tensor<4x3xf32>'}}
  %0 = xform.conv %x, %w strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x3x8xf32>, tensor<4x3xf32>
  return
}

// -----

func.func @channels(%x: tensor<2x3x8xf32>, %w: tensor<4x2x3xf32>) {
  // expected-error @+1 {{conv: input channel axis 1 of lhs, 'tensor<2x3x8xf32>', and of rhs, 'tensor<4x2x3xf32>', have sizes 3 and 2}}
  %0 = xform.conv %x, %w strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x3x8xf32>, tensor<4x2x3xf32>
  return
}

// -----

func.func @groups(%x: tensor<5x2x3x8xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{conv: group axis 0 of lhs, 'tensor<5x2x3x8xf32>', and of rhs, 'tensor<6x4x3x3xf32>', have sizes 5 and 6}}
  %0 = xform.conv %x, %w strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<5x2x3x8xf32>, tensor<6x4x3x3xf32>
  return
}

// -----

func.func @unknown_window(%x: tensor<2x3x8xf32>, %w: tensor<4x3x?xf32>) {
  // expected-error @+1 {{conv: axis 2 of rhs, 'tensor<4x3x?xf32>', is of windows and needs a static size}}
  %0 = xform.conv %x, %w strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x3x8xf32>, tensor<4x3x?xf32>
  return
}

// -----

func.func @unknown_line(%x: tensor<2x3x?xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error @+1 {{conv: axis 2 of 'tensor<2x3x?xf32>' has windows and needs a static size}}
  %0 = xform.conv %x, %w strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x3x?xf32>, tensor<4x3x3xf32>
  return
}

// -----

func.func @empty_window(%x: tensor<2x3x8xf32>, %w: tensor<4x3x0xf32>) {
  // expected-error @+1 {{conv: window[0] must be positive, got 0}}
  %0 = xform.conv %x, %w strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x3x8xf32>, tensor<4x3x0xf32>
  return
}

// -----

func.func @too_large(%x: tensor<2x3x2xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error @+1 {{conv: a window of extent 5 does not fit into axis 2 of 'tensor<2x3x2xf32>', which has size 4 with its padding}}
  %0 = xform.conv %x, %w strides = [1] low = [1] high = [1] base_dilation = [1] window_dilation = [2] : tensor<2x3x2xf32>, tensor<4x3x3xf32>
  return
}

// -----

func.func @cut_away(%x: tensor<2x3x2xf32>, %w: tensor<4x3x1xf32>) {
  // expected-error @+1 {{conv: axis 2 of 'tensor<2x3x2xf32>' cannot be padded by -2 and -1}}
  %0 = xform.conv %x, %w strides = [1] low = [-2] high = [-1] base_dilation = [1] window_dilation = [1] : tensor<2x3x2xf32>, tensor<4x3x1xf32>
  return
}

// -----

func.func @entries(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{reduce_window_sum: low needs 1 entries, one for each of strides, got 2}}
  %0 = xform.reduce_window_sum %x window = [2] strides = [1] low = [0, 0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x8xf32>
  return
}

// -----

func.func @no_stride(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{reduce_window_max: strides[0] must be positive, got 0}}
  %0 = xform.reduce_window_max %x window = [2] strides = [0] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x8xf32>
  return
}

// -----

func.func @no_dilation(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{reduce_window_min: base_dilation[0] must be positive, got -1}}
  %0 = xform.reduce_window_min %x window = [2] strides = [1] low = [0] high = [0] base_dilation = [-1] window_dilation = [1] : tensor<2x8xf32>
  return
}

// -----

func.func @rank(%x: tensor<8xf32>) {
  // expected-error @+1 {{window_argmax: 2 axes of windows need an operand of at least as many axes, got rank 1}}
  %0 = xform.window_argmax %x window = [2, 2] strides = [1, 1] low = [0, 0] high = [0, 0] base_dilation = [1, 1] window_dilation = [1, 1] : tensor<8xf32>
  return
}

// -----

func.func @window(%x: tensor<1xf32>) {
  // expected-error @+1 {{window_argmin: a window of extent 2 does not fit into axis 0 of 'tensor<1xf32>', which has size 1 with its padding}}
  %0 = xform.window_argmin %x window = [2] strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<1xf32>
  return
}

// -----

func.func @index_shape(%x: tensor<2x8xf32>, %i: tensor<2x8xi32>) {
  // expected-error @+1 {{window_gather: index needs the shape [2, 7] of the windows, got 'tensor<2x8xi32>'}}
  %0 = xform.window_gather %x at %i window = [2] strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x8xf32>, tensor<2x8xi32>
  return
}

// -----

func.func @index_type(%x: tensor<2x8xf32>, %i: tensor<2x7xi64>) {
  // expected-error @+1 {{'xform.window_gather' op operand #1 must be ranked tensor of 32-bit signless integer values, but got 'tensor<2x7xi64>'}}
  %0 = xform.window_gather %x at %i window = [2] strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x8xf32>, tensor<2x7xi64>
  return
}

// -----

func.func @scatter_shape(%x: tensor<2x6xf32>, %i: tensor<2x6xi32>) {
  // expected-error @+1 {{window_scatter: x needs the shape [2, 7] of the windows, got 'tensor<2x6xf32>'}}
  %0 = xform.window_scatter %x at %i into [8] window = [2] strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x6xf32>, tensor<2x6xi32>
  return
}

// -----

func.func @scatter_index(%x: tensor<2x7xf32>, %i: tensor<2x6xi32>) {
  // expected-error @+1 {{window_scatter: index needs the shape [2, 7] of the windows, got 'tensor<2x6xi32>'}}
  %0 = xform.window_scatter %x at %i into [8] window = [2] strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x7xf32>, tensor<2x6xi32>
  return
}

// -----

func.func @scatter_sizes(%x: tensor<2x7xf32>, %i: tensor<2x7xi32>) {
  // expected-error @+1 {{window_scatter: sizes needs 1 entries that are not negative, got [8, 8]}}
  %0 = xform.window_scatter %x at %i into [8, 8] window = [2] strides = [1] low = [0] high = [0] base_dilation = [1] window_dilation = [1] : tensor<2x7xf32>, tensor<2x7xi32>
  return
}
