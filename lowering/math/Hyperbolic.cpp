//===- Hyperbolic.cpp - sinh, cosh, tanh, asinh, acosh, atanh -------------===//
//
// sinh and tanh are polynomials near zero, and with cosh rational in exp(|x|)
// beyond; the inverse functions are log1p of an argument that is carried in two
// parts where its rounding would show.
//
// Error bounds (float32, float64) in ULP: sinh 1.8, cosh 1.6, tanh 1.5, asinh
// 1.5, acosh 1, atanh 1.1.
//
//===----------------------------------------------------------------------===//

#include "lowering/math/Expansions.h"
#include "lowering/math/Pattern.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace xform::elementary {

namespace {

/// exp(|x|) / 2, infinite only where that overflows.
Real halfExp(Builder &m, Real magnitude) {
  Real bounded = m.clamp(magnitude, 0, m.pick(89.7, 710.6));
  ReducedExp e = reduceExp(m, bounded, kExpTail);
  return m.scale(1.0 + (e.r + e.tail), e.n - 1);
}

// A polynomial up to 1; g - 1 / (4 g) with g = exp(|x|) / 2 beyond.
Real sinh(Builder &m, Real x) {
  Real magnitude = m.abs(x), z = x * x;
  Real g = halfExp(m, magnitude);
  Real far = m.copySign(g - 0.25 / g, x);
  return m.select(magnitude > 1.0, far,
                  x + x * (z * m.polynomial(z, kSinhTail)));
}

// g + 1 / (4 g) with g = exp(|x|) / 2.
Real cosh(Builder &m, Real x) {
  Real g = halfExp(m, m.abs(x));
  return m.select(isNaN(x), x, g + 0.25 / g);
}

// A polynomial up to 5/8; 1 - 2 / (exp(2 |x|) + 1) beyond.
Real tanh(Builder &m, Real x) {
  Real magnitude = m.abs(x), z = x * x;
  Real near = magnitude + magnitude * (z * m.polynomial(z, kTanhTail));
  Real bounded = m.clamp(magnitude, 0, m.pick(10, 20));
  ReducedExp e = reduceExp(m, 2.0 * bounded, kExpTail);
  Real power = m.powerOfTwo(e.n) * (1.0 + (e.r + e.tail));
  Real far = 1.0 - 2.0 / (power + 1.0);
  return m.copySign(m.select(magnitude > 0.625, far, near), x);
}

// asinh(x) = log1p(x + x^2 / (1 + sqrt(1 + x^2))); log(2x) where x^2 would
// overflow.
Real asinh(Builder &m, Real x) {
  Real magnitude = m.abs(x);
  Bool large = magnitude > m.pick(0x1p26, 0x1p56);
  Real bounded = m.select(large, m.constant(1.0), magnitude);
  Real square = bounded * bounded;
  Pair sum = m.fastSum(bounded, square / (1.0 + m.sqrt(1.0 + square)));
  Pair argument = m.select(large, Pair{magnitude, m.constant(0.0)}, sum);
  Real shift = m.select(large, m.constant(1.0), m.constant(0.0));
  Real result = log1p(m, argument.high, argument.low, shift);
  result = m.select(magnitude < m.infinity(), result, magnitude);
  return m.copySign(result, x);
}

// acosh(x) = log1p(d + sqrt(2d + d^2)), d = x - 1; log(2x) where d^2 would
// overflow.
Real acosh(Builder &m, Real x) {
  Bool large = x > m.pick(0x1p26, 0x1p56);
  Real bounded = m.select(large, m.constant(2.0), x);
  Pair d = m.split(bounded - 1.0);
  Real linear = 2.0 * (d.high + d.low), quadratic = d.high * d.high;
  Bool near = quadratic < linear;
  Pair square = m.fastSum(m.select(near, linear, quadratic),
                          m.select(near, quadratic, linear));
  Real rest = square.low + (2.0 * d.high + d.low) * d.low;
  Pair root = m.sqrt(m.fastSum(square.high, rest));
  Pair sum = m.fastSum(root.high, d.high + d.low);
  sum.low = sum.low + root.low;
  Pair argument = m.select(large, Pair{x, m.constant(0.0)}, sum);
  Real shift = m.select(large, m.constant(1.0), m.constant(0.0));
  Real result = log1p(m, argument.high, argument.low, shift);
  result = m.select(x == 1.0, m.constant(0.0), result);
  result = m.select(x >= 1.0, result, m.nan());
  return m.select(x < m.infinity(), result, x);
}

// atanh(x) = log1p(2x / (1 - x)) / 2.
Real atanh(Builder &m, Real x) {
  Real magnitude = m.abs(x);
  Pair under = m.fastSum(m.constant(1.0), -magnitude);
  Pair argument = m.divide(2.0 * magnitude, under);
  Real result = 0.5 * log1p(m, argument.high, argument.low, Real{});
  result = m.select(magnitude < 1.0, result,
                    m.select(magnitude == 1.0, m.infinity(), m.nan()));
  return m.copySign(result, x);
}

} // namespace

void populateHyperbolicPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandUnary<mlir::math::SinhOp, sinh>,
               ExpandUnary<mlir::math::CoshOp, cosh>,
               ExpandUnary<mlir::math::TanhOp, tanh>,
               ExpandUnary<mlir::math::AsinhOp, asinh>,
               ExpandUnary<mlir::math::AcoshOp, acosh>,
               ExpandUnary<mlir::math::AtanhOp, atanh>>(patterns.getContext());
}

} // namespace xform::elementary
