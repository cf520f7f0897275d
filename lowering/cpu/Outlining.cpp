//===- Outlining.cpp - parts of functions as functions --------------------===//

#include "lowering/cpu/Outlining.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace xform;

bool xform::isRepeated(Operation *op) {
  return op->getNumRegions() == 0 && isPure(op) &&
         isa<arith::ArithDialect, memref::MemRefDialect>(op->getDialect());
}

Surroundings::Surroundings(ArrayRef<Operation *> moved) : moved(moved) {
  llvm::SmallPtrSet<Operation *, 32> inside(moved.begin(), moved.end());
  auto isOutside = [&](Value value) {
    Operation *op = value.getDefiningOp();
    if (!op)
      op = value.getParentBlock()->getParentOp();
    for (; op; op = op->getParentOp())
      if (inside.contains(op))
        return false;
    return true;
  };
  for (Operation *op : moved)
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (isOutside(operand))
          add(operand);
    });
}

void Surroundings::add(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isRepeated(op)) {
    given.insert(value);
    return;
  }
  if (repeated.contains(op))
    return;
  for (Value operand : op->getOperands())
    add(operand);
  repeated.insert(op);
}

func::FuncOp Surroundings::declare(SymbolTable &symbols, Location loc,
                                   StringRef name, ArrayRef<Type> first) const {
  SmallVector<Type> types(first);
  llvm::append_range(types, ValueRange(passed()).getTypes());
  auto function = func::FuncOp::create(
      loc, name, FunctionType::get(loc.getContext(), types, {}));
  function.setPrivate();
  symbols.insert(function);
  return function;
}

void Surroundings::moveInto(func::FuncOp function) const {
  OpBuilder b(function.getContext());
  b.setInsertionPointToStart(function.addEntryBlock());
  IRMapping mapping;
  mapping.map(passed(), function.getArguments().take_back(given.size()));
  for (Operation *op : repeated)
    b.clone(*op, mapping);
  auto last = func::ReturnOp::create(b, function.getLoc());
  for (Operation *op : moved) {
    op->moveBefore(last);
    op->walk([&](Operation *inner) {
      for (OpOperand &operand : inner->getOpOperands())
        operand.set(mapping.lookupOrDefault(operand.get()));
    });
  }
}
