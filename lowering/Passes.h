//===- Passes.h - the passes of xform ---------------------------*- C++ -*-===//

#ifndef XFORM_LOWERING_PASSES_H
#define XFORM_LOWERING_PASSES_H

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/Pass.h"

namespace xform {

#define GEN_PASS_DECL
#include "lowering/Passes.h.inc"

/// Every pass, and under the name `xform-pipeline` the sequence of them from
/// transform operations to what IREE compiles.
void registerPasses();

/// The xform dialect and those that its lowering uses.
void registerDialects(mlir::DialectRegistry &registry);

} // namespace xform

#endif // XFORM_LOWERING_PASSES_H
