//===- InverseTrigonometric.cpp - asin, acos, atan, atan2 -----------------===//
//
// asin and acos: a polynomial up to 1/2, beyond it the half-angle formula
// asin(x) = pi/2 - 2 asin(sqrt((1 - x) / 2)). atan: the addition theorem
// atan(x) = atan(c) + atan((x - c) / (1 + c x)) with c = 0, 1/2, 1, 3/2 or
// infinity, which leaves an argument of at most 7/16 (the reduction of Ng's
// fdlibm). atan2 adds the quadrant
// to the arc tangent of the quotient.
//
// Error bounds (float32, float64) in ULP: asin 1.6, acos 1.2, atan 1, atan2
// 1.6.
//
//===----------------------------------------------------------------------===//

#include "lowering/math/Expansions.h"
#include "lowering/math/Pattern.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace xform::elementary {

namespace {

/// asin(|x|) = y + tail for |x| <= 1/2; otherwise pi/2 - 2 (y + tail).
struct ReducedArc {
  Bool large;
  Real y;
  Real tail;
};

ReducedArc reduceArc(Builder &m, Real magnitude) {
  Bool large = magnitude > 0.5;
  Real z = m.select(large, 0.5 - 0.5 * magnitude, magnitude * magnitude);
  Real root = m.sqrt(z);
  Real correction =
      m.select(large & (z > 0.0), m.minusSquare(z, root) / (2.0 * root),
               m.constant(0.0));
  Real y = m.select(large, root, magnitude);
  return {large, y, y * (z * m.polynomial(z, kAsinTail)) + correction};
}

Real asin(Builder &m, Real x) {
  ReducedArc arc = reduceArc(m, m.abs(x));
  Pair halfPi = m.constant(kHalfPiFull);
  Real large = (halfPi.high - 2.0 * arc.y) - (2.0 * arc.tail - halfPi.low);
  return m.copySign(m.select(arc.large, large, arc.y + arc.tail), x);
}

Real acos(Builder &m, Real x) {
  ReducedArc arc = reduceArc(m, m.abs(x));
  Pair halfPi = m.constant(kHalfPiFull), pi = m.constant(kPiFull);
  Int sign = m.signBit(x);
  Real y = m.flipSign(arc.y, sign), tail = m.flipSign(arc.tail, sign);
  Real middle = halfPi.high - (y - (halfPi.low - tail));
  Real twice = 2.0 * (arc.y + arc.tail);
  Real left = pi.high - (twice - pi.low);
  return m.select(arc.large, m.select(x > 0.0, twice, left), middle);
}

/// atan(x) = offset + rest for x >= 0.
struct Arc {
  Pair offset;
  Real rest;
};

Arc reduceAtan(Builder &m, Real x) {
  Pair offset{m.constant(0.0), m.constant(0.0)};
  Real over = x, under = m.constant(1.0);
  auto from = [&](double bound, Pair angle, Real newOver, Real newUnder) {
    Bool beyond = x >= bound;
    offset = m.select(beyond, angle, offset);
    over = m.select(beyond, newOver, over);
    under = m.select(beyond, newUnder, under);
  };
  from(0.4375, m.constant(kAtanHalf), 2.0 * x - 1.0, 2.0 + x);
  from(0.6875, m.constant(kAtanOne), x - 1.0, x + 1.0);
  from(1.1875, m.constant(kAtanThreeHalves), x - 1.5, 1.0 + 1.5 * x);
  from(2.4375, m.constant(kHalfPiFull), m.constant(-1.0), x);
  Real t = over / under;
  Real z = t * t;
  return {offset, t + (t * (z * m.polynomial(z, kAtanTail)) + offset.low)};
}

Real atan(Builder &m, Real x) {
  Arc arc = reduceAtan(m, m.abs(x));
  return m.copySign(arc.offset.high + arc.rest, x);
}

Real atan2(Builder &m, Real y, Real x) {
  Real height = m.abs(y), width = m.abs(x);
  Real ratio = height / width;
  // 0/0 counts as 0, infinity/infinity as 1.
  ratio = m.select(height == 0.0, m.constant(0.0), ratio);
  Bool bothInfinite = (height == m.infinity()) & (width == m.infinity());
  ratio = m.select(bothInfinite, m.constant(1.0), ratio);
  Arc arc = reduceAtan(m, ratio);
  Pair pi = m.constant(kPiFull);
  Real left = (pi.high - arc.offset.high) - (arc.rest - pi.low);
  Bool negative = m.bits(x) < 0;
  Real angle = m.select(negative, left, arc.offset.high + arc.rest);
  Bool undefined = isNaN(x) | isNaN(y);
  return m.select(undefined, m.nan(), m.copySign(angle, y));
}

} // namespace

void populateInverseTrigonometricPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandUnary<mlir::math::AsinOp, asin>,
               ExpandUnary<mlir::math::AcosOp, acos>,
               ExpandUnary<mlir::math::AtanOp, atan>,
               ExpandBinary<mlir::math::Atan2Op, atan2>>(patterns.getContext());
}

} // namespace xform::elementary
