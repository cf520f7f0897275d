//===- Scratch.h - memory that the functions on matrices need ---*- C++ -*-===//
//
// For both sides of a call: the program that reserves it, and the function.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_SCRATCH_H
#define XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_SCRATCH_H

namespace xform::matrices {

// As in memory of 64-bit machines.
using Index = long long;

/// Sweeps of rotations that are kept until all are applied at once.
constexpr Index kSweeps = 32;

/// Rows that are rotated have whole blocks of so many elements, an odd number
/// of them: the same block of many rows is in the cache at once, which has few
/// places for what is a power of two apart.
constexpr Index kBlock = 16;

constexpr Index wholeBlocks(Index n) {
  return ((n + kBlock - 1) / kBlock | 1) * kBlock;
}

/// Elements of one sequence of rotations of n rows.
constexpr Index rotationsScratch(Index n) { return 2 * kSweeps * n; }

/// Columns, or rows, that are eliminated one after the other, before products
/// change all others.
constexpr Index kPanel = 32;

/// Elements for the lower triangle of a matrix of n rows.
constexpr Index choleskyScratch(Index n) { return kPanel * n; }

/// Elements for a solution of n rows and m columns.
constexpr Index triangularScratch(Index n, Index m) { return n * m; }

/// Elements for a matrix of m rows and n columns.
constexpr Index qrScratch(Index m, Index n) {
  Index longer = m > n ? m : n, least = m > n ? n : m;
  return m * n + (least + kPanel) * kPanel + m * kPanel + 2 * kPanel * longer +
         m + kPanel;
}

/// Elements for a symmetric matrix of n rows, and for one of which all singular
/// values are sought.
constexpr Index eighScratch(Index n) {
  return n * n + n * wholeBlocks(n) + 6 * n + rotationsScratch(n);
}
constexpr Index svdScratch(Index n) {
  return 2 * n * n + 2 * n * wholeBlocks(n) + 6 * n + 2 * rotationsScratch(n);
}

/// Elements for a matrix of n rows whose Schur form is sought; and those for
/// its eigenvalues, with vectors or without.
constexpr Index schurScratch(Index n) {
  return n * wholeBlocks(n) + 2 * n * n + 2 * n;
}
constexpr Index eigScratch(Index n) {
  return n * wholeBlocks(n) + 4 * n * n + 6 * n;
}
constexpr Index eigvalsScratch(Index n) { return schurScratch(n) + 4 * n; }

} // namespace xform::matrices

#endif // XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_SCRATCH_H
