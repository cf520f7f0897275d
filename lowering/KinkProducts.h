//===- KinkProducts.h - products of derivatives at one kink -----*- C++ -*-===//

#ifndef XFORM_LOWERING_KINKPRODUCTS_H
#define XFORM_LOWERING_KINKPRODUCTS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace xform {

/// Multiplies slopes and shares of one kink that come from different
/// derivatives by what they are on its sides. Whether there were some.
bool multiplyKinks(mlir::func::FuncOp function);

/// Replaces the slopes and shares of all functions by their values, when every
/// derivative has been taken.
void replaceKinks(mlir::ModuleOp module);

} // namespace xform

#endif // XFORM_LOWERING_KINKPRODUCTS_H
