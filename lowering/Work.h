//===- Work.h - what operations on numbers cost -----------------*- C++ -*-===//
//
// The estimate of dialect/Work.h, in the same additions, for programs that are
// lowered.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_WORK_H
#define XFORM_LOWERING_WORK_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace xform {

/// About how many additions of numbers an operation on numbers is worth,
/// without its regions.
double workOfScalar(mlir::Operation *op);

/// Those of the operations in a block and in blocks within, once each.
double workOfElement(mlir::Block &block);

/// Those of an operation on tensors or buffers of static shape.
double workOf(mlir::linalg::LinalgOp op);

} // namespace xform

#endif // XFORM_LOWERING_WORK_H
