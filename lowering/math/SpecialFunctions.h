//===- SpecialFunctions.h - functions beyond the math dialect ---*- C++ -*-===//
//
// These have no operation in the math dialect; the lowering of the primitives
// calls them. What they write may use operations of that dialect, which are
// expanded in turn.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_MATH_SPECIALFUNCTIONS_H
#define XFORM_LOWERING_MATH_SPECIALFUNCTIONS_H

#include "lowering/math/Builder.h"

namespace xform::elementary {

/// The inverse of the error function.
Real erfInv(Builder &m, Real x);

/// log|gamma(x)| and its derivatives: of order 1, and of a larger order + 1.
Real logGamma(Builder &m, Real x);
Real digamma(Builder &m, Real x);
Real polygamma(Builder &m, Real x, int64_t order);

/// exp(-x^2), and the derivative of 1 / (1 + exp(-x)).
Real gaussian(Builder &m, Real x);
Real logisticSlope(Builder &m, Real x);

/// The derivative of sin(x) / x of an order, 0 for the function itself.
Real sinc(Builder &m, Real x, int64_t order);
/// j_n(z) / z^n at z = sqrt(x), n being the order, at least -1.
Real sincOfRoot(Builder &m, Real x, int64_t order);

/// x / y and x^(exponent / 2), 0 where they would divide by zero.
Real divNoNan(Builder &m, Real x, Real y);
Real halfPow(Builder &m, Real x, int64_t exponent);

/// sqrt(x^2 + y^2) and log(exp(x) + exp(y)), without overflow.
Real hypot(Builder &m, Real x, Real y);
Real logAddExp(Builder &m, Real x, Real y);

/// An operation of the math dialect on one number.
template <typename Op> Real call(Builder &m, Real x) {
  return m.wrapReal(Op::create(m.getOpBuilder(), m.getLoc(), x.value));
}

/// The first of two polynomials at `x` where the condition holds, else the
/// second: coefficients are chosen, so that one evaluation does.
Real chosenPolynomial(Builder &m, Bool condition, Real x,
                      const Polynomial &first, const Polynomial &second);

} // namespace xform::elementary

#endif // XFORM_LOWERING_MATH_SPECIALFUNCTIONS_H
