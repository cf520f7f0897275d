//===- Vectors.h - rows of matrices in memory -------------------*- C++ -*-===//
//
// What is here becomes LLVM's IR while xform is built, and machine code of the
// user's processor when a program needs it. There is no C library: a function
// calls what it is given and what the compiler knows itself.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_VECTORS_H
#define XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_VECTORS_H

#include "Scratch.h"

using xform::matrices::Index;
using xform::matrices::kBlock;
using xform::matrices::kPanel;
using xform::matrices::kSweeps;
using xform::matrices::rotationsScratch;
using xform::matrices::wholeBlocks;

// Each file is compiled for both types of numbers; as it stands, for this one.
#ifndef REAL
#define REAL double
#define SUFFIX f64
#endif

/// A function that programs call, for the type that this is compiled for.
#define XFORM_NAME_OF(name, suffix) xform_##name##_##suffix
#define XFORM_NAME(name, suffix) XFORM_NAME_OF(name, suffix)
#define XFORM_FUNCTION(name)                                                   \
  extern "C" __attribute__((visibility("hidden"))) void XFORM_NAME(name, SUFFIX)

namespace {

/// A word that somebody else sets to something else than 0 when the program is
/// to end. What was begun then need not be right any more.
using Stop = const volatile int *;

/// Half the distance from 1 to the next number.
template <typename Real>
constexpr Real kRounding = sizeof(Real) == 8 ? 0x1p-53 : 0x1p-24;

/// What is not larger may be left out of a matrix whose largest element is
/// about 1. The square of what is larger does not underflow.
template <typename Real>
constexpr Real kNegligible = kRounding<Real> * kRounding<Real>;

template <typename Real> struct Unsigned;
template <> struct Unsigned<double> {
  using Type = unsigned long long;
};
template <> struct Unsigned<float> {
  using Type = unsigned;
};
/// An integer of the same size.
template <typename Real> using UnsignedOf = typename Unsigned<Real>::Type;

template <typename Real> Real absolute(Real x) {
  return __builtin_elementwise_abs(x);
}

template <typename Real> Real squareRoot(Real x) {
  return __builtin_elementwise_sqrt(x);
}

/// The absolute value of x with the sign of y.
template <typename Real> Real withSign(Real x, Real y) {
  return __builtin_elementwise_copysign(x, y);
}

template <typename Real> Real larger(Real x, Real y) { return x > y ? x : y; }

constexpr Index smaller(Index m, Index n) { return m < n ? m : n; }

template <typename Real> Real dot(const Real *x, const Real *y, Index n) {
#pragma clang fp reassociate(on)
  Real sum = 0;
  for (Index i = 0; i < n; ++i)
    sum += x[i] * y[i];
  return sum;
}

/// Adds a multiple of x to y.
template <typename Real>
void add(Real factor, const Real *__restrict x, Real *__restrict y, Index n) {
  for (Index i = 0; i < n; ++i)
    y[i] += factor * x[i];
}

template <typename Real>
void copy(const Real *__restrict x, Real *__restrict y, Index n) {
  for (Index i = 0; i < n; ++i)
    y[i] = x[i];
}

template <typename Number>
void exchange(Number *__restrict x, Number *__restrict y, Index n) {
  for (Index i = 0; i < n; ++i) {
    Number kept = x[i];
    x[i] = y[i];
    y[i] = kept;
  }
}

template <typename Real> void fill(Real *x, Real number, Index n) {
  for (Index i = 0; i < n; ++i)
    x[i] = number;
}

template <typename Real> Real largestSize(const Real *x, Index n) {
  Real largest = 0;
  for (Index i = 0; i < n; ++i)
    largest = larger(largest, absolute(x[i]));
  return largest;
}

template <typename Real> bool isFinite(const Real *x, Index n) {
#pragma clang fp reassociate(on)
  // Infinities and NaN make NaN of their product with zero.
  Real sum = 0;
  for (Index i = 0; i < n; ++i)
    sum += x[i] * 0;
  return sum == 0;
}

/// A power of two, as two factors that are numbers.
template <typename Real> class PowerOfTwo {
public:
  /// That with which the product of a positive number is in [1, 2).
  static PowerOfTwo normalizing(Real size) {
    PowerOfTwo power;
    if (exponentOf(size) == 0) { // subnormal, or not far from it
      power.first = of(kMantissa + 2);
      size *= power.first;
    } else if (exponentOf(size) > 2 * kBias - 2) {
      power.first = of(-2);
      size *= power.first;
    }
    power.second = of(kBias - exponentOf(size));
    return power;
  }

  PowerOfTwo inverse() const {
    PowerOfTwo power;
    power.first = 1 / second;
    power.second = 1 / first;
    return power;
  }

  Real operator()(Real x) const { return x * first * second; }

private:
  static constexpr int kMantissa = sizeof(Real) == 8 ? 52 : 23;
  static constexpr int kBias = sizeof(Real) == 8 ? 1023 : 127;
  using Bits = UnsignedOf<Real>;

  static int exponentOf(Real size) {
    return static_cast<int>(__builtin_bit_cast(Bits, size) >> kMantissa);
  }
  static Real of(int exponent) {
    return __builtin_bit_cast(Real, static_cast<Bits>(exponent + kBias)
                                        << kMantissa);
  }

  Real first = 1, second = 1;
};

/// Copies a matrix into rows that are `stride` apart, scaled to a largest
/// element of about 1.
template <typename Real>
PowerOfTwo<Real> takeScaled(const Real *x, Real *t, Index n, Index stride) {
  PowerOfTwo<Real> scale;
  Real largest = largestSize(x, n * n);
  if (largest > 0)
    scale = PowerOfTwo<Real>::normalizing(largest);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j)
      t[i * stride + j] = scale(x[i * n + j]);
  return scale;
}

/// The length of the hypotenuse, without overflow or underflow on the way.
template <typename Real> Real hypotenuse(Real x, Real y) {
  x = absolute(x);
  y = absolute(y);
  Real most = larger(x, y), least = x > y ? y : x;
  if (most == 0)
    return 0;
  Real ratio = least / most;
  return most * squareRoot(1 + ratio * ratio);
}

/// I - tau v v^T, which makes of a vector one with nothing but one element,
/// `left`.
template <typename Real> struct Reflection {
  Real tau, left;

  /// The same for a vector of any size, whose element `at` is the first.
  static Reflection ofAny(Real *x, Index n) {
    Real largest = largestSize(x, n);
    if (largest == 0) {
      x[0] = 1;
      return {0, 0};
    }
    auto scale = PowerOfTwo<Real>::normalizing(largest);
    for (Index i = 0; i < n; ++i)
      x[i] = scale(x[i]);
    Reflection found = of(x, n, 0);
    found.left = scale.inverse()(found.left);
    return found;
  }

  /// Makes v of the vector x; element `at` of v is 1.
  static Reflection of(Real *x, Index n, Index at) {
    Real rest = larger(largestSize(x, at), largestSize(x + at + 1, n - at - 1));
    Real head = x[at];
    if (rest <= kNegligible<Real>) {
      fill<Real>(x, 0, n);
      x[at] = 1;
      return {0, head};
    }
    // The sign that avoids cancellation.
    Real left = -withSign(squareRoot(dot(x, x, n)), head);
    Real factor = 1 / (head - left);
    for (Index i = 0; i < n; ++i)
      x[i] *= factor;
    x[at] = 1;
    return {(left - head) / left, left};
  }
};

/// Multiplies rows by I - tau v v^T from the right.
template <typename Real>
void reflectRows(Real *rows, Index stride, Index count, Real tau, const Real *v,
                 Index n) {
  if (tau == 0)
    return;
  for (Index i = 0; i < count; ++i) {
    Real *row = rows + i * stride;
    add(-tau * dot(row, v, n), v, row, n);
  }
}

template <typename Real> void identity(Real *x, Index stride, Index rows) {
  fill<Real>(x, 0, rows * stride);
  for (Index i = 0; i < rows; ++i)
    x[i * stride + i] = 1;
}

/// The places of numbers in ascending order.
template <typename Real>
void sortPlaces(const Real *numbers, Real *places, Index n) {
  // Insertion, as most are in order already.
  for (Index i = 0; i < n; ++i) {
    Index at = i;
    for (; at > 0 && numbers[static_cast<Index>(places[at - 1])] > numbers[i];
         --at)
      places[at] = places[at - 1];
    places[at] = static_cast<Real>(i);
  }
}

} // namespace

#endif // XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_VECTORS_H
