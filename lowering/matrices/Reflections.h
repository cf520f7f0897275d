//===- Reflections.h - Householder's ----------------------------*- C++ -*-===//

#ifndef XFORM_LOWERING_MATRICES_REFLECTIONS_H
#define XFORM_LOWERING_MATRICES_REFLECTIONS_H

#include "lowering/matrices/MatrixBuilder.h"

namespace xform {

/// A reflection that leaves nothing below row j of a column: I - tau v v^T.
struct Reflection {
  Value v, tau, head;
};

/// As LAPACK's larfg, on numbers that are scaled so that no square overflows:
/// with a the element in row j and s the norm of what is from there on,
/// head = -sign(a) s, tau = (head - a) / head, and v is the column over a -
/// head below row j, where it is 1. If there is nothing below, tau is 0.
Reflection reflectionOf(MatrixBuilder &b, Value column, OpFoldResult j);

/// The products of vectors with matrices over the axis of rows, or of columns.
Value vectorProduct(MatrixBuilder &b, Value vectors, Value matrices, bool rows);

} // namespace xform

#endif // XFORM_LOWERING_MATRICES_REFLECTIONS_H
