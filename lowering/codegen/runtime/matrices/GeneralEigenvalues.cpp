//===- GeneralEigenvalues.cpp - of matrices that need not be symmetric ----===//
//
// From the diagonal blocks of the real Schur form; vectors solve triangular
// systems with it. G. Golub and C. Van Loan, "Matrix Computations", 7.6; B.
// Parlett and C. Reinsch, "Balancing a matrix for calculation of eigenvalues
// and eigenvectors", Numer. Math. 13 (1969), with the norms of R. James, J.
// Langou and B. Lowery, "On matrix balancing and eigenvector computation"
// (2014).
//
//===----------------------------------------------------------------------===//

#include "Products.h"
#include "RealSchur.h"

namespace {

template <typename Real> struct Complex {
  Real real, imaginary;

  Complex operator+(Complex y) const {
    return {real + y.real, imaginary + y.imaginary};
  }
  Complex operator-(Complex y) const {
    return {real - y.real, imaginary - y.imaginary};
  }
  Complex operator*(Complex y) const {
    return {real * y.real - imaginary * y.imaginary,
            real * y.imaginary + imaginary * y.real};
  }
  /// By a number whose square neither overflows nor underflows.
  Complex operator/(Complex y) const {
    Real square = y.real * y.real + y.imaginary * y.imaginary;
    Complex product = *this * Complex{y.real, -y.imaginary};
    return {product.real / square, product.imaginary / square};
  }
  Real size() const { return absolute(real) + absolute(imaginary); }
};

template <typename Real> class GeneralEigenvalues {
  using Number = Complex<Real>;

public:
  GeneralEigenvalues(Real *scratch, Index n, Stop stop)
      : n(n), stop(stop), stride(wholeBlocks(n)), t(scratch),
        scales(t + n * stride), places(scales + n), reals(places + n),
        imaginaries(reals + n), columns(imaginaries + n),
        realVectors(columns + n * n), imaginaryVectors(realVectors + n * n),
        work(imaginaryVectors + n * n) {}

  struct Results {
    Real *reals, *imaginaries, *realVectors, *imaginaryVectors;
  };

  /// Vectors as columns, unless there are none asked for.
  void run(const Real *x, const Results &found) {
    bool withVectors = found.realVectors;
    if (!isFinite(x, n * n))
      return giveUp(found);
    PowerOfTwo<Real> back = takeScaled(x, t, n, stride).inverse();
    balance();
    // The vectors' places are free until the triangle is there.
    Real *other = withVectors ? realVectors : columns;
    RealSchur<Real> schur(t, n, stride, withVectors ? columns : nullptr, other,
                          stop);
    if (!schur.run())
      return giveUp(found);
    takeValues();
    for (Index i = 0; i < n; ++i) {
      found.reals[i] = back(reals[i]);
      found.imaginaries[i] = back(imaginaries[i]);
    }
    if (withVectors)
      takeVectors(found);
  }

private:
  void giveUp(const Results &found) {
    Real nan = __builtin_nan("");
    fill(found.reals, nan, n);
    fill(found.imaginaries, nan, n);
    if (!found.realVectors)
      return;
    fill(found.realVectors, nan, n * n);
    fill(found.imaginaryVectors, nan, n * n);
  }

  Real &at(Index i, Index j) { return t[i * stride + j]; }

  /// Exchanges rows, and columns, so that as many as can be of the first
  /// columns and the last rows have nothing but zeros off the triangle: their
  /// eigenvalues stand on the diagonal. What is left is from `begin` to `end`.
  void isolate() {
    for (Index i = 0; i < n; ++i)
      places[i] = static_cast<Real>(i);
    if (isSchurForm())
      return;
    bool isFound = true;
    while (isFound) {
      isFound = false;
      for (Index i = end - 1; i >= begin && !isFound; --i) {
        bool isAlone = true;
        for (Index j = begin; j < end && isAlone; ++j)
          isAlone = j == i || at(i, j) == 0;
        if (!isAlone)
          continue;
        isFound = true;
        exchange(i, --end);
      }
    }
    isFound = true;
    while (isFound) {
      isFound = false;
      for (Index j = begin; j < end && !isFound; ++j) {
        bool isAlone = true;
        for (Index i = begin; i < end && isAlone; ++i)
          isAlone = i == j || at(i, j) == 0;
        if (!isAlone)
          continue;
        isFound = true;
        exchange(j, begin++);
      }
    }
  }

  /// Whether there is nothing below blocks of two rows: these keep their order.
  bool isSchurForm() {
    for (Index i = 1; i < n; ++i) {
      Index first = at(i, i - 1) == 0 ? i : i - 1;
      bool isBesideBlock = first < i && i > 1 && at(i - 1, i - 2) != 0;
      if (isBesideBlock || largestSize(&at(i, 0), first) != 0)
        return false;
    }
    return true;
  }

  void exchange(Index i, Index j) {
    if (i == j)
      return;
    ::exchange(t + i * stride, t + j * stride, n);
    for (Index row = 0; row < n; ++row)
      ::exchange(&at(row, i), &at(row, j), 1);
    ::exchange(places + i, places + j, 1);
  }

  /// Rows are divided and columns multiplied by powers of two, until no row is
  /// much longer than its column.
  void balance() {
    fill<Real>(scales, 1, n);
    isolate();
    bool isChanged = true;
    for (Index sweep = 0; isChanged && sweep < kMostBalances; ++sweep) {
      isChanged = false;
      for (Index i = begin; i < end; ++i) {
        Real ofRow = 0, ofColumn = 0;
        for (Index j = begin; j < end; ++j) {
          if (j == i)
            continue;
          ofRow = hypotenuse(ofRow, at(i, j));
          ofColumn = hypotenuse(ofColumn, at(j, i));
        }
        if (ofRow == 0 || ofColumn == 0)
          continue;
        Real factor = 1, before = ofRow + ofColumn;
        while (ofColumn < ofRow / 2 && factor < kMostScale) {
          factor *= 2;
          ofColumn *= 2;
          ofRow /= 2;
        }
        while (ofRow < ofColumn / 2 && factor > 1 / kMostScale) {
          factor /= 2;
          ofColumn /= 2;
          ofRow *= 2;
        }
        Real scale = scales[i] * factor;
        if (ofRow + ofColumn >= Real(0.95) * before || scale > kMostScale ||
            scale < 1 / kMostScale)
          continue;
        isChanged = true;
        scales[i] = scale;
        for (Index j = 0; j < n; ++j) {
          at(i, j) /= factor;
          at(j, i) *= factor;
        }
      }
    }
  }

  void takeValues() {
    for (Index i = 0; i < n; ++i) {
      reals[i] = at(i, i);
      imaginaries[i] = 0;
      bool isSecond = i > 0 && at(i, i - 1) != 0;
      if (!isSecond)
        continue;
      Real size = squareRoot(absolute(at(i - 1, i))) *
                  squareRoot(absolute(at(i, i - 1)));
      imaginaries[i - 1] = size;
      imaginaries[i] = -size;
    }
  }

  void takeVectors(const Results &found) {
    // Vectors of the triangle are rows, and so are those of the matrix.
    for (Index k = 0; k < n && !*stop; ++k) {
      Real *real = realVectors + k * n, *imaginary = imaginaryVectors + k * n;
      fill<Real>(real, 0, n);
      fill<Real>(imaginary, 0, n);
      if (imaginaries[k] >= 0)
        solve(k, real, imaginary);
    }
    leaveTriangle(realVectors);
    leaveTriangle(imaginaryVectors);
    for (Index k = 0; k < n; ++k) {
      bool isSecond = imaginaries[k] < 0;
      Index row = isSecond ? k - 1 : k;
      Real *real = realVectors + row * n,
           *imaginary = imaginaryVectors + row * n;
      if (!isSecond)
        normalize(real, imaginary);
      for (Index i = 0; i < n; ++i) {
        Index at = static_cast<Index>(places[i]) * n + k;
        found.realVectors[at] = real[i];
        found.imaginaryVectors[at] = isSecond ? -imaginary[i] : imaginary[i];
      }
    }
  }

  /// The vector of the triangle for value k, from its last element on.
  void solve(Index k, Real *real, Real *imaginary) {
    Number value{reals[k], imaginaries[k]};
    bool isReal = value.imaginary == 0;
    Index end = isReal ? k + 1 : k + 2;
    if (isReal) {
      real[k] = 1;
    } else if (Real b = at(k, k + 1), c = at(k + 1, k);
               absolute(b) >= absolute(c)) {
      real[k] = 1;
      imaginary[k + 1] = value.imaginary / b;
    } else {
      real[k] = -value.imaginary / c;
      imaginary[k + 1] = 1;
    }
    Real least = larger(2 * kRounding<Real> * value.size(), kNegligible<Real>);
    auto rest = [&](Index i, Index from) -> Number {
      const Real *row = t + i * stride + from;
      return {-dot(row, real + from, end - from),
              isReal ? 0 : -dot(row, imaginary + from, end - from)};
    };
    auto set = [&](Index i, Number x) {
      real[i] = x.real;
      imaginary[i] = x.imaginary;
    };
    auto pivot = [&](Number x) {
      return x.size() < least ? Number{least, 0} : x;
    };
    for (Index i = k - 1; i >= 0; --i) {
      Number own = Number{at(i, i), 0} - value, lower = rest(i, i + 1);
      bool isBlock = i > 0 && at(i, i - 1) != 0;
      if (!isBlock) {
        set(i, lower / pivot(own));
        shrink(real, imaginary, i, i + 1, end);
        continue;
      }
      // [own b; c own] x = [upper lower], by the larger pivot.
      Number upper = rest(i - 1, i + 1);
      Number b{at(i - 1, i), 0}, c{at(i, i - 1), 0};
      bool isOwn = own.size() >= c.size();
      Number first = isOwn ? own : c, second = isOwn ? b : own;
      Number rightOfFirst = isOwn ? upper : lower;
      Number factor = (isOwn ? c : own) / pivot(first);
      Number left = (isOwn ? own : b) - factor * second;
      Number x =
          ((isOwn ? lower : upper) - factor * rightOfFirst) / pivot(left);
      set(i, x);
      set(i - 1, (rightOfFirst - second * x) / pivot(first));
      --i;
      shrink(real, imaginary, i, i + 2, end);
    }
  }

  /// Vectors of the triangle become those of the matrix.
  void leaveTriangle(Real *vectors) {
    fill<Real>(work, 0, n * n);
    subtractProduct<Real>(work, n, {vectors, n, 1}, columns, n, n, n, n);
    for (Index i = 0; i < n * n; ++i)
      vectors[i] = -work[i];
  }

  /// Keeps a vector from growing beyond all bounds where values are equal.
  void shrink(Real *real, Real *imaginary, Index first, Index end, Index last) {
    constexpr Real kLarge = 1024;
    Real largest = larger(largestSize(real + first, end - first),
                          largestSize(imaginary + first, end - first));
    if (largest <= kLarge)
      return;
    auto scale = PowerOfTwo<Real>::normalizing(largest);
    for (Index i = first; i < last; ++i) {
      real[i] = scale(real[i]);
      imaginary[i] = scale(imaginary[i]);
    }
  }

  /// Undoes the balance; makes the length 1, and the largest element real.
  void normalize(Real *real, Real *imaginary) {
    for (Index i = 0; i < n; ++i) {
      real[i] *= scales[i];
      imaginary[i] *= scales[i];
    }
    Real largest = larger(largestSize(real, n), largestSize(imaginary, n));
    auto scale = PowerOfTwo<Real>::normalizing(largest);
    Real sum = 0, most = 0;
    Index place = 0;
    for (Index i = 0; i < n; ++i) {
      real[i] = scale(real[i]);
      imaginary[i] = scale(imaginary[i]);
      Real square = real[i] * real[i] + imaginary[i] * imaginary[i];
      sum += square;
      if (square > most) {
        most = square;
        place = i;
      }
    }
    Real length = squareRoot(sum), size = squareRoot(most);
    bool isReal = largestSize(imaginary, n) == 0;
    Number turn{1 / length, 0};
    if (!isReal)
      turn = {real[place] / size / length, -imaginary[place] / size / length};
    for (Index i = 0; i < n; ++i) {
      Number x = Number{real[i], imaginary[i]} * turn;
      real[i] = x.real;
      imaginary[i] = x.imaginary;
    }
    imaginary[place] = 0;
  }

  static constexpr Index kMostBalances = 32;
  /// Products of a few scales are numbers still.
  static constexpr Real kMostScale = sizeof(Real) == 8 ? 0x1p300 : 0x1p40;

  Index n;
  Stop stop;
  Index stride, begin = 0, end = n;
  Real *t, *scales, *places, *reals, *imaginaries, *columns, *realVectors,
      *imaginaryVectors, *work;
};

template <typename Real>
void schur(const Real *x, Real *t, Real *z, Real *scratch, Index n, Stop stop) {
  Index stride = wholeBlocks(n);
  Real *triangle = scratch, *columns = triangle + n * stride;
  bool isDone = isFinite(x, n * n);
  if (isDone) {
    auto back = takeScaled(x, triangle, n, stride).inverse();
    isDone =
        RealSchur<Real>(triangle, n, stride, columns, columns + n * n, stop)
            .run();
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < n; ++j) {
        t[i * n + j] = j + 1 < i ? 0 : back(triangle[i * stride + j]);
        z[i * n + j] = columns[j * n + i];
      }
  }
  if (isDone)
    return;
  fill<Real>(t, __builtin_nan(""), n * n);
  fill<Real>(z, __builtin_nan(""), n * n);
}

template <typename Real>
void eig(const Real *x, typename GeneralEigenvalues<Real>::Results found,
         Real *scratch, Index n, Index first, Index last, Stop stop) {
  for (Index i = first; i < last && !*stop; ++i) {
    auto of = found;
    of.reals += i * n;
    of.imaginaries += i * n;
    if (of.realVectors) {
      of.realVectors += i * n * n;
      of.imaginaryVectors += i * n * n;
    }
    GeneralEigenvalues<Real>(scratch, n, stop).run(x + i * n * n, of);
  }
}

} // namespace

XFORM_FUNCTION(schur)
(const REAL *x, REAL *t, REAL *z, REAL *scratch, Index offset, Index n,
 Index first, Index last, Stop stop) {
  for (Index i = first; i < last && !*stop; ++i)
    schur(x + i * n * n, t + i * n * n, z + i * n * n, scratch + offset, n,
          stop);
}

XFORM_FUNCTION(eig)
(const REAL *x, REAL *reals, REAL *imaginaries, REAL *realVectors,
 REAL *imaginaryVectors, REAL *scratch, Index offset, Index n, Index first,
 Index last, Stop stop) {
  eig<REAL>(x, {reals, imaginaries, realVectors, imaginaryVectors},
            scratch + offset, n, first, last, stop);
}

XFORM_FUNCTION(eigvals)
(const REAL *x, REAL *reals, REAL *imaginaries, REAL *scratch, Index offset,
 Index n, Index first, Index last, Stop stop) {
  eig<REAL>(x, {reals, imaginaries, nullptr, nullptr}, scratch + offset, n,
            first, last, stop);
}
