//===- Shape.td - primitives that move elements ---------------------------===//

#ifndef XFORM_DIALECT_SHAPE
#define XFORM_DIALECT_SHAPE

include "dialect/Base.td"

def Xform_ReshapeOp : Xform_Primitive<"reshape"> {
  let summary = "the same elements, in row-major order, in another shape";
  let arguments = (ins Xform_Tensor:$x);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($result)";
  let jvp = (Custom);
  let transpose = (Custom);
  let batching = (Custom);
  let work = (Movement);
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def Xform_BroadcastInDimOp : Xform_Primitive<"broadcast_in_dim"> {
  let summary = "x repeated along new axes and along axes of size 1";
  let description = [{
    Axis `i` of `x` becomes axis `dims[i]` of the result; `dims` increases. An
    axis of size 1 may meet a larger one.
  }];
  let arguments = (ins Xform_Tensor:$x, DenseI64ArrayAttr:$dims);
  let assemblyFormat = "$x `dims` `=` $dims attr-dict `:` type($x) `to` type($result)";
  let jvp = (Custom);
  let transpose = (Custom);
  let batching = (Custom);
  let work = (Movement);
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def Xform_TransposeOp : Xform_Primitive<"transpose", [InferTypeOpAdaptor]> {
  let summary = "x with its axes in another order";
  let description = "Axis `i` of the result is axis `permutation[i]` of `x`.";
  let arguments = (ins Xform_Tensor:$x, DenseI64ArrayAttr:$permutation);
  let assemblyFormat = "$x `permutation` `=` $permutation attr-dict `:` type($x)";
  let jvp = (Linear);
  let transpose = (Custom);
  let batching = (Custom);
  let work = (Movement);
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def Xform_ReverseOp : Xform_Primitive<"reverse", [InferTypeOpAdaptor]> {
  let summary = "x with its elements in reverse order along some axes";
  let arguments = (ins Xform_Tensor:$x, DenseI64ArrayAttr:$axes);
  let assemblyFormat = "$x `axes` `=` $axes attr-dict `:` type($x)";
  let jvp = (Linear);
  let transpose = (Custom);
  let batching = (ShiftAxes "axes");
  let work = (Movement);
  let hasFolder = 1;
}

def Xform_SliceOp : Xform_Primitive<"slice", [InferTypeOpAdaptor]> {
  let summary = "the elements from starts up to limits along each axis, in steps of strides";
  let description = [{
    Along axis `i`, every `strides[i]`-th element from `starts[i]` on, up to
    `limits[i]`, which is not included.
  }];
  let arguments = (ins Xform_Tensor:$x, DenseI64ArrayAttr:$starts,
                   DenseI64ArrayAttr:$limits, DenseI64ArrayAttr:$strides);
  let assemblyFormat = [{
    $x `starts` `=` $starts `limits` `=` $limits `strides` `=` $strides
    attr-dict `:` type($x)
  }];
  let jvp = (Linear);
  let transpose = (Custom);
  let batching = (Custom);
  let work = (Movement);
  let hasFolder = 1;
}

def Xform_PadOp : Xform_Primitive<"pad", [InferTypeOpAdaptor]> {
  let summary = "x with a value put before, after and between its elements";
  let description = [{
    Along axis `i`, `low[i]` elements come before, `high[i]` after and
    `interior[i]` between neighbours. A negative `low` or `high` cuts elements.
  }];
  let arguments = (ins Xform_Tensor:$x, Xform_Tensor:$value, DenseI64ArrayAttr:$low,
                   DenseI64ArrayAttr:$high, DenseI64ArrayAttr:$interior);
  let assemblyFormat = [{
    $x `,` $value `low` `=` $low `high` `=` $high `interior` `=` $interior
    attr-dict `:` type($x) `,` type($value)
  }];
  let jvp = (Linear);
  let transpose = (Custom);
  let batching = (Custom);
  let work = (Movement);
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def Xform_ConcatenateOp : Xform_Primitive<"concatenate", [InferTypeOpAdaptor]> {
  let summary = "tensors joined along an axis";
  let arguments = (ins Variadic<Xform_Tensor>:$xs, I64Attr:$axis);
  let assemblyFormat = "$xs `axis` `=` $axis attr-dict `:` type($xs)";
  let jvp = (Linear);
  let transpose = (Custom);
  let batching = (Custom);
  let work = (Movement);
  let hasFolder = 1;
}

#endif // XFORM_DIALECT_SHAPE
