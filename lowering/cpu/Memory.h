//===- Memory.h - where a program's buffers lie -----------------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_MEMORY_H
#define XFORM_LOWERING_CPU_MEMORY_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace xform {

/// Leaves small buffers on the stack, and makes the others views of one more
/// argument, memory that is the program's while it runs. Buffers that are not
/// needed at the same time share their place. The attribute kScratchAttr says
/// how many bytes that takes.
void placeBuffers(mlir::func::FuncOp function);

} // namespace xform

#endif // XFORM_LOWERING_CPU_MEMORY_H
