//===- Settle.cpp - custom calls when no transform is left ----------------===//
//
// A custom call keeps its rules for as long as somebody may ask for a
// derivative or a batch of it. When all transforms of a module have been
// expanded it is a call like others, and a pushforward that nobody transposed
// goes forward.
//
//===----------------------------------------------------------------------===//

#include "lowering/transforms/Expander.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace xform;

FailureOr<SmallVector<Value>> Expander::settled(RuleBuilder &b, CustomOp op) {
  return inlineBody(b, lookup(op.getCalleeAttr()), op.getOperands());
}

FailureOr<SmallVector<Value>> Expander::settled(RuleBuilder &b,
                                                PushforwardOp op) {
  return op.evaluate(b, op.getOperands());
}

template <typename CustomCall>
LogicalResult Expander::replaceSettled(CustomCall op) {
  RuleBuilder b(op.getLoc(), OpBuilder(op), this);
  FailureOr<SmallVector<Value>> values = settled(b, op);
  if (failed(values))
    return failure();
  op->replaceAllUsesWith(*values);
  op->erase();
  return success();
}

LogicalResult Expander::settle(func::FuncOp function) {
  if (!settledFunctions.insert(function).second)
    return success();
  Block &body = function.front();
  auto isCustom = [](Operation &op) {
    return isa<CustomOp, PushforwardOp>(op);
  };
  bool changed = false;
  // What is inlined may contain custom calls itself.
  for (auto it = llvm::find_if(body, isCustom); it != body.end();
       it = llvm::find_if(body, isCustom)) {
    changed = true;
    if (failed(llvm::TypeSwitch<Operation *, LogicalResult>(&*it)
                   .Case<CustomOp, PushforwardOp>(
                       [&](auto op) { return replaceSettled(op); })))
      return failure();
  }
  auto settleCallees = [&](auto op) {
    for (FlatSymbolRefAttr callee : op.callees())
      if (failed(settle(lookup(callee))))
        return failure();
    return success();
  };
  for (Operation &op : body) {
    size_t before = settledWithChanges;
    if (failed(llvm::TypeSwitch<Operation *, LogicalResult>(&op)
                   .Case<CheckpointOp, ScanOp, SwitchOp, WhileOp>(settleCallees)
                   .Default([](Operation *) { return success(); })))
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
  auto isOpen = [&](auto op) {
    return llvm::any_of(op.callees(), [&](FlatSymbolRefAttr callee) {
      return leavesModeOpen(lookup(callee));
    });
  };
  return llvm::any_of(function.front(), [&](Operation &op) {
    return llvm::TypeSwitch<Operation *, bool>(&op)
        .Case<PushforwardOp>([](auto) { return true; })
        .Case<CheckpointOp, ScanOp, SwitchOp, WhileOp>(isOpen)
        .Default([](Operation *) { return false; });
  });
}
