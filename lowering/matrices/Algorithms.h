//===- Algorithms.h - what factorisations and solves become -----*- C++ -*-===//

#ifndef XFORM_LOWERING_MATRICES_ALGORITHMS_H
#define XFORM_LOWERING_MATRICES_ALGORITHMS_H

#include "lowering/matrices/MatrixBuilder.h"

namespace xform {

/// The lower triangular l with l l^T = x, NaN from the first bad pivot on.
Value factorCholesky(MatrixBuilder &b, Value x);

/// How a triangular matrix stands in a system; as xform.triangular_solve says.
struct TriangularKind {
  bool leftSide = true, lower = true, transposed = false, unitDiagonal = false;
};
Value solveTriangular(MatrixBuilder &b, const TriangularKind &kind, Value a,
                      Value rhs);

/// The results of xform.lu.
struct LuFactors {
  Value factors, pivots, permutation;
};
/// What solves a triangular system.
using Solve =
    llvm::function_ref<Value(const TriangularKind &, Value a, Value rhs)>;

LuFactors factorLu(MatrixBuilder &b, Value x);
/// The same, by what factors panels of up to so many columns.
LuFactors factorLu(MatrixBuilder &b, Value x, int64_t leaf,
                   llvm::function_ref<LuFactors(Value)> factorPanel,
                   Solve solve);
Value solveByLu(MatrixBuilder &b, Value factors, Value permutation, Value rhs,
                bool transposed, Solve solve);

/// The results of xform.qr.
struct QrFactors {
  Value q, r;
};
QrFactors factorQr(MatrixBuilder &b, Value x, bool complete);

/// The results of xform.eigh.
struct EighFactors {
  Value w, v;
};
EighFactors jacobiEigh(MatrixBuilder &b, Value x);

/// The results of xform.schur, and of xform.eig.
struct SchurFactors {
  Value t, z;
};
SchurFactors iterateSchur(MatrixBuilder &b, Value x);
struct EigFactors {
  Value wr, wi, vr, vi;
};
EigFactors iterateEig(MatrixBuilder &b, Value x);

/// The results of xform.svd.
struct SvdFactors {
  Value u, s, vt;
};
/// Those of square matrices.
SvdFactors jacobiSvd(MatrixBuilder &b, Value x);
/// Those of others, by what finds those of square ones, and triangles.
SvdFactors factorSvd(MatrixBuilder &b, Value x, bool complete,
                     llvm::function_ref<SvdFactors(Value)> factorSquare,
                     llvm::function_ref<QrFactors(Value, bool)> factorTall);

} // namespace xform

#endif // XFORM_LOWERING_MATRICES_ALGORITHMS_H
