//===- MathFunctions.h - operations that become calls -----------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_MATHFUNCTIONS_H
#define XFORM_LOWERING_CPU_MATHFUNCTIONS_H

#include "mlir/IR/Operation.h"

namespace xform {

/// Whether processors have no instruction for the operation on numbers.
bool isMathFunction(mlir::Operation *op);

} // namespace xform

#endif // XFORM_LOWERING_CPU_MATHFUNCTIONS_H
