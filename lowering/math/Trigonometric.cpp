//===- Trigonometric.cpp - sin, cos, tan, sincos --------------------------===//
//
// x = n pi/2 + r, |r| <= pi/4, with the reduction of Payne and Hanek ("Radian
// reduction for trigonometric functions", SIGNUM Newsletter 18, 1983) in
// integer arithmetic: of the product of x and the binary digits of 2/pi only
// the window is computed that holds the quadrant and enough of the fraction. It
// is right for every finite number, has no branch and so vectorises; there is
// no second path for small numbers, because both would have to be computed
// anyhow.
//
// Error bounds (float32, float64) in ULP: sin 1.5, cos 1.5, tan 2.
//
//===----------------------------------------------------------------------===//

#include "lowering/math/Expansions.h"
#include "lowering/math/Pattern.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/SmallVector.h"

using namespace mlir;

namespace xform::elementary {

namespace {

/// x = quadrant pi/2 + r.high + r.low, |r| <= pi/4; only the last two bits of
/// the quadrant count.
struct ReducedAngle {
  Int quadrant;
  Pair r;
};

/// `count` words of the bit string `words`, beginning at bit `start`. Selects
/// the words by the bits of the word index, the highest first, as a barrel
/// shifter does, then shifts within words.
SmallVector<Int> bitWindow(Builder &m, ArrayRef<int64_t> words, Int start,
                           int64_t positions, size_t count) {
  int64_t wordShift = m.isFloat64() ? 6 : 5;
  SmallVector<Int> current;
  for (int64_t word : words)
    current.push_back(m.integer(word));
  for (int64_t step = positions / 2; step >= 1; step /= 2) {
    Bool skip = (start & (step << wordShift)) != 0;
    size_t needed = count + 1 + (step - 1);
    SmallVector<Int> next;
    for (size_t i = 0; i < needed; ++i)
      next.push_back(m.select(skip, current[i + step], current[i]));
    current = next;
  }
  Int shift = start & (m.width() - 1);
  Int opposite = m.integer(m.width() - 1) - shift;
  SmallVector<Int> window;
  for (size_t i = 0; i < count; ++i)
    window.push_back((current[i] << shift) |
                     ((current[i + 1] >> 1) >> opposite));
  return window;
}

/// A two-word binary number: two bits of quadrant, then the fraction.
struct Turns {
  Int high;
  Int low;
};

/// x 2/pi modulo 4 in float32: the 25-bit integer `mantissa` times three words,
/// of which the upper two are kept.
Turns multiplyWindow32(Builder &m, Int mantissa, ArrayRef<Int> window) {
  auto [low1, high1] = m.multiplyUnsigned(mantissa, window[1]);
  auto [low2, high2] = m.multiplyUnsigned(mantissa, window[2]);
  Int low = low1 + high2;
  Int carry = m.select(lessUnsigned(low, low1), m.integer(1), m.integer(0));
  return {mantissa * window[0] + high1 + carry, low};
}

/// The same in float64: a 54-bit integer times three words of 64 bits, of which
/// two are kept. Words are halved, since vector units multiply 32 bits at most.
Turns multiplyWindow64(Int mantissa, ArrayRef<Int> window) {
  constexpr int64_t kHalf = 0xffffffff;
  Int mantissaLow = mantissa & kHalf, mantissaHigh = mantissa >> 32;
  SmallVector<Int> digits;
  for (Int word : window) {
    digits.push_back(word >> 32);
    digits.push_back(word & kHalf);
  }
  SmallVector<Int> a, b;
  for (Int digit : digits) {
    a.push_back(mantissaLow * digit);
    b.push_back(mantissaHigh * digit);
  }
  auto column = [&](size_t i) {
    return (a[i] & kHalf) + (a[i + 1] >> 32) + (b[i + 1] & kHalf) +
           (b[i + 2] >> 32);
  };
  Int c3 = column(3);
  Int c2 = column(2) + (c3 >> 32);
  Int high = (column(0) << 32) + column(1) + (c2 >> 32);
  return {high, (c2 << 32) | (c3 & kHalf)};
}

/// A non-negative integer below 2^52 as a float64, by placing it in the
/// mantissa of 2^52: no conversion of 64-bit integers is needed.
Real smallToFloat64(Builder &m, Int x) {
  return m.fromBits(x | 0x4330000000000000) - 0x1p52;
}

/// The non-negative fraction high:low as a pair whose high part has half a
/// mantissa. It is cut into three fields that each fit a mantissa.
Pair fractionToReal(Builder &m, Turns t) {
  Real first, second, third;
  if (m.isFloat64()) {
    Int middle = ((t.high & 0xfffffffff) << 14) | (t.low >> 50);
    first = m.toReal(t.high >> 36) * 0x1p-26;
    second = smallToFloat64(m, middle) * 0x1p-76;
    third = smallToFloat64(m, t.low & 0x3ffffffffffff) * 0x1p-126;
  } else {
    Int middle = ((t.high & 0x3ffff) << 6) | (t.low >> 26);
    first = m.toReal(t.high >> 18) * 0x1p-12;
    second = m.toReal(middle) * 0x1p-36;
    third = m.toReal((t.low >> 2) & 0xffffff) * 0x1p-60;
  }
  Pair sum = m.splitSum(first, second);
  return {sum.high, sum.low + third};
}

ReducedAngle reduceAngle(Builder &m, Real x) {
  int64_t fieldMask = 2 * m.bias() + 1;
  Real magnitude = m.abs(x);
  Int pattern = m.bits(magnitude);
  Int exponent = pattern >> m.mantissaBits();
  Int mantissa = (pattern & ((int64_t(1) << m.mantissaBits()) - 1)) |
                 (int64_t(1) << m.mantissaBits());
  // The window starts at the digit that, times the last bit of the mantissa, is
  // worth two. Numbers in [1/2, 1) share the first window with those in [1, 2).
  Bool small = exponent < m.bias();
  mantissa = m.select(small, mantissa, mantissa << 1);
  Int start = m.select(small, m.integer(0), exponent - m.bias());

  Turns turns;
  if (m.isFloat64()) {
    SmallVector<int64_t> words(std::begin(kTwoOverPi64),
                               std::end(kTwoOverPi64));
    turns = multiplyWindow64(mantissa, bitWindow(m, words, start, 16, 3));
  } else {
    SmallVector<int64_t> words(std::begin(kTwoOverPi32),
                               std::end(kTwoOverPi32));
    turns = multiplyWindow32(m, mantissa, bitWindow(m, words, start, 4, 3));
  }

  // Round to the nearest quadrant; what is left is a signed fraction. Its
  // parts must not cancel, so they are made from its magnitude (short of the
  // last bit, which is far below what counts).
  int64_t top = m.width() - 2;
  Int quadrant = (turns.high + (int64_t(1) << (top - 1))) >> top;
  turns.high = turns.high - (quadrant << top);
  Int negative = shiftSigned(turns.high, m.width() - 1);
  turns = {turns.high ^ negative, turns.low ^ negative};
  Pair fraction = fractionToReal(m, turns);
  Pair halfPi = m.constant(kHalfPi);
  Real rest =
      fraction.high * halfPi.low + fraction.low * m.constant(kHalfPiFull).high;
  Pair r = m.fastSum(fraction.high * halfPi.high, rest);
  Int sign = negative << (m.width() - 1);
  r = {m.flipSign(r.high, sign), m.flipSign(r.low, sign)};

  // No reduction up to pi/4, and none of the two that are not numbers.
  Bool direct = magnitude <= m.pick(0x1.921fb4p-1, 0x1.921fb54442d18p-1);
  r = m.select(direct, Pair{magnitude, m.constant(0.0)}, r);
  r.high = m.select(exponent == fieldMask, m.nan(), r.high);
  return {m.select(direct, m.integer(0), quadrant), r};
}

/// sin(r) - r and cos(r) - 1 for |r| <= pi/4.
struct Tails {
  Real sine;
  Real cosine;
};

Tails tails(Builder &m, Pair r) {
  Real z = r.high * r.high;
  Real half = 0.5 * z;
  Real sine = r.high * (z * m.polynomial(z, kSinTail));
  Real cosine = z * z * m.polynomial(z, kCosTail) - half;
  return {sine + r.low * (1.0 - half), cosine - r.high * r.low};
}

/// The sine where the quadrant is even, the cosine where it is odd, negative in
/// the upper half turn.
Real sineAt(Builder &m, Int quadrant, Pair r, Tails t) {
  Bool swap = (quadrant & 1) != 0;
  Real value = m.select(swap, m.constant(1.0), r.high) +
               m.select(swap, t.cosine, t.sine);
  return m.flipSign(value, (quadrant & 2) << (m.width() - 2));
}

Real sin(Builder &m, Real x) {
  ReducedAngle angle = reduceAngle(m, x);
  Real result = sineAt(m, angle.quadrant, angle.r, tails(m, angle.r));
  return m.flipSign(result, m.signBit(x));
}

Real cos(Builder &m, Real x) {
  ReducedAngle angle = reduceAngle(m, x);
  return sineAt(m, angle.quadrant + 1, angle.r, tails(m, angle.r));
}

// The quotient of sine and cosine, or of cosine and sine, with what rounding
// the two lost put back.
Real tan(Builder &m, Real x) {
  ReducedAngle angle = reduceAngle(m, x);
  Tails t = tails(m, angle.r);
  Pair sine = m.fastSum(angle.r.high, t.sine);
  Pair cosine = m.fastSum(m.constant(1.0), t.cosine);
  Bool swap = (angle.quadrant & 1) != 0;
  Pair over = m.select(swap, cosine, sine),
       under = m.select(swap, sine, cosine);
  Real quotient = over.high / under.high;
  Real correction = (over.low - quotient * under.low) / under.high;
  Real result = quotient + correction;
  Int sign = m.signBit(x) ^ ((angle.quadrant & 1) << (m.width() - 1));
  return m.flipSign(result, sign);
}

struct ExpandSincos : OpRewritePattern<mlir::math::SincosOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(mlir::math::SincosOp op,
                                PatternRewriter &rewriter) const override {
    Type given = op.getOperand().getType();
    Type type = computeTypeFor(given);
    if (!type)
      return rewriter.notifyMatchFailure(op, "not a supported float type");
    Location loc = op.getLoc();
    Builder m(rewriter, loc, type);
    Real x = m.wrapReal(convertFloat(rewriter, loc, op.getOperand(), type));
    ReducedAngle angle = reduceAngle(m, x);
    Tails t = tails(m, angle.r);
    Real sine = m.flipSign(sineAt(m, angle.quadrant, angle.r, t), m.signBit(x));
    Real cosine = sineAt(m, angle.quadrant + 1, angle.r, t);
    rewriter.replaceOp(op, {convertFloat(rewriter, loc, sine.value, given),
                            convertFloat(rewriter, loc, cosine.value, given)});
    return success();
  }
};

} // namespace

void populateTrigonometricPatterns(RewritePatternSet &patterns) {
  patterns.add<ExpandUnary<mlir::math::SinOp, sin>,
               ExpandUnary<mlir::math::CosOp, cos>,
               ExpandUnary<mlir::math::TanOp, tan>, ExpandSincos>(
      patterns.getContext());
}

} // namespace xform::elementary
