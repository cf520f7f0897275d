//===- Control.h - loops and branches ---------------------------*- C++ -*-===//

#ifndef XFORM_DIALECT_CONTROL_H
#define XFORM_DIALECT_CONTROL_H

#include "dialect/DerivedFunctions.h"
#include "dialect/Ops.h"
#include "dialect/Transforms.h"

#define GET_OP_CLASSES
#include "dialect/Control.h.inc"

namespace xform {

/// Result types of the control operations, or an error about their operands.
/// `length` is null where the rows tell it.
llvm::FailureOr<SmallVector<Type>>
inferScan(Emit emit, mlir::func::FuncOp callee, mlir::TypeRange init,
          mlir::TypeRange xs, mlir::TypeRange captures,
          mlir::IntegerAttr length);
llvm::FailureOr<SmallVector<Type>>
inferSwitch(Emit emit, Type index, ArrayRef<mlir::func::FuncOp> branches,
            mlir::TypeRange inputs);
llvm::FailureOr<SmallVector<Type>>
inferWhile(Emit emit, mlir::func::FuncOp cond, mlir::func::FuncOp body,
           mlir::TypeRange init, mlir::TypeRange condCaptures,
           mlir::TypeRange bodyCaptures);

/// Marks the carried arguments that a step's marked results make so; whether
/// there was a new one. A loop's rule derives its step until there is none.
bool markCarried(Mask &arguments, ArrayRef<bool> results, size_t carried);

/// The function that `derive` makes of a loop's step for the marked arguments,
/// once what it finds of the carried values is what they are marked with.
template <typename Derived>
llvm::FailureOr<Derived>
deriveStep(Mask &arguments, size_t carried, Mask Derived::*results,
           llvm::function_ref<llvm::FailureOr<Derived>(const Mask &)> derive) {
  llvm::FailureOr<Derived> step;
  do {
    step = derive(arguments);
    if (failed(step))
      return llvm::failure();
  } while (markCarried(arguments, (*step).*results, carried));
  return step;
}

} // namespace xform

#endif // XFORM_DIALECT_CONTROL_H
