//===- InlineCheckpoints.cpp - checkpoints as what they compute -----------===//

#include "lowering/InlineCheckpoints.h"

#include "dialect/Checkpoint.h"
#include "dialect/DerivedFunctions.h"

using namespace mlir;
using namespace xform;

namespace {

class Inliner {
public:
  explicit Inliner(ModuleOp module) : symbols(module) {}

  /// Inlines the checkpoints of a function, those of its callees first.
  void run(func::FuncOp function) {
    if (!done.insert(function).second)
      return;
    SmallVector<CheckpointOp> ops(function.getOps<CheckpointOp>());
    found |= !ops.empty();
    for (CheckpointOp op : ops) {
      auto callee = symbols.lookup<func::FuncOp>(op.getCallee());
      run(callee);
      OpBuilder builder(op);
      op->replaceAllUsesWith(inlineBody(builder, callee, op.getInputs()));
      op->erase();
    }
  }

  bool found = false;

private:
  SymbolTable symbols;
  llvm::SmallPtrSet<Operation *, 16> done;
};

} // namespace

bool xform::inlineCheckpoints(ModuleOp module) {
  Inliner inliner(module);
  for (auto function : module.getOps<func::FuncOp>())
    inliner.run(function);
  return inliner.found;
}
