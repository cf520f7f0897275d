//===- FuseElementwise.cpp - --xform-fuse-elementwise ---------------------===//

#include "lowering/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_DEF_XFORMFUSEELEMENTWISE
#include "lowering/Passes.h.inc"
} // namespace xform

/// The most operations that one loop gets. Each fusion copies both bodies, so
/// that a chain would take time with the square of its length, and beside so
/// many operations one more pass over memory costs nothing.
static constexpr int64_t kMost = 128;

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
  if (count(producer) + count(consumer) > kMost)
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
