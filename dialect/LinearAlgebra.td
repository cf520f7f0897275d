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

def Xform_RowTensor : RankedTensorOf<[I32]>;

def Xform_LuOp : Xform_Primitive<"lu", [
    DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "triangular factors of matrices whose rows are exchanged, l u = x[permutation]";
  let description = [{
    For matrices of m rows and n columns in the last two axes, `factors` holds u
    on and above the diagonal, and below it l, whose diagonal is 1. Row i was
    exchanged with row `pivots[i]`, one after the other, which has the largest
    absolute value left in column i; `permutation` is what the exchanges make of
    0, 1, ..., m - 1. Where a column has nothing but zeros left, u has a zero on
    its diagonal and l is 0 below its own.
  }];
  let arguments = (ins Xform_FloatTensor:$x);
  let results = (outs Xform_FloatTensor:$factors, Xform_RowTensor:$pivots,
                      Xform_RowTensor:$permutation);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let jvp = (Custom);
  let transpose = (NotLinear);
  let batching = (ByElement);
  let work = (Custom);
}

def Xform_LuSolveOp : Xform_Primitive<"lu_solve", [
    AllElementTypesMatch<["a", "factors", "b", "result"]>,
    AllTypesMatch<["a", "factors"]>, AllTypesMatch<["b", "result"]>]> {
  let summary = "x with op(a) x = b, for square matrices whose factors are known";
  let description = [{
    `factors` and `permutation` are those of `xform.lu` of `a`. Derivatives are
    those of the solution: `a` stands for what the factors depend on, and no
    tangent of the factors is read. `op` transposes if `transpose_a`. The axes
    before the last two are batch axes of equal sizes.
  }];
  let arguments = (ins Xform_FloatTensor:$a, Xform_FloatTensor:$factors,
    Xform_RowTensor:$permutation, Xform_FloatTensor:$b, BoolAttr:$transpose_a);
  let defaults = ["transpose_a = False"];
  let results = (outs Xform_FloatTensor:$result);
  let assemblyFormat = [{
    $a `,` $factors `,` $permutation `,` $b `transpose_a` `=` $transpose_a
    attr-dict `:` type($a) `,` type($permutation) `,` type($b)
  }];
  let jvp = (Custom);
  let transpose = (Custom);
  let batching = (Custom);
  let work = (Custom);
  let hasVerifier = 1;
}

def Xform_QrOp : Xform_Primitive<"qr", [
    DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "orthonormal columns and an upper triangle with q r = x";
  let description = [{
    For matrices of m rows and n columns in the last two axes, with k the smaller
    of m and n, `q` is m x k and `r` is k x n; if `complete`, m x m and m x n.
    The diagonal of `r` has the signs that Householder's reflections give it, as
    LAPACK has them. Where x has less than full rank, the derivative does not
    exist and is not finite. No tangent turns the columns that complete `q` into
    each other, so the derivative of what does not depend on which are chosen is
    right.
  }];
  let arguments = (ins Xform_FloatTensor:$x, BoolAttr:$complete);
  let defaults = ["complete = False"];
  let results = (outs Xform_FloatTensor:$q, Xform_FloatTensor:$r);
  let assemblyFormat = "$x `complete` `=` $complete attr-dict `:` type($x)";
  let jvp = (Custom);
  let transpose = (NotLinear);
  let batching = (ByElement);
  let work = (Custom);
}

def Xform_EighOp : Xform_Primitive<"eigh", [
    DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "eigenvalues in ascending order and orthonormal eigenvectors, x v = v diag(w)";
  let description = [{
    For symmetric matrices in the last two axes, of which only the lower triangle
    is read; the tangent is made symmetric. The columns of `v` belong to the
    elements of `w`. Where a matrix is not finite, both are NaN.

    Eigenvalues that differ by no more than rounding does count as equal. No
    tangent turns the vectors of equal ones into each other: so the derivatives
    of projectors on all of them, and of sums over eigenvalues, are right.
  }];
  let arguments = (ins Xform_FloatTensor:$x);
  let results = (outs Xform_FloatTensor:$w, Xform_FloatTensor:$v);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let jvp = (Custom);
  let transpose = (NotLinear);
  let batching = (ByElement);
  let work = (Custom);
}

def Xform_SvdOp : Xform_Primitive<"svd", [
    DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "singular values in descending order and orthonormal vectors, u diag(s) vt = x";
  let description = [{
    For matrices of m rows and n columns in the last two axes, with k the smaller
    of m and n, `u` is m x k, `s` has k elements and `vt` is k x n; if `complete`,
    `u` is m x m and `vt` n x n. Where a matrix is not finite, all are NaN.

    Singular values that differ by no more than rounding does count as equal, and
    those that are as small as zero. No tangent turns the vectors of equal ones
    into each other, on both sides alike, nor vectors that complete others: so
    the derivatives of `u vt`, and of projectors on all vectors of equal values,
    are right.
  }];
  let arguments = (ins Xform_FloatTensor:$x, BoolAttr:$complete);
  let defaults = ["complete = False"];
  let results = (outs Xform_FloatTensor:$u, Xform_FloatTensor:$s, Xform_FloatTensor:$vt);
  let assemblyFormat = "$x `complete` `=` $complete attr-dict `:` type($x)";
  let jvp = (Custom);
  let transpose = (NotLinear);
  let batching = (ByElement);
  let work = (Custom);
}

def Xform_SchurOp : Xform_Primitive<"schur", [
    DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "an upper triangle, up to blocks of two rows, and orthonormal columns with z t z^T = x";
  let description = [{
    The real Schur form of square matrices in the last two axes. A block
    [a b; c a] of two rows on the diagonal of `t` has c not 0, the sign of b is
    the other one, and its eigenvalues are complex. What is of that form is left
    as it is. Where a matrix is not finite, or the iteration does not end, both
    are NaN.

    The derivative exists where no two eigenvalues are equal. No tangent turns
    the vectors of eigenvalues into each other that differ by no more than
    rounding does.
  }];
  let arguments = (ins Xform_FloatTensor:$x);
  let results = (outs Xform_FloatTensor:$t, Xform_FloatTensor:$z);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let jvp = (Custom);
  let transpose = (NotLinear);
  let batching = (ByElement);
  let work = (Custom);
}

def Xform_EigOp : Xform_Primitive<"eig", [
    DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "eigenvalues wr + i wi and eigenvectors vr + i vi of matrices, by their parts";
  let description = [{
    For square matrices in the last two axes, x (vr + i vi) = (vr + i vi)
    diag(wr + i wi). Values that are not real come in pairs, that with the positive imaginary part first. Columns of `vr` and `vi`
    belong to the elements of `wr` and `wi`; each vector has length 1, and its
    largest element is real. A matrix in Schur form keeps the order of its
    values. Where a matrix is not finite, or the iteration does not end, all are
    NaN.

    The derivative exists where no two eigenvalues are equal. No tangent turns
    vectors of eigenvalues into each other that differ by no more than rounding
    does: so derivatives of sums over equal eigenvalues that have as many vectors
    are right. Where there are fewer vectors than values, it is not finite.
  }];
  let arguments = (ins Xform_FloatTensor:$x);
  let results = (outs Xform_FloatTensor:$wr, Xform_FloatTensor:$wi,
                      Xform_FloatTensor:$vr, Xform_FloatTensor:$vi);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let jvp = (Custom);
  let transpose = (NotLinear);
  let batching = (ByElement);
  let work = (Custom);
}

#endif // XFORM_DIALECT_LINEARALGEBRA
