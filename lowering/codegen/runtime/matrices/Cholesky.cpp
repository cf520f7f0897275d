//===- Cholesky.cpp - l with l l^T = x ------------------------------------===//
//
// G. Golub and C. Van Loan, "Matrix Computations", 4.2: columns of a panel one
// after the other, then the product of the panel with itself is taken from the
// rest. From the first pivot on that is not positive all is NaN.
//
//===----------------------------------------------------------------------===//

#include "Products.h"

namespace {

template <typename Real> class Cholesky {
public:
  Cholesky(Real *l, Real *scratch, Index n, Stop stop)
      : l(l), flipped(scratch), n(n), stop(stop) {}

  void run(const Real *x) {
    for (Index i = 0; i < n; ++i)
      copy(x + i * n, l + i * n, i + 1);
    for (Index first = 0; first < n && !*stop; first += kPanel) {
      Index end = smaller(first + kPanel, n);
      for (Index j = first; j < end; ++j)
        eliminate(j, end);
      finish(first, end);
    }
    for (Index i = 0; i < n; ++i)
      fill<Real>(l + i * n + i + 1, 0, n - i - 1);
  }

private:
  void eliminate(Index j, Index end) {
    Real pivot = l[j * n + j];
    Real root = pivot > 0 ? squareRoot(pivot) : Real(__builtin_nan(""));
    l[j * n + j] = root;
    // Column j of the rows that are columns of the panel.
    Real column[kPanel];
    for (Index i = j + 1; i < n; ++i) {
      Real *row = l + i * n;
      row[j] /= root;
      Index known = smaller(i, end);
      if (i < end)
        column[i - j - 1] = row[j];
      add(-row[j], column, row + j + 1, known - j - 1 + (i < end));
    }
  }

  /// The rest of the lower triangle, and a little above it where rows of a tile
  /// end together.
  void finish(Index first, Index end) {
    Index rest = n - end, width = end - first;
    for (Index i = 0; i < rest; ++i)
      for (Index k = 0; k < width; ++k)
        flipped[k * rest + i] = l[(end + i) * n + first + k];
    constexpr Index kRows = Tile<Real>::kRows;
    for (Index i = 0; i < rest; i += kRows) {
      Index rows = smaller(rest - i, kRows);
      subtractProduct<Real>(l + (end + i) * n + end, n,
                            {l + (end + i) * n + first, n, 1}, flipped, rest,
                            rows, width, smaller(rest, i + rows));
    }
  }

  Real *l, *flipped;
  Index n;
  Stop stop;
};

} // namespace

XFORM_FUNCTION(cholesky)
(const REAL *x, REAL *l, REAL *scratch, Index offset, Index n, Index first,
 Index last, Stop stop) {
  for (Index i = first; i < last && !*stop; ++i)
    Cholesky<REAL>(l + i * n * n, scratch + offset, n, stop).run(x + i * n * n);
}
