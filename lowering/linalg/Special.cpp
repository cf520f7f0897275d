//===- Special.cpp - functions beyond the elementary ones, on elements ----===//

#include "dialect/Special.h"
#include "lowering/linalg/ElementRule.h"
#include "lowering/linalg/Patterns.h"
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

/// A function with a number that the operation has as an attribute.
template <typename OpTy, auto number,
          Real (*function)(Builder &, Real, int64_t)>
Value numbered(const Elements &x) {
  Builder m(x.b, x.b.getLoc(), x.computedType());
  auto fixed = static_cast<int64_t>((cast<OpTy>(x.op).*number)());
  return function(m, m.wrapReal(x[0]), fixed).value;
}

} // namespace

void xform::populateSpecialToLinalg(const TypeConverter &converter,
                                    RewritePatternSet &patterns) {
  AddElementRule add{converter, patterns};
  add(ErfInvOp(), unary<elementary::erfInv>);
  add(LgammaOp(), unary<elementary::logGamma>);
  add(DigammaOp(), unary<elementary::digamma>);
  add(PolygammaOp(),
      numbered<PolygammaOp, &PolygammaOp::getOrder, elementary::polygamma>);
  add(GaussianOp(), unary<elementary::gaussian>);
  add(LogisticSlopeOp(), unary<elementary::logisticSlope>);
  add(SincOp(), numbered<SincOp, &SincOp::getOrder, elementary::sinc>);
  add(SincOfRootOp(),
      numbered<SincOfRootOp, &SincOfRootOp::getOrder, elementary::sincOfRoot>);
  add(DivNoNanOp(), binary<elementary::divNoNan>);
  add(HalfPowOp(),
      numbered<HalfPowOp, &HalfPowOp::getExponent, elementary::halfPow>);
  add(HypotOp(), binary<elementary::hypot>);
  add(LogAddExpOp(), binary<elementary::logAddExp>);
}
