//===- Stop.h - programs that can be stopped --------------------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_STOP_H
#define XFORM_LOWERING_CPU_STOP_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace xform {

/// Marks functions that look at a buffer of `kStopWords` words of 32 bits,
/// whether the first is something else than 0. It comes behind the arguments
/// and results, before the scratch memory.
inline constexpr llvm::StringLiteral kStoppableAttr = "xform.stoppable";

constexpr int64_t kStopWords = 16;

/// The function, declared and never defined, that stands for looking at it.
inline constexpr llvm::StringLiteral kIsStopped = "xform_is_stopped";

/// Writes the look in place of each call of the function.
void lookWhereAsked(mlir::ModuleOp module);

} // namespace xform

#endif // XFORM_LOWERING_CPU_STOP_H
