//===- FenceAcrossLoops.cpp - --xform-fence-across-loops ------------------===//

#include "lowering/Passes.h"
#include "lowering/cpu/Contract.h"
#include "lowering/iree/OptimizationBarrier.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_DEF_XFORMFENCEACROSSLOOPS
#include "lowering/Passes.h.inc"
} // namespace xform

using namespace xform;

namespace {

bool isLoop(Operation &op) {
  return isa<scf::ForOp, scf::WhileOp, scf::IfOp>(op);
}

/// Whether dispatches compute what an operation gives.
bool isComputed(Operation &op) {
  return !isa<linalg::FillOp, tensor::EmptyOp>(op) &&
         !op.hasTrait<OpTrait::ConstantLike>() && op.getNumRegions() <= 1;
}

/// Has what is behind a loop read a value through a barrier in front of it.
void carryAcross(Value value, Operation *loop) {
  Block *block = loop->getBlock();
  auto isBehind = [&](OpOperand &use) {
    Operation *user = block->findAncestorOpInBlock(*use.getOwner());
    return user && loop->isBeforeInBlock(user);
  };
  if (llvm::none_of(value.getUses(), isBehind))
    return;
  OpBuilder builder(loop);
  Value fenced = createOptimizationBarrier(builder, value);
  value.replaceUsesWithIf(fenced, isBehind);
}

struct XformFenceAcrossLoops
    : xform::impl::XformFenceAcrossLoopsBase<XformFenceAcrossLoops> {
  void runOnOperation() override {
    if (isCompiledHere(getOperation()))
      return;
    getOperation().walk([](Block *block) {
      // Those since the last loop: others are behind a barrier, or not read
      // any more.
      SmallVector<Value> computed;
      for (Operation &op : *block) {
        if (isLoop(op)) {
          for (Value value : computed)
            carryAcross(value, &op);
          computed.clear();
        } else if (isComputed(op)) {
          for (Value result : op.getResults())
            if (isa<RankedTensorType>(result.getType()))
              computed.push_back(result);
        }
      }
    });
  }
};

} // namespace
