//===- Scalars.cpp - arithmetic on single elements ------------------------===//

#include "lowering/linalg/Scalars.h"

#include "lowering/linalg/Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace xform;

using arith::CmpFPredicate;
using arith::CmpIPredicate;

//===----------------------------------------------------------------------===//
// Types and constants
//===----------------------------------------------------------------------===//

bool xform::isUnsigned(Type element) {
  return element.isUnsignedInteger() || element.isInteger(1);
}

Type xform::arithmeticType(Type element) {
  if (element.isF16() || element.isBF16())
    return Float32Type::get(element.getContext());
  return signlessType(element);
}

Value xform::widen(ImplicitLocOpBuilder &b, Value value) {
  Type type = arithmeticType(value.getType());
  if (type == value.getType())
    return value;
  return arith::ExtFOp::create(b, type, value);
}

Value xform::narrow(ImplicitLocOpBuilder &b, Value value, Type element) {
  if (value.getType() == signlessType(element) || !isa<FloatType>(element))
    return value;
  return arith::TruncFOp::create(b, element, value);
}

Value xform::floatConstant(ImplicitLocOpBuilder &b, Type type, double number) {
  return arith::ConstantOp::create(b, b.getFloatAttr(type, number));
}

Value xform::intConstant(ImplicitLocOpBuilder &b, Type type,
                         const APInt &number) {
  return arith::ConstantOp::create(b, b.getIntegerAttr(type, number));
}

Value xform::intConstant(ImplicitLocOpBuilder &b, Type type, int64_t number) {
  return arith::ConstantOp::create(b, b.getIntegerAttr(type, number));
}

//===----------------------------------------------------------------------===//
// Integer division
//===----------------------------------------------------------------------===//

/// `y`, or 1 where dividing x by it would trap.
static Value safeDivisor(ImplicitLocOpBuilder &b, Value x, Value y,
                         Value isZero, bool isUnsigned) {
  Type type = y.getType();
  Value unsafe = isZero;
  if (!isUnsigned) {
    unsigned width = type.getIntOrFloatBitWidth();
    Value least = intConstant(b, type, APInt::getSignedMinValue(width));
    Value minusOne = intConstant(b, type, APInt::getAllOnes(width));
    Value overflows = arith::AndIOp::create(
        b, arith::CmpIOp::create(b, CmpIPredicate::eq, x, least),
        arith::CmpIOp::create(b, CmpIPredicate::eq, y, minusOne));
    unsafe = arith::OrIOp::create(b, isZero, overflows);
  }
  return arith::SelectOp::create(b, unsafe, intConstant(b, type, 1), y);
}

Value xform::divideIntegers(ImplicitLocOpBuilder &b, Value x, Value y,
                            bool isUnsigned) {
  Value zero = intConstant(b, y.getType(), 0);
  Value isZero = arith::CmpIOp::create(b, CmpIPredicate::eq, y, zero);
  Value divisor = safeDivisor(b, x, y, isZero, isUnsigned);
  Value quotient = isUnsigned ? Value(arith::DivUIOp::create(b, x, divisor))
                              : Value(arith::DivSIOp::create(b, x, divisor));
  return arith::SelectOp::create(b, isZero, zero, quotient);
}

Value xform::remainderOfIntegers(ImplicitLocOpBuilder &b, Value x, Value y,
                                 bool isUnsigned) {
  // What a divisor of 1 leaves, 0, is right in both of the unsafe cases.
  Value zero = intConstant(b, y.getType(), 0);
  Value isZero = arith::CmpIOp::create(b, CmpIPredicate::eq, y, zero);
  Value divisor = safeDivisor(b, x, y, isZero, isUnsigned);
  return isUnsigned ? Value(arith::RemUIOp::create(b, x, divisor))
                    : Value(arith::RemSIOp::create(b, x, divisor));
}

//===----------------------------------------------------------------------===//
// Conversion
//===----------------------------------------------------------------------===//

/// Truncates towards zero; numbers beyond the integer's range become its ends,
/// NaN becomes 0.
static Value floatToInteger(ImplicitLocOpBuilder &b, Value value, Type to) {
  Type type = value.getType();
  IntegerType integer = cast<IntegerType>(signlessType(to));
  unsigned width = integer.getWidth();
  bool toUnsigned = isUnsigned(to);
  APInt least =
      toUnsigned ? APInt::getZero(width) : APInt::getSignedMinValue(width);
  APInt largest =
      toUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  Value low =
      floatConstant(b, type, toUnsigned ? 0.0 : -std::ldexp(1.0, width - 1));
  Value high =
      floatConstant(b, type, std::ldexp(1.0, toUnsigned ? width : width - 1));
  Value isBelow = arith::CmpFOp::create(b, CmpFPredicate::OLT, value, low);
  Value isAbove = arith::CmpFOp::create(b, CmpFPredicate::OGE, value, high);
  Value isInside = arith::AndIOp::create(
      b, arith::CmpFOp::create(b, CmpFPredicate::OGE, value, low),
      arith::CmpFOp::create(b, CmpFPredicate::OLT, value, high));
  Value inside =
      arith::SelectOp::create(b, isInside, value, floatConstant(b, type, 0.0));
  Value result = toUnsigned
                     ? Value(arith::FPToUIOp::create(b, integer, inside))
                     : Value(arith::FPToSIOp::create(b, integer, inside));
  result = arith::SelectOp::create(b, isBelow, intConstant(b, integer, least),
                                   result);
  return arith::SelectOp::create(b, isAbove, intConstant(b, integer, largest),
                                 result);
}

/// f64 to f16 or bf16 by way of f32. The first step rounds to an odd
/// significand where it is inexact, so that the second rounds as one step
/// would.
static Value truncateTwice(ImplicitLocOpBuilder &b, Value value, Type to) {
  Type f32 = b.getF32Type(), i32 = b.getI32Type();
  Value nearest = arith::TruncFOp::create(b, f32, value);
  Value back = arith::ExtFOp::create(b, value.getType(), nearest);
  Value bits = arith::BitcastOp::create(b, i32, nearest);
  Value one = intConstant(b, i32, 1);
  Value isEven = arith::CmpIOp::create(
      b, CmpIPredicate::eq, Value(arith::AndIOp::create(b, bits, one)),
      intConstant(b, i32, 0));
  Value isInexact = arith::CmpFOp::create(b, CmpFPredicate::ONE, back, value);
  Value isSmaller = arith::CmpFOp::create(
      b, CmpFPredicate::OLT, Value(math::AbsFOp::create(b, back)),
      Value(math::AbsFOp::create(b, value)));
  Value neighbour =
      arith::SelectOp::create(b, isSmaller, arith::AddIOp::create(b, bits, one),
                              arith::SubIOp::create(b, bits, one));
  bits = arith::SelectOp::create(
      b, Value(arith::AndIOp::create(b, isEven, isInexact)), neighbour, bits);
  return arith::TruncFOp::create(b, to,
                                 Value(arith::BitcastOp::create(b, f32, bits)));
}

static Value floatToFloat(ImplicitLocOpBuilder &b, Value value, Type to) {
  unsigned from = value.getType().getIntOrFloatBitWidth();
  unsigned width = to.getIntOrFloatBitWidth();
  if (value.getType() == to)
    return value;
  if (from < width)
    return arith::ExtFOp::create(b, to, value);
  if (from == 64 && width == 16)
    return truncateTwice(b, value, to);
  return arith::TruncFOp::create(b, to, value);
}

static Value integerToInteger(ImplicitLocOpBuilder &b, Value value, Type from,
                              Type to) {
  Type type = signlessType(to);
  unsigned width = type.getIntOrFloatBitWidth();
  unsigned oldWidth = value.getType().getIntOrFloatBitWidth();
  if (width == oldWidth)
    return value;
  if (width < oldWidth)
    return arith::TruncIOp::create(b, type, value);
  if (isUnsigned(from))
    return arith::ExtUIOp::create(b, type, value);
  return arith::ExtSIOp::create(b, type, value);
}

Value xform::convertElement(ImplicitLocOpBuilder &b, Value value, Type from,
                            Type to) {
  bool fromFloat = isa<FloatType>(from), toFloat = isa<FloatType>(to);
  if (from == to)
    return value;
  if (fromFloat)
    value = widen(b, value);
  if (to.isInteger(1)) {
    if (fromFloat)
      return arith::CmpFOp::create(b, CmpFPredicate::UNE, value,
                                   floatConstant(b, value.getType(), 0.0));
    return arith::CmpIOp::create(b, CmpIPredicate::ne, value,
                                 intConstant(b, value.getType(), 0));
  }
  if (fromFloat && toFloat)
    return floatToFloat(b, value, to);
  if (fromFloat)
    return floatToInteger(b, value, to);
  if (!toFloat)
    return integerToInteger(b, value, from, to);
  Type type = arithmeticType(to);
  Value result = isUnsigned(from)
                     ? Value(arith::UIToFPOp::create(b, type, value))
                     : Value(arith::SIToFPOp::create(b, type, value));
  return narrow(b, result, to);
}

Value xform::indexToElement(ImplicitLocOpBuilder &b, Value index,
                            Type element) {
  Type i64 = b.getI64Type();
  Value number = arith::IndexCastOp::create(b, i64, index);
  return convertElement(b, number, i64, element);
}
