//===- Kinks.h - kinks of functions that are differentiated -----*- C++ -*-===//

#ifndef XFORM_LOWERING_TRANSFORMS_KINKS_H
#define XFORM_LOWERING_TRANSFORMS_KINKS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace xform {

/// Says of the slopes and shares in a jvp that are new of which derivative they
/// are; the first has number 1.
void setLevel(mlir::func::FuncOp function, unsigned level);

} // namespace xform

#endif // XFORM_LOWERING_TRANSFORMS_KINKS_H
