//===- Updates.h - how updates are combined with what they meet -*- C++ -*-===//

#ifndef XFORM_LOWERING_LINALG_UPDATES_H
#define XFORM_LOWERING_LINALG_UPDATES_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace xform {

/// How updates are combined with what they meet, and the update that changes
/// nothing, on elements as `arithmeticType` has them.
struct UpdateCombiner {
  mlir::Value (*combine)(mlir::ImplicitLocOpBuilder &b, mlir::Type element,
                         mlir::Value update, mlir::Value own);
  mlir::TypedAttr (*neutral)(mlir::OpBuilder &b, mlir::Type element);
};

/// The combiners of scatter_add and its kin.
extern const UpdateCombiner kSum, kProduct, kSmallest, kLargest;

/// Whether the operation is a sum or product of numbers that are too narrow to
/// be rounded at each of many steps.
bool isRoundedOnce(mlir::Operation *scatter);

} // namespace xform

#endif // XFORM_LOWERING_LINALG_UPDATES_H
