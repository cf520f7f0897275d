//===- Passes.h - the passes of xform ---------------------------*- C++ -*-===//

#ifndef XFORM_LOWERING_PASSES_H
#define XFORM_LOWERING_PASSES_H

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/Pass.h"

namespace xform {

#define GEN_PASS_DECL
#include "lowering/Passes.h.inc"

/// The passes from transform operations to what IREE compiles, in order.
void buildPipeline(mlir::OpPassManager &manager);

/// Every pass, and the pipeline under the name `xform-pipeline`.
void registerPasses();

/// The xform dialect and those that its lowering uses.
void registerDialects(mlir::DialectRegistry &registry);

} // namespace xform

#endif // XFORM_LOWERING_PASSES_H
