//===- Indexing.td - primitives that read and write by computed indices ---===//
//
// In gather and the scatters, the last axis of `indices` holds index vectors:
// entry k of a vector is an index along axis `axes[k]` of `x`. What one vector
// names is a window: all of the other axes of `x`, but for those in `x_batch`,
// which run with the axes `indices_batch` of `indices`.
//
// The windows of all vectors make the result of a gather, and the updates of a
// scatter. Their axes are those of `indices` without the last, in order, and
// among them, at `window_dims`, those of the windows.
//
// An index vector may point out of `x`. In mode "clip" each of its entries
// becomes the nearest valid one. In mode "drop" a gather reads zeros for it,
// and a scatter leaves it out. Negative indices are out of range.
//
// `unique` promises that no two index vectors with equal batch indices name the
// same window, once they are clipped.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_INDEXING
#define XFORM_DIALECT_INDEXING

include "dialect/Base.td"

def Xform_IndexTensor : RankedTensorOf<[Xform_Int]>;

class Xform_IndexingDims {
  dag dims = (ins DenseI64ArrayAttr:$axes, DenseI64ArrayAttr:$x_batch,
    DenseI64ArrayAttr:$indices_batch, DenseI64ArrayAttr:$window_dims,
    StrAttr:$mode, BoolAttr:$unique);
}

def Xform_GatherOp : Xform_Primitive<"gather", [InferTypeOpAdaptor]>, Xform_IndexingDims {
  let summary = "the windows of x at the places that index vectors name";
  let arguments = !con((ins Xform_Tensor:$x, Xform_IndexTensor:$indices), dims);
  let assemblyFormat = [{
    $x `,` $indices `axes` `=` $axes `batch` `=` $x_batch `x` $indices_batch
    `window` `=` $window_dims `mode` `=` $mode `unique` `=` $unique
    attr-dict `:` type($x) `,` type($indices)
  }];
  let linearOperands = ["x"];
  let jvp = (Linear);
  let transpose = (Custom);
  let batching = (Custom);
  let work = (Movement);
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

class Xform_Scatter<string mnemonic, Type tensor>
    : Xform_Primitive<mnemonic, [InferTypeOpAdaptor]>, Xform_IndexingDims {
  let arguments = !con(
    (ins tensor:$x, Xform_IndexTensor:$indices, tensor:$updates), dims);
  let results = (outs tensor:$result);
  let assemblyFormat = [{
    $x `,` $indices `,` $updates `axes` `=` $axes
    `batch` `=` $x_batch `x` $indices_batch `window` `=` $window_dims
    `mode` `=` $mode `unique` `=` $unique
    attr-dict `:` type($x) `,` type($indices) `,` type($updates)
  }];
  let linearOperands = ["x", "updates"];
  let batching = (Custom);
  let work = (Arithmetic);
  let hasFolder = 1;
}

def Xform_ScatterOp : Xform_Scatter<"scatter", Xform_Tensor> {
  let summary = "x with windows replaced by updates; of several for one window, the last stays";
  let jvp = (Linear);
  let transpose = (Custom);
  let work = (Movement);
}

def Xform_ScatterAddOp : Xform_Scatter<"scatter_add", Xform_NumberTensor> {
  let summary = "x with updates added to its windows";
  let jvp = (Linear);
  let transpose = (Custom);
  let hasCanonicalizeMethod = 1;
}

def Xform_ScatterMulOp : Xform_Scatter<"scatter_mul", Xform_NumberTensor> {
  let summary = "x with its windows multiplied by updates";
  let jvp = (Custom);
  let transpose = (Custom);
}

def Xform_ScatterMinOp : Xform_Scatter<"scatter_min", Xform_NumberTensor> {
  let summary = "x with windows replaced by the smallest of their elements and updates; NaN if one is NaN";
  // Equal minima share the tangent evenly.
  let jvp = (Custom);
  let transpose = (NotLinear);
}

def Xform_ScatterMaxOp : Xform_Scatter<"scatter_max", Xform_NumberTensor> {
  let summary = "x with windows replaced by the largest of their elements and updates; NaN if one is NaN";
  let jvp = (Custom);
  let transpose = (NotLinear);
}

def Xform_DynamicSliceOp : Xform_Primitive<"dynamic_slice", [InferTypeOpAdaptor]> {
  let summary = "a slice of fixed sizes that begins at computed starts";
  let description = [{
    Takes `sizes[i]` elements along axis `i`, from `starts[i]` on. A start that
    would let the slice leave `x` is replaced by the nearest one that does not.
  }];
  let arguments = (ins Xform_Tensor:$x, Variadic<Xform_IndexTensor>:$starts,
                   DenseI64ArrayAttr:$sizes);
  let assemblyFormat = [{
    $x `at` $starts `sizes` `=` $sizes attr-dict `:` type($x) `,` type($starts)
  }];
  let jvp = (Custom);
  let transpose = (Custom);
  let batching = (Custom);
  let work = (Movement);
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def Xform_DynamicUpdateSliceOp : Xform_Primitive<"dynamic_update_slice", [InferTypeOpAdaptor]> {
  let summary = "x with the slice that begins at computed starts replaced by update";
  let description = [{
    The slice begins at `starts[i]` along axis `i`. Starts are clamped like those
    of `dynamic_slice`.
  }];
  let arguments = (ins Xform_Tensor:$x, Xform_Tensor:$update,
                   Variadic<Xform_IndexTensor>:$starts);
  let assemblyFormat = [{
    $x `,` $update `at` $starts attr-dict
    `:` type($x) `,` type($update) `,` type($starts)
  }];
  let hasCanonicalizeMethod = 1;
  let jvp = (Custom);
  let transpose = (Custom);
  let batching = (Custom);
  let work = (Movement);
  let hasFolder = 1;
}

#endif // XFORM_DIALECT_INDEXING
