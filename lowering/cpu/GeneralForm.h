//===- GeneralForm.h - what is left to write as loops -----------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_GENERALFORM_H
#define XFORM_LOWERING_CPU_GENERALFORM_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace xform {

/// Brings every linalg operation, and every copy, of a function on buffers into
/// the form of a linalg.generic, with bytes for truth values.
void generalizeOps(mlir::func::FuncOp function);

/// Lets elementwise operations run along one axis where that is possible.
void flattenOps(mlir::func::FuncOp function);

} // namespace xform

#endif // XFORM_LOWERING_CPU_GENERALFORM_H
