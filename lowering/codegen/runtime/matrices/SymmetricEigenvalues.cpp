//===- SymmetricEigenvalues.cpp - and the vectors that belong to them -----===//
//
// Householder's reflections make the matrix tridiagonal, from its last row to
// its first; the implicit QL iteration makes that diagonal. G. Golub and C. Van
// Loan, "Matrix Computations", chapter 8; A. Dubrulle, R. Martin and J.
// Wilkinson, "The implicit QL algorithm", Numer. Math. 12 (1968).
//
//===----------------------------------------------------------------------===//

#include "Rotations.h"

namespace {

template <typename Real> class SymmetricEigenvalues {
public:
  SymmetricEigenvalues(Real *scratch, Index n, Stop stop)
      : n(n), stop(stop), stride(wholeBlocks(n)), matrix(scratch),
        rows(matrix + n * n), diagonal(rows + n * stride), beside(diagonal + n),
        v(beside + n), w(v + n), next(w + n), taus(next + n),
        rotations(taus + n) {}

  /// Eigenvalues in ascending order; vectors as columns, unless there are none
  /// asked for.
  void run(const Real *x, Real *values, Real *vectors) {
    if (!isFiniteBelow(x))
      return giveUp(values, vectors);
    PowerOfTwo<Real> scale = takeScaled(x);
    makeTridiagonal();
    bool isDone = false;
    if (vectors) {
      accumulate();
      Rotations<Real> turned(rows, stride, rotations);
      isDone = makeDiagonal(turned);
    } else {
      NoRotations<Real> none;
      isDone = makeDiagonal(none);
    }
    if (!isDone)
      return giveUp(values, vectors);
    Real *places = v;
    sortPlaces(diagonal, places, n);
    PowerOfTwo<Real> back = scale.inverse();
    for (Index i = 0; i < n; ++i)
      values[i] = back(diagonal[static_cast<Index>(places[i])]);
    for (Index i = 0; vectors && i < n; ++i) {
      const Real *row = rows + static_cast<Index>(places[i]) * stride;
      for (Index j = 0; j < n; ++j)
        vectors[j * n + i] = row[j];
    }
  }

private:
  void giveUp(Real *values, Real *vectors) {
    fill<Real>(values, __builtin_nan(""), n);
    if (vectors)
      fill<Real>(vectors, __builtin_nan(""), n * n);
  }

  bool isFiniteBelow(const Real *x) {
    for (Index i = 0; i < n; ++i)
      if (!isFinite(x + i * n, i + 1))
        return false;
    return true;
  }

  /// Copies the lower triangle, scaled to a largest element of about 1.
  PowerOfTwo<Real> takeScaled(const Real *x) {
    Real largest = 0;
    for (Index i = 0; i < n; ++i)
      largest = larger(largest, largestSize(x + i * n, i + 1));
    PowerOfTwo<Real> scale;
    if (largest > 0)
      scale = PowerOfTwo<Real>::normalizing(largest);
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j <= i; ++j)
        matrix[i * n + j] = scale(x[i * n + j]);
    return scale;
  }

  /// The reflection of row i leaves one element beside the diagonal, and takes
  /// v w^T + w v^T from the rows before. Each of them is changed by the last
  /// reflection, and multiplied by the vector of the next one, in one go.
  void makeTridiagonal() {
    fill<Real>(v, 0, n);
    fill<Real>(w, 0, n);
    for (Index i = n - 1; i >= 0 && !*stop; --i) {
      Real *row = matrix + i * n;
      change(row, i);
      diagonal[i] = row[i];
      if (i == 0)
        break;
      auto found = Reflection<Real>::of(row, i, i - 1);
      beside[i - 1] = found.left;
      taus[i] = found.tau;
      fill<Real>(next, 0, i);
      for (Index j = 0; j < i; ++j) {
        Real *other = matrix + j * n;
        change(other, j);
        next[j] += other[j] * row[j] + dot(other, row, j);
        add(row[j], other, next, j);
      }
      Real half = found.tau * dot(next, row, i) / 2;
      for (Index j = 0; j < i; ++j) {
        v[j] = row[j];
        w[j] = found.tau * (next[j] - half * row[j]);
      }
    }
  }

  /// Takes v w^T + w v^T from a row of the lower triangle.
  void change(Real *row, Index i) {
    Real ofV = w[i], ofW = v[i];
    for (Index j = 0; j <= i; ++j)
      row[j] -= ofV * v[j] + ofW * w[j];
  }

  /// The product of the reflections, whose rows become the vectors.
  void accumulate() {
    identity(rows, stride, n);
    for (Index i = 1; i < n && !*stop; ++i)
      reflectRows(rows, stride, i, taus[i], matrix + i * n, i);
  }

  /// Whether the iteration ends.
  template <typename Sweeps> bool makeDiagonal(Sweeps &turned) {
    Index left = kMostSweeps * n;
    for (Index first = 0; first < n; ++first)
      while (true) {
        Index last = first;
        while (last + 1 < n && !isNegligible(diagonal, beside, last))
          ++last;
        if (last == first)
          break;
        if (left-- == 0 || *stop)
          return false;
        sweep(first, last, turned);
      }
    turned.apply();
    return true;
  }

  /// Chases what the shift leaves of the last element up to the first.
  template <typename Sweeps>
  void sweep(Index first, Index last, Sweeps &turned) {
    Real half = (diagonal[first + 1] - diagonal[first]) / (2 * beside[first]);
    Real root = hypotenuse(half, Real(1));
    Real ahead = diagonal[last] - diagonal[first] +
                 beside[first] / (half + withSign(root, half));
    Real s = 1, c = 1, moved = 0;
    turned.begin(last, -1);
    Index i = last - 1;
    for (; i >= first; --i) {
      Real outside = s * beside[i], inside = c * beside[i];
      Real length = hypotenuse(outside, ahead);
      if (i + 1 < last)
        beside[i + 1] = length;
      if (length == 0) {
        diagonal[i + 1] -= moved;
        return;
      }
      s = outside / length;
      c = ahead / length;
      Real base = diagonal[i + 1] - moved;
      Real change = (diagonal[i] - base) * s + 2 * c * inside;
      moved = s * change;
      diagonal[i + 1] = base + moved;
      ahead = c * change - inside;
      turned.turn(c, s);
    }
    diagonal[first] -= moved;
    beside[first] = ahead;
  }

  Index n;
  Stop stop;
  Index stride;
  Real *matrix, *rows, *diagonal, *beside, *v, *w, *next, *taus, *rotations;
};

template <typename Real>
void eigh(const Real *x, Real *values, Real *vectors, Real *scratch, Index n,
          Index first, Index last, Stop stop) {
  for (Index i = first; i < last && !*stop; ++i)
    SymmetricEigenvalues<Real>(scratch, n, stop)
        .run(x + i * n * n, values + i * n,
             vectors ? vectors + i * n * n : nullptr);
}

} // namespace

XFORM_FUNCTION(eigh)
(const REAL *x, REAL *values, REAL *vectors, REAL *scratch, Index offset,
 Index n, Index first, Index last, Stop stop) {
  eigh(x, values, vectors, scratch + offset, n, first, last, stop);
}

XFORM_FUNCTION(eigvalsh)
(const REAL *x, REAL *values, REAL *scratch, Index offset, Index n, Index first,
 Index last, Stop stop) {
  eigh<REAL>(x, values, nullptr, scratch + offset, n, first, last, stop);
}
