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
  RankedTensorType type = tensorType(operands[0]);
  if (type.getRank() < 2)
    return emitOptionalError(location,
                             "'xform.qr' op expects x to have "
                             "matrices in its last two axes, got ",
                             type);
  int64_t m = rowCount(operands[0]), n = columnCount(operands[0]);
  bool isDynamic = ShapedType::isDynamic(m) || ShapedType::isDynamic(n);
  int64_t k = adaptor.getComplete() ? m
              : isDynamic           ? ShapedType::kDynamic
                                    : std::min(m, n);
  auto matrices = [&](int64_t rows, int64_t columns) {
    SmallVector<int64_t> shape(type.getShape().drop_back(2));
    shape.append({rows, columns});
    return type.clone(shape);
  };
  types.assign({matrices(m, k), matrices(k, n)});
  return success();
}

/// With f = q^T dx r^-1, and s the skew matrix that has the lower triangle of
/// f: dq = q (s - f) + dx r^-1 and dr = (f - s) r. S. Walter and L. Lehmann,
/// "Algorithmic differentiation of linear algebra functions with application in
/// optimum experimental design", arXiv:1001.1654. What is right of a square
/// triangle follows from d(q^T x) = q^T dx + dq^T x, where q^T dq is s.
LogicalResult QrOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                             SmallVectorImpl<Value> &resultTangents) {
  RankedTensorType type = tensorType(getX());
  if (!type.hasStaticShape())
    return emitOpError("is differentiated for matrices of static size, got ")
           << type;
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
