//===- CallGraph.cpp - which functions an op runs -------------------------===//

#include "dialect/CallGraph.h"

using namespace mlir;
using namespace xform;

SmallVector<func::FuncOp> xform::calleesOf(Operation &op,
                                           SymbolTableCollection &symbols) {
  SmallVector<func::FuncOp> callees;
  auto runner = dyn_cast<HigherOrderOpInterface>(op);
  if (!runner)
    return callees;
  for (FlatSymbolRefAttr symbol : runner.callees()) {
    auto callee = symbols.lookupNearestSymbolFrom<func::FuncOp>(&op, symbol);
    if (callee && !callee.isExternal())
      callees.push_back(callee);
  }
  return callees;
}

namespace {

/// Goes through the functions that one calls, each once.
class CallSearch {
public:
  CallSearch(Operation *op, SymbolTableCollection &symbols)
      : op(op), symbols(symbols) {}

  LogicalResult run(func::FuncOp function) {
    auto [known, isNew] = functions.try_emplace(function, State::open);
    if (!isNew)
      return known->second == State::done ? success() : refuse(function);
    if (++depth > kMostNestedCalls)
      return op->emitOpError()
             << "runs functions that nest more than " << kMostNestedCalls
             << " calls, down to @" << function.getName();
    WalkResult walked = function.walk([&](Operation *inner) {
      for (func::FuncOp callee : calleesOf(*inner, symbols))
        if (failed(run(callee)))
          return WalkResult::interrupt();
      return WalkResult::advance();
    });
    --depth;
    functions[function] = State::done;
    return failure(walked.wasInterrupted());
  }

private:
  enum class State { open, done };

  LogicalResult refuse(func::FuncOp function) {
    return op->emitOpError()
           << "runs @" << function.getName()
           << ", which calls itself; recursion cannot be transformed";
  }

  Operation *op;
  SymbolTableCollection &symbols;
  llvm::DenseMap<Operation *, State> functions;
  size_t depth = 0;
};

} // namespace

LogicalResult xform::checkCalls(Operation *op, func::FuncOp callee,
                                SymbolTableCollection &symbols) {
  return CallSearch(op, symbols).run(callee);
}

LogicalResult xform::checkCalls(ModuleOp module) {
  SymbolTableCollection symbols;
  CallSearch search(module, symbols);
  for (auto function : module.getOps<func::FuncOp>())
    if (failed(search.run(function)))
      return failure();
  return success();
}
