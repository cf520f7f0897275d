//===- NormalForm.h - programs as bufferization wants them ------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_NORMALFORM_H
#define XFORM_LOWERING_CPU_NORMALFORM_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace xform {

/// Brings what a function on tensors consists of into a form in which each
/// value can have a place of its own before the program runs:
///
/// - barriers, which are for IREE, are gone;
/// - nothing is read from or written to tensors without elements;
/// - a scatter is a loop over its updates;
/// - no two operations begin with the same empty or filled tensor;
/// - a while loop hands all that it carries from its condition to its body;
/// - both branches of an scf.if write their results into one destination.
void bringToNormalForm(mlir::func::FuncOp function);

/// Makes memory that a loop carries without ever exchanging it no part of what
/// it carries.
void dropInvariantBuffers(mlir::func::FuncOp function);

} // namespace xform

#endif // XFORM_LOWERING_CPU_NORMALFORM_H
