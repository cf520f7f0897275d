//===- Power.cpp - powf, fpowi, cbrt, rsqrt -------------------------------===//
//
// pow: log2|x| in two parts, good to about 2^-33 in float32 and 2^-64 in
// float64, is multiplied by y in two parts; exp2 of the product follows. The
// logarithm is that of Logarithm.cpp with its first two terms in two parts. The
// special cases are those of C99, annex F.9.4.4. cbrt: a third of the bit
// pattern is an estimate good to four percent (Kahan, "Computing a real cube
// root", 1991); a polynomial makes 18 bits of it, one step of Halley's method
// the rest.
//
// Error bounds (float32, float64) in ULP: powf 1.5, fpowi 2, cbrt 1, rsqrt 1.6.
//
//===----------------------------------------------------------------------===//

#include "lowering/math/Expansions.h"
#include "lowering/math/Pattern.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace xform::elementary {

namespace {

/// log2(x) for finite x > 0; the high part has half a mantissa, so that
/// products of high parts are exact.
Pair log2Pair(Builder &m, Real x) {
  ReducedLog reduced = reduceLog(m, x);
  Real f = reduced.f;
  // s = f / (2 + f), the divisor split without rounding.
  Real divisor = 2.0 + f;
  Real inverse = 1.0 / divisor;
  Real divisorHigh = m.highHalf(divisor);
  Real divisorLow = f - (divisorHigh - 2.0);
  Real high = m.highHalf(f * inverse);
  Real low = ((f - high * divisorHigh) - high * divisorLow) * inverse;
  Pair z = m.splitSum(high * high, low * (2.0 * high + low));
  // log(1 + f) = 2s + s z (2/3 + z p(z)); z p(z) < 2^-6 is a single number.
  Real square = z.high + z.low;
  Pair series = m.constant(kTwoThirds);
  series.low = series.low + square * m.polynomial(square, kPowLogTail);
  Pair cubic =
      m.splitSum(z.high * series.high,
                 z.high * series.low + z.low * (series.high + series.low));
  Real rest = 2.0 * low + (cubic.low * high + (cubic.high + cubic.low) * low);
  Pair log = m.splitSum(2.0 * high, cubic.high * high);
  log.low = log.low + rest;
  Pair log2E = m.constant(kLog2E);
  Pair total = m.splitSum(reduced.k, log.high * log2E.high);
  total.low =
      total.low + (log.low * log2E.high + (log.high + log.low) * log2E.low);
  return total;
}

/// |x|^y without the special cases; y in two parts, the low one may be missing.
Real powerOfMagnitude(Builder &m, Real magnitude, Pair y) {
  Pair log = log2Pair(m, magnitude);
  // Beyond these exponents every power but that of 1 over- or underflows.
  double limit = m.pick(0x1p34, 0x1p66);
  Pair exponent = m.split(m.clamp(y.high, -limit, limit));
  if (y.low.value)
    exponent.low = exponent.low + y.low;
  Real high = exponent.high * log.high;
  Real low = exponent.high * log.low + exponent.low * (log.high + log.low);
  Real sum = high + low;
  Real bounded = m.clamp(sum, m.pick(-160, -1100), m.pick(130, 1030));
  Pair product =
      m.select(bounded == sum, Pair{high, low}, Pair{bounded, m.constant(0.0)});
  Rounded n = m.nearest(bounded);
  Real r = ((product.high - n.real) + product.low) * 0x1.62e42fefa39efp-1;
  Real tail = r * r * m.polynomial(r, kExpTail);
  return m.scale(1.0 + (r + tail), n.integer);
}

/// x^y given what must be known of y: its parts and whether it is an integer,
/// and an odd one. NaN in y and y = 0 are left to the caller.
Real powerWithParity(Builder &m, Real x, Pair y, Bool integer, Bool odd) {
  Real magnitude = m.abs(x);
  Real result = powerOfMagnitude(m, magnitude, y);

  Int pattern = m.bits(magnitude);
  Real infinity = m.infinity(), zero = m.constant(0.0);
  Bool isZero = pattern == 0, isInfinite = magnitude == infinity;
  Bool extreme = isZero | isInfinite | (m.abs(y.high) == infinity);
  Bool grows = !((magnitude > 1.0) ^ (y.high > 0.0));
  Real limit = m.select(grows, infinity, zero);
  limit = m.select(magnitude == 1.0, m.constant(1.0), limit);
  result = m.select(extreme, limit, result);

  Bool negative = m.bits(x) < 0;
  result = m.select(negative & odd, -result, result);
  Bool undefined = negative & !(integer | isZero | isInfinite);
  result = m.select(undefined, m.nan(), result);
  return m.select(isNaN(x), x, result);
}

// Whether y is an integer, and an odd one, is read from its bits: `math.floor`
// is a library call on processors without SSE 4.1.
Real powf(Builder &m, Real x, Real y) {
  Int pattern = m.bits(m.abs(y));
  int64_t implicit = int64_t(1) << m.mantissaBits();
  Int mantissa = (pattern & (implicit - 1)) | implicit;
  // The number of mantissa bits behind the point, if there are any.
  Int fractionBits =
      m.integer(m.bias() + m.mantissaBits()) - (pattern >> m.mantissaBits());
  Bool even = fractionBits < 0;
  Bool small = fractionBits > m.mantissaBits();
  Int shift = m.select(even | small, m.integer(0), fractionBits);
  Int whole = mantissa >> shift;
  Bool integer = ((whole << shift) == mantissa) & !small;
  Bool odd = integer & !even & ((whole & 1) != 0);
  Real result = powerWithParity(m, x, Pair{y, Real{}}, integer, odd);
  result = m.select(isNaN(y), y, result);
  return m.select((y == 0.0) | (x == 1.0), m.constant(1.0), result);
}

/// x^exponent by multiplication, for exponents so small that rounding stays
/// within two ULP and nothing between overflows or is flushed to zero.
Real smallPower(Builder &m, Real x, int64_t exponent) {
  switch (exponent) {
  case -2: {
    // The square must be no subnormal number while its inverse is finite.
    double factor = m.pick(0x1p40, 0x1p300), square = factor * factor;
    Real one = m.constant(1.0);
    Bool isSmall = m.abs(x) < 1.0 / factor;
    Real scaled = x * m.select(isSmall, m.constant(factor), one);
    return 1.0 / (scaled * scaled) * m.select(isSmall, m.constant(square), one);
  }
  case -1:
    return 1.0 / x;
  case 0:
    return m.constant(1.0);
  case 1:
    return x;
  case 2:
    return x * x;
  case 3:
    return x * x * x;
  default: {
    // What rounding added to the square would count twice.
    Real square = x * x, fourth = square * square;
    Real added = m.minusSquare(square, x);
    return m.select(m.abs(fourth) < m.infinity(), fourth - 2.0 * square * added,
                    fourth);
  }
  }
}

constexpr int64_t kLeastSmallPower = -2, kLargestSmallPower = 4;

} // namespace

std::optional<int64_t> smallExponent(Value value) {
  APFloat number(0.0);
  if (matchPattern(value, m_ConstantFloat(&number))) {
    for (int64_t i = kLeastSmallPower; i <= kLargestSmallPower; ++i)
      if (number.isExactlyValue(static_cast<double>(i)))
        return i;
  }
  APInt integer;
  if (matchPattern(value, m_ConstantInt(&integer)) &&
      integer.getSignificantBits() <= 64 &&
      integer.getSExtValue() >= kLeastSmallPower &&
      integer.getSExtValue() <= kLargestSmallPower)
    return integer.getSExtValue();
  return std::nullopt;
}

namespace {

/// powf and fpowi with a small constant exponent.
template <typename Op> struct ExpandSmallPower : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    Type type = computeTypeFor(op.getType());
    if (!type)
      return rewriter.notifyMatchFailure(op, "not a supported float type");
    std::optional<int64_t> exponent = smallExponent(op.getRhs());
    if (!exponent)
      return rewriter.notifyMatchFailure(op, "no small constant exponent");
    Location loc = op.getLoc();
    Builder m(rewriter, loc, type);
    Real x = m.wrapReal(convertFloat(rewriter, loc, op.getLhs(), type));
    Value result = smallPower(m, x, *exponent).value;
    rewriter.replaceOp(op, convertFloat(rewriter, loc, result, op.getType()));
    return success();
  }
};

/// Comparisons and arithmetic on the exponents of fpowi, whose integer type has
/// nothing to do with the float's.
class Exponents {
public:
  Exponents(Builder &m, Value values) : m(m), values(values) {}

  int64_t width() {
    return getElementTypeOrSelf(values.getType()).getIntOrFloatBitWidth();
  }

  Bool compare(arith::CmpIPredicate predicate, Value a, int64_t b) {
    return {&m, arith::CmpIOp::create(m.getOpBuilder(), m.getLoc(), predicate,
                                      a, constant(b))};
  }

  template <typename Op> Value combine(Value a, Value b) {
    return Op::create(m.getOpBuilder(), m.getLoc(), a, b);
  }

  Value constant(int64_t number) {
    Type type = values.getType();
    auto element = cast<IntegerType>(getElementTypeOrSelf(type));
    TypedAttr attribute =
        IntegerAttr::get(element, APInt(width(), number, /*isSigned=*/true,
                                        /*implicitTrunc=*/true));
    if (auto vector = dyn_cast<VectorType>(type))
      attribute = DenseElementsAttr::get(vector, attribute);
    return arith::ConstantOp::create(m.getOpBuilder(), m.getLoc(), attribute);
  }

  /// The exponents as floats, in two parts where one cannot hold them.
  Pair toReal() {
    // In float32 every power of any number but one over- or underflows beyond
    // this many bits.
    constexpr int64_t kBits = 37;
    int64_t bits = width();
    Value n = values;
    if (!m.isFloat64() && bits > kBits) {
      int64_t limit = (int64_t(1) << (kBits - 1)) - 1;
      n = combine<arith::MinSIOp>(n, constant(limit));
      n = combine<arith::MaxSIOp>(n, constant(-limit));
      bits = kBits;
    }
    int64_t held = m.mantissaBits();
    if (bits <= held)
      return {convert(n), Real{}};
    Value low =
        combine<arith::AndIOp>(n, constant((int64_t(1) << (bits - held)) - 1));
    Value offset = combine<arith::AddIOp>(n, constant(int64_t(1) << held));
    Bool fits =
        compare(arith::CmpIPredicate::ult, offset, int64_t(1) << (held + 1));
    low = arith::SelectOp::create(m.getOpBuilder(), m.getLoc(), fits.value,
                                  constant(0), low);
    return {convert(combine<arith::SubIOp>(n, low)), convert(low)};
  }

private:
  Real convert(Value n) {
    return m.wrapReal(arith::SIToFPOp::create(m.getOpBuilder(), m.getLoc(),
                                              m.getFloatType(), n));
  }

  Builder &m;
  Value values;
};

/// fpowi with any exponent; its parity is that of the integer, which a float
/// may not hold.
struct ExpandFPowI : OpRewritePattern<mlir::math::FPowIOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(mlir::math::FPowIOp op,
                                PatternRewriter &rewriter) const override {
    Type type = computeTypeFor(op.getType());
    if (!type)
      return rewriter.notifyMatchFailure(op, "not a supported float type");
    Location loc = op.getLoc();
    Builder m(rewriter, loc, type);
    Real x = m.wrapReal(convertFloat(rewriter, loc, op.getLhs(), type));
    Value n = op.getRhs();
    Exponents exponents(m, n);
    Value lastBit = exponents.combine<arith::AndIOp>(n, exponents.constant(1));
    Bool odd = exponents.compare(arith::CmpIPredicate::ne, lastBit, 0);
    Bool zero = exponents.compare(arith::CmpIPredicate::eq, n, 0);
    Real result = powerWithParity(m, x, exponents.toReal(), m.yes(), odd);
    result = m.select(zero, m.constant(1.0), result);
    rewriter.replaceOp(op,
                       convertFloat(rewriter, loc, result.value, op.getType()));
    return success();
  }
};

Real rsqrt(Builder &m, Real x) { return 1.0 / m.sqrt(x); }

Real cbrt(Builder &m, Real x) {
  Real magnitude = m.abs(x);
  // A subnormal number is its bits, an integer, times a power of two, which is
  // here that of a third.
  Int pattern = m.bits(magnitude);
  Bool subnormal = pattern < (int64_t(1) << m.mantissaBits());
  Int upperHalf = pattern >> 26, lowerHalf = pattern - (upperHalf << 26);
  Real integer = m.toReal(upperHalf) * 0x1p26 + m.toReal(lowerHalf);
  integer = m.isFloat64() ? integer : 2.0 * integer;
  Real scale = m.constant(std::ldexp(1.0, m.isFloat64() ? -358 : -50));
  magnitude = m.select(subnormal, integer, magnitude);
  // The estimate is the third of the bit pattern, moved to the right bias.
  Int upper = m.isFloat64() ? m.bits(magnitude) >> 32 : m.bits(magnitude);
  int64_t unit = int64_t(1) << (m.isFloat64() ? 20 : 23);
  auto offset = static_cast<int64_t>((2.0 / 3.0 * m.bias() - 0.0333) * unit);
  Int third = m.truncateToInt(m.toReal(upper) * (1.0 / 3.0)) + offset;
  Real t = m.fromBits(m.isFloat64() ? third << 32 : third);
  t = t * m.polynomial((t * t) * (t / magnitude), kCbrtCorrection);
  // t^2 is exact, and the step is cubically convergent.
  t = m.highHalf(t);
  Real quotient = magnitude / (t * t);
  Real result = t + t * ((quotient - t) / (2.0 * t + quotient));
  Bool ordinary = (magnitude > 0.0) & (magnitude < m.infinity());
  result = m.select(subnormal, result * scale, result);
  return m.select(ordinary, m.copySign(result, x), x);
}

} // namespace

void populatePowerPatterns(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<ExpandUnary<mlir::math::RsqrtOp, rsqrt>,
               ExpandUnary<mlir::math::CbrtOp, cbrt>,
               ExpandBinary<mlir::math::PowFOp, powf>, ExpandFPowI>(context);
  patterns.add<ExpandSmallPower<mlir::math::PowFOp>,
               ExpandSmallPower<mlir::math::FPowIOp>>(context, /*benefit=*/2);
}

} // namespace xform::elementary
