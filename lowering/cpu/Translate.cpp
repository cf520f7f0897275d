//===- Translate.cpp - machine code's modules as LLVM IR ------------------===//

#include "lowering/cpu/Translate.h"

#include "lowering/cpu/EntryPoints.h"
#include "lowering/cpu/Results.h"
#include "lowering/cpu/Stop.h"
#include "lowering/cpu/Team.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"

#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

using namespace mlir;
using namespace xform;

void xform::registerTranslation(DialectRegistry &registry) {
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}

std::string xform::toLLVMIR(ModuleOp module) {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> translated =
      translateModuleToLLVMIR(module, context, "xform");
  std::string text;
  if (translated) {
    llvm::raw_string_ostream stream(text);
    translated->print(stream, nullptr);
  }
  return text;
}

std::map<std::string, xform::Needs> xform::needsOf(ModuleOp module) {
  std::map<std::string, Needs> needs;
  for (auto entry : module.getOps<LLVM::LLVMFuncOp>())
    if (auto scratch = entry->getAttrOfType<IntegerAttr>(kScratchAttr)) {
      auto donors = entry->getAttrOfType<DenseI64ArrayAttr>(kDonorsAttr);
      needs[entry.getName().str()] = {
          scratch.getInt(), entry->hasAttr(kTeamAttr),
          entry->hasAttr(kStoppableAttr),
          donors ? donors.asArrayRef().vec() : std::vector<int64_t>()};
    }
  return needs;
}
