//===- OptimizationBarrier.cpp - values that IREE keeps apart -------------===//

#include "lowering/iree/OptimizationBarrier.h"

#include "lowering/iree/Ops.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

Value xform::createOptimizationBarrier(OpBuilder &builder, Value value) {
  Location loc = value.getLoc();
  OperationState state(loc, kBarrierName, value, value.getType());
  Value fenced = builder.create(state)->getResult(0);
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || type.hasStaticShape())
    return fenced;
  // IREE does not see through the barrier what sizes the value has.
  SmallVector<Value> operands = {fenced};
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.isDynamicDim(axis))
      operands.push_back(tensor::DimOp::create(builder, loc, value, axis));
  OperationState tied(loc, kTieShapeName, operands, type);
  return builder.create(tied)->getResult(0);
}

void xform::fence(const llvm::SetVector<Value> &values) {
  for (Value value : values) {
    OpBuilder builder(value.getContext());
    builder.setInsertionPointAfterValue(value);
    SmallVector<OpOperand *> uses = llvm::map_to_vector(
        value.getUses(), [](OpOperand &use) { return &use; });
    Value fenced = createOptimizationBarrier(builder, value);
    for (OpOperand *use : uses)
      use->set(fenced);
  }
}
