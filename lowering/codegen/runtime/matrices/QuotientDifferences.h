//===- QuotientDifferences.h - singular values, no vectors ------*- C++ -*-===//
//
// Of an upper bidiagonal matrix: the differential quotient-difference algorithm
// with shifts needs one division for each row of a sweep, where rotations need
// four, and two square roots. K. Fernando and B. Parlett, "Accurate singular
// values and differential qd algorithms", Numer. Math. 67 (1994); B. Parlett
// and O. Marques, "An implementation of the dqds algorithm", Linear Algebra
// Appl. 309 (2000).
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_QUOTIENTDIFFERENCES_H
#define XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_QUOTIENTDIFFERENCES_H

#include "Rotations.h"

namespace {

template <typename Real> class QuotientDifferences {
public:
  static constexpr Index kScratch = 8;

  /// The scratch memory has kScratch elements for each row.
  QuotientDifferences(Real *scratch, Index n, Stop stop)
      : n(n), stop(stop), q(scratch), e(q + n), nextQ(e + n), nextE(nextQ + n),
        lows(nextE + n), firsts(lows + n), shifts(firsts + n),
        rests(shifts + n) {}

  /// Puts singular values into the diagonal, in any order. Whether the
  /// iteration ends.
  bool run(Real *diagonal, const Real *beside) {
    for (Index i = 0; i < n; ++i)
      q[i] = square(diagonal[i]);
    for (Index i = 0; i + 1 < n; ++i)
      e[i] = square(beside[i]);
    Index left = kMostSweeps * n, first = 0, last = n - 1;
    bool isNew = true;
    while (last >= 0) {
      Index from = last;
      while (from > first && !isNegligible(from - 1))
        --from;
      if (last - from < 2) {
        if (from == last)
          diagonal[last] = valueOf(q[last]);
        else
          solvePair(from, diagonal);
        last = from - 1;
        isNew = true;
        if (last >= 0 && last < first)
          first = resume(last);
        continue;
      }
      if (from > first) {
        keep(first, from - 1);
        first = from;
        isNew = true;
      }
      if (isNew && Real(1.5) * q[first] < q[last])
        turnRound(first, last);
      isNew = false;
      if (!sweep(first, last, left))
        return false;
    }
    return true;
  }

private:
  /// Squares of elements, which are about 1 or smaller, neither overflow nor
  /// underflow in sums.
  static constexpr Real kScale = sizeof(Real) == 8 ? 0x1p480 : 0x1p44;

  static Real square(Real x) { return (kScale * x) * (kScale * x); }

  Real valueOf(Real eigenvalue) const {
    return squareRoot(shift + (rest + eigenvalue)) / kScale;
  }

  /// Whether e[i] may be left out. No eigenvalue is less than the shift.
  /// Without e[i], row i + 1 of B B^T has nothing beside the diagonal, which
  /// was the root of q[i + 1] e[i], and row i has e[i] less on it.
  bool isNegligible(Index i) const {
    constexpr Real kSmallest = kScale * kNegligible<Real>;
    Real x = e[i], bound = kRounding<Real> / 4 * shift;
    return x <= kSmallest * kSmallest ||
           x <= kNegligible<Real> * (q[i] < q[i + 1] ? q[i] : q[i + 1]) ||
           (x <= bound && x / bound * q[i + 1] <= bound);
  }

  /// Both values of two rows.
  void solvePair(Index i, Real *diagonal) const {
    Real x = e[i], most = larger(q[i], q[i + 1]),
         least = q[i] < q[i + 1] ? q[i] : q[i + 1];
    Real half = (most - least + x) / 2;
    Real root = half * squareRoot(1 + (least / half) * (x / half));
    Real large = least + half + root;
    diagonal[i] = valueOf(large);
    diagonal[i + 1] = valueOf(least * (most / large));
  }

  /// Keeps the rows from `first` to `last` for later.
  void keep(Index first, Index last) {
    firsts[last] = static_cast<Real>(first);
    shifts[last] = shift;
    rests[last] = rest;
    // Which of the arrays will be the current one is not known.
    copy(q + first, nextQ + first, last - first + 1);
    copy(e + first, nextE + first, last - first + 1);
    isSwept = false;
  }

  Index resume(Index last) {
    shift = shifts[last];
    rest = rests[last];
    isSwept = false;
    return static_cast<Index>(firsts[last]);
  }

  /// The matrix transposed, from its last row to its first: the small values
  /// are found at the end.
  void turnRound(Index first, Index last) {
    for (Index i = first, j = last; i < j; ++i, --j)
      exchange(q + i, q + j, 1);
    for (Index i = first, j = last - 1; i < j; ++i, --j)
      exchange(e + i, e + j, 1);
    isSwept = false;
  }

  /// Takes a shift from the eigenvalues of three rows or more, as large a one
  /// as leaves none below 0. Whether the iteration goes on.
  bool sweep(Index first, Index last, Index &left) {
    // No eigenvalue is larger than the least d of the last sweep.
    Real guess = isSwept ? part * lows[last] : 0;
    Real by = isSwept ? larger(guess, boundOf(last)) : 0;
    part = isSwept && by == guess ? part + (1 - part) / 3 : kPart;
    for (int tries = 0;; ++tries) {
      if (left-- == 0 || *stop)
        return false;
      Real d = 0;
      Index row = sweep(first, last, by, d);
      if (d >= 0)
        break;
      part = kPart;
      // In the last row, d tells how much less is not too much.
      by = row == last ? (by + d) * (1 - 8 * kRounding<Real>) : by / 4;
      if (tries == 2)
        by = 0;
    }
    isSwept = true;
    swap(q, nextQ);
    swap(e, nextE);
    // What is rounded off the sum is kept beside it.
    Real sum = shift + by, added = sum - shift;
    rest += (shift - (sum - added)) + (by - added);
    shift = sum;
    return true;
  }

  /// The row that it ends in, and d of this row: less than 0 if the shift is
  /// too large.
  Index sweep(Index first, Index last, Real by, Real &d) {
    d = q[first] - by;
    Real low = d;
    for (Index i = first; i < last; ++i) {
      if (d < 0)
        return i;
      Real sum = d + e[i], ratio = q[i + 1] / sum;
      low = d < low ? d : low;
      lows[i] = low;
      nextQ[i] = sum;
      nextE[i] = e[i] * ratio;
      d = d * ratio - by;
    }
    lows[last] = d < low ? d : low;
    nextQ[last] = d;
    return last;
  }

  /// Close to the least eigenvalue, and less; or 0. The last row of B B^T is
  /// close to an eigenvector, if eigenvalues of the rows before are larger:
  /// first of those before the last two.
  Real boundOf(Index last) const {
    Real end = q[last], off = e[last - 1];
    Real gap = Real(0.75) * lows[last - 2] - end;
    if (end > lows[last - 1] || gap <= 0)
      return 0;
    gap = q[last - 1] + off - q[last - 1] * (e[last - 2] / gap) - end;
    return gap > off ? end - end * (off / gap) : 0;
  }

  static void swap(Real *&x, Real *&y) {
    Real *kept = x;
    x = y;
    y = kept;
  }

  Index n;
  Stop stop;
  /// Squares of the diagonal and of what is beside it, and the same after a
  /// sweep; the least d of the last sweep up to each row.
  Real *q, *e, *nextQ, *nextE, *lows;
  /// Of the rows that are kept: the first, and the shift; at the last of them.
  Real *firsts, *shifts, *rests;
  /// What was taken from the eigenvalues.
  Real shift = 0, rest = 0;
  /// Whether there was a sweep of these rows.
  bool isSwept = false;
  /// How much of the least d is taken where nothing is known: more after each
  /// time that it was not too much, as many eigenvalues may be close.
  static constexpr Real kPart = Real(1) / 3;
  Real part = kPart;
};

} // namespace

#endif // XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_QUOTIENTDIFFERENCES_H
