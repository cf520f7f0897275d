//===- Windows.td - convolutions and reductions over windows --------------===//

#ifndef XFORM_DIALECT_WINDOWS
#define XFORM_DIALECT_WINDOWS

include "dialect/Base.td"

def Xform_PlaceTensor : RankedTensorOf<[I32]>;

// The windows run over the last axes of an operand, as many as `strides` has
// entries; all axes before these are kept. So a batch is one more axis in
// front, and no rule moves elements. Along each of those axes,
// `base_dilation - 1` zeros (or identities of the reduction) come between the
// elements, `low` and `high` of them before and after (negative: elements are
// cut), and window `s` reads the elements `s * stride + k * window_dilation`.
class Xform_Window<string mnemonic>
    : Xform_Primitive<mnemonic, [InferTypeOpAdaptor]> {
  dag places = (ins DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$low,
                DenseI64ArrayAttr:$high, DenseI64ArrayAttr:$base_dilation,
                DenseI64ArrayAttr:$window_dilation);
  string placesFormat = [{
    `strides` `=` $strides `low` `=` $low `high` `=` $high
    `base_dilation` `=` $base_dilation `window_dilation` `=` $window_dilation
    attr-dict `:`
  }];
}

def Xform_ConvOp : Xform_Window<"conv"> {
  let summary = "a convolution: each window of lhs, multiplied by rhs and summed";
  let description = [{
    lhs is [group..., n, i, x...], rhs [group..., o, i, k...] and the result
    [group..., n, o, y...], with any number of group axes, also none: each group
    has a convolution of its own. Both derivatives are convolutions of this
    layout again, with axes exchanged.
  }];
  let arguments = !con((ins Xform_NumberTensor:$lhs, Xform_NumberTensor:$rhs), places);
  let results = (outs Xform_NumberTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs " # placesFormat # " type($lhs) `,` type($rhs)";
  let jvp = (Bilinear);
  let transpose = (Custom);
  let batching = (Custom);
  let work = (Custom);
}

class Xform_ReduceWindow<string mnemonic> : Xform_Window<mnemonic> {
  let arguments = !con((ins Xform_NumberTensor:$x, DenseI64ArrayAttr:$window), places);
  let results = (outs Xform_NumberTensor:$result);
  let assemblyFormat = "$x `window` `=` $window " # placesFormat # " type($x)";
  let batching = (ByElement);
  let work = (Windows);
}

def Xform_ReduceWindowSumOp : Xform_ReduceWindow<"reduce_window_sum"> {
  let summary = "the sum of the elements of each window";
  let jvp = (Linear);
  let transpose = (Custom);
  let hasFolder = 1;
}

// The tangent of the result is that of the element at window_argmax.
def Xform_ReduceWindowMaxOp : Xform_ReduceWindow<"reduce_window_max"> {
  let summary = "the largest element of each window; NaN if it has one";
  let jvp = (Custom);
  let transpose = (NotLinear);
  let hasFolder = 1;
}

def Xform_ReduceWindowMinOp : Xform_ReduceWindow<"reduce_window_min"> {
  let summary = "the smallest element of each window; NaN if it has one";
  let jvp = (Custom);
  let transpose = (NotLinear);
  let hasFolder = 1;
}

class Xform_WindowIndex<string mnemonic> : Xform_ReduceWindow<mnemonic> {
  let results = (outs Xform_PlaceTensor:$result);
  let description = [{
    Places count the window's elements in row-major order. A window that has no
    element of `x` in it has the place after the last.
  }];
  let jvp = (Zero);
  let transpose = (NotLinear);
}

def Xform_WindowArgmaxOp : Xform_WindowIndex<"window_argmax"> {
  let summary = "the place of the first largest element in each window, or of its last NaN";
}

def Xform_WindowArgminOp : Xform_WindowIndex<"window_argmin"> {
  let summary = "the place of the first smallest element in each window, or of its last NaN";
}

def Xform_WindowGatherOp : Xform_Window<"window_gather"> {
  let summary = "the element at a given place in each window; 0 where there is none";
  let arguments = !con((ins Xform_NumberTensor:$x, Xform_PlaceTensor:$index,
                        DenseI64ArrayAttr:$window), places);
  let results = (outs Xform_NumberTensor:$result);
  let assemblyFormat = [{
    $x `at` $index `window` `=` $window
  }] # placesFormat # " type($x) `,` type($index)";
  let jvp = (Linear);
  let linearOperands = ["x"];
  let transpose = (Custom);
  let batching = (ByElement);
  let work = (Movement);
}

def Xform_WindowScatterOp : Xform_Window<"window_scatter"> {
  let summary = "zeros, to which each window adds one element at a given place in it";
  let description = "`sizes` are those of the result along the axes of the windows.";
  let arguments = !con((ins Xform_NumberTensor:$x, Xform_PlaceTensor:$index,
                        DenseI64ArrayAttr:$sizes, DenseI64ArrayAttr:$window), places);
  let results = (outs Xform_NumberTensor:$result);
  let assemblyFormat = [{
    $x `at` $index `into` $sizes `window` `=` $window
  }] # placesFormat # " type($x) `,` type($index)";
  let jvp = (Linear);
  let linearOperands = ["x"];
  let transpose = (Custom);
  let batching = (ByElement);
  let work = (Movement);
}

#endif // XFORM_DIALECT_WINDOWS
