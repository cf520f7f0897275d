//===- Special.cpp - functions beyond the elementary ones, on elements ----===//

#include "dialect/Special.h"
#include "lowering/linalg/ElementRule.h"
#include "lowering/math/SpecialFunctions.h"

using namespace mlir;
using namespace xform;

namespace {

using elementary::Builder;
using elementary::Real;

template <Real (*function)(Builder &, Real)> Value unary(const Elements &x) {
  Builder m(x.b, x.b.getLoc(), x.computedType());
  return function(m, m.wrapReal(x[0])).value;
}

template <Real (*function)(Builder &, Real, Real)>
Value binary(const Elements &x) {
  Builder m(x.b, x.b.getLoc(), x.computedType());
  return function(m, m.wrapReal(x[0]), m.wrapReal(x[1])).value;
}

Value polygamma(const Elements &x) {
  auto order = static_cast<int64_t>(cast<PolygammaOp>(x.op).getOrder());
  Builder m(x.b, x.b.getLoc(), x.computedType());
  return elementary::polygamma(m, m.wrapReal(x[0]), order).value;
}

Value sinc(const Elements &x) {
  auto order = static_cast<int64_t>(cast<SincOp>(x.op).getOrder());
  Builder m(x.b, x.b.getLoc(), x.computedType());
  return elementary::sinc(m, m.wrapReal(x[0]), order).value;
}

Value sincOfRoot(const Elements &x) {
  auto order = static_cast<int64_t>(cast<SincOfRootOp>(x.op).getOrder());
  Builder m(x.b, x.b.getLoc(), x.computedType());
  return elementary::sincOfRoot(m, m.wrapReal(x[0]), order).value;
}

Value halfPow(const Elements &x) {
  auto exponent = static_cast<int64_t>(cast<HalfPowOp>(x.op).getExponent());
  Builder m(x.b, x.b.getLoc(), x.computedType());
  return elementary::halfPow(m, m.wrapReal(x[0]), exponent).value;
}

} // namespace

void xform::populateSpecialToLinalg(const TypeConverter &converter,
                                    RewritePatternSet &patterns) {
  auto add = [&](auto op, ElementRule rule) {
    addElementRule<decltype(op)>(converter, patterns, rule);
  };
  add(ErfInvOp(), unary<elementary::erfInv>);
  add(LgammaOp(), unary<elementary::logGamma>);
  add(DigammaOp(), unary<elementary::digamma>);
  add(PolygammaOp(), polygamma);
  add(GaussianOp(), unary<elementary::gaussian>);
  add(LogisticSlopeOp(), unary<elementary::logisticSlope>);
  add(SincOp(), sinc);
  add(SincOfRootOp(), sincOfRoot);
  add(DivNoNanOp(), binary<elementary::divNoNan>);
  add(HalfPowOp(), halfPow);
  add(HypotOp(), binary<elementary::hypot>);
  add(LogAddExpOp(), binary<elementary::logAddExp>);
}
