//===- Contraction.td - sums of products ----------------------------------===//

#ifndef XFORM_DIALECT_CONTRACTION
#define XFORM_DIALECT_CONTRACTION

include "dialect/Base.td"

def Xform_DotGeneralOp : Xform_Primitive<"dot_general", [InferTypeOpAdaptor]> {
  let summary = "a general product of matrices: products summed over contracted axes";
  let description = [{
    Axes named pairwise in `lhs_batch` and `rhs_batch` run together, those in
    `lhs_contracting` and `rhs_contracting` are summed over. The result has the
    batch axes, then the free axes of `lhs`, then those of `rhs`.
  }];
  let arguments = (ins Xform_NumberTensor:$lhs, Xform_NumberTensor:$rhs,
    DenseI64ArrayAttr:$lhs_batch, DenseI64ArrayAttr:$rhs_batch,
    DenseI64ArrayAttr:$lhs_contracting, DenseI64ArrayAttr:$rhs_contracting);
  let results = (outs Xform_NumberTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs `batch` `=` $lhs_batch `x` $rhs_batch
    `contracting` `=` $lhs_contracting `x` $rhs_contracting
    attr-dict `:` type($lhs) `,` type($rhs)
  }];
  let jvp = (Bilinear);
  let transpose = (Custom);
  let batching = (Custom);
  let work = (Custom);
  let hasCanonicalizer = 1;
}

#endif // XFORM_DIALECT_CONTRACTION
