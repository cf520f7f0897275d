//===- Settle.cpp - custom calls when no transform is left ----------------===//
//
// A custom call keeps its rules for as long as somebody may ask for a
// derivative or a batch of it. When all transforms of a module have been
// expanded it is a call like others, and a pushforward that nobody transposed
// goes forward.
//
//===----------------------------------------------------------------------===//

#include "lowering/transforms/Expander.h"

using namespace mlir;
using namespace xform;

LogicalResult Expander::settle(SettleOpInterface op) {
  RuleBuilder b(op.getLoc(), OpBuilder(op), this);
  FailureOr<SmallVector<Value>> values = op.evaluate(b, op->getOperands());
  if (failed(values))
    return failure();
  op->replaceAllUsesWith(*values);
  op.erase();
  return success();
}

LogicalResult Expander::settle(func::FuncOp function) {
  if (!settledFunctions.insert(function).second)
    return success();
  Block &body = function.front();
  auto settles = [](Operation &op) { return isa<SettleOpInterface>(op); };
  bool changed = false;
  // What is inlined may contain custom calls itself.
  for (auto it = llvm::find_if(body, settles); it != body.end();
       it = llvm::find_if(body, settles)) {
    changed = true;
    if (failed(settle(cast<SettleOpInterface>(*it))))
      return failure();
  }
  for (auto control : function.getOps<ControlOpInterface>()) {
    size_t before = settledWithChanges;
    for (FlatSymbolRefAttr callee : control.callees())
      if (failed(settle(lookup(callee))))
        return failure();
    changed |= settledWithChanges != before;
  }
  if (changed) {
    ++settledWithChanges;
    simplify(function);
  }
  return success();
}

bool Expander::leavesModeOpen(func::FuncOp function) {
  return llvm::any_of(
      function.getOps<ControlOpInterface>(), [&](ControlOpInterface op) {
        if (isa<PushforwardOp>(op))
          return true;
        // A custom call is one of primals, of which no cotangent comes back.
        return !isa<CustomOp>(op) &&
               llvm::any_of(op.callees(), [&](FlatSymbolRefAttr callee) {
                 return leavesModeOpen(lookup(callee));
               });
      });
}
