//===- Lu.cpp - triangular factors with exchanged rows --------------------===//
//
// G. Golub and C. Van Loan, "Matrix Computations", 3.4: columns of a panel are
// eliminated one after the other, then its triangle is solved for what is right
// of its rows, and a product taken from the rest.
//
//===----------------------------------------------------------------------===//

#include "Products.h"

namespace {

template <typename Real> class Lu {
public:
  Lu(Real *factors, Index m, Index n, Stop stop)
      : x(factors), m(m), n(n), stop(stop) {}

  void run(int *pivots, int *permutation) {
    for (Index i = 0; i < m; ++i)
      permutation[i] = static_cast<int>(i);
    Index least = smaller(m, n);
    for (Index first = 0; first < least && !*stop; first += kPanel) {
      Index end = smaller(first + kPanel, least);
      for (Index j = first; j < end; ++j) {
        Index pivot = findPivot(j);
        pivots[j] = static_cast<int>(pivot);
        exchange(j, pivot, permutation);
        eliminate(j, end);
      }
      finish(first, end);
    }
  }

private:
  /// The row of the largest absolute value; a NaN is the largest.
  Index findPivot(Index j) {
    Index found = j;
    Real largest = absolute(x[j * n + j]);
    for (Index i = j + 1; i < m && largest == largest; ++i) {
      Real size = absolute(x[i * n + j]);
      if (!(size <= largest)) {
        largest = size;
        found = i;
      }
    }
    return found;
  }

  void exchange(Index j, Index pivot, int *permutation) {
    if (j == pivot)
      return;
    ::exchange(permutation + j, permutation + pivot, 1);
    ::exchange(x + j * n, x + pivot * n, n);
  }

  /// Within the panel. Where the pivot is zero, so is all below it.
  void eliminate(Index j, Index end) {
    const Real *own = x + j * n;
    if (own[j] == 0)
      return;
    for (Index i = j + 1; i < m; ++i) {
      Real *row = x + i * n;
      row[j] /= own[j];
      add(-row[j], own + j + 1, row + j + 1, end - j - 1);
    }
  }

  /// Right of the panel.
  void finish(Index first, Index end) {
    Index rest = n - end;
    if (rest == 0)
      return;
    for (Index i = first + 1; i < end; ++i)
      for (Index k = first; k < i; ++k)
        add(-x[i * n + k], x + k * n + end, x + i * n + end, rest);
    subtractProduct<Real>(x + end * n + end, n, {x + end * n + first, n, 1},
                          x + first * n + end, n, m - end, end - first, rest);
  }

  Real *x;
  Index m, n;
  Stop stop;
};

} // namespace

XFORM_FUNCTION(lu)
(const REAL *x, REAL *factors, int *pivots, int *permutation, Index m, Index n,
 Index first, Index last, Stop stop) {
  for (Index i = first; i < last && !*stop; ++i) {
    copy(x + i * m * n, factors + i * m * n, m * n);
    Lu<REAL>(factors + i * m * n, m, n, stop)
        .run(pivots + i * smaller(m, n), permutation + i * m);
  }
}
