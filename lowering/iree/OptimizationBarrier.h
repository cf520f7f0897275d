//===- OptimizationBarrier.h - values that IREE keeps apart -----*- C++ -*-===//

#ifndef XFORM_LOWERING_IREE_OPTIMIZATIONBARRIER_H
#define XFORM_LOWERING_IREE_OPTIMIZATIONBARRIER_H

#include "mlir/IR/Builders.h"

#include "llvm/ADT/SetVector.h"

namespace xform {

/// The value behind IREE's `util.optimization_barrier`, which is written in
/// generic form: nothing is fused, folded or moved across it.
mlir::Value createOptimizationBarrier(mlir::OpBuilder &builder,
                                      mlir::Value value);

/// Puts a barrier between what computes each value and what reads it.
void fence(const llvm::SetVector<mlir::Value> &values);

} // namespace xform

#endif // XFORM_LOWERING_IREE_OPTIMIZATIONBARRIER_H
