//===- Reduction.td - primitives that remove axes -------------------------===//

#ifndef XFORM_DIALECT_REDUCTION
#define XFORM_DIALECT_REDUCTION

include "dialect/Base.td"

class Xform_Reduce<string mnemonic, Type tensor>
    : Xform_Primitive<mnemonic, [InferTypeOpAdaptor]> {
  let arguments = (ins tensor:$x, DenseI64ArrayAttr:$axes);
  let results = (outs tensor:$result);
  let assemblyFormat = "$x `axes` `=` $axes attr-dict `:` type($x)";
  let batching = (ShiftAxes "axes");
  let work = (Arithmetic);
  let hasFolder = 1;
}

def Xform_ReduceSumOp : Xform_Reduce<"reduce_sum", Xform_NumberTensor> {
  let summary = "the sum of the elements along some axes; 0 if there are none";
  let jvp = (Linear);
  let transpose = (Custom);
  let hasCanonicalizer = 1;
}

def Xform_ReduceProdOp : Xform_Reduce<"reduce_prod", Xform_NumberTensor> {
  let summary = "the product of the elements along some axes; 1 if there are none";
  let jvp = (Custom);
  let transpose = (NotLinear);
}

def Xform_ReduceMaxOp : Xform_Reduce<"reduce_max", Xform_NumberTensor> {
  let summary = "the largest element along some axes; NaN if there is one";
  // Equal maxima share the tangent evenly.
  let jvp = (Custom);
  let transpose = (NotLinear);
}

def Xform_ReduceMinOp : Xform_Reduce<"reduce_min", Xform_NumberTensor> {
  let summary = "the smallest element along some axes; NaN if there is one";
  let jvp = (Custom);
  let transpose = (NotLinear);
}

def Xform_ReduceAndOp : Xform_Reduce<"reduce_and", Xform_BoolTensor> {
  let summary = "whether all elements along some axes are true";
  let jvp = (Zero);
  let transpose = (NotLinear);
}

def Xform_ReduceOrOp : Xform_Reduce<"reduce_or", Xform_BoolTensor> {
  let summary = "whether any element along some axes is true";
  let jvp = (Zero);
  let transpose = (NotLinear);
}

#endif // XFORM_DIALECT_REDUCTION
