//===- ErrorFunction.cpp - erf, erfc, gaussian ----------------------------===//
//
// erf is an odd polynomial up to 1 and 1 - erfc(|x|) beyond. erfc(a) is
// exp(-a^2) times a function that is smooth on the whole half line once it is
// mapped to t = (a - 2) / (a + 2), the variable of Shepherd and Laframboise
// ("Chebyshev approximation of (1 + 2x) exp(x^2) erfc x", Math. Comp. 36,
// 1981). The square in the exponent is taken in two parts.
//
// Error bounds (float32, float64) in ULP: erf 1.5, erfc 4, gaussian 1.5.
//
//===----------------------------------------------------------------------===//

#include "lowering/math/Expansions.h"
#include "lowering/math/Pattern.h"
#include "lowering/math/SpecialFunctions.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace xform::elementary {

namespace {

/// |x|, up to where exp(-x^2) has just underflowed.
Real boundedMagnitude(Builder &m, Real x) {
  return m.clamp(m.abs(x), 0, m.pick(10.2, 27.3));
}

/// exp(-a^2), the square rounded to more digits than a number has.
ReducedExp reduceSquare(Builder &m, Real a) {
  Pair half = m.split(a);
  Pair exponent{-(half.high * half.high), -(half.low * (a + half.high))};
  return reduceExp(m, exponent, kExpTail);
}

/// erfc(|x|) = numerator / denominator exp(square).
struct ErfcParts {
  Real numerator;
  Pair denominator;
  Real inverse;
  ReducedExp square;
};

ErfcParts reduceErfc(Builder &m, Real x) {
  Real a = boundedMagnitude(m, x);
  Real two = m.constant(2.0);
  Bool small = a < 2.0;
  Pair sum = m.fastSum(m.select(small, two, a), m.select(small, a, two));
  Real inverse = 1.0 / sum.high;
  Real t = (a - 2.0) * inverse;
  return {m.horner(t, kErfcScaled), sum, inverse, reduceSquare(m, a)};
}

/// erf(x) for |x| <= 1.
Real erfNearZero(Builder &m, Real x) {
  Real result = x + x * m.polynomial(x * x, kErfTail);
  // The small term of a number near the subnormal range would be flushed.
  Bool tiny = m.abs(x) < m.pick(0x1p-20, 0x1p-40);
  return m.select(tiny, x * 0x1.20dd750429b6dp+0, result);
}

Real erfc(Builder &m, Real x) {
  ErfcParts parts = reduceErfc(m, x);
  Pair factor = m.divide(parts.numerator, parts.denominator);
  ReducedExp e = parts.square;
  Real right =
      m.scale(factor.high + (factor.low + factor.high * (e.r + e.tail)), e.n);
  Real far = m.select(x < 0.0, 2.0 - right, right);
  Bool near = (x > -1.0) & (x < 0.5);
  Real result = m.select(near, 1.0 - erfNearZero(m, x), far);
  return m.select(isNaN(x), x, result);
}

Real erf(Builder &m, Real x) {
  // What is subtracted from 1 is small and needs no correction.
  ErfcParts parts = reduceErfc(m, x);
  Real factor = parts.numerator * parts.inverse;
  ReducedExp e = parts.square;
  Real right = m.scale(factor + factor * (e.r + e.tail), e.n);
  Real far = m.copySign(1.0 - right, x);
  // A NaN is not above 1: it goes to the polynomial, which keeps it.
  return m.select(m.abs(x) > 1.0, far, erfNearZero(m, x));
}

} // namespace

Real gaussian(Builder &m, Real x) {
  ReducedExp e = reduceSquare(m, boundedMagnitude(m, x));
  return m.select(isNaN(x), x, m.scale(1.0 + (e.r + e.tail), e.n));
}

void populateErrorFunctionPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandUnary<mlir::math::ErfOp, erf>,
               ExpandUnary<mlir::math::ErfcOp, erfc>>(patterns.getContext());
}

} // namespace xform::elementary
