//===- KeepNotFinite.cpp - --xform-keep-not-finite ------------------------===//

#include "lowering/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_DEF_XFORMKEEPNOTFINITE
#include "lowering/Passes.h.inc"
} // namespace xform

static bool isZero(Value value) {
  return matchPattern(value, m_AnyZeroFloat());
}

static bool isNegationOf(Value value, Value other) {
  auto negation = value.getDefiningOp<arith::NegFOp>();
  return negation && negation.getOperand() == other;
}

namespace {

/// Writes results of 0 by bits, about which a driver assumes nothing.
class Zeros {
public:
  Zeros(Operation *op, Value x)
      : b(op->getLoc(), op), type(cast<FloatType>(x.getType())),
        integer(b.getIntegerType(type.getWidth())), x(x),
        bits(arith::BitcastOp::create(b, integer, x)) {}

  /// 0 with the sign of x or the other one, or without; NaN where x is not
  /// finite.
  Value whereFinite(std::optional<bool> isNegated) {
    return orNaN(isBelowInfinity(), isNegated);
  }

  /// The same, and NaN where x is 0 instead of where it is infinite.
  Value whereNotZero(std::optional<bool> isNegated) {
    Value isNumber = arith::CmpFOp::create(
        b, arith::CmpFPredicate::ONE, x, number(APFloat::getZero(semantics())));
    return orNaN(isNumber, isNegated);
  }

  /// 0 - x.
  Value negated() {
    Value isZero = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x,
                                         number(APFloat::getZero(semantics())));
    Value turned = arith::BitcastOp::create(
        b, type, arith::XOrIOp::create(b, bits, bitsOf(sign())));
    return arith::SelectOp::create(
        b, isZero, number(APFloat::getZero(semantics())), turned);
  }

private:
  const llvm::fltSemantics &semantics() { return type.getFloatSemantics(); }

  APInt sign() { return APInt::getSignMask(type.getWidth()); }

  Value bitsOf(const APInt &value) {
    return arith::ConstantOp::create(b, b.getIntegerAttr(integer, value));
  }

  Value number(const APFloat &value) {
    return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
  }

  Value isBelowInfinity() {
    Value magnitude = arith::AndIOp::create(b, bits, bitsOf(~sign()));
    Value infinity = bitsOf(APFloat::getInf(semantics()).bitcastToAPInt());
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, magnitude,
                                 infinity);
  }

  Value orNaN(Value condition, std::optional<bool> isNegated) {
    Value zero = bitsOf(APInt::getZero(type.getWidth()));
    if (isNegated) {
      zero = arith::AndIOp::create(b, bits, bitsOf(sign()));
      if (*isNegated)
        zero = arith::XOrIOp::create(b, zero, bitsOf(sign()));
    }
    Value nan = bitsOf(APFloat::getNaN(semantics()).bitcastToAPInt());
    return arith::BitcastOp::create(
        b, type, arith::SelectOp::create(b, condition, zero, nan));
  }

  ImplicitLocOpBuilder b;
  FloatType type;
  IntegerType integer;
  Value x, bits;
};

struct XformKeepNotFinite
    : xform::impl::XformKeepNotFiniteBase<XformKeepNotFinite> {
  void runOnOperation() override {
    getOperation().walk([&](Operation *op) {
      if (Value result = rewritten(op)) {
        op->getResult(0).replaceAllUsesWith(result);
        op->erase();
      }
    });
  }

  /// The same by bits; null for what a driver leaves as it is.
  static Value rewritten(Operation *op) {
    if (op->getNumOperands() != 2 || op->getNumResults() != 1 ||
        !isa<FloatType>(op->getResult(0).getType()))
      return {};
    Value x = op->getOperand(0), y = op->getOperand(1);
    auto isMinus = [](Value zero) {
      return matchPattern(zero, m_NegZeroFloat());
    };
    if (isa<arith::MulFOp>(op) && isZero(y))
      return Zeros(op, x).whereFinite(isMinus(y));
    if (isa<arith::MulFOp>(op) && isZero(x))
      return Zeros(op, y).whereFinite(isMinus(x));
    if (isa<arith::DivFOp>(op) && isZero(x))
      return Zeros(op, y).whereNotZero(isMinus(x));
    if ((isa<arith::SubFOp>(op) && x == y) ||
        (isa<arith::AddFOp>(op) && isNegationOf(y, x)))
      return Zeros(op, x).whereFinite({});
    if (isa<arith::AddFOp>(op) && isNegationOf(x, y))
      return Zeros(op, y).whereFinite({});
    if (isa<arith::SubFOp>(op) && matchPattern(x, m_PosZeroFloat()))
      return Zeros(op, y).negated();
    return {};
  }
};

} // namespace
