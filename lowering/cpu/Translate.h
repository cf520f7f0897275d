//===- Translate.h - machine code's modules as LLVM IR ----------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_TRANSLATE_H
#define XFORM_LOWERING_CPU_TRANSLATE_H

#include "mlir/IR/BuiltinOps.h"

#include <map>

namespace xform {

/// What is needed to translate to LLVM IR.
void registerTranslation(mlir::DialectRegistry &registry);

/// The module, of LLVM's dialect, as text of LLVM IR; empty if it has none.
std::string toLLVMIR(mlir::ModuleOp module);

/// How many bytes of memory each entry point wants beside its arguments and
/// results.
std::map<std::string, int64_t> scratchOf(mlir::ModuleOp module);

} // namespace xform

#endif // XFORM_LOWERING_CPU_TRANSLATE_H
