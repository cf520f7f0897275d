//===- Schur.cpp - triangles up to blocks of two rows ---------------------===//

#include "dialect/ComplexMatrices.h"
#include "dialect/LinearAlgebra.h"

using namespace mlir;
using namespace xform;

LogicalResult SchurOp::inferReturnTypes(MLIRContext *,
                                        OptionalLocation location,
                                        ValueRange operands, DictionaryAttr,
                                        OpaqueProperties, RegionRange,
                                        SmallVectorImpl<Type> &types) {
  if (failed(checkSquare(location, "schur", operands[0])))
    return failure();
  types.assign(2, operands[0].getType());
  return success();
}

namespace {

/// Where the triangle has blocks of two rows: each one's element below the
/// diagonal.
struct Blocks {
  RankedTensorType type;
  Value zero, isLower, isBlock;

  Blocks(RuleBuilder &b, Value t) : type(tensorType(t)) {
    zero = filled(b, "0", type);
    auto [rows, columns] = indicesOf(b, type);
    Value one = filled(b, "1", tensorType(rows));
    Value isBeside = b.fold<EqOp>(rows, b.fold<AddOp>(columns, one));
    isBlock = b.fold<AndOp>(isBeside, b.fold<NeOp>(t, zero));
    isLower =
        b.fold<AndOp>(b.fold<GtOp>(rows, columns),
                      b.fold<EqOp>(b.fold<SelectOp>(isBeside, t, zero), zero));
  }

  Value below(RuleBuilder &b, Value x) const {
    return b.fold<SelectOp>(isLower, x, zero);
  }
};

} // namespace

/// x - x^T.
static Value skewed(RuleBuilder &b, Value x) {
  return b.fold<SubOp>(x, flipped(b, x));
}

/// m less what turning the vectors by `turn` changes, turn t - t turn.
static Value rest(RuleBuilder &b, Value m, Value turn, Value t) {
  Value change = b.fold<SubOp>(product(b, turn, t), product(b, t, turn));
  return b.fold<SubOp>(m, change);
}

/// With m = z^T dx z and a skew matrix s, dz = z s and dt = m - (s t - t s).
/// What is below the blocks of s makes m vanish there. Up to what is not below
/// blocks, where s t - t s has only that part of s: with the vectors v and
/// values w of t, the elements of v^-1 s v are those of v^-1 m v over the
/// differences of w. Within a block, s keeps the diagonal elements equal.
LogicalResult SchurOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                SmallVectorImpl<Value> &resultTangents) {
  if (failed(checkStatic(*this, getX())))
    return failure();
  if (columnCount(getX()) == 0) {
    resultTangents.assign(2, Value());
    return success();
  }
  Value t = getT(), z = getZ();
  Blocks blocks(b, t);
  Value m = product(b, product(b, z, tangents[0], -2, -2), z);
  auto eig = EigOp::create(b, t);
  ComplexMatrices v{eig.getVr(), eig.getVi()};
  ComplexSystem vectors(b, v);
  ComplexMatrices inner = vectors.solve(b, product(b, m, v));
  inner = overDifferences(b, inner, eig.getWr(), eig.getWi());
  inner = {blocks.below(b, inner.real), blocks.below(b, inner.imaginary)};
  ComplexMatrices outer = vectors.solveRight(b, product(b, v, inner));
  Value turn = skewed(b, blocks.below(b, outer.real));
  // A turn within a block [a b; c a] moves its diagonal elements apart by twice
  // b + c; if that is zero, all turns leave them equal.
  Value diagonal = diagonalOf(b, rest(b, m, turn, t));
  Value apart = b.fold<SubOp>(alongRows(b, diagonal, blocks.type),
                              alongColumns(b, diagonal, blocks.type));
  Value sum = b.fold<AddOp>(t, flipped(b, t));
  Value hasTurn = b.fold<AndOp>(blocks.isBlock, b.fold<NeOp>(sum, blocks.zero));
  Value one = filled(b, "1", blocks.type), two = filled(b, "2", blocks.type);
  Value divisor = b.fold<MulOp>(two, b.fold<SelectOp>(hasTurn, sum, one));
  Value own =
      b.fold<SelectOp>(hasTurn, b.fold<DivOp>(apart, divisor), blocks.zero);
  turn = b.fold<AddOp>(turn, skewed(b, own));
  Value dt = rest(b, m, turn, t);
  dt = b.fold<SelectOp>(blocks.isLower, blocks.zero, dt);
  resultTangents.append({dt, product(b, z, turn)});
  return success();
}
