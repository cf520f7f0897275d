//===- RealSchur.h - triangles up to blocks of two rows ---------*- C++ -*-===//
//
// Householder's reflections leave one diagonal below the triangle; J. Francis's
// iteration with two implicit shifts makes that vanish but for blocks of two
// rows, which have complex eigenvalues. G. Golub and C. Van Loan, "Matrix
// Computations", 7.4 and 7.5; M. Ahues and F. Tisseur, "A new deflation
// criterion for the QR algorithm", LAPACK Working Note 122 (1997).
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_REALSCHUR_H
#define XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_REALSCHUR_H

#include "Rotations.h"

namespace {

/// A turn of two rows: c x + s y in the place of x, and c y - s x in that of y.
template <typename Real> struct Turn {
  Real c = 1, s = 0;

  void apply(Real &x, Real &y) const {
    Real kept = x;
    x = c * kept + s * y;
    y = c * y - s * kept;
  }
  void apply(Real *__restrict x, Real *__restrict y, Index n) const {
    for (Index i = 0; i < n; ++i)
      apply(x[i], y[i]);
  }
};

/// A block [a b; c d] on the diagonal.
template <typename Real> struct TwoRows {
  Real a, b, c, d;

  /// Turns both rows and both columns so that c is zero, or a and d are equal
  /// and the eigenvalues complex.
  Turn<Real> standardize() {
    if (c == 0)
      return {};
    if (b == 0) {
      *this = {d, -c, 0, a};
      return {0, 1};
    }
    if (a == d && (b > 0) != (c > 0))
      return {};
    Real half = (a - d) / 2;
    Real most = larger(absolute(b), absolute(c));
    Real least = absolute(b) + absolute(c) - most;
    least = (b > 0) == (c > 0) ? least : -least;
    Real scale = larger(absolute(half), most);
    // The square of half the distance of the eigenvalues.
    Real square = half / scale * half + most / scale * least;
    if (square >= 8 * kRounding<Real> * scale)
      return separate(half,
                      withSign(squareRoot(scale) * squareRoot(square), half));
    return equalize(half);
  }

private:
  /// Real eigenvalues, `distance` apart from the mean.
  Turn<Real> separate(Real half, Real distance) {
    Real far = half + distance;
    Real length = hypotenuse(c, far);
    Turn<Real> turn{far / length, c / length};
    // The product of the distances of d from both is -b c.
    Real least = b * c / far;
    *this = {d + far, b - c, 0, d - least};
    return turn;
  }

  Turn<Real> equalize(Real half) {
    Real sum = b + c;
    Real length = hypotenuse(sum, 2 * half);
    Turn<Real> turn;
    turn.c = squareRoot((1 + absolute(sum) / length) / 2);
    turn.s = -withSign(half / (length * turn.c), half * sum);
    // Columns, then rows.
    Turn<Real> columns = turn;
    columns.apply(a, b);
    columns.apply(c, d);
    turn.apply(a, c);
    turn.apply(b, d);
    a = d = (a + d) / 2;
    if (c == 0 || (b != 0 && (b > 0) != (c > 0)))
      return turn;
    if (b == 0) {
      b = -c;
      c = 0;
      return {-turn.s, turn.c};
    }
    // Rounding has made real ones of eigenvalues that are nearly equal.
    Real rootOfB = squareRoot(absolute(b)), rootOfC = squareRoot(absolute(c));
    Real distance = withSign(rootOfB * rootOfC, c);
    Real factor = 1 / squareRoot(absolute(b + c));
    Real cosine = rootOfB * factor, sine = rootOfC * factor;
    *this = {a + distance, b - c, 0, d - distance};
    return {turn.c * cosine - turn.s * sine, turn.c * sine + turn.s * cosine};
  }
};

/// I - tau v v^T for three rows, or two, with v = [1, v[0], v[1]].
template <typename Real> struct SmallReflection {
  Real tau, left, v[2];

  /// However small the rest is beside x[0], as a sweep carries it on.
  static SmallReflection of(const Real *x, Index n) {
    Real last = n > 2 ? x[2] : 0, rest = hypotenuse(x[1], last);
    if (rest == 0)
      return {0, x[0], {0, 0}};
    Real left = -withSign(hypotenuse(x[0], rest), x[0]);
    Real head = x[0] - left;
    return {-head / left, left, {x[1] / head, last / head}};
  }

  void apply(Real *__restrict x, Real *__restrict y, Real *__restrict z,
             Index n) const {
    for (Index i = 0; i < n; ++i) {
      Real sum = tau * (x[i] + v[0] * y[i] + v[1] * z[i]);
      x[i] -= sum;
      y[i] -= sum * v[0];
      z[i] -= sum * v[1];
    }
  }
  void apply(Real *__restrict x, Real *__restrict y, Index n) const {
    for (Index i = 0; i < n; ++i) {
      Real sum = tau * (x[i] + v[0] * y[i]);
      x[i] -= sum;
      y[i] -= sum * v[0];
    }
  }
};

/// Makes t of a matrix in its memory, whose largest element is about 1 and
/// whose rows are `stride` apart; z t z^T is the matrix, and the rows of
/// `columns` become the columns of z.
template <typename Real> class RealSchur {
public:
  /// Without `columns` only the diagonal blocks of t are right.
  RealSchur(Real *t, Index n, Index stride, Real *columns, Real *scratch,
            Stop stop)
      : n(n), stride(stride), stop(stop), t(t), columns(columns), sums(scratch),
        taus(sums + n), vectors(taus + n) {}

  /// Whether the iteration ends.
  bool run() {
    makeHessenberg();
    if (columns)
      accumulate();
    return iterate();
  }

private:
  Real *row(Index i) { return t + i * stride; }
  Real &at(Index i, Index j) { return t[i * stride + j]; }
  Real sizeAt(Index i, Index j) { return absolute(at(i, j)); }

  void makeHessenberg() {
    for (Index j = 0; j + 2 < n && !*stop; ++j) {
      Index first = j + 1, size = n - first;
      Real *v = vectors + j * n + first;
      for (Index i = 0; i < size; ++i) {
        v[i] = at(first + i, j);
        at(first + i, j) = 0;
      }
      auto found = Reflection<Real>::ofAny(v, size);
      at(first, j) = found.left;
      taus[j] = found.tau;
      if (found.tau == 0)
        continue;
      fill<Real>(sums, 0, size);
      for (Index i = 0; i < size; ++i)
        add(v[i], row(first + i) + first, sums, size);
      for (Index i = 0; i < size; ++i)
        add(-found.tau * v[i], sums, row(first + i) + first, size);
      reflectRows(t + first, stride, n, found.tau, v, size);
    }
  }

  /// The product of the reflections, transposed.
  void accumulate() {
    identity(columns, n, n);
    for (Index j = n - 3; j >= 0 && !*stop; --j)
      reflectRows(columns + (j + 1) * n + j + 1, n, n - j - 1, taus[j],
                  vectors + j * n + j + 1, n - j - 1);
  }

  bool iterate() {
    Index left = kMostSweeps * n;
    for (Index last = n - 1; last > 0;) {
      Index tries = 0, first = 0;
      while (true) {
        first = last;
        while (first > 0 && !isNegligible(first))
          --first;
        if (first > 0)
          at(first, first - 1) = 0;
        if (first + 1 >= last)
          break;
        if (left-- == 0 || *stop)
          return false;
        sweep(first, last, ++tries);
      }
      if (first < last)
        standardize(first);
      last = first - 1;
    }
    return true;
  }

  /// Whether the element left of diagonal element k is as good as zero.
  bool isNegligible(Index k) {
    Real below = sizeAt(k, k - 1), above = sizeAt(k - 1, k);
    if (below <= kTiny)
      return true;
    Real around = sizeAt(k - 1, k - 1) + sizeAt(k, k);
    if (around == 0) {
      around += k > 1 ? sizeAt(k - 1, k - 2) : 0;
      around += k + 1 < n ? sizeAt(k + 1, k) : 0;
    }
    Real ulp = 2 * kRounding<Real>;
    if (below > ulp * around)
      return false;
    Real apart = absolute(at(k - 1, k - 1) - at(k, k)), own = sizeAt(k, k);
    Real largest = larger(own, apart), least = own < apart ? own : apart;
    Real sum = largest + larger(below, above);
    return sum == 0 || below * (above / sum) <=
                           larger(kTiny, ulp * least * (largest / sum));
  }

  /// The rows and columns that have to be right.
  Index beginOf(Index first) { return columns ? 0 : first; }
  Index endOf(Index last) { return columns ? n : last + 1; }

  void sweep(Index first, Index last, Index tries) {
    Shifts shifts = shiftsOf(first, last, tries);
    Real v[3];
    Index begin = last - 2;
    for (; begin >= first; --begin) {
      shifts.startAt(*this, begin, v);
      if (begin == first)
        break;
      Real around = sizeAt(begin - 1, begin - 1) + sizeAt(begin, begin) +
                    sizeAt(begin + 1, begin + 1);
      if (sizeAt(begin, begin - 1) * (absolute(v[1]) + absolute(v[2])) <=
          kRounding<Real> * absolute(v[0]) * around)
        break;
    }
    for (Index k = begin; k < last; ++k) {
      Index size = smaller(3, last - k + 1);
      if (k > begin)
        for (Index i = 0; i < size; ++i)
          v[i] = at(k + i, k - 1);
      auto found = SmallReflection<Real>::of(v, size);
      if (k > begin) {
        at(k, k - 1) = found.left;
        for (Index i = 1; i < size; ++i)
          at(k + i, k - 1) = 0;
      } else if (begin > first) {
        at(k, k - 1) *= 1 - found.tau;
      }
      reflect(found, k, size, first, last);
    }
  }

  void reflect(const SmallReflection<Real> &found, Index k, Index size,
               Index first, Index last) {
    Index end = endOf(last), below = smaller(k + 4, last + 1);
    if (size == 3)
      found.apply(row(k) + k, row(k + 1) + k, row(k + 2) + k, end - k);
    else
      found.apply(row(k) + k, row(k + 1) + k, end - k);
    for (Index i = beginOf(first); i < below; ++i) {
      Real *x = row(i) + k;
      if (size == 3)
        found.apply(x, x + 1, x + 2, 1);
      else
        found.apply(x, x + 1, 1);
    }
    if (!columns)
      return;
    Real *x = columns + k * n;
    if (size == 3)
      found.apply(x, x + n, x + 2 * n, n);
    else
      found.apply(x, x + n, n);
  }

  /// Two shifts, which are real or conjugates.
  struct Shifts {
    Real first, firstImaginary, second, secondImaginary;

    /// The first column of (t - first)(t - second), over its size, for the
    /// block from row k on.
    void startAt(RealSchur &schur, Index k, Real *v) const {
      Real diagonal = schur.at(k, k), below = schur.at(k + 1, k);
      Real scale = absolute(diagonal - second) + absolute(secondImaginary) +
                   absolute(below);
      below /= scale;
      v[0] = below * schur.at(k, k + 1) +
             (diagonal - first) * ((diagonal - second) / scale) -
             firstImaginary * (secondImaginary / scale);
      v[1] = below * (diagonal + schur.at(k + 1, k + 1) - first - second);
      v[2] = below * schur.at(k + 2, k + 1);
      Real sum = absolute(v[0]) + absolute(v[1]) + absolute(v[2]);
      for (Index i = 0; i < 3; ++i)
        v[i] /= sum;
    }
  };

  /// Eigenvalues of the last block of two rows; every tenth time others, for
  /// what they do not move.
  Shifts shiftsOf(Index first, Index last, Index tries) {
    TwoRows<Real> block;
    if (tries % 10 == 0) {
      bool atEnd = tries % 20 == 10;
      Real size = atEnd
                      ? sizeAt(last, last - 1) + sizeAt(last - 1, last - 2)
                      : sizeAt(first + 1, first) + sizeAt(first + 2, first + 1);
      Real base = atEnd ? at(last, last) : at(first, first);
      Real diagonal = Real(0.75) * size + base;
      block = {diagonal, Real(-0.4375) * size, size, diagonal};
    } else {
      block = {at(last - 1, last - 1), at(last - 1, last), at(last, last - 1),
               at(last, last)};
    }
    Real corner = block.d;
    block.standardize();
    if (block.c != 0) {
      Real imaginary =
          squareRoot(absolute(block.b)) * squareRoot(absolute(block.c));
      return {block.a, imaginary, block.a, -imaginary};
    }
    // The nearer one twice.
    bool nearer = absolute(block.a - corner) <= absolute(block.d - corner);
    Real shift = nearer ? block.a : block.d;
    return {shift, 0, shift, 0};
  }

  void standardize(Index i) {
    TwoRows<Real> block{at(i, i), at(i, i + 1), at(i + 1, i), at(i + 1, i + 1)};
    Turn<Real> turn = block.standardize();
    at(i, i) = block.a;
    at(i, i + 1) = block.b;
    at(i + 1, i) = block.c;
    at(i + 1, i + 1) = block.d;
    if (!columns)
      return;
    turn.apply(row(i) + i + 2, row(i + 1) + i + 2, n - i - 2);
    for (Index j = 0; j < i; ++j)
      turn.apply(at(j, i), at(j, i + 1));
    turn.apply(columns + i * n, columns + (i + 1) * n, n);
  }

  /// What is not larger is zero even beside zeros.
  static constexpr Real kTiny = kNegligible<Real> * kNegligible<Real>;

  Index n, stride;
  Stop stop;
  Real *t, *columns, *sums, *taus, *vectors;
};

} // namespace

#endif // XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_REALSCHUR_H
