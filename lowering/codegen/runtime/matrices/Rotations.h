//===- Rotations.h - of neighbouring rows -----------------------*- C++ -*-===//
//
// An iteration on two diagonals turns neighbouring rows of a matrix of vectors,
// one pair after the other, again and again. The matrix is larger than the
// caches next to a core, so rotations of several sweeps are kept and then
// applied to one block of columns after the other: F. Van Zee, R. van de Geijn,
// G. Quintana-Orti, "Restructuring the tridiagonal and bidiagonal QR algorithms
// for performance", ACM Trans. Math. Softw. 40 (2014).
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_ROTATIONS_H
#define XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_ROTATIONS_H

#include "Vectors.h"

namespace {

/// Sweeps for each row, after which an iteration is given up.
constexpr Index kMostSweeps = 60;

/// Whether element i beside a diagonal is as good as zero.
template <typename Real>
bool isNegligible(const Real *diagonal, const Real *beside, Index i) {
  Real around = absolute(diagonal[i]) + absolute(diagonal[i + 1]);
  return absolute(beside[i]) <=
         larger(kRounding<Real> * around, kNegligible<Real>);
}

/// Of rows that are `stride` apart, as many elements as a stride has.
template <typename Real> class Rotations {
public:
  Rotations(Real *rows, Index stride, Real *scratch)
      : rows(rows), stride(stride), factors(scratch) {}

  /// Begins a sweep from a row, in steps of 1 or -1.
  void begin(Index row, Index step) {
    if (sweeps == kSweeps)
      apply();
    sweep[sweeps++] = {row, step, used, 0};
  }

  /// Turns the row r of the sweep and the next one q:
  /// c r + s q becomes row r, and c q - s r row q, from which the sweep goes
  /// on.
  void turn(Real c, Real s) {
    factors[used++] = c;
    factors[used++] = s;
    ++sweep[sweeps - 1].count;
  }

  void apply() {
    for (Index column = 0; column < stride; column += kBlock)
      for (Index i = 0; i < sweeps; ++i)
        apply(sweep[i], rows + column);
    sweeps = used = 0;
  }

private:
  using Block = Real __attribute__((vector_size(kBlock * sizeof(Real))));

  /// Rows are aligned to elements only.
  static Block load(const Real *row) {
    Block block;
    __builtin_memcpy(&block, row, sizeof(block));
    return block;
  }
  static void store(const Block &block, Real *row) {
    __builtin_memcpy(row, &block, sizeof(block));
  }

  struct Sweep {
    Index row, step, first, count;
  };

  void apply(const Sweep &sweep, Real *block) {
    Real *row = block + sweep.row * stride;
    const Real *factor = factors + sweep.first;
    Index step = sweep.step * stride;
    Block carried = load(row);
    for (Index i = 0; i < sweep.count; ++i) {
      Real c = factor[2 * i], s = factor[2 * i + 1];
      Block next = load(row + step);
      store(c * carried + s * next, row);
      carried = c * next - s * carried;
      row += step;
    }
    store(carried, row);
  }

  Real *rows;
  Index stride;
  Real *factors;
  Sweep sweep[kSweeps];
  Index sweeps = 0, used = 0;
};

/// As Rotations, where no vectors are asked for.
template <typename Real> struct NoRotations {
  void begin(Index, Index) {}
  void turn(Real, Real) {}
  void apply() {}
};

} // namespace

#endif // XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_ROTATIONS_H
