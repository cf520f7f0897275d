//===- Products.h - of blocks of matrices -----------------------*- C++ -*-===//
//
// Between panels, factorisations subtract products. Six rows of a result and 64
// bytes of each stay in registers.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_PRODUCTS_H
#define XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_PRODUCTS_H

#include "Vectors.h"

namespace {

/// A matrix, or a transposed one, by the steps from an element to the one below
/// it and the one beside it.
template <typename Real> struct View {
  const Real *data;
  Index down, across;

  Real at(Index row, Index column) const {
    return data[row * down + column * across];
  }
  View from(Index row, Index column) const {
    return {data + row * down + column * across, down, across};
  }
};

template <typename Real> class Tile {
public:
  static constexpr Index kRows = 6, kColumns = 64 / sizeof(Real);

  /// Takes a b from a part of c, of up to so many rows and columns.
  static void subtract(Real *c, Index stride, View<Real> a, const Real *b,
                       Index strideOfB, Index depth, Index rows,
                       Index columns) {
    if (rows == kRows && columns == kColumns)
      subtractRows<kRows, true>(c, stride, a, b, strideOfB, depth, kColumns);
    else if (columns == kColumns)
      for (Index i = 0; i < rows; ++i)
        subtractRows<1, true>(c + i * stride, stride, a.from(i, 0), b,
                              strideOfB, depth, kColumns);
    else
      for (Index i = 0; i < rows; ++i)
        subtractRows<1, false>(c + i * stride, stride, a.from(i, 0), b,
                               strideOfB, depth, columns);
  }

private:
  using Block = Real __attribute__((vector_size(64)));

  template <bool Whole> static Block load(const Real *from, Index columns) {
    Block block = {};
    if constexpr (Whole)
      __builtin_memcpy(&block, from, sizeof(block));
    else
      for (Index j = 0; j < columns; ++j)
        block[j] = from[j];
    return block;
  }

  template <Index Rows, bool Whole>
  static void subtractRows(Real *c, Index stride, View<Real> a, const Real *b,
                           Index strideOfB, Index depth, Index columns) {
    Block sums[Rows] = {};
    for (Index k = 0; k < depth; ++k) {
      Block row = load<Whole>(b + k * strideOfB, columns);
#pragma clang loop unroll(full)
      for (Index i = 0; i < Rows; ++i)
        sums[i] += a.at(i, k) * row;
    }
#pragma clang loop unroll(full)
    for (Index i = 0; i < Rows; ++i) {
      Real *to = c + i * stride;
      Block rest = load<Whole>(to, columns) - sums[i];
      if constexpr (Whole)
        __builtin_memcpy(to, &rest, sizeof(rest));
      else
        for (Index j = 0; j < columns; ++j)
          to[j] = rest[j];
    }
  }
};

/// Takes the product of a, rows x depth, and b, whose rows are `strideOfB`
/// apart, from c.
template <typename Real>
void subtractProduct(Real *c, Index stride, View<Real> a, const Real *b,
                     Index strideOfB, Index rows, Index depth, Index columns) {
  if (depth == 0)
    return;
  using Tile = Tile<Real>;
  for (Index j = 0; j < columns; j += Tile::kColumns)
    for (Index i = 0; i < rows; i += Tile::kRows)
      Tile::subtract(c + i * stride + j, stride, a.from(i, 0), b + j, strideOfB,
                     depth, smaller(rows - i, Tile::kRows),
                     smaller(columns - j, Tile::kColumns));
}

} // namespace

#endif // XFORM_LOWERING_CODEGEN_RUNTIME_MATRICES_PRODUCTS_H
