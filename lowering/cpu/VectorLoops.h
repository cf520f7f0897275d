//===- VectorLoops.h - linalg operations as loops over vectors --*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_VECTORLOOPS_H
#define XFORM_LOWERING_CPU_VECTORLOOPS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace xform {

/// Writes loops over vectors of this size for the linalg operations on buffers.
llvm::LogicalResult writeLoops(mlir::func::FuncOp function,
                               int64_t vectorBytes);

} // namespace xform

#endif // XFORM_LOWERING_CPU_VECTORLOOPS_H
