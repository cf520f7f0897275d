//===- Special.cpp - functions beyond the elementary ones -----------------===//

#include "dialect/Special.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Special.cpp.inc"
#include "dialect/SpecialRules.cpp.inc"

/// The tangent of digamma, which is the polygamma function of order 0, or of
/// another order: each is the derivative of the one before.
static LogicalResult buildNextOrder(RuleBuilder &b, Value x, uint64_t order,
                                    ValueRange tangents,
                                    SmallVectorImpl<Value> &resultTangents) {
  Value slope = b.fold<PolygammaOp>(x.getType(), x, order + 1);
  resultTangents.push_back(b.fold<MulOp>(tangents[0], slope));
  return success();
}

LogicalResult DigammaOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                  SmallVectorImpl<Value> &resultTangents) {
  return buildNextOrder(b, getX(), 0, tangents, resultTangents);
}

LogicalResult PolygammaOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                    SmallVectorImpl<Value> &resultTangents) {
  return buildNextOrder(b, getX(), getOrder(), tangents, resultTangents);
}

LogicalResult PolygammaOp::verify() {
  auto order = static_cast<int64_t>(getOrder());
  if (order < 1)
    return emitOpError("order must be at least 1, got ") << order;
  return success();
}
