//===- Placement.h - where buffers lie --------------------------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_PLACEMENT_H
#define XFORM_LOWERING_CPU_PLACEMENT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace xform {

/// What a buffer takes, in whole lines of the cache.
int64_t bytesOf(mlir::MemRefType type);

/// From when to when a buffer is needed, both included, and where it lies.
struct Lifetime {
  int64_t bytes, begin, end, offset = 0;
};

/// Gives each, in the order in which they begin, the first place that is large
/// enough and free by then; the bytes of all.
int64_t shareMemory(llvm::ArrayRef<Lifetime *> lives);

/// Leaves small buffers on the stack, and makes the others views of one more
/// argument, memory that is the function's while it runs. Buffers that are not
/// needed at the same time share their place. Returns how many bytes that is;
/// with none there is no argument.
int64_t placeBuffers(mlir::func::FuncOp function);

} // namespace xform

#endif // XFORM_LOWERING_CPU_PLACEMENT_H
