//===- ScaledSchur.h - the Schur form of matrices over scales ---*- C++ -*-===//

#ifndef XFORM_LOWERING_MATRICES_SCALEDSCHUR_H
#define XFORM_LOWERING_MATRICES_SCALEDSCHUR_H

#include "lowering/matrices/MatrixBuilder.h"

namespace xform {

/// scale z t z^T for each matrix, where `isDone`.
struct ScaledSchur {
  Value t, z, scale, isDone;

  /// A result of matrices, NaN where they were not finite or the iteration did
  /// not end.
  Value checked(MatrixBuilder &b, Value x) const {
    return b.fold<SelectOp>(overEach(b, isDone, x), x, b.filledLike("nan", x));
  }
};

ScaledSchur schurOf(MatrixBuilder &b, Value x);

} // namespace xform

#endif // XFORM_LOWERING_MATRICES_SCALEDSCHUR_H
