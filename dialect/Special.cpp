//===- Special.cpp - functions beyond the elementary ones -----------------===//

#include "dialect/Special.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Special.cpp.inc"
#include "dialect/SpecialRules.cpp.inc"

//===----------------------------------------------------------------------===//
// digamma, polygamma
//===----------------------------------------------------------------------===//

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

//===----------------------------------------------------------------------===//
// sinc, sinc_of_root, half_pow
//===----------------------------------------------------------------------===//

LogicalResult SincOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                               SmallVectorImpl<Value> &resultTangents) {
  Value slope = b.fold<SincOp>(getType(), getX(), getOrder() + 1);
  resultTangents.push_back(b.fold<MulOp>(tangents[0], slope));
  return success();
}

LogicalResult SincOp::verify() {
  auto order = static_cast<int64_t>(getOrder());
  if (order < 0)
    return emitOpError("order must not be negative, got ") << order;
  return success();
}

LogicalResult SincOfRootOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                     SmallVectorImpl<Value> &resultTangents) {
  Value next = b.fold<SincOfRootOp>(getType(), getX(), getOrder() + 1);
  Value slope = b.fold<MulOp>(b.literal("-0.5", getType()), next);
  resultTangents.push_back(b.fold<MulOp>(tangents[0], slope));
  return success();
}

LogicalResult SincOfRootOp::verify() {
  auto order = static_cast<int64_t>(getOrder());
  if (order < -1)
    return emitOpError("order must be at least -1, got ") << order;
  return success();
}

LogicalResult HalfPowOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                  SmallVectorImpl<Value> &resultTangents) {
  auto exponent = static_cast<int64_t>(getExponent());
  // Of exponent -1 this is 0 / 0 at 0.
  Value power = exponent < 0
                    ? b.fold<DivOp>(getResult(), getX())
                    : b.fold<HalfPowOp>(getType(), getX(),
                                        static_cast<uint64_t>(exponent - 2));
  Value half =
      b.literal(std::to_string(0.5 * static_cast<double>(exponent)), getType());
  resultTangents.push_back(
      b.fold<MulOp>(tangents[0], b.fold<MulOp>(half, power)));
  return success();
}

LogicalResult HalfPowOp::verify() {
  auto exponent = static_cast<int64_t>(getExponent());
  if (exponent < -1 || exponent % 2 == 0)
    return emitOpError("exponent must be odd and at least -1, got ")
           << exponent;
  return success();
}
