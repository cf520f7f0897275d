//===- LayOut.h - operands in the order of vectors --------------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_LAYOUT_H
#define XFORM_LOWERING_CPU_LAYOUT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace xform {

/// Lays out the operands of contractions in the order of vectors, before the
/// loop where they do not change in it.
void layOutContractions(mlir::func::FuncOp function);

/// Brings large operands of contractions that are laid out into the order in
/// which tiles read them.
void packContractions(mlir::func::FuncOp function);

} // namespace xform

#endif // XFORM_LOWERING_CPU_LAYOUT_H
