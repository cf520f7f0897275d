//===- Builder.h - writing floating-point algorithms as IR ----*- C++ -*-===//
//
// A thin layer over `arith` in which an algorithm reads like the formula it
// implements: `Real r = x - n * kLn2High`. Every value is a scalar or a vector
// of float32 or float64; integers have the width of the floats beside them, so
// that a bitcast between the two is always possible.
//
// Three rules keep the algorithms right under compilers that contract a
// multiply and an add into one fused operation (IREE marks every operation
// `contract`), that add up the constants of a sum (Mesa), and on targets that
// flush subnormal numbers to zero (IREE's CPU workers do):
//  - Numbers are split by masking mantissa bits (`highHalf`), never by the
//    usual multiply-and-subtract; products that enter an error-free sum are
//    exact, so fusing them changes nothing.
//  - Where two constants are added to a number one after the other and the
//    rounding between counts, the sum passes through its bits or a product.
//  - Zero and subnormal inputs are told apart on the bit pattern.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_MATH_BUILDER_H
#define XFORM_LOWERING_MATH_BUILDER_H

#include "lowering/math/Polynomials.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"

namespace xform::elementary {

class Builder;

/// A boolean, or a vector of them.
struct Bool {
  Builder *builder;
  mlir::Value value;
};

/// A signless integer as wide as the floats of its builder.
struct Int {
  Builder *builder;
  mlir::Value value;
};

/// A float32 or float64 number.
struct Real {
  Builder *builder;
  mlir::Value value;
};

/// An unevaluated sum high + low with |low| far below |high|. Where the low
/// part is missing the number is `high` alone.
struct Pair {
  Real high;
  Real low;
};

/// A real number rounded to the nearest integer, in both forms.
struct Rounded {
  Int integer;
  Real real;
};

/// Emits operations of one floating-point type at one location.
class Builder {
public:
  /// `type` is float32, float64, or a vector of one of them.
  Builder(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type);

  bool isFloat64() const { return isDouble; }
  /// Mantissa bits that are stored, 23 or 52.
  int mantissaBits() const { return isDouble ? 52 : 23; }
  /// Bias of the exponent field, 127 or 1023.
  int bias() const { return isDouble ? 1023 : 127; }
  /// All bits of a number, 32 or 64.
  int width() const { return isDouble ? 64 : 32; }

  /// One of two numbers, by precision.
  double pick(double single, double full) const {
    return isDouble ? full : single;
  }

  Real constant(double number);
  Pair constant(const SplitConstant &number);
  Int integer(int64_t number);
  Bool yes();
  Real infinity();
  Real nan();

  Real wrapReal(mlir::Value value) { return {this, value}; }

  /// The bit pattern of `x`, and the number with a bit pattern.
  Int bits(Real x);
  Real fromBits(Int x);

  /// The sign bit of `x` alone.
  Int signBit(Real x);
  /// `x` with the sign bits `sign` flipped.
  Real flipSign(Real x, Int sign);
  Real abs(Real x);
  Real copySign(Real magnitude, Real sign);
  Real sqrt(Real x);
  /// a b + c, rounded once.
  Real fusedMultiplyAdd(Real a, Real b, Real c);

  Real select(Bool condition, Real yes, Real no);
  Int select(Bool condition, Int yes, Int no);
  Pair select(Bool condition, Pair yes, Pair no);

  /// `x` limited to [low, high]; a NaN becomes `low`, so that the result can be
  /// converted to an integer.
  Real clamp(Real x, double low, double high);

  /// Nearest integer to `x`, |x| < 2^30. Written with conversions, which every
  /// target has, because `math.roundeven` is expanded at length by IREE.
  Rounded nearest(Real x);
  /// `x` as a real number, |x| < 2^31.
  Real toReal(Int x);
  /// `x` without its fraction as an integer, |x| < 2^31.
  Int truncateToInt(Real x);

  /// 2^n for n in the exponent range of normal numbers.
  Real powerOfTwo(Int n);
  /// x 2^n for |n| up to twice the exponent range, rounding only once if `x` is
  /// close to one.
  Real scale(Real x, Int n);

  /// `x` with the lower half of its mantissa cleared: 12 or 26 bits remain, so
  /// that the product of two such numbers is exact.
  Real highHalf(Real x);
  /// `x` with its last bit cleared. Used on the rounded sum in an error-free
  /// addition, because a compiler that simplifies (a + b) - a cannot look
  /// through the mask.
  Real opaque(Real x);
  /// The exact parts highHalf(x) + rest.
  Pair split(Real x);
  /// a + b as a pair whose high part has half a mantissa, |a| >= |b| or a = 0.
  Pair splitSum(Real a, Real b);
  /// a + b as a pair with a full high part, |a| >= |b| or a = 0.
  Pair fastSum(Real a, Real b);
  /// numerator / (denominator.high + denominator.low) as a pair with a full
  /// high part.
  Pair divide(Real numerator, Pair denominator);
  /// z - x^2 for a z within a few units of x^2, without rounding x^2.
  Real minusSquare(Real z, Real x);
  /// Square root of a pair as a pair with a full high part.
  Pair sqrt(Pair x);

  /// Value of a table's polynomial at `x`. Even and odd terms are summed apart,
  /// which halves the chain of dependent operations.
  Real polynomial(Real x, const Polynomial &table);
  /// The same by Horner's rule, for polynomials whose terms cancel.
  Real horner(Real x, const Polynomial &table);

  /// Low and high word of the product of two unsigned integers.
  std::pair<Int, Int> multiplyUnsigned(Int a, Int b);

  mlir::Location getLoc() const { return loc; }
  mlir::OpBuilder &getOpBuilder() { return builder; }
  mlir::Type getIntType() const { return intType; }
  mlir::Type getFloatType() const { return floatType; }
  /// `element`, or a vector of it shaped like the builder's own type.
  mlir::Type withElement(mlir::Type element) const;

private:
  llvm::ArrayRef<double> coefficients(const Polynomial &table) const;
  /// Every `step`-th term up to the `last` one, by Horner's rule in `x`.
  Real horner(Real x, llvm::ArrayRef<double> terms, size_t last, size_t step);

  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::Type floatType;
  mlir::Type intType;
  bool isDouble;
};

Real operator+(Real a, Real b);
Real operator-(Real a, Real b);
Real operator*(Real a, Real b);
Real operator/(Real a, Real b);
Real operator+(Real a, double b);
Real operator+(double a, Real b);
Real operator-(Real a, double b);
Real operator-(double a, Real b);
Real operator*(Real a, double b);
Real operator*(double a, Real b);
Real operator/(double a, Real b);
Real operator-(Real a);

/// Ordered comparisons: false where an operand is NaN.
Bool operator<(Real a, Real b);
Bool operator<=(Real a, Real b);
Bool operator>(Real a, Real b);
Bool operator==(Real a, Real b);
Bool operator<(Real a, double b);
Bool operator<=(Real a, double b);
Bool operator>(Real a, double b);
Bool operator>=(Real a, double b);
Bool operator==(Real a, double b);
Bool isNaN(Real x);

Int operator+(Int a, Int b);
Int operator-(Int a, Int b);
Int operator*(Int a, Int b);
Int operator&(Int a, Int b);
Int operator|(Int a, Int b);
Int operator^(Int a, Int b);
Int operator+(Int a, int64_t b);
Int operator-(Int a, int64_t b);
Int operator&(Int a, int64_t b);
Int operator|(Int a, int64_t b);
Int operator<<(Int a, int64_t b);
Int operator<<(Int a, Int b);
/// Logical shifts.
Int operator>>(Int a, int64_t b);
Int operator>>(Int a, Int b);
/// Arithmetic shift.
Int shiftSigned(Int a, int64_t b);
Bool operator==(Int a, Int b);
Bool operator==(Int a, int64_t b);
Bool operator!=(Int a, int64_t b);
/// Signed comparisons.
Bool operator<(Int a, int64_t b);
Bool operator>(Int a, int64_t b);
/// Unsigned comparison.
Bool lessUnsigned(Int a, int64_t b);
Bool lessUnsigned(Int a, Int b);

Bool operator&(Bool a, Bool b);
Bool operator|(Bool a, Bool b);
Bool operator^(Bool a, Bool b);
Bool operator!(Bool a);

} // namespace xform::elementary

#endif // XFORM_LOWERING_MATH_BUILDER_H
