//===- LinearAlgebra.td - factorisations and triangular systems -----------===//

#ifndef XFORM_DIALECT_LINEARALGEBRA
#define XFORM_DIALECT_LINEARALGEBRA

include "dialect/Base.td"

def Xform_CholeskyOp : Xform_Primitive<"cholesky", [SameOperandsAndResultType]> {
  let summary = "the lower triangular factor l of each matrix in the last two axes, with l l^T = x";
  let description = [{
    `x` is taken to be symmetric: only its lower triangle is read, and its
    tangent is made symmetric. Where `x` is not positive definite, the columns from the first
    bad pivot on are NaN on and below the diagonal.
  }];
  let arguments = (ins Xform_FloatTensor:$x);
  let results = (outs Xform_FloatTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let jvp = (Custom);
  let transpose = (NotLinear);
  // The axes before the last two are batch axes already.
  let batching = (ByElement);
  let work = (Custom);
  let hasVerifier = 1;
}

def Xform_TriangularSolveOp : Xform_Primitive<"triangular_solve", [
    AllElementTypesMatch<["a", "b", "result"]>, AllTypesMatch<["b", "result"]>]> {
  let summary = "the solution x of op(a) x = b or x op(a) = b, for triangular a in the last two axes";
  let description = [{
    Only the lower triangle of `a` is read if `lower`, else only the upper one.
    With `unit_diagonal` the diagonal is not read and taken to be 1. `op`
    transposes if `transpose_a`; `a` stands on the left of `x` if `left_side`,
    else on the right. The axes before the last two are batch axes, of equal
    sizes for `a` and `b`.
  }];
  let arguments = (ins Xform_FloatTensor:$a, Xform_FloatTensor:$b,
    BoolAttr:$left_side, BoolAttr:$lower, BoolAttr:$transpose_a, BoolAttr:$unit_diagonal);
  let defaults = ["left_side = True", "lower = True", "transpose_a = False",
                  "unit_diagonal = False"];
  let results = (outs Xform_FloatTensor:$result);
  let assemblyFormat = [{
    $a `,` $b `left_side` `=` $left_side `lower` `=` $lower
    `transpose_a` `=` $transpose_a `unit_diagonal` `=` $unit_diagonal
    attr-dict `:` type($a) `,` type($b)
  }];
  let jvp = (Custom);
  let transpose = (Custom);
  let batching = (Custom);
  let work = (Custom);
  let hasVerifier = 1;
  let hasCanonicalizeMethod = 1;
}

#endif // XFORM_DIALECT_LINEARALGEBRA
