//===- FuseElementwise.cpp - --xform-fuse-elementwise ---------------------===//

#include "lowering/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_DEF_XFORMFUSEELEMENTWISE
#include "lowering/Passes.h.inc"
} // namespace xform

/// The most operations that one loop gets. Each fusion copies both bodies, so
/// that a chain would take time with the square of its length, and beside so
/// many operations one more pass over memory costs nothing.
static constexpr int64_t kMost = 128;

/// Whether some of what the producer reads is replaced before the consumer:
/// read there, it would have to be copied.
static bool readsBeforeUpdate(Operation *producer, Operation *consumer) {
  auto isReplaced = [&](Value value) {
    // Not worth a search through many.
    constexpr unsigned kFew = 32;
    if (value.hasOneUse() || value.hasNUsesOrMore(kFew))
      return false;
    return llvm::any_of(value.getUses(), [&](OpOperand &use) {
      Operation *op = use.getOwner();
      auto insert = dyn_cast<tensor::InsertSliceOp>(op);
      bool isUpdate = insert ? insert.getDest() == value
                             : isa<scf::ForOp, scf::WhileOp>(op);
      return isUpdate && op->getBlock() == consumer->getBlock() &&
             op->isBeforeInBlock(consumer);
    });
  };
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(producer->getRegions(), captured);
  return llvm::any_of(producer->getOperands(), isReplaced) ||
         llvm::any_of(captured, isReplaced);
}

/// Whether fusing repeats no work: both run over the same elements, once each.
/// Into a reduction nothing is fused: a contraction keeps its name, and an
/// operand that is read many times is computed once.
static bool isFree(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::LinalgOp>();
  auto consumer = dyn_cast<linalg::LinalgOp>(operand->getOwner());
  if (!producer || !consumer || !producer->hasOneUse())
    return false;
  auto count = [](linalg::LinalgOp op) {
    return static_cast<int64_t>(op.getBlock()->getOperations().size());
  };
  if (count(producer) + count(consumer) > kMost ||
      readsBeforeUpdate(producer, consumer))
    return false;
  return producer.getNumParallelLoops() == producer.getNumLoops() &&
         consumer.getNumParallelLoops() == consumer.getNumLoops() &&
         producer.getNumLoops() == consumer.getNumLoops() &&
         consumer.getMatchingIndexingMap(operand).isPermutation();
}

namespace {

struct XformFuseElementwise
    : xform::impl::XformFuseElementwiseBase<XformFuseElementwise> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, isFree);
    // Not converging only means that there is more to fuse.
    (void)applyPatternsGreedily(getOperation(), std::move(patterns));
  }
};

} // namespace
