//===- Barrier.cpp - xform.barrier as IREE's optimization barriers --------===//
//
// IREE keeps these in their order, neither merges nor drops them, and waits for
// what goes into one. Those of the values waited for come first. Each value has
// its own: IREE 3.13 gives all operands of one the same kind of memory.
//
//===----------------------------------------------------------------------===//

#include "dialect/Checkpoint.h"
#include "lowering/iree/OptimizationBarrier.h"
#include "lowering/linalg/Patterns.h"

using namespace mlir;
using namespace xform;

namespace {

struct LowerBarrier : OpConversionPattern<BarrierOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(BarrierOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto pass = [&](Value value) {
      return createOptimizationBarrier(rewriter, value);
    };
    for (Value value : adaptor.getAfter())
      pass(value);
    rewriter.replaceOp(op, llvm::map_to_vector(adaptor.getInputs(), pass));
    return success();
  }
};

} // namespace

void xform::populateBarrierToLinalg(const TypeConverter &converter,
                                    RewritePatternSet &patterns) {
  patterns.add<LowerBarrier>(converter, patterns.getContext());
}
