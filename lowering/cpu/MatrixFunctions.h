//===- MatrixFunctions.h - calls of the runtime's functions -----*- C++ -*-===//
//
// What lowering/codegen/runtime/matrices computes. An operation on tensors
// becomes a loop over matrices, which cores can share, and calls with buffers.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_CPU_MATRIXFUNCTIONS_H
#define XFORM_LOWERING_CPU_MATRIXFUNCTIONS_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace xform {

/// Marks a loop whose turns may run at the same time.
inline constexpr llvm::StringLiteral kIndependentAttr = "xform.independent";

/// The work of a call, which nobody can see in the function. Its last argument
/// is a word that says whether to stop (Stop.h).
inline constexpr llvm::StringLiteral kWorkAttr = "xform.work";

/// Marks the declaration of a function of the runtime, whose name this is: each
/// declaration has types of its own, which are pointers for the machine.
inline constexpr llvm::StringLiteral kRuntimeAttr = "xform.runtime";

/// Whether the runtime has a function for the operation.
bool isMatrixFunction(mlir::Operation *op);

/// Lets bufferization write the calls.
void registerMatrixFunctions(mlir::DialectRegistry &registry);

/// Has all that call a declaration call the function itself.
void nameRuntimeFunction(mlir::LLVM::LLVMFuncOp declaration);

} // namespace xform

#endif // XFORM_LOWERING_CPU_MATRIXFUNCTIONS_H
