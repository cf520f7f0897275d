//===- SameComputation.h - values that are computed alike -------*- C++ -*-===//

#ifndef XFORM_DIALECT_SAMECOMPUTATION_H
#define XFORM_DIALECT_SAMECOMPUTATION_H

#include "mlir/IR/Value.h"

namespace xform {

/// Whether two values are one, or come from one by equal operations without
/// side effects. Says no once more than `limit` pairs of values have been
/// compared.
bool areComputedAlike(mlir::Value x, mlir::Value y, size_t limit);

} // namespace xform

#endif // XFORM_DIALECT_SAMECOMPUTATION_H
