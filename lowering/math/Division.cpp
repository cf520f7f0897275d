//===- Division.cpp - integers of 64 bits on targets without them ---------===//
//
// Where integers of 64 bits are pairs of 32-bit ones, upstream has sums,
// products, shifts and comparisons of them, and no quotients.
//
// A quotient of floats is right to some 2^-20. What it gives, made smaller by
// as much, is at most the quotient q of the integers x and y; with its multiple
// of y taken off, a rest is below x 2^-19 + y. For x < 2^64 the fourth rest is
// below 1 + y (1 + 2^-18), so that y fits in once more or not at all.
//
//===----------------------------------------------------------------------===//

#include "lowering/math/Expansions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace xform::elementary {

namespace {

constexpr int kSteps = 4;
constexpr double kSmaller = 1.0 - 0x1p-20;

struct Quotient {
  Value quotient, rest;
};

bool isWide(Type type) { return getElementTypeOrSelf(type).isInteger(64); }

Value constantLike(ImplicitLocOpBuilder &b, Type type, TypedAttr attribute) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    attribute = DenseElementsAttr::get(shaped, Attribute(attribute));
  return arith::ConstantOp::create(b, attribute);
}

Value number(ImplicitLocOpBuilder &b, Type type, int64_t value) {
  return constantLike(b, type, b.getI64IntegerAttr(value));
}

/// Of unsigned numbers; the divisor is not 0.
Quotient divide(ImplicitLocOpBuilder &b, Value x, Value y) {
  Type type = x.getType(), real = b.getF32Type();
  if (auto shaped = dyn_cast<ShapedType>(type))
    real = shaped.clone(real);
  Value smaller =
      constantLike(b, real, b.getF32FloatAttr(static_cast<float>(kSmaller)));
  Value divisor = arith::UIToFPOp::create(b, real, y);
  Value rest = x, quotient = number(b, type, 0);
  for (int step = 0; step < kSteps; ++step) {
    Value dividend = arith::UIToFPOp::create(b, real, rest);
    Value about = arith::MulFOp::create(
        b, arith::DivFOp::create(b, dividend, divisor), smaller);
    Value part = arith::FPToUIOp::create(b, type, about);
    quotient = arith::AddIOp::create(b, quotient, part);
    rest = arith::SubIOp::create(b, rest, arith::MulIOp::create(b, part, y));
  }
  Value once = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, rest, y);
  Value more = arith::AddIOp::create(b, quotient, number(b, type, 1));
  return {arith::SelectOp::create(b, once, more, quotient),
          arith::SelectOp::create(b, once, arith::SubIOp::create(b, rest, y),
                                  rest)};
}

Value isNegative(ImplicitLocOpBuilder &b, Value x) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, x,
                               number(b, x.getType(), 0));
}

Value negatedIf(ImplicitLocOpBuilder &b, Value condition, Value x) {
  Value negated = arith::SubIOp::create(b, number(b, x.getType(), 0), x);
  return arith::SelectOp::create(b, condition, negated, x);
}

template <typename Op> struct ExpandDivision : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!isWide(op.getType()))
      return rewriter.notifyMatchFailure(op, "not of 64 bits");
    constexpr bool isSigned = std::is_same_v<Op, arith::DivSIOp> ||
                              std::is_same_v<Op, arith::RemSIOp>;
    constexpr bool isQuotient = std::is_same_v<Op, arith::DivSIOp> ||
                                std::is_same_v<Op, arith::DivUIOp>;
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value x = op.getLhs(), y = op.getRhs(), flips;
    if (isSigned) {
      flips = isNegative(b, x);
      Value yFlips = isNegative(b, y);
      x = negatedIf(b, flips, x);
      y = negatedIf(b, yFlips, y);
      // A rest has the sign of the dividend.
      if (isQuotient)
        flips = arith::XOrIOp::create(b, flips, yFlips);
    }
    Quotient found = divide(b, x, y);
    Value result = isQuotient ? found.quotient : found.rest;
    rewriter.replaceOp(op, isSigned ? negatedIf(b, flips, result) : result);
    return success();
  }
};

} // namespace

void populateDivisionPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandDivision<arith::DivSIOp>, ExpandDivision<arith::DivUIOp>,
               ExpandDivision<arith::RemSIOp>, ExpandDivision<arith::RemUIOp>>(
      patterns.getContext());
}

} // namespace xform::elementary
