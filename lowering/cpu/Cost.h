//===- Cost.h - how long operations take ------------------------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_COST_H
#define XFORM_LOWERING_CPU_COST_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace xform {

/// About how many additions of numbers, which a core does some ten of in a
/// nanosecond, an operation on tensors or buffers of static shape is worth.
double workOf(mlir::linalg::LinalgOp op);

/// Those for one element: the operations in the block and in blocks within.
double workOfElement(mlir::Block &block);

} // namespace xform

#endif // XFORM_LOWERING_CPU_COST_H
