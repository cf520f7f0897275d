//===- EntryPoints.h - how IREE's runtime calls a program -------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_ENTRYPOINTS_H
#define XFORM_LOWERING_CPU_ENTRYPOINTS_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace xform {

/// The bytes of memory that a function takes as its last argument, if any.
inline constexpr llvm::StringLiteral kScratchAttr = "xform.scratch";

/// Adds to a function on pointers what IREE's runtime calls: a function of its
/// environment, the dispatch and the workgroup, which reads the pointers from
/// the dispatch's bindings.
mlir::LLVM::LLVMFuncOp addEntryPoint(mlir::LLVM::LLVMFuncOp body);

/// Reads the pointer to one of so many buffers in such a function.
mlir::Value loadBuffer(mlir::ImplicitLocOpBuilder &b,
                       mlir::LLVM::LLVMFuncOp entry, unsigned numBuffers,
                       unsigned buffer);

} // namespace xform

#endif // XFORM_LOWERING_CPU_ENTRYPOINTS_H
