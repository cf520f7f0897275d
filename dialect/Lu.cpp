//===- Lu.cpp - factors with exchanged rows, and systems solved by them ---===//

#include "dialect/LinearAlgebra.h"
#include "dialect/Matrices.h"

using namespace mlir;
using namespace xform;

//===----------------------------------------------------------------------===//
// lu
//===----------------------------------------------------------------------===//

LogicalResult LuOp::inferReturnTypes(MLIRContext *context,
                                     std::optional<Location> location,
                                     ValueRange operands, DictionaryAttr,
                                     OpaqueProperties, RegionRange,
                                     SmallVectorImpl<Type> &types) {
  Value x = operands[0];
  if (failed(checkMatrices(location, "lu", x)))
    return failure();
  Type indices = IntegerType::get(context, 32);
  types.assign({x.getType(), batchOf(x, {leastSize(x)}, indices),
                batchOf(x, {rowCount(x)}, indices)});
  return success();
}

namespace {

/// A system with one triangle of square factors, from either side.
struct Triangle {
  RuleBuilder &b;
  Value factors;
  bool lower;

  Value solve(Value rhs, bool leftSide) const {
    return b.fold<TriangularSolveOp>(factors, rhs, leftSide, lower,
                                     /*transpose_a=*/false,
                                     /*unit_diagonal=*/lower);
  }
};

/// The tangents of the square factors l u of matrices with the tangent dx, as
/// one: with f = l^-1 dx u^-1, dl is l times what is below the diagonal of f,
/// and du is the rest of f times u.
struct SquareTangent {
  Value dl, du;

  SquareTangent(RuleBuilder &b, Value factors, Value dx) {
    Value left = Triangle{b, factors, /*lower=*/true}.solve(dx, true);
    Value f = Triangle{b, factors, /*lower=*/false}.solve(left, false);
    Value strict = lowerTriangle(b, f, /*strict=*/true);
    Value l = lowerTriangle(b, factors, /*strict=*/true);
    dl = b.fold<AddOp>(strict, product(b, l, strict));
    du = product(b, upperTriangle(b, f), upperTriangle(b, factors));
  }

  Value together(RuleBuilder &b) const { return b.fold<AddOp>(dl, du); }
};

} // namespace

/// The pivots stay as they are; the tangents of rows are exchanged like rows.
/// What is below or beside the square part follows from dx = dl u + l du.
LogicalResult LuOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                             SmallVectorImpl<Value> &resultTangents) {
  Value dx = rowsInOrder(b, tangents[0], getPermutation());
  Value factors = getFactors();
  int64_t m = rowCount(factors), n = columnCount(factors);
  resultTangents.assign(3, Value());
  if (failed(checkStatic(*this, getFactors())))
    return failure();
  if (m == n) {
    resultTangents[0] = SquareTangent(b, factors, dx).together(b);
    return success();
  }
  int64_t k = std::min(m, n);
  Corner end{k, k};
  Value square = block(b, factors, {}, end);
  SquareTangent tangent(b, square, block(b, dx, {}, end));
  Corner from{m > n ? k : 0, n > m ? k : 0}, to{m, n};
  Value rest = block(b, factors, from, to), drest = block(b, dx, from, to);
  if (m > n) {
    Value known = product(b, rest, tangent.du);
    Value dl = Triangle{b, square, /*lower=*/false}.solve(
        b.fold<SubOp>(drest, known), /*leftSide=*/false);
    resultTangents[0] = below(b, tangent.together(b), dl);
  } else {
    Value known = product(b, tangent.dl, rest);
    Value du = Triangle{b, square, /*lower=*/true}.solve(
        b.fold<SubOp>(drest, known), /*leftSide=*/true);
    resultTangents[0] = beside(b, tangent.together(b), du);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// lu_solve
//===----------------------------------------------------------------------===//

LogicalResult LuSolveOp::verify() {
  if (failed(checkSquare(*this, "a", getA())))
    return failure();
  RankedTensorType a = tensorType(getA()), b = tensorType(getB()),
                   rows = tensorType(getPermutation());
  int64_t rank = a.getRank();
  ArrayRef<int64_t> expected = a.getShape().drop_back();
  if (rows.getRank() != rank - 1 ||
      llvm::any_of(llvm::zip_equal(rows.getShape(), expected), [](auto sizes) {
        return !sizesFit(std::get<0>(sizes), std::get<1>(sizes));
      }))
    return emitOpError("expects a row number for each row of a, ")
           << a << ", got permutation " << rows;
  if (b.getRank() != rank ||
      llvm::any_of(llvm::zip_equal(b.getShape().drop_back(), expected),
                   [](auto sizes) {
                     return !sizesFit(std::get<0>(sizes), std::get<1>(sizes));
                   }))
    return emitOpError("expects b to have the batch axes and the rows of a, ")
           << a << ", got " << b;
  return success();
}

/// The op for another right-hand side.
static Value solve(RuleBuilder &b, LuSolveOp op, Value rhs, bool transposed) {
  return b.fold<LuSolveOp>(op.getA(), op.getFactors(), op.getPermutation(), rhs,
                           transposed);
}

/// op(a) x = b: dx = op(a)^-1 (db - op(da) x).
LogicalResult LuSolveOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                  SmallVectorImpl<Value> &resultTangents) {
  Value rhs = tangents[3];
  if (tangents[0]) {
    Value moved =
        product(b, tangents[0], getResult(), getTransposeA() ? -2 : -1, -2);
    rhs = rhs ? b.fold<SubOp>(rhs, moved) : b.fold<NegOp>(moved);
  }
  resultTangents.push_back(rhs ? solve(b, *this, rhs, getTransposeA())
                               : Value());
  return success();
}

bool LuSolveOp::isLinearIn(ArrayRef<bool> linear) {
  return RuleBuilder::linearIn(*this, linear, {false, false, false, true},
                               /*together=*/false);
}

LogicalResult LuSolveOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                        ValueRange operands,
                                        ValueRange cotangents,
                                        SmallVectorImpl<Value> &results) {
  results.assign(4, Value());
  results[3] = b.fold<LuSolveOp>(operands[0], operands[1], operands[2],
                                 cotangents[0], !getTransposeA());
  return success();
}

/// A batch of right-hand sides for one matrix is one wide right-hand side.
LogicalResult LuSolveOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                      ArrayRef<bool> batched, int64_t size,
                                      SmallVectorImpl<Value> &results) {
  SmallVector<Value> rows(operands);
  bool isOne = !batched[0] && !batched[1] && !batched[2];
  if (isOne && getType().hasStaticShape()) {
    OneMatrix one(b, operands[3], /*wider=*/true);
    results.push_back(
        one.apart(b, b.fold<LuSolveOp>(operands[0], operands[1], operands[2],
                                       one.get(), getTransposeA())));
    return success();
  }
  for (auto [row, isBatched] : llvm::zip_equal(rows, batched))
    if (!isBatched)
      row = b.broadcastBatch(row, size);
  results.push_back(
      b.fold<LuSolveOp>(rows[0], rows[1], rows[2], rows[3], getTransposeA()));
  return success();
}
