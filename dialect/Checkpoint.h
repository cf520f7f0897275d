//===- Checkpoint.h - what the backward pass computes again -----*- C++ -*-===//

#ifndef XFORM_DIALECT_CHECKPOINT_H
#define XFORM_DIALECT_CHECKPOINT_H

#include "dialect/Ops.h"
#include "dialect/Transforms.h"

#define GET_OP_CLASSES
#include "dialect/Checkpoint.h.inc"

namespace xform {

/// The result types of a checkpoint, or an error about its operands.
llvm::FailureOr<SmallVector<Type>>
inferCheckpoint(Emit emit, mlir::func::FuncOp callee, mlir::TypeRange inputs);

/// Cheaper to do again than to keep: without operands, or only a view.
inline bool isCheap(Operation *op) {
  return op &&
         (op->getNumOperands() == 0 ||
          mlir::isa<BroadcastInDimOp, CheckpointNameOp, ReshapeOp, TransposeOp>(
              op));
}

/// How the residuals of a function come back from its arguments and from what
/// is saved.
struct Recomputation {
  /// Arguments that are read, in order.
  SmallVector<int64_t> arguments;
  /// Values of the function to save, in order.
  SmallVector<Value> saved;
  /// The operations that run again, in order.
  SmallVector<Operation *> ops;
};

/// Decides by the policy of `op` what to save of a function, of whose results
/// those from `firstResidual` on are wanted again, and the arguments in
/// `forwarded`.
Recomputation recomputationOf(CheckpointOp op, mlir::func::FuncOp function,
                              size_t firstResidual,
                              ArrayRef<int64_t> forwarded);

} // namespace xform

#endif // XFORM_DIALECT_CHECKPOINT_H
