//===- Logarithm.cpp - log, log2, log10, log1p ----------------------------===//
//
// x = 2^k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2), and
// log(1 + f) = 2 atanh(s), s = f / (2 + f), as in the reduction of Ng's fdlibm
// (Sun, 1993): the series in s^2 is short and the leading term f is exact.
// log2 and log10 multiply the logarithm, kept in two parts, by a constant in
// two parts.
//
// Error bounds (float32, float64) in ULP: log 1, log2 1, log10 1, log1p 1.1.
//
//===----------------------------------------------------------------------===//

#include "lowering/math/Expansions.h"
#include "lowering/math/Pattern.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace xform::elementary {

namespace {

/// log(1 + f) = f - (half - product), where half = f^2/2.
struct LogParts {
  Real half;
  Real product;
};

LogParts logParts(Builder &m, Real f) {
  Real s = f / (2.0 + f);
  Real z = s * s;
  Real half = 0.5 * (f * f);
  return {half, s * (half + z * m.polynomial(z, kLogTail))};
}

/// f + k ln(2) + correction - half + product, small terms first.
Real assemble(Builder &m, Real f, Real k, Real correction) {
  Pair ln2 = m.constant(kLn2);
  LogParts parts = logParts(m, f);
  Real low = k * ln2.low;
  if (correction.value)
    low = low + correction;
  return k * ln2.high - ((parts.half - (parts.product + low)) - f);
}

/// `result` for 0 < x < infinity, the limits and NaN elsewhere.
Real withLogSpecials(Builder &m, Real x, Real result) {
  Int pattern = m.bits(x);
  int64_t infinity = (2 * int64_t(m.bias()) + 1) << m.mantissaBits();
  // Subtracting one sends zero and all negative patterns beyond the limit.
  Bool ordinary = lessUnsigned(pattern - 1, infinity - 1);
  Bool zero = (pattern << 1) == 0;
  Real special = m.select(x > 0.0, x, m.nan());
  special = m.select(zero, -m.infinity(), special);
  return m.select(ordinary, result, special);
}

Real log(Builder &m, Real x) {
  ReducedLog reduced = reduceLog(m, x);
  return withLogSpecials(m, x, assemble(m, reduced.f, reduced.k, Real{}));
}

/// k scaleOfK + log(1 + f) factor, where the constants come in two parts, the
/// first of each with half a mantissa.
Real scaledLog(Builder &m, Real x, Pair scaleOfK, Pair factor) {
  ReducedLog reduced = reduceLog(m, x);
  LogParts parts = logParts(m, reduced.f);
  Real high = m.highHalf(reduced.f - parts.half);
  Real low = ((reduced.f - high) - parts.half) + parts.product;
  Pair whole = m.fastSum(reduced.k * scaleOfK.high, high * factor.high);
  Real rest = (low + high) * factor.low + low * factor.high;
  if (scaleOfK.low.value)
    rest = rest + reduced.k * scaleOfK.low;
  return withLogSpecials(m, x, whole.high + (whole.low + rest));
}

Real log2(Builder &m, Real x) {
  return scaledLog(m, x, Pair{m.constant(1.0), Real{}}, m.constant(kLog2E));
}

Real log10(Builder &m, Real x) {
  return scaledLog(m, x, m.constant(kLog10Of2), m.constant(kLog10E));
}

Real log1pOfReal(Builder &m, Real x) {
  Real result = log1p(m, x, Real{}, Real{});
  Real special = m.select(x == -1.0, -m.infinity(), m.nan());
  special = m.select(x > 0.0, x, special);
  Bool ordinary = (x > -1.0) & (x < m.infinity());
  return m.select(ordinary, m.copySign(result, x), special);
}

} // namespace

// The exponent field of a subnormal number does not tell its size: its mantissa
// is read as the fraction of a number in [1, 2), from which 1 is subtracted.
ReducedLog reduceLog(Builder &m, Real x) {
  Int pattern = m.bits(x);
  int64_t one = int64_t(m.bias()) << m.mantissaBits();
  Bool subnormal = lessUnsigned(pattern, int64_t(1) << m.mantissaBits());
  Int scaled = m.bits(m.fromBits(pattern | one) - 1.0);
  pattern = m.select(subnormal, scaled, pattern);
  int64_t rootHalf = m.isFloat64() ? 0x3fe6a09e667f3bcd : 0x3f3504f3;
  Int exponent = shiftSigned(pattern - rootHalf, m.mantissaBits());
  Real mantissa = m.fromBits(pattern - (exponent << m.mantissaBits()));
  Int shift = m.select(subnormal, m.integer(m.bias() - 1), m.integer(0));
  return {m.toReal(exponent - shift), mantissa - 1.0};
}

// Rounding f^2/2 would cost more than the bound, so it is in two parts, too.
Pair logPair(Builder &m, Real x) {
  ReducedLog reduced = reduceLog(m, x);
  Real f = reduced.f;
  LogParts parts = logParts(m, f);
  Pair split = m.split(f), ln2 = m.constant(kLn2);
  Real half = 0.5 * (split.high * split.high);
  Real halfLow = 0.5 * (split.low * (f + split.high));
  Real power = reduced.k * ln2.high;
  Real high = m.highHalf(power + (f - parts.half));
  Real low = ((power - high) + f) - half;
  return {high, low + ((parts.product - halfLow) + reduced.k * ln2.low)};
}

Real log1p(Builder &m, Real high, Real low, Real shift) {
  Real sum = m.opaque(1.0 + high);
  // What the rounding of the sum lost; either term may be the larger one.
  Real lost = m.select(high < 1.0, high - (sum - 1.0), 1.0 - (sum - high));
  Int pattern = m.bits(sum);
  int64_t rootHalf = m.isFloat64() ? 0x3fe6a09e667f3bcd : 0x3f3504f3;
  Int exponent = shiftSigned(pattern - rootHalf, m.mantissaBits());
  Real mantissa = m.fromBits(pattern - (exponent << m.mantissaBits()));
  Bool direct = exponent == 0;
  Real f = m.select(direct, high, mantissa - 1.0);
  lost = m.select(direct, m.constant(0.0), lost);
  if (low.value)
    lost = lost + low;
  // The correction is divided by 2^k (1 + f), where a rough inverse will do;
  // the largest exponent is lowered by one, since its inverse would be
  // subnormal.
  int64_t largest = m.bias() - 1;
  Int limited = m.select(exponent > largest, m.integer(largest), exponent);
  Real inverse = (1.0 + f * (f - 1.0)) * m.powerOfTwo(m.integer(0) - limited);
  Real k = m.toReal(exponent);
  if (shift.value)
    k = k + shift;
  return assemble(m, f, k, lost * inverse);
}

void populateLogarithmPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandUnary<mlir::math::LogOp, log>,
               ExpandUnary<mlir::math::Log2Op, log2>,
               ExpandUnary<mlir::math::Log10Op, log10>,
               ExpandUnary<mlir::math::Log1pOp, log1pOfReal>>(
      patterns.getContext());
}

} // namespace xform::elementary
