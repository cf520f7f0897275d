//===- Remainder.cpp - remf -----------------------------------------------===//
//
// x - y trunc(x / y) without rounding error. A step takes off the quotient as
// many bits as one division gets right: the rest is reduced by multiples y 2^k
// of the divisor, k falling from the top of the exponent range, to at most two
// thirds of the multiple. Where there is nothing to take off, a step changes
// nothing, so all numbers take the same steps, without a branch.
//
// With p bits of mantissa and steps of s bits, a quotient is at most 2/3 2^s.
// The rounded inverse adds 2^(1-p) of that to it and rounding to an integer a
// half, which is below 2/3 again where s <= p - 3. As a multiple of the last
// bit of the divisor the rest has then no more than p bits: a fused
// multiply-add computes it exactly. Without one the quotient is multiplied with
// both halves of the multiple, for which it must have half as many bits.
//
//===----------------------------------------------------------------------===//

#include "lowering/math/Expansions.h"
#include "lowering/math/Pattern.h"

#include <cmath>

using namespace mlir;

namespace xform::elementary {

namespace {

/// rest - quotient multiple, where the result and the products of the quotient
/// with half a mantissa are exact.
Real subtractProduct(Builder &m, Real rest, Real quotient, Real multiple,
                     bool fused) {
  if (fused)
    return m.fusedMultiplyAdd(-quotient, multiple, rest);
  Pair parts = m.split(multiple);
  return (rest - quotient * parts.high) - quotient * parts.low;
}

/// The rest of a number by a divisor that is not subnormal nor near the largest
/// numbers; both are at least zero and finite.
Real reduce(Builder &m, Real rest, Real divisor, bool fused) {
  int bits = m.mantissaBits();
  int64_t implicit = int64_t(1) << bits;
  int step = fused ? bits - 2 : bits / 2 - 2;
  // The inverse of a multiple with this exponent is no subnormal number.
  int top = m.bias() - 2;
  int steps = 1 + (top + m.bias() - 1 + step - 1) / step;

  Real multiple = m.fromBits((m.bits(divisor) & (implicit - 1)) |
                             (int64_t(top + m.bias()) * implicit));
  // The product of the two stays the same, and so does the sum of their bits.
  Real inverse = 1.0 / multiple;
  Int sum = m.bits(multiple) + m.bits(inverse);
  // Adding this number rounds to an integer. What is subtracted again is not
  // seen to be the same number, or a compiler might do neither.
  double shift = std::ldexp(1.5, bits);
  Real back = m.select(isNaN(rest), rest, m.constant(shift));
  auto quotient = [&] { return (rest * inverse + shift) - back; };

  // The first product may be beyond the largest number, half of it is not.
  Real first = quotient();
  Real half = subtractProduct(m, rest * 0.5, first, multiple * 0.5, fused);
  rest = m.select(first == 0.0, rest, half * 2.0);
  Real unscale = m.constant(1.0);
  for (int i = 1; i < steps; ++i) {
    if (i == steps / 2) {
      // The rest may be far below its multiple, and must not be subnormal.
      double factor = std::ldexp(1.0, m.bias() / 2);
      Bool isSmall = divisor < 1.0;
      Real one = m.constant(1.0);
      Real scale = m.select(isSmall, m.constant(factor), one);
      unscale = m.select(isSmall, m.constant(1.0 / factor), one);
      rest = rest * scale;
      divisor = divisor * scale;
      multiple = multiple * scale;
    }
    Real smaller = multiple * std::ldexp(1.0, -step);
    multiple = m.select(smaller > divisor, smaller, divisor);
    inverse = m.fromBits(sum - m.bits(multiple));
    rest = subtractProduct(m, rest, quotient(), multiple, fused);
  }
  return m.select(rest < 0.0, rest + divisor, rest) * unscale;
}

/// The sign is that of x. A divisor of zero leaves NaN, and so does a subnormal
/// one, which most targets take for zero.
template <bool fused> Real remf(Builder &m, Real x, Real y) {
  Real dividend = m.abs(x), divisor = m.abs(y), one = m.constant(1.0);
  Bool isLess = dividend < divisor;
  Bool isRegular = (dividend < m.infinity()) &
                   (divisor >= std::ldexp(1.0, 1 - m.bias())) & !isLess;
  Bool isLarge = divisor >= std::ldexp(1.0, m.bias() / 2);
  Real down = m.select(isLarge, m.constant(0x1p-32), one);
  Real up = m.select(isLarge, m.constant(0x1p32), one);
  Real rest = reduce(m, m.select(isRegular, dividend * down, m.constant(0.0)),
                     m.select(isRegular, divisor * down, one), fused);
  Real result = m.select(isRegular, m.copySign(rest * up, x), m.nan());
  return m.select(isLess, x, result);
}

} // namespace

void populateRemainderPatterns(RewritePatternSet &patterns, bool fused) {
  MLIRContext *context = patterns.getContext();
  if (fused)
    patterns.add<ExpandBinary<arith::RemFOp, remf<true>>>(context);
  else
    patterns.add<ExpandBinary<arith::RemFOp, remf<false>>>(context);
}

} // namespace xform::elementary
