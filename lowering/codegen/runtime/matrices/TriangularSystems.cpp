//===- TriangularSystems.cpp - solved by blocks of rows -------------------===//

#include "Products.h"

namespace {

/// m x = b for triangular m, of which nothing else is read.
template <typename Real> class TriangularSystem {
public:
  /// `forward` if m is lower triangular.
  TriangularSystem(View<Real> m, Index n, bool forward, bool unit, Stop stop)
      : m(m), n(n), forward(forward), unit(unit), stop(stop) {}

  /// Replaces b, of so many columns, by x.
  void solve(Real *x, Index columns) {
    if (columns == 1)
      return solveVector(x);
    for (Index done = 0; done < n && !*stop; done += kPanel) {
      Index size = smaller(kPanel, n - done);
      Index first = forward ? done : n - done - size;
      Index known = forward ? 0 : first + size;
      subtractProduct<Real>(x + first * columns, columns, m.from(first, known),
                            x + known * columns, columns, size, done, columns);
      for (Index step = 0; step < size; ++step) {
        Index i = forward ? first + step : first + size - 1 - step;
        Real *row = x + i * columns;
        for (Index k = 0; k < step; ++k) {
          Index other = forward ? first + k : first + size - 1 - k;
          add(-m.at(i, other), x + other * columns, row, columns);
        }
        if (!unit)
          divide(row, m.at(i, i), columns);
      }
    }
  }

private:
  static void divide(Real *row, Real divisor, Index n) {
    for (Index j = 0; j < n; ++j)
      row[j] /= divisor;
  }

  /// Reads the matrix in the order in which it lies.
  void solveVector(Real *x) {
    for (Index step = 0; step < n; ++step) {
      Index i = forward ? step : n - 1 - step;
      Index from = forward ? 0 : i + 1;
      if (m.across == 1)
        x[i] -= dot(m.from(i, from).data, x + from, step);
      if (!unit)
        x[i] /= m.at(i, i);
      Index left = n - 1 - step, to = forward ? i + 1 : 0;
      if (m.across != 1)
        add(-x[i], m.from(to, i).data, x + to, left);
    }
  }

  View<Real> m;
  Index n;
  bool forward, unit;
  Stop stop;
};

template <typename Real>
void flip(const Real *x, Real *y, Index rows, Index columns) {
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < columns; ++j)
      y[j * rows + i] = x[i * columns + j];
}

template <typename Real>
TriangularSystem<Real> systemOf(const Real *a, Index n, bool lower,
                                bool transposed, bool unit, Stop stop) {
  View<Real> view{a, transposed ? 1 : n, transposed ? n : 1};
  return TriangularSystem<Real>(view, n, lower != transposed, unit, stop);
}

} // namespace

/// For n x n matrices, and right-hand sides of m columns.
XFORM_FUNCTION(solve_left)
(const REAL *a, const REAL *b, REAL *x, Index n, Index m, Index lower,
 Index transposed, Index unit, Index first, Index last, Stop stop) {
  for (Index i = first; i < last && !*stop; ++i) {
    copy(b + i * n * m, x + i * n * m, n * m);
    systemOf(a + i * n * n, n, lower != 0, transposed != 0, unit != 0, stop)
        .solve(x + i * n * m, m);
  }
}

/// For matrices that stand on the right, and right-hand sides of m rows.
XFORM_FUNCTION(solve_right)
(const REAL *a, const REAL *b, REAL *x, REAL *scratch, Index offset, Index n,
 Index m, Index lower, Index transposed, Index unit, Index first, Index last,
 Stop stop) {
  for (Index i = first; i < last && !*stop; ++i) {
    flip(b + i * n * m, scratch + offset, m, n);
    systemOf(a + i * n * n, n, lower != 0, transposed == 0, unit != 0, stop)
        .solve(scratch + offset, m);
    flip(scratch + offset, x + i * n * m, n, m);
  }
}
