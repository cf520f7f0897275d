//===- SpecialFunctions.cpp - erf_inv, sinc, hypot and others -------------===//
//
// erf_inv(x) is x times a smooth function of w = -log(1 - x^2), or of
// 1 / sqrt(w) for large w (Giles, "Approximating the erfinv function", GPU
// Computing Gems, 2011, with other intervals and variables).
//
// A derivative of sin(x) / x is its Taylor series near 0, and goes up by one
// order at a time elsewhere: x f^(n) + n f^(n-1) is sin^(n). So do the
// spherical Bessel functions, by their recurrence of three terms.
//
// Error bounds (float32, float64) in ULP: erf_inv 3, hypot 2, logistic_slope 4;
// log_add_exp 2 where the result is not close to 0. Those of sinc and
// sinc_of_root are absolute, in ULP of the function's largest value: 3, of sinc
// of order 3 10; next to roots few digits are right. Of order -1 sinc_of_root
// has what rounding the root makes of a cosine's argument.
//
//===----------------------------------------------------------------------===//

#include "lowering/math/SpecialFunctions.h"

#include "lowering/math/SpecialPolynomials.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;

namespace xform::elementary {

Real chosenPolynomial(Builder &m, Bool condition, Real x,
                      const Polynomial &first, const Polynomial &second) {
  auto terms = [&](const Polynomial &table) {
    return m.isFloat64() ? ArrayRef<double>(table.full)
                         : ArrayRef<double>(table.single);
  };
  ArrayRef<double> yes = terms(first), no = terms(second);
  while (yes.back() == 0 && no.back() == 0) {
    yes = yes.drop_back();
    no = no.drop_back();
  }
  Real sum{};
  for (size_t i = yes.size(); i-- > 0;) {
    Real term = m.select(condition, m.constant(yes[i]), m.constant(no[i]));
    sum = sum.value ? sum * x + term : term;
  }
  return sum;
}

Real erfInv(Builder &m, Real x) {
  Real w = -call<mlir::math::LogOp>(m, (1.0 - x) * (1.0 + x));
  Bool near = w < 8.0;
  Real u = m.select(near, w - 4.0, 1.0 / m.sqrt(w) - 0.25);
  Real result = x * chosenPolynomial(m, near, u, kErfInvNear, kErfInvFar);
  Bool end = m.abs(x) == 1.0;
  return m.select(end, m.copySign(m.infinity(), x), result);
}

Real logisticSlope(Builder &m, Real x) {
  Real decay = call<mlir::math::ExpOp>(m, -m.abs(x));
  Real sum = 1.0 + decay;
  return decay / (sum * sum);
}

/// The sum of a power series, its coefficients given one after another until
/// their terms are nothing beside 1 for an |x| up to the limit.
static Real series(Builder &m, Real x, double limit,
                   llvm::function_ref<double(int64_t)> coefficient) {
  SmallVector<double> terms;
  double size = 1;
  for (int64_t k = 0; size > m.pick(0x1p-30, 0x1p-60); ++k) {
    terms.push_back(coefficient(k));
    size = std::abs(terms.back()) * std::pow(limit, static_cast<double>(k));
  }
  Real sum = m.constant(terms.back());
  for (double term : llvm::drop_begin(llvm::reverse(terms)))
    sum = sum * x + term;
  return sum;
}

static double factorial(int64_t n) {
  return std::tgamma(static_cast<double>(n) + 1);
}

Real sinc(Builder &m, Real x, int64_t order) {
  Real sine = call<mlir::math::SinOp>(m, x);
  Real result = sine / x;
  if (order == 0)
    return m.select(x == 0.0, m.constant(1.0), result);
  Real cosine = call<mlir::math::CosOp>(m, x);
  for (int64_t n = 1; n <= order; ++n) {
    Real derivative = n % 2 ? cosine : sine;
    if (n % 4 >= 2)
      derivative = -derivative;
    result = (derivative - static_cast<double>(n) * result) / x;
  }
  // The term of x^(2k) in sin(x) / x is (-1)^k / (2k + 1)!; of its derivative
  // is left (-1)^k x^j / (j! (2k + 1)), j = 2k - order.
  double limit = static_cast<double>(order) + 1;
  int64_t odd = order % 2;
  Real near = series(m, x * x, limit * limit, [&](int64_t term) {
    int64_t j = 2 * term + odd, k = (j + order) / 2;
    return (k % 2 ? -1 : 1) / (factorial(j) * static_cast<double>(2 * k + 1));
  });
  return m.select(m.abs(x) < limit, odd ? x * near : near, result);
}

Real sincOfRoot(Builder &m, Real x, int64_t order) {
  Real z = m.sqrt(x);
  Real before = call<mlir::math::CosOp>(m, z);
  if (order < 0)
    return before;
  Real result = call<mlir::math::SinOp>(m, z) / z;
  if (order == 0)
    return m.select(x == 0.0, m.constant(1.0), result);
  for (int64_t n = 0; n < order; ++n) {
    Real next = (static_cast<double>(2 * n + 1) * result - before) / x;
    before = result;
    result = next;
  }
  // (-x / 2)^k / (k! (2 order + 2k + 1)!!)
  double limit = static_cast<double>(order) + 2;
  Real near = series(m, x, limit * limit, [&](int64_t k) {
    double divisor = factorial(k) * std::pow(-2.0, k);
    for (int64_t odd = 2 * order + 2 * k + 1; odd > 1; odd -= 2)
      divisor *= static_cast<double>(odd);
    return 1 / divisor;
  });
  return m.select(z < limit, near, result);
}

Real divNoNan(Builder &m, Real x, Real y) {
  return m.select(y == 0.0, m.constant(0.0), x / y);
}

Real halfPow(Builder &m, Real x, int64_t exponent) {
  Real root = m.sqrt(x);
  if (exponent < 0)
    return m.select(x == 0.0, m.constant(0.0), 1.0 / root);
  Real result = root, square = x;
  for (int64_t n = exponent / 2; n; n /= 2) {
    if (n % 2)
      result = result * square;
    square = square * square;
  }
  return result;
}

Real hypot(Builder &m, Real x, Real y) {
  Real a = m.abs(x), b = m.abs(y);
  Bool first = a > b;
  Real large = m.select(first, a, b), small = m.select(first, b, a);
  Real ratio = small / large;
  Real result = large * m.sqrt(1.0 + ratio * ratio);
  // The smaller one may be NaN.
  result = m.select(large == 0.0, small, result);
  Bool infinite = (a == m.infinity()) | (b == m.infinity());
  return m.select(infinite, m.infinity(), result);
}

Real logAddExp(Builder &m, Real x, Real y) {
  Bool first = x > y;
  Real large = m.select(first, x, y), small = m.select(first, y, x);
  // Equal infinities have no difference.
  Real difference = m.select(x == y, m.constant(0.0), small - large);
  Real decay = call<mlir::math::ExpOp>(m, difference);
  return large + call<mlir::math::Log1pOp>(m, decay);
}

} // namespace xform::elementary
