//===- Builder.cpp - writing floating-point algorithms as IR --------------===//

#include "lowering/math/Builder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/TypeUtilities.h"

#include <limits>

using namespace mlir;

namespace xform::elementary {

namespace {

template <typename Op, typename T> T binary(T a, T b) {
  Builder &m = *a.builder;
  return {&m, Op::create(m.getOpBuilder(), m.getLoc(), a.value, b.value)};
}

Bool compare(arith::CmpFPredicate predicate, Real a, Real b) {
  Builder &m = *a.builder;
  return {&m, arith::CmpFOp::create(m.getOpBuilder(), m.getLoc(), predicate,
                                    a.value, b.value)};
}

Bool compare(arith::CmpIPredicate predicate, Int a, Int b) {
  Builder &m = *a.builder;
  return {&m, arith::CmpIOp::create(m.getOpBuilder(), m.getLoc(), predicate,
                                    a.value, b.value)};
}

Value splat(OpBuilder &builder, Location loc, Type type, TypedAttr element) {
  if (auto vector = dyn_cast<VectorType>(type))
    element = DenseElementsAttr::get(vector, element);
  return arith::ConstantOp::create(builder, loc, element);
}

} // namespace

Builder::Builder(OpBuilder &builder, Location loc, Type type)
    : builder(builder), loc(loc), floatType(type),
      isDouble(getElementTypeOrSelf(type).isF64()) {
  intType = withElement(builder.getIntegerType(width()));
}

Type Builder::withElement(Type element) const {
  if (auto vector = dyn_cast<VectorType>(floatType))
    return vector.clone(element);
  return element;
}

Real Builder::constant(double number) {
  Type element = getElementTypeOrSelf(floatType);
  return {this, splat(builder, loc, floatType,
                      builder.getFloatAttr(element, number))};
}

Pair Builder::constant(const SplitConstant &number) {
  const double *parts = isDouble ? number.full : number.single;
  return {constant(parts[0]), constant(parts[1])};
}

Int Builder::integer(int64_t number) {
  auto element = cast<IntegerType>(getElementTypeOrSelf(intType));
  APInt wide(64, static_cast<uint64_t>(number));
  return {this, splat(builder, loc, intType,
                      builder.getIntegerAttr(element, wide.trunc(width())))};
}

Bool Builder::yes() {
  Type type = withElement(builder.getI1Type());
  return {this, splat(builder, loc, type, builder.getBoolAttr(true))};
}

Real Builder::infinity() {
  return constant(std::numeric_limits<double>::infinity());
}

Real Builder::nan() {
  return constant(std::numeric_limits<double>::quiet_NaN());
}

Int Builder::bits(Real x) {
  return {this, arith::BitcastOp::create(builder, loc, intType, x.value)};
}

Real Builder::fromBits(Int x) {
  return {this, arith::BitcastOp::create(builder, loc, floatType, x.value)};
}

Int Builder::signBit(Real x) {
  return bits(x) & (static_cast<int64_t>(1) << (width() - 1));
}

Real Builder::flipSign(Real x, Int sign) { return fromBits(bits(x) ^ sign); }

Real Builder::abs(Real x) {
  return {this, mlir::math::AbsFOp::create(builder, loc, x.value)};
}

Real Builder::copySign(Real magnitude, Real sign) {
  return {this, mlir::math::CopySignOp::create(builder, loc, magnitude.value,
                                               sign.value)};
}

Real Builder::sqrt(Real x) {
  return {this, mlir::math::SqrtOp::create(builder, loc, x.value)};
}

Real Builder::fusedMultiplyAdd(Real a, Real b, Real c) {
  return {this, math::FmaOp::create(builder, loc, a.value, b.value, c.value)};
}

Real Builder::select(Bool condition, Real yes, Real no) {
  return {this, arith::SelectOp::create(builder, loc, condition.value,
                                        yes.value, no.value)};
}

Int Builder::select(Bool condition, Int yes, Int no) {
  return {this, arith::SelectOp::create(builder, loc, condition.value,
                                        yes.value, no.value)};
}

Pair Builder::select(Bool condition, Pair yes, Pair no) {
  return {select(condition, yes.high, no.high),
          select(condition, yes.low, no.low)};
}

Real Builder::clamp(Real x, double low, double high) {
  Real lower = constant(low), upper = constant(high);
  Real raised = select(x > lower, x, lower);
  return select(raised < upper, raised, upper);
}

Rounded Builder::nearest(Real x) {
  Real half = copySign(constant(0.5), x);
  Int whole = truncateToInt(x + half);
  return {whole, toReal(whole)};
}

// The conversions of float64 go through 32-bit integers: those exist as vector
// instructions everywhere, those of 64-bit integers only with AVX-512.
Real Builder::toReal(Int x) {
  Value narrow = x.value;
  if (isDouble)
    narrow = arith::TruncIOp::create(builder, loc,
                                     withElement(builder.getI32Type()), narrow);
  return {this, arith::SIToFPOp::create(builder, loc, floatType, narrow)};
}

Int Builder::truncateToInt(Real x) {
  Value result = arith::FPToSIOp::create(
      builder, loc, withElement(builder.getI32Type()), x.value);
  if (isDouble)
    result = arith::ExtSIOp::create(builder, loc, intType, result);
  return {this, result};
}

Real Builder::powerOfTwo(Int n) {
  return fromBits((n + bias()) << mantissaBits());
}

Real Builder::scale(Real x, Int n) {
  Int half = shiftSigned(n, 1);
  return x * powerOfTwo(half) * powerOfTwo(n - half);
}

Real Builder::highHalf(Real x) {
  return fromBits(bits(x) &
                  (isDouble ? -(int64_t(1) << 27) : -(int64_t(1) << 12)));
}

Real Builder::opaque(Real x) { return fromBits(bits(x) & int64_t(-2)); }

Pair Builder::split(Real x) {
  Real high = highHalf(x);
  return {high, x - high};
}

Pair Builder::splitSum(Real a, Real b) {
  Real high = highHalf(a + b);
  return {high, (a - high) + b};
}

Pair Builder::fastSum(Real a, Real b) {
  Real high = opaque(a + b);
  return {high, (a - high) + b};
}

Pair Builder::divide(Real numerator, Pair denominator) {
  Real quotient = opaque(numerator / denominator.high);
  Pair q = split(quotient), d = split(denominator.high);
  Real rest = (numerator - q.high * d.high) - q.high * d.low;
  rest = (rest - q.low * d.high) - q.low * d.low;
  rest = rest - quotient * denominator.low;
  return {quotient, rest / denominator.high};
}

Real Builder::minusSquare(Real z, Real x) {
  Pair parts = split(x);
  Real rest = (z - parts.high * parts.high) - 2.0 * (parts.high * parts.low);
  return rest - parts.low * parts.low;
}

Pair Builder::sqrt(Pair x) {
  Real root = opaque(sqrt(x.high));
  return {root, (minusSquare(x.high, root) + x.low) / (2.0 * root)};
}

ArrayRef<double> Builder::coefficients(const Polynomial &table) const {
  ArrayRef<double> terms =
      isDouble ? ArrayRef<double>(table.full) : ArrayRef<double>(table.single);
  while (terms.size() > 1 && terms.back() == 0.0)
    terms = terms.drop_back();
  return terms;
}

Real Builder::horner(Real x, ArrayRef<double> terms, size_t last, size_t step) {
  Real sum = constant(terms[last]);
  for (size_t i = last; i >= step; i -= step)
    sum = sum * x + constant(terms[i - step]);
  return sum;
}

Real Builder::horner(Real x, const Polynomial &table) {
  ArrayRef<double> terms = coefficients(table);
  return horner(x, terms, terms.size() - 1, 1);
}

Real Builder::polynomial(Real x, const Polynomial &table) {
  ArrayRef<double> terms = coefficients(table);
  size_t degree = terms.size() - 1;
  if (degree < 4)
    return horner(x, terms, degree, 1);
  Real square = x * x;
  Real even = horner(square, terms, degree - degree % 2, 2);
  Real odd = horner(square, terms, degree - (degree + 1) % 2, 2);
  return even + x * odd;
}

std::pair<Int, Int> Builder::multiplyUnsigned(Int a, Int b) {
  // By halves: arith.mului_extended does not compile for CPU in vectors of more
  // than one dimension, and wider integers are missing on some GPUs.
  int64_t half = width() / 2;
  int64_t mask = (int64_t{1} << half) - 1;
  Int aLow = a & mask, aHigh = a >> half, bLow = b & mask, bHigh = b >> half;
  Int low = aLow * bLow;
  Int middle = aHigh * bLow + (low >> half);
  Int other = aLow * bHigh + (middle & mask);
  return {(other << half) | (low & mask),
          aHigh * bHigh + (middle >> half) + (other >> half)};
}

Real operator+(Real a, Real b) { return binary<arith::AddFOp>(a, b); }
Real operator-(Real a, Real b) { return binary<arith::SubFOp>(a, b); }
Real operator*(Real a, Real b) { return binary<arith::MulFOp>(a, b); }
Real operator/(Real a, Real b) { return binary<arith::DivFOp>(a, b); }
Real operator+(Real a, double b) { return a + a.builder->constant(b); }
Real operator+(double a, Real b) { return b.builder->constant(a) + b; }
Real operator-(Real a, double b) { return a - a.builder->constant(b); }
Real operator-(double a, Real b) { return b.builder->constant(a) - b; }
Real operator*(Real a, double b) { return a * a.builder->constant(b); }
Real operator*(double a, Real b) { return b.builder->constant(a) * b; }
Real operator/(double a, Real b) { return b.builder->constant(a) / b; }
Real operator-(Real a) {
  Builder &m = *a.builder;
  return {&m, arith::NegFOp::create(m.getOpBuilder(), m.getLoc(), a.value)};
}

Bool operator<(Real a, Real b) {
  return compare(arith::CmpFPredicate::OLT, a, b);
}
Bool operator<=(Real a, Real b) {
  return compare(arith::CmpFPredicate::OLE, a, b);
}
Bool operator>(Real a, Real b) {
  return compare(arith::CmpFPredicate::OGT, a, b);
}
Bool operator==(Real a, Real b) {
  return compare(arith::CmpFPredicate::OEQ, a, b);
}
Bool operator<(Real a, double b) { return a < a.builder->constant(b); }
Bool operator<=(Real a, double b) { return a <= a.builder->constant(b); }
Bool operator>(Real a, double b) { return a > a.builder->constant(b); }
Bool operator>=(Real a, double b) {
  return compare(arith::CmpFPredicate::OGE, a, a.builder->constant(b));
}
Bool operator==(Real a, double b) { return a == a.builder->constant(b); }
Bool isNaN(Real x) { return compare(arith::CmpFPredicate::UNO, x, x); }

Int operator+(Int a, Int b) { return binary<arith::AddIOp>(a, b); }
Int operator-(Int a, Int b) { return binary<arith::SubIOp>(a, b); }
Int operator*(Int a, Int b) { return binary<arith::MulIOp>(a, b); }
Int operator&(Int a, Int b) { return binary<arith::AndIOp>(a, b); }
Int operator|(Int a, Int b) { return binary<arith::OrIOp>(a, b); }
Int operator^(Int a, Int b) { return binary<arith::XOrIOp>(a, b); }
Int operator+(Int a, int64_t b) { return a + a.builder->integer(b); }
Int operator-(Int a, int64_t b) { return a - a.builder->integer(b); }
Int operator&(Int a, int64_t b) { return a & a.builder->integer(b); }
Int operator|(Int a, int64_t b) { return a | a.builder->integer(b); }
Int operator<<(Int a, Int b) { return binary<arith::ShLIOp>(a, b); }
Int operator<<(Int a, int64_t b) { return a << a.builder->integer(b); }
Int operator>>(Int a, Int b) { return binary<arith::ShRUIOp>(a, b); }
Int operator>>(Int a, int64_t b) { return a >> a.builder->integer(b); }
Int shiftSigned(Int a, int64_t b) {
  return binary<arith::ShRSIOp>(a, a.builder->integer(b));
}
Bool operator==(Int a, Int b) {
  return compare(arith::CmpIPredicate::eq, a, b);
}
Bool operator==(Int a, int64_t b) { return a == a.builder->integer(b); }
Bool operator!=(Int a, int64_t b) {
  return compare(arith::CmpIPredicate::ne, a, a.builder->integer(b));
}
Bool operator<(Int a, int64_t b) {
  return compare(arith::CmpIPredicate::slt, a, a.builder->integer(b));
}
Bool operator>(Int a, int64_t b) {
  return compare(arith::CmpIPredicate::sgt, a, a.builder->integer(b));
}
Bool lessUnsigned(Int a, Int b) {
  return compare(arith::CmpIPredicate::ult, a, b);
}
Bool lessUnsigned(Int a, int64_t b) {
  return lessUnsigned(a, a.builder->integer(b));
}

Bool operator&(Bool a, Bool b) { return binary<arith::AndIOp>(a, b); }
Bool operator|(Bool a, Bool b) { return binary<arith::OrIOp>(a, b); }
Bool operator^(Bool a, Bool b) { return binary<arith::XOrIOp>(a, b); }
Bool operator!(Bool a) { return a ^ a.builder->yes(); }

} // namespace xform::elementary
