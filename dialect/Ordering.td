//===- Ordering.td - primitives that compare elements along an axis -------===//

#ifndef XFORM_DIALECT_ORDERING
#define XFORM_DIALECT_ORDERING

include "dialect/Base.td"

def Xform_SortOp : Xform_Primitive<"sort", [
    InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<Xform_SplitOpInterface>]> {
  let summary = "tensors sorted together along an axis, in the order of the first few of them";
  let description = [{
    Moves the elements of all operands along `axis` alike, so that the first
    `num_keys` of them, compared lexicographically, ascend. Elements with equal
    keys keep their order, NaN comes last, -0.0 equals 0.0.

    Sort is linear in the operands that are no keys, so the derivative of
    `sort(k; p)` is `sort(k; p, dk, dp)`.
  }];
  let arguments = (ins Variadic<Xform_Tensor>:$xs, I64Attr:$axis, I64Attr:$num_keys);
  let defaults = ["num_keys = 1"];
  let results = (outs Variadic<Xform_Tensor>:$results);
  let assemblyFormat = [{
    $xs `axis` `=` $axis `num_keys` `=` $num_keys attr-dict `:` type($xs)
  }];
  let jvp = (Custom);
  let transpose = (Custom);
  let batching = (Custom);
  let work = (Custom);
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

class Xform_PlaceOfExtreme<string mnemonic> : Xform_Primitive<mnemonic> {
  let arguments = (ins Xform_Tensor:$x, I64Attr:$axis);
  let results = (outs RankedTensorOf<[I32, I64]>:$result);
  let assemblyFormat = "$x `axis` `=` $axis attr-dict `:` type($x) `to` type($result)";
  let jvp = (Zero);
  let transpose = (NotLinear);
  let batching = (ShiftAxes "axis");
  let work = (Arithmetic);
  let hasVerifier = 1;
}

def Xform_ArgmaxOp : Xform_PlaceOfExtreme<"argmax"> {
  let summary = "the index of the first largest element along an axis, or of the first NaN";
}

def Xform_ArgminOp : Xform_PlaceOfExtreme<"argmin"> {
  let summary = "the index of the first smallest element along an axis, or of the first NaN";
}

#endif // XFORM_DIALECT_ORDERING
