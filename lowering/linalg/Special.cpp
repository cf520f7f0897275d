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
  add(HypotOp(), binary<elementary::hypot>);
  add(LogAddExpOp(), binary<elementary::logAddExp>);
}
