//===- EntryPoints.h - how IREE's runtime calls a program -------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_ENTRYPOINTS_H
#define XFORM_LOWERING_CPU_ENTRYPOINTS_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace xform {

/// The bytes of memory that a function takes as its last argument, if any.
inline constexpr llvm::StringLiteral kScratchAttr = "xform.scratch";

/// Adds to a function on pointers what IREE's runtime calls: a function of its
/// environment, the dispatch and the workgroup, which reads the pointers from
/// the dispatch's bindings.
void addEntryPoint(mlir::LLVM::LLVMFuncOp body);

} // namespace xform

#endif // XFORM_LOWERING_CPU_ENTRYPOINTS_H
