//===- ConstantTerms.h - reductions of known numbers ------------*- C++ -*-===//

#ifndef XFORM_LOWERING_LINALG_CONSTANTTERMS_H
#define XFORM_LOWERING_LINALG_CONSTANTTERMS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace xform {

/// Whether the elements of a value may all turn out to be one number that is
/// known while compiling: constants, and what folds into such, as x == x and
/// x & 7 < 8 do of integers. IREE 3.13 adds or multiplies such a term of a
/// reduction once for each vector, and not once for each of its lanes.
bool mayFoldToConstant(mlir::Value value);

/// The number, as one that IREE's vectorizer has to make a vector of. `loop` is
/// one of the loops around it.
mlir::Value oneInEachLane(mlir::ImplicitLocOpBuilder &b, mlir::Value number,
                          unsigned loop);

} // namespace xform

#endif // XFORM_LOWERING_LINALG_CONSTANTTERMS_H
