//===- Qr.cpp - orthonormal columns and an upper triangle -----------------===//

#include "dialect/LinearAlgebra.h"
#include "dialect/Matrices.h"

using namespace mlir;
using namespace xform;

LogicalResult QrOp::inferReturnTypes(MLIRContext *, OptionalLocation location,
                                     ValueRange operands,
                                     DictionaryAttr attributes,
                                     OpaqueProperties properties,
                                     RegionRange regions,
                                     SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  Value x = operands[0];
  if (failed(checkMatrices(location, "qr", x)))
    return failure();
  Type element = tensorType(x).getElementType();
  int64_t m = rowCount(x), n = columnCount(x);
  int64_t k = adaptor.getComplete() ? m : leastSize(x);
  types.assign({batchOf(x, {m, k}, element), batchOf(x, {k, n}, element)});
  return success();
}

/// With f = q^T dx r^-1, and s the skew matrix that has the lower triangle of
/// f: dq = q (s - f) + dx r^-1 and dr = (f - s) r. S. Walter and L. Lehmann,
/// "Algorithmic differentiation of linear algebra functions with application in
/// optimum experimental design", arXiv:1001.1654. What is right of a square
/// triangle follows from d(q^T x) = q^T dx + dq^T x, where q^T dq is s.
LogicalResult QrOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                             SmallVectorImpl<Value> &resultTangents) {
  if (failed(checkStatic(*this, getX())))
    return failure();
  int64_t m = rowCount(getX()), n = columnCount(getX());
  int64_t k = std::min(m, n);
  Value q = block(b, getQ(), {}, {m, k}), dx = tangents[0];
  Value r = block(b, getR(), {}, {k, k});
  Value scaled = b.fold<TriangularSolveOp>(
      r, block(b, dx, {}, {m, k}), /*left_side=*/false, /*lower=*/false,
      /*transpose_a=*/false, /*unit_diagonal=*/false);
  Value f = product(b, q, scaled, -2, -2);
  Value lower = lowerTriangle(b, f, /*strict=*/true);
  Value skew = b.fold<SubOp>(lower, flipped(b, lower));
  Value rest = b.fold<SubOp>(f, skew);
  Value dq = b.fold<SubOp>(scaled, product(b, q, rest));
  Value dr = product(b, rest, r);
  if (n > k) {
    Value right = product(b, q, block(b, dx, {0, k}, {m, n}), -2, -2);
    Value turned = product(b, skew, block(b, getR(), {0, k}, {k, n}));
    dr = beside(b, dr, b.fold<SubOp>(right, turned));
  }
  if (columnCount(getQ()) > k) {
    Value completing = block(b, getQ(), {0, k}, {m, m});
    dq = beside(b, dq, completingTangent(b, q, dq, completing));
    dr = below(b, dr,
               filled(b, "0", tensorType(block(b, getR(), {k, 0}, {m, n}))));
  }
  resultTangents.append({dq, dr});
  return success();
}
