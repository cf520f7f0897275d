//===- Elementwise.cpp - elementwise primitives as linalg.generic ---------===//
//
// One loop an operation; the fusion that follows makes one of a chain. What
// each operation does to an element is one row of the table at the end.
//
//===----------------------------------------------------------------------===//

#include "dialect/Ops.h"
#include "lowering/linalg/ElementRule.h"
#include "lowering/linalg/Patterns.h"
#include "lowering/linalg/PrimitiveLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace xform;

using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace {

//===----------------------------------------------------------------------===//
// Rules made of one operation
//===----------------------------------------------------------------------===//

template <typename FloatOp> Value unary(const Elements &x) {
  return FloatOp::create(x.b, x[0]);
}

template <typename FloatOp> Value binary(const Elements &x) {
  return FloatOp::create(x.b, x[0], x[1]);
}

template <typename FloatOp, typename IntOp>
Value arithmetic(const Elements &x) {
  return x.isFloat() ? binary<FloatOp>(x) : binary<IntOp>(x);
}

template <typename FloatOp, typename SignedOp, typename UnsignedOp>
Value ordered(const Elements &x) {
  if (x.isFloat())
    return binary<FloatOp>(x);
  return isUnsigned(x.type) ? binary<UnsignedOp>(x) : binary<SignedOp>(x);
}

template <CmpFPredicate onFloats, CmpIPredicate onSigned,
          CmpIPredicate onUnsigned>
Value compare(const Elements &x) {
  if (x.isFloat())
    return arith::CmpFOp::create(x.b, onFloats, x[0], x[1]);
  return arith::CmpIOp::create(x.b, isUnsigned(x.type) ? onUnsigned : onSigned,
                               x[0], x[1]);
}

//===----------------------------------------------------------------------===//
// Rules made of several
//===----------------------------------------------------------------------===//

Value negate(const Elements &x) {
  if (x.isFloat())
    return arith::NegFOp::create(x.b, x[0]);
  return arith::SubIOp::create(x.b, x.number(0), x[0]);
}

Value divide(const Elements &x) {
  if (x.isFloat())
    return binary<arith::DivFOp>(x);
  return divideIntegers(x.b, x[0], x[1], isUnsigned(x.type));
}

Value remainder(const Elements &x) {
  if (x.isFloat())
    return binary<arith::RemFOp>(x);
  return remainderOfIntegers(x.b, x[0], x[1], isUnsigned(x.type));
}

Value absolute(const Elements &x) {
  if (x.isFloat())
    return math::AbsFOp::create(x.b, x[0]);
  if (isUnsigned(x.type))
    return x[0];
  return arith::MaxSIOp::create(x.b, x[0], negate(x));
}

Value sign(const Elements &x) {
  if (x.isFloat()) {
    // Neither zeros nor NaN compare so, and stay what they are.
    Value isNonzero =
        arith::CmpFOp::create(x.b, CmpFPredicate::ONE, x[0], x.number(0));
    Value one = math::CopySignOp::create(x.b, x.number(1), x[0]);
    return arith::SelectOp::create(x.b, isNonzero, one, x[0]);
  }
  Value isNonzero =
      arith::CmpIOp::create(x.b, CmpIPredicate::ne, x[0], x.number(0));
  Value sign =
      arith::SelectOp::create(x.b, isNonzero, x.number(1), x.number(0));
  if (isUnsigned(x.type))
    return sign;
  Value isNegative =
      arith::CmpIOp::create(x.b, CmpIPredicate::slt, x[0], x.number(0));
  return arith::SelectOp::create(x.b, isNegative, x.number(-1), sign);
}

Value integerPower(const Elements &x) {
  int64_t exponent = cast<IntegerPowOp>(x.op).getExponent();
  if (x.isFloat()) {
    Type type = x.b.getIntegerType(llvm::isInt<32>(exponent) ? 32 : 64);
    return math::FPowIOp::create(x.b, x[0], intConstant(x.b, type, exponent));
  }
  Value result, square = x[0];
  for (; exponent; exponent >>= 1) {
    if (exponent & 1)
      result = result ? arith::MulIOp::create(x.b, result, square) : square;
    if (exponent > 1)
      square = arith::MulIOp::create(x.b, square, square);
  }
  return result ? result : x.number(1);
}

Value logistic(const Elements &x) {
  Value decay = math::ExpOp::create(x.b, negate(x));
  return arith::DivFOp::create(
      x.b, x.number(1), Value(arith::AddFOp::create(x.b, x.number(1), decay)));
}

Value complement(const Elements &x) {
  Value ones = intConstant(x.b, x.computedType(),
                           APInt::getAllOnes(x.type.getIntOrFloatBitWidth()));
  return arith::XOrIOp::create(x.b, x[0], ones);
}

Value choose(const Elements &x) {
  return arith::SelectOp::create(x.b, x[0], x[1], x[2]);
}

Value convert(const Elements &x) {
  Type to = cast<ConvertOp>(x.op).getType().getElementType();
  // f16 and bf16 come widened, which is part of the conversion.
  Type from = x.isFloat() ? x.computedType() : x.type;
  return convertElement(x.b, x[0], from, to);
}

/// An op that says something of its operand and returns it.
template <typename Identity>
FailureOr<Value> lowerIdentity(ImplicitLocOpBuilder &, Identity,
                               typename Identity::Adaptor adaptor,
                               ConversionPatternRewriter &) {
  return adaptor.getX();
}

} // namespace

void xform::populateElementwiseToLinalg(const TypeConverter &converter,
                                        RewritePatternSet &patterns) {
  addLowering(converter, patterns, lowerIdentity<StopGradientOp>);
  addLowering(converter, patterns, lowerIdentity<CheckpointNameOp>);

  AddElementRule add{converter, patterns};
  add(NegOp(), negate);
  add(AddOp(), arithmetic<arith::AddFOp, arith::AddIOp>);
  add(SubOp(), arithmetic<arith::SubFOp, arith::SubIOp>);
  add(MulOp(), arithmetic<arith::MulFOp, arith::MulIOp>);
  add(DivOp(), divide);
  add(RemOp(), remainder);
  add(MaxOp(), ordered<arith::MaximumFOp, arith::MaxSIOp, arith::MaxUIOp>);
  add(MinOp(), ordered<arith::MinimumFOp, arith::MinSIOp, arith::MinUIOp>);
  add(AbsOp(), absolute);
  add(SignOp(), sign);
  add(IntegerPowOp(), integerPower);
  add(PowOp(), binary<math::PowFOp>);
  add(FloorOp(), unary<math::FloorOp>);
  add(CeilOp(), unary<math::CeilOp>);
  add(RoundOp(), unary<math::RoundEvenOp>);
  add(TruncOp(), unary<math::TruncOp>);

  add(SqrtOp(), unary<math::SqrtOp>);
  add(RsqrtOp(), unary<math::RsqrtOp>);
  add(CbrtOp(), unary<math::CbrtOp>);
  add(ExpOp(), unary<math::ExpOp>);
  add(Exp2Op(), unary<math::Exp2Op>);
  add(Expm1Op(), unary<math::ExpM1Op>);
  add(LogOp(), unary<math::LogOp>);
  add(Log2Op(), unary<math::Log2Op>);
  add(Log10Op(), unary<math::Log10Op>);
  add(Log1pOp(), unary<math::Log1pOp>);

  add(SinOp(), unary<math::SinOp>);
  add(CosOp(), unary<math::CosOp>);
  add(TanOp(), unary<math::TanOp>);
  add(AsinOp(), unary<math::AsinOp>);
  add(AcosOp(), unary<math::AcosOp>);
  add(AtanOp(), unary<math::AtanOp>);
  add(Atan2Op(), binary<math::Atan2Op>);
  add(SinhOp(), unary<math::SinhOp>);
  add(CoshOp(), unary<math::CoshOp>);
  add(TanhOp(), unary<math::TanhOp>);
  add(AsinhOp(), unary<math::AsinhOp>);
  add(AcoshOp(), unary<math::AcoshOp>);
  add(AtanhOp(), unary<math::AtanhOp>);
  add(LogisticOp(), logistic);
  add(ErfOp(), unary<math::ErfOp>);
  add(ErfcOp(), unary<math::ErfcOp>);

  add(AndOp(), binary<arith::AndIOp>);
  add(OrOp(), binary<arith::OrIOp>);
  add(XorOp(), binary<arith::XOrIOp>);
  add(NotOp(), complement);

  add(EqOp(),
      compare<CmpFPredicate::OEQ, CmpIPredicate::eq, CmpIPredicate::eq>);
  add(NeOp(),
      compare<CmpFPredicate::UNE, CmpIPredicate::ne, CmpIPredicate::ne>);
  add(LtOp(),
      compare<CmpFPredicate::OLT, CmpIPredicate::slt, CmpIPredicate::ult>);
  add(LeOp(),
      compare<CmpFPredicate::OLE, CmpIPredicate::sle, CmpIPredicate::ule>);
  add(GtOp(),
      compare<CmpFPredicate::OGT, CmpIPredicate::sgt, CmpIPredicate::ugt>);
  add(GeOp(),
      compare<CmpFPredicate::OGE, CmpIPredicate::sge, CmpIPredicate::uge>);
  add(SelectOp(), choose);
  add(ConvertOp(), convert);
}
