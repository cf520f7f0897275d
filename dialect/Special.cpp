//===- Special.cpp - functions beyond the elementary ones -----------------===//

#include "dialect/Special.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Special.cpp.inc"
#include "dialect/SpecialRules.cpp.inc"

/// Whether an order is as large as it must be, which `condition` says in words.
static LogicalResult checkOrder(Operation *op, uint64_t order, int64_t least,
                                StringRef condition) {
  auto given = static_cast<int64_t>(order);
  if (given >= least)
    return success();
  return op->emitOpError("order must ") << condition << ", got " << given;
}

//===----------------------------------------------------------------------===//
// digamma, polygamma
//===----------------------------------------------------------------------===//

/// The tangent of a function of an order, each of which is the derivative of
/// the one before.
template <typename OpTy>
static LogicalResult buildNextOrder(RuleBuilder &b, Value x, uint64_t order,
                                    ValueRange tangents,
                                    SmallVectorImpl<Value> &resultTangents) {
  Value slope = b.fold<OpTy>(x.getType(), x, order + 1);
  resultTangents.push_back(b.fold<MulOp>(tangents[0], slope));
  return success();
}

LogicalResult DigammaOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                  SmallVectorImpl<Value> &resultTangents) {
  // The polygamma function of order 0.
  return buildNextOrder<PolygammaOp>(b, getX(), 0, tangents, resultTangents);
}

LogicalResult PolygammaOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                    SmallVectorImpl<Value> &resultTangents) {
  return buildNextOrder<PolygammaOp>(b, getX(), getOrder(), tangents,
                                     resultTangents);
}

LogicalResult PolygammaOp::verify() {
  return checkOrder(*this, getOrder(), 1, "be at least 1");
}

//===----------------------------------------------------------------------===//
// sinc, sinc_of_root, half_pow
//===----------------------------------------------------------------------===//

LogicalResult SincOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                               SmallVectorImpl<Value> &resultTangents) {
  return buildNextOrder<SincOp>(b, getX(), getOrder(), tangents,
                                resultTangents);
}

LogicalResult SincOp::verify() {
  return checkOrder(*this, getOrder(), 0, "not be negative");
}

LogicalResult SincOfRootOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                     SmallVectorImpl<Value> &resultTangents) {
  Value next = b.fold<SincOfRootOp>(getType(), getX(), getOrder() + 1);
  Value slope = b.fold<MulOp>(b.literal("-0.5", getType()), next);
  resultTangents.push_back(b.fold<MulOp>(tangents[0], slope));
  return success();
}

LogicalResult SincOfRootOp::verify() {
  return checkOrder(*this, getOrder(), -1, "be at least -1");
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
