//===- InlineCheckpoints.h - checkpoints as what they compute ---*- C++ -*-===//

#ifndef XFORM_LOWERING_INLINECHECKPOINTS_H
#define XFORM_LOWERING_INLINECHECKPOINTS_H

#include "mlir/IR/BuiltinOps.h"

namespace xform {

/// Replaces every checkpoint of a module by the body of its function, when all
/// derivatives have been taken; whether there was one.
bool inlineCheckpoints(mlir::ModuleOp module);

} // namespace xform

#endif // XFORM_LOWERING_INLINECHECKPOINTS_H
