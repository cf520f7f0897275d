//===- Bits.cpp - bit patterns and whole numbers, on elements -------------===//

#include "dialect/Bits.h"
#include "lowering/linalg/ElementRule.h"
#include "lowering/linalg/Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace xform;

using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace {

Value compare(ImplicitLocOpBuilder &b, CmpIPredicate predicate, Value x,
              Value y) {
  return arith::CmpIOp::create(b, predicate, x, y);
}

template <typename Op> Value unary(const Elements &x) {
  return Op::create(x.b, x[0]);
}

//===----------------------------------------------------------------------===//
// Shifts
//===----------------------------------------------------------------------===//

Value widthOf(const Elements &x) {
  return x.number(x.computedType().getIntOrFloatBitWidth());
}

/// A shift that fills with zeros; arith leaves amounts from the width onwards
/// undefined.
template <typename Op> Value shift(const Elements &x) {
  Value some = compare(x.b, CmpIPredicate::ult, x[1], widthOf(x));
  Value shifted = Op::create(x.b, x[0], x[1]);
  return arith::SelectOp::create(x.b, some, shifted, x.number(0));
}

Value shiftArithmetic(const Elements &x) {
  Value most = x.number(x.computedType().getIntOrFloatBitWidth() - 1);
  Value amount = arith::MinUIOp::create(x.b, x[1], most);
  return arith::ShRSIOp::create(x.b, x[0], amount);
}

//===----------------------------------------------------------------------===//
// Floored division, by the steps of Python's
//===----------------------------------------------------------------------===//

Value isZero(const Elements &x, Value value) {
  if (x.isFloat())
    return arith::CmpFOp::create(x.b, CmpFPredicate::OEQ, value, x.number(0));
  return compare(x.b, CmpIPredicate::eq, value, x.number(0));
}

Value isNegative(const Elements &x, Value value) {
  if (x.isFloat())
    return arith::CmpFOp::create(x.b, CmpFPredicate::OLT, value, x.number(0));
  return compare(x.b, CmpIPredicate::slt, value, x.number(0));
}

/// The remainder of truncated division, and whether it is to be moved to the
/// divisor's side of zero.
std::pair<Value, Value> truncatedRemainder(const Elements &x) {
  Value rest = x.isFloat()
                   ? arith::RemFOp::create(x.b, x[0], x[1])
                   : remainderOfIntegers(x.b, x[0], x[1], isUnsigned(x.type));
  Value keeps =
      arith::OrIOp::create(x.b, isZero(x, rest),
                           compare(x.b, CmpIPredicate::eq, isNegative(x, rest),
                                   isNegative(x, x[1])));
  return {rest, keeps};
}

/// The remainder on the divisor's side of zero.
Value movedRemainder(const Elements &x, Value rest, Value keeps) {
  Value moved = x.isFloat() ? Value(arith::AddFOp::create(x.b, rest, x[1]))
                            : Value(arith::AddIOp::create(x.b, rest, x[1]));
  return arith::SelectOp::create(x.b, keeps, rest, moved);
}

Value floorDiv(const Elements &x) {
  if (isUnsigned(x.type))
    return divideIntegers(x.b, x[0], x[1], /*isUnsigned=*/true);
  auto [rest, keeps] = truncatedRemainder(x);
  if (!x.isFloat()) {
    Value quotient = divideIntegers(x.b, x[0], x[1], /*isUnsigned=*/false);
    Value lower = arith::SubIOp::create(x.b, quotient, x.number(1));
    return arith::SelectOp::create(x.b, keeps, quotient, lower);
  }
  // The rounded quotient is off by less than its last bit, so its floor is
  // wrong only where it is a whole number that the true quotient does not
  // reach: the remainder, which counts from the floor, is then nearly the
  // divisor.
  Value quotient = arith::DivFOp::create(x.b, x[0], x[1]);
  Value whole = math::FloorOp::create(x.b, quotient);
  Value size = math::AbsFOp::create(x.b, movedRemainder(x, rest, keeps));
  // Twice the size could be infinite as the divisor is. Where both are, all of
  // an infinite divisor remains.
  Value missing =
      arith::SubFOp::create(x.b, Value(math::AbsFOp::create(x.b, x[1])), size);
  Value isBelow = arith::AndIOp::create(
      x.b, arith::CmpFOp::create(x.b, CmpFPredicate::OEQ, quotient, whole),
      arith::CmpFOp::create(x.b, CmpFPredicate::UGE, size, missing));
  whole = arith::SelectOp::create(
      x.b, isBelow, Value(arith::SubFOp::create(x.b, whole, x.number(1))),
      whole);
  // Of infinity there is no remainder.
  Value isNaN = arith::CmpFOp::create(x.b, CmpFPredicate::UNO, rest, rest);
  whole = arith::SelectOp::create(x.b, isNaN, rest, whole);
  // Zeros get the quotient's sign; divided by zero it is the result.
  Value special = arith::OrIOp::create(x.b, isZero(x, x[0]), isZero(x, x[1]));
  return arith::SelectOp::create(x.b, special, quotient, whole);
}

Value floorRem(const Elements &x) {
  if (isUnsigned(x.type))
    return remainderOfIntegers(x.b, x[0], x[1], /*isUnsigned=*/true);
  auto [rest, keeps] = truncatedRemainder(x);
  Value result = movedRemainder(x, rest, keeps);
  if (!x.isFloat())
    return result;
  Value zero = math::CopySignOp::create(x.b, x.number(0), x[1]);
  return arith::SelectOp::create(x.b, isZero(x, rest), zero, result);
}

//===----------------------------------------------------------------------===//
// Whole numbers
//===----------------------------------------------------------------------===//

Value magnitude(const Elements &x, Value value) {
  if (isUnsigned(x.type))
    return value;
  Value negated = arith::SubIOp::create(x.b, x.number(0), value);
  return arith::MaxSIOp::create(x.b, value, negated);
}

/// Runs `step` on the state while its last value is not zero; returns the
/// first one.
Value repeat(
    const Elements &x, ValueRange initial,
    function_ref<SmallVector<Value>(ImplicitLocOpBuilder &, ValueRange)> step) {
  Value zero = x.number(0);
  auto loop = scf::WhileOp::create(
      x.b, initial.getTypes(), initial,
      [&](OpBuilder &builder, Location loc, ValueRange state) {
        ImplicitLocOpBuilder inner(loc, builder);
        scf::ConditionOp::create(
            inner, compare(inner, CmpIPredicate::ne, state.back(), zero),
            state);
      },
      [&](OpBuilder &builder, Location loc, ValueRange state) {
        ImplicitLocOpBuilder inner(loc, builder);
        scf::YieldOp::create(inner, step(inner, state));
      });
  return loop.getResult(0);
}

/// Euclid's algorithm. The magnitude of the least number is right as unsigned.
Value gcd(const Elements &x) {
  return repeat(x, {magnitude(x, x[0]), magnitude(x, x[1])},
                [](ImplicitLocOpBuilder &b, ValueRange state) {
                  Value rest = arith::RemUIOp::create(b, state[0], state[1]);
                  return SmallVector<Value>{state[1], rest};
                });
}

/// Repeated squaring, over the bits of the exponent.
Value wrappingPow(const Elements &x) {
  Value one = x.number(1), zero = x.number(0);
  Value power =
      repeat(x, {one, x[0], magnitude(x, x[1])},
             [&](ImplicitLocOpBuilder &b, ValueRange state) {
               Value bit = arith::AndIOp::create(b, state[2], one);
               Value isSet = compare(b, CmpIPredicate::ne, bit, zero);
               Value product = arith::MulIOp::create(b, state[0], state[1]);
               Value result =
                   arith::SelectOp::create(b, isSet, product, state[0]);
               Value square = arith::MulIOp::create(b, state[1], state[1]);
               Value rest = arith::ShRUIOp::create(b, state[2], one);
               return SmallVector<Value>{result, square, rest};
             });
  if (isUnsigned(x.type))
    return power;
  // The inverse of a power truncates to 0 but for bases 1 and -1.
  Value isUnit =
      compare(x.b, CmpIPredicate::eq, magnitude(x, x[0]), x.number(1));
  Value isNegative = compare(x.b, CmpIPredicate::slt, x[1], zero);
  Value inverse = arith::SelectOp::create(x.b, isUnit, power, zero);
  return arith::SelectOp::create(x.b, isNegative, inverse, power);
}

//===----------------------------------------------------------------------===//
// The bits of floats
//===----------------------------------------------------------------------===//

/// A float operand's bits, in its own width.
Value bitsOf(const Elements &x, Value value) {
  value = narrow(x.b, value, x.type);
  Type type = x.b.getIntegerType(value.getType().getIntOrFloatBitWidth());
  return arith::BitcastOp::create(x.b, type, value);
}

Value bitcast(const Elements &x) {
  Type to = cast<BitcastOp>(x.op).getType().getElementType();
  Value value = x.isFloat() ? narrow(x.b, x[0], x.type) : x[0];
  if (value.getType() == signlessType(to))
    return value;
  return arith::BitcastOp::create(x.b, signlessType(to), value);
}

/// On bit patterns throughout, so that subnormal numbers are told apart where
/// arithmetic flushes them to zero.
Value nextAfter(const Elements &x) {
  ImplicitLocOpBuilder &b = x.b;
  Value from = bitsOf(x, x[0]), to = bitsOf(x, x[1]);
  Type type = from.getType();
  auto floating = cast<FloatType>(x.type);
  unsigned width = floating.getWidth();
  Value zero = intConstant(b, type, 0), one = intConstant(b, type, 1);
  Value sign = intConstant(b, type, APInt::getSignMask(width));
  Value rest = intConstant(b, type, APInt::getSignedMaxValue(width));
  Value infinity = intConstant(
      b, type, APFloat::getInf(floating.getFloatSemantics()).bitcastToAPInt());
  // Patterns in the order of their numbers; both zeros are 0.
  auto ordered = [&](Value bits, Value size) -> Value {
    Value isNegative = compare(b, CmpIPredicate::slt, bits, zero);
    Value negated = arith::SubIOp::create(b, zero, size);
    return arith::SelectOp::create(b, isNegative, negated, size);
  };
  Value fromSize = arith::AndIOp::create(b, from, rest);
  Value toSize = arith::AndIOp::create(b, to, rest);
  Value start = ordered(from, fromSize), end = ordered(to, toSize);

  Value isPositive = compare(b, CmpIPredicate::sge, from, zero);
  Value isBelow = compare(b, CmpIPredicate::slt, start, end);
  Value grows = compare(b, CmpIPredicate::eq, isPositive, isBelow);
  Value next =
      arith::SelectOp::create(b, grows, arith::AddIOp::create(b, from, one),
                              arith::SubIOp::create(b, from, one));
  Value least =
      arith::OrIOp::create(b, arith::AndIOp::create(b, to, sign), one);
  Value isZero = compare(b, CmpIPredicate::eq, fromSize, zero);
  next = arith::SelectOp::create(b, isZero, least, next);
  Value isThere = compare(b, CmpIPredicate::eq, start, end);
  next = arith::SelectOp::create(b, isThere, to, next);
  Value isNaN = compare(b, CmpIPredicate::ugt, fromSize, infinity);
  next = arith::SelectOp::create(b, isNaN, from, next);
  isNaN = compare(b, CmpIPredicate::ugt, toSize, infinity);
  next = arith::SelectOp::create(b, isNaN, to, next);
  return arith::BitcastOp::create(b, floating, next);
}

Value copySign(const Elements &x) {
  return math::CopySignOp::create(x.b, x[0], x[1]);
}

} // namespace

void xform::populateBitsToLinalg(const TypeConverter &converter,
                                 RewritePatternSet &patterns) {
  AddElementRule add{converter, patterns};
  add(ShiftLeftOp(), shift<arith::ShLIOp>);
  add(ShiftRightArithmeticOp(), shiftArithmetic);
  add(ShiftRightLogicalOp(), shift<arith::ShRUIOp>);
  add(FloorDivOp(), floorDiv);
  add(FloorRemOp(), floorRem);
  add(PopcountOp(), unary<math::CtPopOp>);
  add(ClzOp(), unary<math::CountLeadingZerosOp>);
  add(GcdOp(), gcd);
  add(WrappingPowOp(), wrappingPow);
  add(BitcastOp(), bitcast);
  add(NextAfterOp(), nextAfter);
  add(CopySignOp(), copySign);
}
