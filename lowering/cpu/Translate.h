//===- Translate.h - machine code's modules as LLVM IR ----------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_TRANSLATE_H
#define XFORM_LOWERING_CPU_TRANSLATE_H

#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <vector>

namespace xform {

/// What is needed to translate to LLVM IR.
void registerTranslation(mlir::DialectRegistry &registry);

/// The module, of LLVM's dialect, as text of LLVM IR; empty if it has none.
std::string toLLVMIR(mlir::ModuleOp module);

/// What an entry point wants beside its arguments and results: bytes of memory;
/// whether cores share its work; whether it looks at a word if it is stopped;
/// and, if any lies there, the argument in whose memory each result lies, or
/// -1.
struct Needs {
  int64_t scratch;
  bool isShared, isStoppable;
  std::vector<int64_t> donors;
};

/// The entry points, by name.
std::map<std::string, Needs> needsOf(mlir::ModuleOp module);

} // namespace xform

#endif // XFORM_LOWERING_CPU_TRANSLATE_H
