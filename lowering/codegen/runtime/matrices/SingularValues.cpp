//===- SingularValues.cpp - and the vectors that belong to them -----------===//
//
// Of square matrices. Householder's reflections from both sides make the matrix
// upper bidiagonal, the implicit QR iteration makes that diagonal where vectors
// are asked for. G. Golub and C. Van Loan, "Matrix Computations", chapter 8;
// where a singular value is 0 the iteration has no shift: J. Demmel and W.
// Kahan, "Accurate singular values of bidiagonal matrices", SIAM J. Sci. Stat.
// Comput. 11 (1990). Values alone are those of QuotientDifferences.h.
//
//===----------------------------------------------------------------------===//

#include "QuotientDifferences.h"
#include "Rotations.h"

namespace {

/// What rotates (x, y) to (length, 0).
template <typename Real> struct Turn {
  Real c, s, length;

  static Turn of(Real x, Real y) {
    Real length = hypotenuse(x, y);
    if (length == 0)
      return {1, 0, 0};
    return {x / length, y / length, length};
  }
};

template <typename Real> class SingularValues {
public:
  SingularValues(Real *scratch, Index n, Stop stop)
      : n(n), stop(stop), stride(wholeBlocks(n)), matrix(scratch),
        columns(matrix + n * n), left(columns + n * n),
        right(left + n * stride), diagonal(right + n * stride),
        beside(diagonal + n), sums(beside + n), tausLeft(sums + n),
        tausRight(tausLeft + n), places(tausRight + n), rotations(places + n) {}

  /// Singular values in descending order; vectors as columns of u and rows of
  /// vt, unless there are none asked for.
  void run(const Real *x, Real *u, Real *values, Real *vt) {
    if (!isFinite(x, n * n))
      return giveUp(u, values, vt);
    PowerOfTwo<Real> scale = takeScaled(x, matrix, n, n);
    makeBidiagonal();
    bool isDone = false;
    if (u) {
      accumulate();
      Real *half = rotations + rotationsScratch(n);
      Rotations<Real> ofLeft(left, stride, rotations);
      Rotations<Real> ofRight(right, stride, half);
      isDone = makeDiagonal(ofLeft, ofRight);
    } else {
      using Iteration = QuotientDifferences<Real>;
      static_assert(Iteration::kScratch <= kBlock, "there is room for it");
      isDone = Iteration(left, n, stop).run(diagonal, beside);
    }
    if (!isDone)
      return giveUp(u, values, vt);
    write(scale.inverse(), u, values, vt);
  }

private:
  void giveUp(Real *u, Real *values, Real *vt) {
    Real nan = __builtin_nan("");
    fill(values, nan, n);
    if (u) {
      fill(u, nan, n * n);
      fill(vt, nan, n * n);
    }
  }

  /// Column k is reflected, then what is right of the diagonal in row k; both
  /// change each row below in one go. The vectors of columns are kept as rows.
  void makeBidiagonal() {
    for (Index k = 0; k < n && !*stop; ++k) {
      Index size = n - k, rest = size - 1;
      Real *v = columns + k * n + k, *row = matrix + k * n + k + 1;
      for (Index i = 0; i < size; ++i)
        v[i] = matrix[(k + i) * n + k];
      auto ofColumn = Reflection<Real>::of(v, size, 0);
      diagonal[k] = ofColumn.left;
      tausLeft[k] = ofColumn.tau;
      if (rest == 0)
        return;
      fill<Real>(sums, 0, rest);
      for (Index i = 0; i < size; ++i)
        add(v[i], row + i * n, sums, rest);
      add(-ofColumn.tau, sums, row, rest);
      auto ofRow = Reflection<Real>::of(row, rest, 0);
      beside[k] = ofRow.left;
      tausRight[k] = ofRow.tau;
      for (Index i = 1; i < size; ++i) {
        Real *other = row + i * n;
        add(-ofColumn.tau * v[i], sums, other, rest);
        add(-ofRow.tau * dot(other, row, rest), row, other, rest);
      }
    }
  }

  /// The products of the reflections, whose rows become the vectors.
  void accumulate() {
    identity(left, stride, n);
    identity(right, stride, n);
    for (Index k = n - 1; k >= 0 && !*stop; --k) {
      Index size = n - k, from = k * stride + k;
      reflectRows(left + from, stride, size, tausLeft[k], columns + k * n + k,
                  size);
      if (size > 1)
        reflectRows(right + from + stride + 1, stride, size - 1, tausRight[k],
                    matrix + k * n + k + 1, size - 1);
    }
  }

  /// Whether the iteration ends.
  bool makeDiagonal(Rotations<Real> &ofLeft, Rotations<Real> &ofRight) {
    Index left = kMostSweeps * n;
    for (Index last = n - 1; last > 0; --last)
      while (true) {
        Index first = last;
        while (first > 0 && !isNegligible(diagonal, beside, first - 1))
          --first;
        if (first == last)
          break;
        if (left-- == 0 || *stop)
          return false;
        ofLeft.begin(first, 1);
        ofRight.begin(first, 1);
        Real shift = shiftOf(first, last);
        if (shift == 0)
          sweep(first, last, ofLeft, ofRight);
        else
          sweep(first, last, shift, ofLeft, ofRight);
      }
    ofLeft.apply();
    ofRight.apply();
    return true;
  }

  /// The smaller singular value of the last two rows; 0 where the block has one
  /// that is too small to be told from it.
  Real shiftOf(Index first, Index last) {
    Real least = absolute(diagonal[first]), bound = least, largest = least;
    for (Index i = first; i < last; ++i) {
      Real off = absolute(beside[i]), next = absolute(diagonal[i + 1]);
      bound = bound == 0 ? 0 : next * (bound / (bound + off));
      least = bound < least ? bound : least;
      largest = larger(largest, larger(off, next));
    }
    if (least <= kRounding<Real> * largest)
      return 0;
    Real x = absolute(diagonal[last - 1]), y = absolute(diagonal[last]),
         off = absolute(beside[last - 1]);
    // Of [x off; 0 y]: what is between the sum and the difference of two norms.
    Real sum = hypotenuse(x + y, off), difference = hypotenuse(x - y, off);
    Real shift = 2 * x * (y / (sum + difference));
    Real ratio = shift / absolute(diagonal[first]);
    return ratio * ratio < kRounding<Real> ? 0 : shift;
  }

  /// Chases what a shift leaves beside the first element down to the last.
  void sweep(Index first, Index last, Real shift, Rotations<Real> &ofLeft,
             Rotations<Real> &ofRight) {
    Real head = diagonal[first];
    Real ahead =
        (absolute(head) - shift) * (withSign(Real(1), head) + shift / head);
    Real outside = beside[first];
    for (Index i = first; i < last; ++i) {
      auto columns = Turn<Real>::of(ahead, outside);
      if (i > first)
        beside[i - 1] = columns.length;
      ahead = columns.c * diagonal[i] + columns.s * beside[i];
      beside[i] = columns.c * beside[i] - columns.s * diagonal[i];
      outside = columns.s * diagonal[i + 1];
      diagonal[i + 1] *= columns.c;
      ofRight.turn(columns.c, columns.s);
      auto rows = Turn<Real>::of(ahead, outside);
      diagonal[i] = rows.length;
      ahead = rows.c * beside[i] + rows.s * diagonal[i + 1];
      diagonal[i + 1] = rows.c * diagonal[i + 1] - rows.s * beside[i];
      if (i + 1 < last) {
        outside = rows.s * beside[i + 1];
        beside[i + 1] *= rows.c;
      }
      ofLeft.turn(rows.c, rows.s);
    }
    beside[last - 1] = ahead;
  }

  /// The same without a shift, in which nothing is subtracted.
  void sweep(Index first, Index last, Rotations<Real> &ofLeft,
             Rotations<Real> &ofRight) {
    Turn<Real> rows = {1, 0, 0};
    Real c = 1;
    for (Index i = first; i < last; ++i) {
      auto columns = Turn<Real>::of(diagonal[i] * c, beside[i]);
      if (i > first)
        beside[i - 1] = rows.s * columns.length;
      rows =
          Turn<Real>::of(rows.c * columns.length, diagonal[i + 1] * columns.s);
      diagonal[i] = rows.length;
      c = columns.c;
      ofRight.turn(columns.c, columns.s);
      ofLeft.turn(rows.c, rows.s);
    }
    Real end = diagonal[last] * c;
    diagonal[last] = end * rows.c;
    beside[last - 1] = end * rows.s;
  }

  void write(PowerOfTwo<Real> back, Real *u, Real *values, Real *vt) {
    // The largest come first.
    Real *sizes = sums;
    for (Index i = 0; i < n; ++i)
      sizes[i] = -absolute(diagonal[i]);
    sortPlaces(sizes, places, n);
    for (Index i = 0; i < n; ++i) {
      auto place = static_cast<Index>(places[i]);
      values[i] = back(-sizes[place]);
      if (!u)
        continue;
      Real sign = diagonal[place] < 0 ? -1 : 1;
      for (Index j = 0; j < n; ++j) {
        u[j * n + i] = left[place * stride + j];
        vt[i * n + j] = sign * right[place * stride + j];
      }
    }
  }

  Index n;
  Stop stop;
  Index stride;
  Real *matrix, *columns, *left, *right, *diagonal, *beside, *sums, *tausLeft,
      *tausRight, *places, *rotations;
};

template <typename Real>
void svd(const Real *x, Real *u, Real *values, Real *vt, Real *scratch, Index n,
         Index first, Index last, Stop stop) {
  for (Index i = first; i < last && !*stop; ++i) {
    Index from = i * n * n;
    SingularValues<Real>(scratch, n, stop)
        .run(x + from, u ? u + from : nullptr, values + i * n,
             vt ? vt + from : nullptr);
  }
}

} // namespace

XFORM_FUNCTION(svd)
(const REAL *x, REAL *u, REAL *values, REAL *vt, REAL *scratch, Index offset,
 Index n, Index first, Index last, Stop stop) {
  svd(x, u, values, vt, scratch + offset, n, first, last, stop);
}

XFORM_FUNCTION(svdvals)
(const REAL *x, REAL *values, REAL *scratch, Index offset, Index n, Index first,
 Index last, Stop stop) {
  svd<REAL>(x, nullptr, values, nullptr, scratch + offset, n, first, last,
            stop);
}
