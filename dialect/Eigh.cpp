//===- Eigh.cpp - eigenvalues and eigenvectors of symmetric matrices ------===//

#include "dialect/LinearAlgebra.h"
#include "dialect/Matrices.h"

using namespace mlir;
using namespace xform;

LogicalResult EighOp::inferReturnTypes(MLIRContext *, OptionalLocation location,
                                       ValueRange operands, DictionaryAttr,
                                       OpaqueProperties, RegionRange,
                                       SmallVectorImpl<Type> &types) {
  if (failed(checkSquare(location, "eigh", operands[0])))
    return failure();
  RankedTensorType type = tensorType(operands[0]);
  types.assign({type.clone(type.getShape().drop_back()), type});
  return success();
}

/// With m = v^T dx v: dw is the diagonal of m, and dv is v f, where f has the
/// elements of m off the diagonal over the differences of their eigenvalues. M.
/// Giles, "Collected matrix derivative results for forward and reverse mode
/// algorithmic differentiation" (2008), 3.1.
LogicalResult EighOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                               SmallVectorImpl<Value> &resultTangents) {
  RankedTensorType type = getX().getType();
  if (failed(checkStatic(*this, getX())))
    return failure();
  if (columnCount(getX()) == 0) {
    resultTangents.assign(2, Value());
    return success();
  }
  Value w = getW(), v = getV();
  Value symmetric =
      b.fold<MulOp>(b.fold<AddOp>(tangents[0], flipped(b, tangents[0])),
                    filled(b, "0.5", type));
  Value m = product(b, v, product(b, symmetric, v), -2, -2);
  Value difference =
      b.fold<SubOp>(alongColumns(b, w, type), alongRows(b, w, type));
  Value isEqual = b.fold<LeOp>(b.fold<AbsOp>(difference),
                               alongRows(b, roundingOf(b, w), type));
  Value one = filled(b, "1", type), zero = filled(b, "0", type);
  Value f = b.fold<SelectOp>(
      isEqual, zero,
      b.fold<DivOp>(m, b.fold<SelectOp>(isEqual, one, difference)));
  resultTangents.append({diagonalOf(b, m), product(b, v, f)});
  return success();
}
