//===- GammaFunction.cpp - lgamma, digamma, polygamma ---------------------===//
//
// On [1, 3] log(gamma(x)) is (x - 1) (x - 2) times a polynomial and digamma(x)
// is x minus its root times a polynomial, so that both are right to the last
// digits next to their roots; larger numbers go to Stirling's series. Positive
// numbers below 1 go to 1 + x by gamma(1 + x) = x gamma(x), negative ones to
// 1 - x or -x by the reflection formulas (NIST Handbook, 5.5.3, 5.5.4, 5.15.6).
// Between each two of their poles lgamma and digamma have a root, next to which
// the terms of those formulas cancel. There arguments are reduced exactly, and
// logarithms and the pole 1 / r of the cotangent come in two parts, whose high
// ones cancel without rounding. polygamma is a zeta function by the formula of
// Euler and Maclaurin (25.11.5).
//
// Error bounds (float32, float64) in ULP: lgamma and digamma 4, of
// max(1, |result|) for x < 0.
//
//===----------------------------------------------------------------------===//

#include "lowering/math/Expansions.h"
#include "lowering/math/SpecialFunctions.h"
#include "lowering/math/SpecialPolynomials.h"

#include <cmath>

using namespace mlir;

namespace xform::elementary {

namespace {

/// Where Stirling's series begin.
constexpr double kLarge = 3.0;

/// The derivative of digamma at its positive root.
constexpr double kDigammaSlope = 0x1.ef72bc8ee38acp-1;

/// What functions of x are reduced to: their value at an argument >= 1, which
/// is 1 + |x| between -2 and 1, else |x|. It is given by its distance to 1,
/// which is exact where the series are not used: an argument 1 + |x| that is
/// rounded would shift the roots.
struct Reduced {
  Real size;
  /// Whether x < 1, so that there is a step from the argument to x.
  Bool below;
  /// Whether the argument is 1 + |x|.
  Bool raised;
  Bool large;
  Real fromOne;
};

Reduced reduce(Builder &m, Real x) {
  Real size = m.abs(x);
  Bool below = x < 1.0, raised = below & (size < 2.0);
  Real fromOne = m.select(raised, size, size - 1.0);
  return {size, below, raised, size >= kLarge, fromOne};
}

/// p(x - 3/2) below 2 and q(x - 5/2) from there to 3.
Real aroundMiddle(Builder &m, Real fromOne, const Polynomial &p,
                  const Polynomial &q) {
  Bool first = fromOne < 1.0;
  Real middle = m.select(first, m.constant(0.5), m.constant(1.5));
  return chosenPolynomial(m, first, fromOne - middle, p, q);
}

/// The sine of pi r over pi, |r| <= 1/2.
Real sinPi(Builder &m, Real r) {
  Real z = r * r;
  return r + r * z * m.polynomial(z, kSinPiTail);
}

/// x minus the nearest integer, for x >= 0; NaN for infinity.
Real aroundInteger(Builder &m, Real x) {
  double unit = std::ldexp(1.0, m.mantissaBits());
  // Lest a compiler simplify (x + unit) - unit, as Mesa's does, the sum passes
  // through its bits; the one that is set in all numbers from 2 on loses
  // nothing.
  Real sum = m.fromBits(m.bits(x + unit) | (int64_t(1) << (m.width() - 2)));
  Real nearest = m.select(x < unit, sum - unit, x);
  return x - nearest;
}

/// pi cot(pi x), x given by its distance to the nearest integer.
Real cotPi(Builder &m, Real r) {
  Real cosine = sinPi(m, 0.5 - m.abs(r)) * M_PI;
  return cosine / sinPi(m, r);
}

/// 1 / x, the high part with half a mantissa.
Pair invert(Builder &m, Real x) {
  Real quotient = 1.0 / x;
  Pair parts = m.split(x);
  Real high = m.highHalf(quotient);
  Real low = ((1.0 - high * parts.high) - high * parts.low) * quotient;
  // The low part of a tiny number is subnormal, and that of 1 / 0 undefined.
  Bool tiny = m.abs(x) < 0x1p-60;
  return m.select(tiny, Pair{quotient, m.constant(0.0)}, Pair{high, low});
}

/// Derivative of the given order of pi cot(pi x) as a polynomial in
/// c = pi cot(pi x) itself, whose derivative is -(pi^2 + c^2).
SmallVector<double> derivativeOfCotangent(int64_t order) {
  SmallVector<double> terms{0.0, 1.0};
  for (int64_t n = 0; n < order; ++n) {
    SmallVector<double> next(terms.size() + 1, 0.0);
    for (size_t i = 1; i < terms.size(); ++i) {
      double slope = static_cast<double>(i) * terms[i];
      next[i - 1] -= M_PI * M_PI * slope;
      next[i + 1] -= slope;
    }
    terms = next;
  }
  return terms;
}

/// 1 / x^n, n >= 1.
Real inversePower(Real x, int64_t n) {
  Real power{};
  for (Real square = x; n; n >>= 1) {
    if (n & 1)
      power = power.value ? power * square : square;
    if (n > 1)
      square = square * square;
  }
  return 1.0 / power;
}

/// The sum of 1 / (scale (x + k))^s over all k >= 0, for x >= 0 and s >= 2.
/// The scale is a power of two, so that it does not round.
Real hurwitzZeta(Builder &m, int64_t s, Real x, double scale) {
  // Bernoulli numbers B(2 j) over (2 j)!.
  static constexpr double bernoulli[] = {
      1.0 / 12,          -1.0 / 720,
      1.0 / 30240,       -1.0 / 1209600,
      1.0 / 47900160,    -691.0 / 1307674368000,
      1.0 / 74724249600, -3617.0 / 10670622842880000};
  int64_t count = (m.isFloat64() ? 9 : 4) + s / 2;
  Real sum = m.constant(0.0);
  // Small terms first.
  for (int64_t k = count - 1; k > 0; --k)
    sum = sum + inversePower((x + static_cast<double>(k)) * scale, s);

  Real end = x + static_cast<double>(count);
  Real t = 1.0 / end, z = t * t;
  SmallVector<double> terms;
  double rising = static_cast<double>(s);
  for (auto [j, number] : llvm::enumerate(bernoulli)) {
    terms.push_back(number * rising);
    rising *= static_cast<double>((s + 2 * j + 1) * (s + 2 * j + 2));
  }
  Real series = m.constant(terms.back());
  for (double term : llvm::drop_begin(llvm::reverse(terms)))
    series = series * z + term;
  Real tail = 1.0 / static_cast<double>(s - 1) + t * (0.5 + t * series);
  sum = sum + inversePower(end * scale, s - 1) * ((1.0 / scale) * tail);
  return sum + inversePower(x * scale, s);
}

} // namespace

Real logGamma(Builder &m, Real x) {
  Reduced r = reduce(m, x);
  Real zero = m.constant(0.0), one = m.constant(1.0);
  // Comparing would take subnormal numbers for zero.
  Bool negative = m.bits(x) < 0;

  // Stirling's series as x (log(x) - 1), exact but for its low part, minus
  // log(x) / 2, and the rest.
  Pair log = logPair(m, r.size), parts = m.split(r.size);
  Pair factor{log.high - 1.0, log.low};
  Real inverse = 1.0 / r.size;
  Real tail = inverse * m.polynomial(inverse * inverse, kLogGammaSeries);
  Pair halfLogTwoPi = m.constant(kHalfLogTwoPi);
  Real far = parts.high * factor.low + parts.low * (factor.high + factor.low);
  far = (far - 0.5 * log.low) + (halfLogTwoPi.low + tail) + halfLogTwoPi.high;

  Real near = r.fromOne * (r.fromOne - 1.0) *
              aroundMiddle(m, r.fromOne, kLogGammaOne, kLogGammaTwo);

  // 1 / |gamma(x)| is |x sin(pi x) / pi| gamma(|x|), or without x with
  // gamma(1 + |x|), for negative x, and x / gamma(1 + x) for those below 1.
  Real sine = m.abs(sinPi(m, aroundInteger(m, r.size)));
  Real step = m.select(negative, sine * m.select(r.raised, one, r.size),
                       m.select(r.below, r.size, one));
  Pair logStep = logPair(m, step);
  logStep = m.select(negative, logStep, Pair{-logStep.high, -logStep.low});

  Real result = m.select(r.large, parts.high * factor.high, zero);
  result = (result + logStep.high) - m.select(r.large, 0.5 * log.high, zero);
  result = result + (m.select(r.large, far, near) + logStep.low);
  result = m.select(negative, -result, result);
  Bool infinite = (m.bits(step) == 0) | (r.size == m.infinity());
  return m.select(infinite, m.infinity(), result);
}

Real digamma(Builder &m, Real x) {
  Reduced r = reduce(m, x);
  Real zero = m.constant(0.0);
  Bool negative = x < 0.0;

  Pair log = logPair(m, r.size);
  Real inverse = 1.0 / r.size, z = inverse * inverse;
  Real far = log.low - (0.5 * inverse + z * m.polynomial(z, kDigammaSeries));

  Pair root = m.constant(kDigammaRoot);
  Real near = (r.fromOne - root.high) *
              aroundMiddle(m, r.fromOne, kDigammaOne, kDigammaTwo);
  // Taken off behind the product, because Mesa's compiler adds up constants.
  near = near - root.low * kDigammaSlope;

  // From 1 + x to x goes -1 / x, from 1 - x to x the cotangent, and from -x to
  // 1 - x again -1 / x.
  Real fromPole = aroundInteger(m, r.size);
  Real divisor = m.select(negative, fromPole, -x);
  Pair pole = m.select(r.below, invert(m, divisor), Pair{zero, zero});
  Real tail = fromPole * m.polynomial(fromPole * fromPole, kCotPiTail);
  Pair rest = m.split(m.select(negative, tail, zero));
  Real again = m.select(negative & !r.raised, inverse, zero);

  Real result = m.select(r.large, log.high, zero) + pole.high;
  result = result - rest.high;
  result =
      result + ((m.select(r.large, far, near) + again) + (pole.low - rest.low));
  result = m.select(x == m.infinity(), x, result);
  return m.select(negative & (fromPole == 0.0), m.nan(), result);
}

Real polygamma(Builder &m, Real x, int64_t order) {
  Bool negative = x < 0.0;
  Real size = m.abs(x);
  // The factorial is taken into the powers but for a factor of 2^(s / 2) at
  // most: they leave the range otherwise where their product with it does not.
  int64_t s = order + 1;
  long double whole = std::tgamma(static_cast<long double>(s));
  int exponent = static_cast<int>(std::lround(std::log2(whole) / s));
  auto factorial =
      static_cast<double>(std::ldexp(whole, -exponent * static_cast<int>(s)));
  Real zeta = hurwitzZeta(m, s, m.select(negative, 1.0 + size, x),
                          std::ldexp(1.0, -exponent));
  bool odd = order % 2;
  Real right = zeta * (odd ? factorial : -factorial);

  // (-1)^order times the function at 1 - x, minus the cotangent's derivative.
  SmallVector<double> terms = derivativeOfCotangent(order);
  Real c = -cotPi(m, aroundInteger(m, size));
  Real slope = m.constant(terms.back());
  for (double term : llvm::drop_begin(llvm::reverse(terms)))
    slope = slope * c + term;
  return m.select(negative, (odd ? -right : right) - slope, right);
}

} // namespace xform::elementary
