//===- Qr.cpp - orthonormal columns and an upper triangle -----------------===//
//
// The reflections of a panel of columns are one product, I - v t v^T, by which
// all others are changed: R. Schreiber and C. Van Loan, "A storage-efficient WY
// representation for products of Householder transformations", SIAM J. Sci.
// Stat. Comput. 10 (1989).
//
//===----------------------------------------------------------------------===//

#include "Products.h"

namespace {

template <typename Real> class Qr {
public:
  Qr(Real *scratch, Index m, Index n, Stop stop)
      : m(m), n(n), stop(stop), least(smaller(m, n)), x(scratch), t(x + m * n),
        v(t + (least + kPanel) * kPanel), inner(v + m * kPanel),
        turned(inner + kPanel * longer()), vector(turned + kPanel * longer()),
        sums(vector + m) {}

  /// q has `width` columns and r as many rows.
  void run(const Real *given, Real *q, Real *r, Index width) {
    if (!isFinite(given, m * n)) {
      fill<Real>(q, __builtin_nan(""), m * width);
      fill<Real>(r, __builtin_nan(""), width * n);
      return;
    }
    copy(given, x, m * n);
    for (Index first = 0; first < least && !*stop; first += kPanel) {
      Index end = smaller(first + kPanel, least);
      for (Index j = first; j < end; ++j)
        reflect(first, j, end);
      takeVectors(first, end);
      change(x + first * n + end, n, first, end, n - end, /*back=*/true);
    }
    for (Index i = 0; i < width; ++i) {
      Index zeros = smaller(i, n);
      fill<Real>(r + i * n, 0, zeros);
      copy(x + i * n + zeros, r + i * n + zeros, n - zeros);
    }
    // The reflections of the last panel change the fewest rows and columns.
    fill<Real>(q, 0, m * width);
    for (Index i = 0; i < width; ++i)
      q[i * width + i] = 1;
    for (Index first = (least - 1) / kPanel * kPanel; first >= 0 && !*stop;
         first -= kPanel) {
      Index end = smaller(first + kPanel, least);
      takeVectors(first, end);
      change(q + first * width + first, width, first, end, width - first,
             /*back=*/false);
    }
  }

private:
  Index longer() const { return m > n ? m : n; }

  /// The triangle of a panel; its rows are kPanel apart.
  Real *triangle(Index first) { return t + first * kPanel; }

  /// Reflects column j, and the columns of the panel behind it; v stays where
  /// the column is zero.
  void reflect(Index first, Index j, Index end) {
    Index size = m - j, rest = end - j - 1, before = j - first;
    for (Index i = 0; i < size; ++i)
      vector[i] = x[(j + i) * n + j];
    auto found = Reflection<Real>::ofAny(vector, size);
    fill<Real>(sums, 0, kPanel);
    // What v has in common with the vectors before, and the columns behind.
    for (Index i = 0; i < size; ++i) {
      const Real *row = x + (j + i) * n;
      add(vector[i], row + first, sums, before);
      add(vector[i], row + j + 1, sums + before, rest);
    }
    for (Index i = 0; i < size; ++i) {
      Real *row = x + (j + i) * n;
      add(-found.tau * vector[i], sums + before, row + j + 1, rest);
      row[j] = vector[i];
    }
    x[j * n + j] = found.left;
    // t [-tau t v^T v_j; tau].
    Real *upper = triangle(first);
    for (Index i = 0; i < before; ++i)
      upper[i * kPanel + before] =
          -found.tau * dot(upper + i * kPanel + i, sums + i, before - i);
    upper[before * kPanel + before] = found.tau;
  }

  /// v of a panel with the zeros and ones that are not stored.
  void takeVectors(Index first, Index end) {
    Index width = end - first;
    for (Index i = first; i < m; ++i) {
      Real *row = v + (i - first) * kPanel;
      Index stored = smaller(i - first, width);
      copy(x + i * n + first, row, stored);
      fill<Real>(row + stored, 0, kPanel - stored);
      if (stored < width)
        row[stored] = 1;
    }
  }

  /// Multiplies columns of the rows from the panel's on by its reflections, or
  /// by those in the other order.
  void change(Real *c, Index stride, Index first, Index end, Index columns,
              bool back) {
    if (columns == 0)
      return;
    Index width = end - first, rows = m - first;
    fill<Real>(inner, 0, width * columns);
    subtractProduct<Real>(inner, columns, {v, 1, kPanel}, c, stride, width,
                          rows, columns);
    const Real *upper = triangle(first);
    fill<Real>(turned, 0, width * columns);
    View<Real> factor{upper, back ? 1 : kPanel, back ? kPanel : 1};
    for (Index i = 0; i < width; ++i) {
      Index from = back ? 0 : i, to = back ? i + 1 : width;
      for (Index k = from; k < to; ++k)
        add(-factor.at(i, k), inner + k * columns, turned + i * columns,
            columns);
    }
    subtractProduct<Real>(c, stride, {v, kPanel, 1}, turned, columns, rows,
                          width, columns);
  }

  Index m, n;
  Stop stop;
  Index least;
  Real *x, *t, *v, *inner, *turned, *vector, *sums;
};

} // namespace

XFORM_FUNCTION(qr)
(const REAL *x, REAL *q, REAL *r, REAL *scratch, Index offset, Index m, Index n,
 Index width, Index first, Index last, Stop stop) {
  for (Index i = first; i < last && !*stop; ++i)
    Qr<REAL>(scratch + offset, m, n, stop)
        .run(x + i * m * n, q + i * m * width, r + i * width * n, width);
}
