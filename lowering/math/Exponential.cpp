//===- Exponential.cpp - exp, exp2, expm1 ---------------------------------===//
//
// Argument reduction of Cody and Waite ("Software Manual for the Elementary
// Functions", 1980): x = n ln(2) + r with ln(2) in two parts, the first short
// enough for n times it to be exact; then a minimax polynomial on r and a
// scaling by 2^n in two steps, which reaches the subnormal numbers.
//
// Error bounds (float32, float64) in ULP: exp 1.2, exp2 1.2, expm1 1.7.
//
//===----------------------------------------------------------------------===//

#include "lowering/math/Expansions.h"
#include "lowering/math/Pattern.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace xform::elementary {

namespace {

constexpr double kInverseLn2 = 0x1.71547652b82fep+0;
constexpr double kFullLn2 = 0x1.62e42fefa39efp-1;

Real exp(Builder &m, Real x) {
  Real bounded = m.clamp(x, m.pick(-110, -760), m.pick(90, 711));
  ReducedExp e = reduceExp(m, bounded, kExpTail);
  return m.select(isNaN(x), x, m.scale(1.0 + (e.r + e.tail), e.n));
}

Real exp2(Builder &m, Real x) {
  Real bounded = m.clamp(x, m.pick(-160, -1100), m.pick(130, 1030));
  Rounded n = m.nearest(bounded);
  Real r = (bounded - n.real) * kFullLn2;
  Real tail = r * r * m.polynomial(r, kExpTail);
  return m.select(isNaN(x), x, m.scale(1.0 + (r + tail), n.integer));
}

Real expm1(Builder &m, Real x) {
  // The result is -1 to the last bit below the lower bound and overflows at the
  // upper one.
  Real bounded = m.clamp(x, m.pick(-25, -50), m.pick(89.0, 709.9));
  // 2^n (1 + r + tail) - 1, the large terms first, halved, so that the power of
  // two is finite.
  ReducedExp e = reduceExp(m, bounded, kExpm1Tail);
  Real power = m.powerOfTwo(e.n - 1);
  Real result = 2.0 * (((power - 0.5) + power * e.r) + power * e.tail);
  // Scaling would flush the smallest numbers and lose the sign of zero.
  Bool tiny = m.abs(x) < m.pick(0x1p-30, 0x1p-60);
  return m.select(tiny | isNaN(x), x, result);
}

} // namespace

ReducedExp reduceExp(Builder &m, Pair x, const Polynomial &table) {
  Pair ln2 = m.constant(kLn2);
  Rounded n = m.nearest(x.high * kInverseLn2);
  Real r = (x.high - n.real * ln2.high) - n.real * ln2.low;
  if (x.low.value)
    r = r + x.low;
  return {n.integer, r, r * r * m.polynomial(r, table)};
}

ReducedExp reduceExp(Builder &m, Real x, const Polynomial &table) {
  return reduceExp(m, Pair{x, Real{}}, table);
}

void populateExponentialPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandUnary<mlir::math::ExpOp, exp>,
               ExpandUnary<mlir::math::Exp2Op, exp2>,
               ExpandUnary<mlir::math::ExpM1Op, expm1>>(patterns.getContext());
}

} // namespace xform::elementary
