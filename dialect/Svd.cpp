//===- Svd.cpp - singular values and vectors ------------------------------===//

#include "dialect/LinearAlgebra.h"
#include "dialect/Matrices.h"

using namespace mlir;
using namespace xform;

LogicalResult SvdOp::inferReturnTypes(MLIRContext *, OptionalLocation location,
                                      ValueRange operands,
                                      DictionaryAttr attributes,
                                      OpaqueProperties properties,
                                      RegionRange regions,
                                      SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  Value x = operands[0];
  if (failed(checkMatrices(location, "svd", x)))
    return failure();
  Type element = tensorType(x).getElementType();
  int64_t m = rowCount(x), n = columnCount(x), k = leastSize(x);
  bool complete = adaptor.getComplete();
  types.assign({batchOf(x, {m, complete ? m : k}, element),
                batchOf(x, {k}, element),
                batchOf(x, {complete ? n : k, n}, element)});
  return success();
}

namespace {

/// The tangents of u diag(s) v^T. With p = u^T dx v, ds is the diagonal of p.
/// Of the skew matrices by which u and v are turned, half the sum is the
/// symmetric part of p over differences of singular values, and half the
/// difference its skew part over their sums: only the first needs values that
/// differ. What dx v has outside of the columns of u, over s, comes to du;
/// likewise dv. J. Townsend, "Differentiating the singular value decomposition"
/// (2016).
class SvdTangent {
public:
  SvdTangent(RuleBuilder &b, Value u, Value s, Value v, Value dx)
      : b(b), u(u), s(s), v(v), dx(dx) {
    p = product(b, u, product(b, dx, v), -2, -2);
    RankedTensorType type = tensorType(p);
    Value rounding = roundingOf(b, s);
    Value least = alongRows(b, rounding, type);
    Value rows = alongRows(b, s, type), columns = alongColumns(b, s, type);
    Value half = filled(b, "0.5", type), other = flipped(b, p);
    Value difference = b.fold<SubOp>(columns, rows);
    Value isEqual = b.fold<LeOp>(b.fold<AbsOp>(difference), least);
    Value sum = b.fold<AddOp>(columns, rows);
    Value areZero = b.fold<LeOp>(sum, least);
    together = b.fold<MulOp>(b.fold<MulOp>(half, b.fold<AddOp>(p, other)),
                             inverseUnless(isEqual, difference));
    apart = b.fold<MulOp>(b.fold<MulOp>(half, b.fold<SubOp>(p, other)),
                          inverseUnless(areZero, sum));
    isZero = b.fold<LeOp>(s, rounding);
  }

  Value ofValues() { return diagonalOf(b, p); }

  Value ofLeft() {
    return withOutside(u, product(b, dx, v), b.fold<AddOp>(together, apart));
  }

  Value ofRight() {
    return withOutside(v, product(b, dx, u, -2, -2),
                       b.fold<SubOp>(together, apart));
  }

private:
  /// 0 where the condition holds, which no division sees.
  Value inverseUnless(Value condition, Value x) {
    RankedTensorType shape = tensorType(x);
    Value one = filled(b, "1", shape);
    Value safe = b.fold<SelectOp>(condition, one, x);
    return b.fold<SelectOp>(condition, filled(b, "0", shape),
                            b.fold<DivOp>(one, safe));
  }

  Value withOutside(Value vectors, Value moved, Value turn) {
    Value turned = product(b, vectors, turn);
    if (rowCount(vectors) == columnCount(vectors))
      return turned;
    Value inside = product(b, vectors, product(b, vectors, moved, -2, -2));
    Value outside = b.fold<SubOp>(moved, inside);
    Value factor =
        alongColumns(b, inverseUnless(isZero, s), tensorType(outside));
    return b.fold<AddOp>(turned, b.fold<MulOp>(outside, factor));
  }

  RuleBuilder &b;
  Value u, s, v, dx, p, together, apart, isZero;
};

} // namespace

LogicalResult SvdOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                              SmallVectorImpl<Value> &resultTangents) {
  if (failed(checkStatic(*this, getX())))
    return failure();
  int64_t m = rowCount(getX()), n = columnCount(getX()), k = std::min(m, n);
  if (k == 0) {
    resultTangents.assign(3, Value());
    return success();
  }
  Value u = block(b, getU(), {}, {m, k});
  Value v = flipped(b, block(b, getVt(), {}, {k, n}));
  SvdTangent tangent(b, u, getS(), v, tangents[0]);
  Value du = tangent.ofLeft(), dv = tangent.ofRight();
  if (columnCount(getU()) > k)
    du = beside(b, du,
                completingTangent(b, u, du, block(b, getU(), {0, k}, {m, m})));
  if (rowCount(getVt()) > k) {
    Value completing = flipped(b, block(b, getVt(), {k, 0}, {n, n}));
    dv = beside(b, dv, completingTangent(b, v, dv, completing));
  }
  resultTangents.append({du, tangent.ofValues(), flipped(b, dv)});
  return success();
}
