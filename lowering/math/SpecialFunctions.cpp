//===- SpecialFunctions.cpp - erf_inv, hypot, log_add_exp -----------------===//
//
// erf_inv(x) is x times a smooth function of w = -log(1 - x^2), or of
// 1 / sqrt(w) for large w (Giles, "Approximating the erfinv function", GPU
// Computing Gems, 2011, with other intervals and variables).
//
// Error bounds (float32, float64) in ULP: erf_inv 3, hypot 2, log_add_exp 2
// where the result is not close to 0.
//
//===----------------------------------------------------------------------===//

#include "lowering/math/SpecialFunctions.h"

#include "lowering/math/SpecialPolynomials.h"

#include "mlir/Dialect/Math/IR/Math.h"

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
