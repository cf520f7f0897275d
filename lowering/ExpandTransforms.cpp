//===- ExpandTransforms.cpp - --xform-expand-transforms -------------------===//

#include "lowering/InlineCheckpoints.h"
#include "lowering/KinkProducts.h"
#include "lowering/Passes.h"
#include "lowering/transforms/Expander.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_DEF_XFORMEXPANDTRANSFORMS
#include "lowering/Passes.h.inc"
} // namespace xform

using namespace xform;

/// Removes private functions until each is named by something that is kept.
static void removeUnusedFunctions(ModuleOp module) {
  llvm::DenseSet<StringAttr> live;
  SmallVector<func::FuncOp> pending;
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isPrivate())
      pending.push_back(function);
  SymbolTable symbols(module);
  while (!pending.empty()) {
    func::FuncOp function = pending.pop_back_val();
    if (!live.insert(function.getSymNameAttr()).second)
      continue;
    function.walk([&](Operation *op) {
      op->getAttrDictionary().walk([&](FlatSymbolRefAttr symbol) {
        if (auto callee = symbols.lookup<func::FuncOp>(symbol.getValue()))
          pending.push_back(callee);
      });
    });
  }
  for (auto function :
       llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (!live.contains(function.getSymNameAttr()))
      function.erase();
}

namespace {

struct XformExpandTransforms
    : xform::impl::XformExpandTransformsBase<XformExpandTransforms> {
  using XformExpandTransformsBase::XformExpandTransformsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    Expander expander(module, asks);
    // Public functions reach every other one that matters; the list is taken
    // first because derived functions are added to the module.
    SmallVector<func::FuncOp> entries;
    for (auto function : module.getOps<func::FuncOp>())
      if (!function.isPrivate() && !function.isExternal())
        entries.push_back(function);
    for (func::FuncOp function : entries)
      if (failed(expander.flatten(function)))
        return signalPassFailure();
    // What is transposed for forward mode, which is known now, asks as well.
    for (func::FuncOp function : entries)
      if (failed(expander.settle(function)))
        return signalPassFailure();
    if (asks)
      return;
    removeUnusedFunctions(module);
    // Every derivative has been taken, so nothing is left to be saved, named or
    // stopped.
    if (inlineCheckpoints(module)) {
      // What a checkpoint kept apart from its surroundings is simplified again.
      Expander again(module);
      for (func::FuncOp function : entries)
        if (failed(again.flatten(function)))
          return signalPassFailure();
      removeUnusedFunctions(module);
    }
    module.walk([](Operation *op) {
      if (!isa<StopGradientOp, CheckpointNameOp>(op))
        return;
      op->replaceAllUsesWith(op->getOperands());
      op->erase();
    });
    replaceKinks(module);
  }
};

} // namespace
