//===- OptimizationBarrier.cpp - values that IREE keeps apart -------------===//

#include "lowering/iree/OptimizationBarrier.h"

#include "lowering/iree/Ops.h"

using namespace mlir;

Value xform::createOptimizationBarrier(OpBuilder &builder, Value value) {
  OperationState state(value.getLoc(), kBarrierName, value, value.getType());
  return builder.create(state)->getResult(0);
}

void xform::fence(const llvm::SetVector<Value> &values) {
  for (Value value : values) {
    OpBuilder builder(value.getContext());
    builder.setInsertionPointAfterValue(value);
    Value barrier = createOptimizationBarrier(builder, value);
    value.replaceAllUsesExcept(barrier, barrier.getDefiningOp());
  }
}
