//===- FenceTransposes.cpp - --xform-fence-transposes ---------------------===//

#include "lowering/Passes.h"
#include "lowering/cpu/Contract.h"
#include "lowering/iree/OptimizationBarrier.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_DEF_XFORMFENCETRANSPOSES
#include "lowering/Passes.h.inc"
} // namespace xform

/// Whether the value is computed in another order than what it is computed of.
static bool isTransposed(Value value) {
  auto op = value.getDefiningOp<linalg::GenericOp>();
  if (!op || op.getNumReductionLoops() != 0)
    return false;
  AffineMap written = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  return llvm::any_of(op.getDpsInputOperands(), [&](OpOperand *operand) {
    AffineMap read = op.getMatchingIndexingMap(operand);
    return read.isPermutation() && read != written;
  });
}

/// Whether the op reads windows: some index of an operand is a sum of loops.
static bool readsWindows(linalg::GenericOp op) {
  return llvm::any_of(op.getDpsInputOperands(), [&](OpOperand *operand) {
    return !op.getMatchingIndexingMap(operand).isProjectedPermutation(
        /*allowZeroInResults=*/true);
  });
}

namespace {

struct XformFenceTransposes
    : xform::impl::XformFenceTransposesBase<XformFenceTransposes> {
  void runOnOperation() override {
    if (xform::isCompiledHere(getOperation()))
      return;
    llvm::SetVector<Value> fenced;
    getOperation().walk([&](linalg::GenericOp user) {
      if (user.getNumReductionLoops() == 0 || !readsWindows(user))
        return;
      for (Value operand : user.getDpsInputs())
        if (isTransposed(operand))
          fenced.insert(operand);
    });
    xform::fence(fenced);
  }
};

} // namespace
