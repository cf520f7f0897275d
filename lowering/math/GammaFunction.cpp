//===- GammaFunction.cpp - lgamma, digamma, polygamma ---------------------===//
//
// On [1, 3] log(gamma(x)) is (x - 1) (x - 2) times a polynomial and digamma(x)
// is x minus its root times a polynomial, so that both are right to the last
// digits next to their roots. Numbers up to 8 are brought to [2, 3] by
// gamma(x) = (x - 1) gamma(x - 1), larger ones go to Stirling's series,
// positive ones below 1 to 1 + x, negative ones to 1 - x by the reflection
// formulas (NIST Handbook, 5.5.3, 5.5.4, 5.15.6). polygamma is a zeta function
// by the formula of Euler and Maclaurin (25.11.5).
//
// Error bounds (float32, float64) in ULP: lgamma and digamma 4 for x > 0; for
// x < 0, where they have a root between each two poles, 12 of max(1, |result|).
//
//===----------------------------------------------------------------------===//

#include "lowering/math/SpecialFunctions.h"
#include "lowering/math/SpecialPolynomials.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;

namespace xform::elementary {

namespace {

/// Where Stirling's series begin.
constexpr double kLarge = 8.0;

/// A number x brought to x - n in [2, 3), or itself below 3, and what is behind
/// gamma(x) = product gamma(x - n), digamma(x) = digamma(x - n) +
/// numerator / product. From kLarge onwards there is no meaning to it.
struct Lowered {
  Real x;
  Real product;
  Real numerator;
};

Lowered lower(Builder &m, Real x) {
  Lowered result{x, m.constant(1.0), m.constant(0.0)};
  for (int i = 1; i <= static_cast<int>(kLarge) - 3; ++i) {
    Real next = x - static_cast<double>(i);
    Bool taken = next >= 2.0;
    Real numerator = result.numerator * next + result.product;
    result.numerator = m.select(taken, numerator, result.numerator);
    result.product = m.select(taken, result.product * next, result.product);
    result.x = m.select(taken, next, result.x);
  }
  return result;
}

/// p(x - 3/2) below 2 and q(x - 5/2) from there to 3.
Real aroundMiddle(Builder &m, Real x, const Polynomial &p,
                  const Polynomial &q) {
  Bool first = x < 2.0;
  Real middle = m.select(first, m.constant(1.5), m.constant(2.5));
  return chosenPolynomial(m, first, x - middle, p, q);
}

/// The sine of pi r over pi, |r| <= 1/2.
Real sinPi(Builder &m, Real r) {
  Real z = r * r;
  return r + r * z * m.polynomial(z, kSinPiTail);
}

/// x minus the nearest integer, for x >= 0; NaN for infinity.
Real aroundInteger(Builder &m, Real x) {
  double unit = std::ldexp(1.0, m.mantissaBits());
  Real nearest = m.select(x < unit, (x + unit) - unit, x);
  return x - nearest;
}

/// pi cot(pi x), x given by its distance to the nearest integer.
Real cotPi(Builder &m, Real r) {
  Real cosine = sinPi(m, 0.5 - m.abs(r)) * M_PI;
  return cosine / sinPi(m, r);
}

/// log(gamma(x)), x >= 1, given its distances to 1 and 2; below kLarge of
/// gamma(x) times a factor.
Real logGammaFromOne(Builder &m, Real x, Real fromOne, Real fromTwo,
                     Real factor) {
  Bool large = x >= kLarge, direct = x < 3.0;
  Lowered low = lower(m, x);
  Real log =
      call<mlir::math::LogOp>(m, m.select(large, x, low.product * factor));

  fromOne = m.select(direct, fromOne, low.x - 1.0);
  fromTwo = m.select(direct, fromTwo, low.x - 2.0);
  Real ratio = aroundMiddle(m, low.x, kLogGammaOne, kLogGammaTwo);
  Real middle = fromOne * fromTwo * ratio + log;

  Real inverse = 1.0 / x;
  Real tail = inverse * m.polynomial(inverse * inverse, kLogGammaSeries);
  // (log(2 pi) - 1) / 2
  Real far = (x - 0.5) * (log - 1.0) + (0x1.acfe390c97d69p-2 + tail);
  return m.select(large, far, middle);
}

/// digamma(x), x >= 1.
Real digammaFromOne(Builder &m, Real x) {
  Bool large = x >= kLarge;
  Lowered low = lower(m, x);
  Real quotient = m.select(large, m.constant(1.0), low.numerator) /
                  m.select(large, x, low.product);

  Pair root = m.constant(kDigammaRoot);
  Real distance = (low.x - root.high) - root.low;
  Real ratio = aroundMiddle(m, low.x, kDigammaOne, kDigammaTwo);
  Real middle = distance * ratio + quotient;

  Real z = quotient * quotient;
  Real tail = 0.5 * quotient + z * m.polynomial(z, kDigammaSeries);
  return m.select(large, call<mlir::math::LogOp>(m, x) - tail, middle);
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

/// The sum of 1 / (x + k)^s over all k >= 0, for x >= 0 and s >= 2.
Real hurwitzZeta(Builder &m, int64_t s, Real x) {
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
    sum = sum + inversePower(x + static_cast<double>(k), s);

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
  sum = sum + inversePower(end, s - 1) * tail;
  return sum + inversePower(x, s);
}

} // namespace

Real logGamma(Builder &m, Real x) {
  Real size = m.abs(x);
  Bool below = x < 1.0, positive = x > 0.0;
  // gamma(1 + |x|), whose distances to the roots of its logarithm are |x| and
  // |x| - 1 without rounding.
  Real base = m.select(below, 1.0 + size, x);
  Real fromOne = m.select(below, size, x - 1.0);
  Real fromTwo = m.select(below, size - 1.0, x - 2.0);

  // gamma(x) is gamma(1 + x) / x, or pi / (sin(pi x) gamma(1 - x)). Where it
  // can be, the sine goes into one logarithm of a product: two would cancel
  // next to the roots between the poles.
  Bool negative = below & !positive;
  Real one = m.constant(1.0);
  Real sine = m.select(negative, m.abs(sinPi(m, aroundInteger(m, size))), one);
  Real result = logGammaFromOne(m, base, fromOne, fromTwo, sine);
  Real rest =
      m.select(base >= kLarge, sine, m.select(below & positive, size, one));
  Real step = call<mlir::math::LogOp>(m, rest);
  result = m.select(negative, -result, result) - step;
  return m.select(size == m.infinity(), size, result);
}

Real digamma(Builder &m, Real x) {
  Real size = m.abs(x);
  Bool below = x < 1.0, negative = x < 0.0;
  Real result = digammaFromOne(m, m.select(below, 1.0 + size, x));
  Real rest = aroundInteger(m, size);
  Real step = m.select(negative, cotPi(m, rest), -1.0 / x);
  result = m.select(below, result + step, result);
  return m.select(negative & (rest == 0.0), m.nan(), result);
}

Real polygamma(Builder &m, Real x, int64_t order) {
  Bool negative = x < 0.0;
  Real size = m.abs(x);
  Real zeta = hurwitzZeta(m, order + 1, m.select(negative, 1.0 + size, x));
  double factorial = std::tgamma(static_cast<double>(order) + 1);
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
