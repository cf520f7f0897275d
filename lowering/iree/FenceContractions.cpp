//===- FenceContractions.cpp - --xform-fence-contractions -----------------===//

#include "lowering/Passes.h"
#include "lowering/iree/OptimizationBarrier.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_DEF_XFORMFENCECONTRACTIONS
#include "lowering/Passes.h.inc"
} // namespace xform

static bool isParallel(linalg::LinalgOp op) {
  return op.getNumParallelLoops() == op.getNumLoops();
}

/// Whether IREE could compute the value in one dispatch with a contraction: it
/// is one, or elementwise operations on one.
static bool comesFromContraction(Value value) {
  auto op = value.getDefiningOp<linalg::LinalgOp>();
  if (!op)
    return false;
  if (!isParallel(op))
    return op.getNumDpsInputs() > 1;
  return llvm::any_of(op.getDpsInputs(), comesFromContraction);
}

static bool isBroadcast(linalg::LinalgOp user, OpOperand &operand) {
  return user.getMatchingIndexingMap(&operand).getNumResults() <
         user.getNumLoops();
}

namespace {

struct XformFenceContractions
    : xform::impl::XformFenceContractionsBase<XformFenceContractions> {
  void runOnOperation() override {
    llvm::SetVector<Value> fenced;
    getOperation().walk([&](linalg::LinalgOp user) {
      if (!isParallel(user))
        return;
      for (OpOperand *operand : user.getDpsInputOperands())
        if (isBroadcast(user, *operand) && comesFromContraction(operand->get()))
          fenced.insert(operand->get());
    });
    xform::fence(fenced);
  }
};

} // namespace
