//===- LinearAlgebra.cpp - factorisations and triangular systems ----------===//

#include "dialect/LinearAlgebra.h"
#include "dialect/Matrices.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/LinearAlgebra.cpp.inc"
#include "dialect/LinearAlgebraRules.cpp.inc"

//===----------------------------------------------------------------------===//
// cholesky
//===----------------------------------------------------------------------===//

LogicalResult CholeskyOp::verify() { return checkSquare(*this, "x", getX()); }

/// With l l^T = x: dl = l phi(l^-1 dx l^-T), where phi takes the lower triangle
/// and half of the diagonal. I. Murray, "Differentiation of the Cholesky
/// decomposition", arXiv:1602.07527.
LogicalResult CholeskyOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                   SmallVectorImpl<Value> &resultTangents) {
  RankedTensorType type = getType();
  Value half = filled(b, "0.5", type);
  Value symmetric =
      b.fold<MulOp>(b.fold<AddOp>(tangents[0], flipped(b, tangents[0])), half);
  Value left = b.fold<TriangularSolveOp>(
      getResult(), symmetric, /*left_side=*/true, /*lower=*/true,
      /*transpose_a=*/false, /*unit_diagonal=*/false);
  Value both = b.fold<TriangularSolveOp>(
      getResult(), left, /*left_side=*/false, /*lower=*/true,
      /*transpose_a=*/true, /*unit_diagonal=*/false);
  auto [rows, columns] = indicesOf(b, type);
  Value diagonal =
      b.fold<SelectOp>(b.fold<EqOp>(rows, columns), b.fold<MulOp>(both, half),
                       filled(b, "0", type));
  Value phi = b.fold<SelectOp>(b.fold<GtOp>(rows, columns), both, diagonal);
  resultTangents.push_back(product(b, getResult(), phi, -1, -2));
  return success();
}

//===----------------------------------------------------------------------===//
// triangular_solve
//===----------------------------------------------------------------------===//

LogicalResult TriangularSolveOp::verify() {
  if (failed(checkSquare(*this, "a", getA())))
    return failure();
  RankedTensorType a = tensorType(getA()), b = tensorType(getB());
  int64_t rank = a.getRank();
  if (b.getRank() != rank)
    return emitOpError("expects a and b of equal rank, got ")
           << a << " and " << b;
  for (int64_t axis : axesUpTo(rank - 2))
    if (!sizesFit(a.getDimSize(axis), b.getDimSize(axis)))
      return emitOpError("expects equal batch axes, got sizes ")
             << a.getDimSize(axis) << " and " << b.getDimSize(axis)
             << " along axis " << axis << " of a, " << a << ", and b, " << b;
  int64_t axis = getLeftSide() ? rank - 2 : rank - 1;
  if (!sizesFit(a.getDimSize(axis), b.getDimSize(axis)))
    return emitOpError("expects ")
           << (getLeftSide() ? "rows" : "columns") << " of b as long as a, got "
           << b.getDimSize(axis) << " and " << a.getDimSize(axis) << " for a, "
           << a << ", and b, " << b;
  return success();
}

/// The op on other operands.
static Value solve(RuleBuilder &b, TriangularSolveOp op, Value a, Value rhs,
                   bool transposed) {
  return b.fold<TriangularSolveOp>(a, rhs, op.getLeftSide(), op.getLower(),
                                   transposed, op.getUnitDiagonal());
}

/// Matrices of a's type with zeros where the op does not read a.
static Value readTriangle(RuleBuilder &b, TriangularSolveOp op, Value value) {
  RankedTensorType type = tensorType(value);
  auto [rows, columns] = indicesOf(b, type);
  Value inner = op.getLower() ? rows : columns;
  Value outer = op.getLower() ? columns : rows;
  Value read = op.getUnitDiagonal() ? b.fold<GtOp>(inner, outer)
                                    : b.fold<GeOp>(inner, outer);
  return b.fold<SelectOp>(read, value, filled(b, "0", type));
}

/// op(a) x = b: dx = op(a)^-1 (db - op(da) x); likewise from the right.
LogicalResult
TriangularSolveOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                            SmallVectorImpl<Value> &resultTangents) {
  Value rhs = tangents[1];
  if (tangents[0]) {
    Value da = readTriangle(b, *this, tangents[0]);
    bool transposed = getTransposeA();
    Value moved = getLeftSide()
                      ? product(b, da, getResult(), transposed ? -2 : -1, -2)
                      : product(b, getResult(), da, -1, transposed ? -1 : -2);
    rhs = rhs ? b.fold<SubOp>(rhs, moved) : b.fold<NegOp>(moved);
  }
  resultTangents.push_back(solve(b, *this, getA(), rhs, getTransposeA()));
  return success();
}

bool TriangularSolveOp::isLinearIn(ArrayRef<bool> linear) {
  return RuleBuilder::linearIn(*this, linear, {false, true},
                               /*together=*/false);
}

LogicalResult
TriangularSolveOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                  ValueRange operands, ValueRange cotangents,
                                  SmallVectorImpl<Value> &results) {
  results.assign(
      {Value(), solve(b, *this, operands[0], cotangents[0], !getTransposeA())});
  return success();
}

/// A batch of right-hand sides for one matrix is one wide right-hand side.
LogicalResult TriangularSolveOp::buildBatched(RuleBuilder &b,
                                              ValueRange operands,
                                              ArrayRef<bool> batched,
                                              int64_t size,
                                              SmallVectorImpl<Value> &results) {
  Value a = operands[0], rhs = operands[1];
  if (batched[0] || !getType().hasStaticShape()) {
    SmallVector<Value> rows = b.rowsOf(operands, batched, size);
    results.push_back(solve(b, *this, rows[0], rows[1], getTransposeA()));
    return success();
  }
  OneMatrix one(b, rhs, /*wider=*/getLeftSide());
  results.push_back(
      one.apart(b, solve(b, *this, a, one.get(), getTransposeA())));
  return success();
}

/// The system of a transposed matrix is the transposed system of the matrix.
LogicalResult TriangularSolveOp::canonicalize(TriangularSolveOp op,
                                              PatternRewriter &rewriter) {
  auto transpose = op.getA().getDefiningOp<TransposeOp>();
  if (!transpose)
    return failure();
  int64_t rank = transpose.getType().getRank();
  SmallVector<int64_t> permutation = axesUpTo(rank);
  std::swap(permutation[rank - 2], permutation[rank - 1]);
  if (transpose.getPermutation() != ArrayRef(permutation))
    return failure();
  rewriter.replaceOpWithNewOp<TriangularSolveOp>(
      op, transpose.getX(), op.getB(), op.getLeftSide(), !op.getLower(),
      !op.getTransposeA(), op.getUnitDiagonal());
  return success();
}
