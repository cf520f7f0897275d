//===- Bufferize.h - tensors as buffers on the stack ------------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_BUFFERIZE_H
#define XFORM_LOWERING_CPU_BUFFERIZE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace xform {

/// Turns the tensors of a function over buffers into buffers on its stack.
llvm::LogicalResult bufferize(mlir::func::FuncOp function);

} // namespace xform

#endif // XFORM_LOWERING_CPU_BUFFERIZE_H
