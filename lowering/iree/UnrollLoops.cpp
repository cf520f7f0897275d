//===- UnrollLoops.cpp - --xform-unroll-loops -----------------------------===//
//
// A turn of a loop around dispatches costs several times what a small step
// does. So several small steps are written out in each turn.
//
//===----------------------------------------------------------------------===//

#include "lowering/Passes.h"
#include "lowering/control/Lowerings.h"
#include "lowering/cpu/Contract.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMUNROLLLOOPS
#include "lowering/Passes.h.inc"
} // namespace xform

/// Writes out several steps in each turn where they are many and small, twenty
/// if they read few rows, and what is left over behind the loop.
static LogicalResult unroll(scf::ForOp loop) {
  constexpr int64_t kMostSteps = 20, kMostOps = 40, kMostElements = 1 << 16;
  // The places of rows are constants of a dispatch; Vulkan has memory for 16.
  constexpr int64_t kMostRows = 8;
  std::optional<APInt> count = loop.getStaticTripCount();
  // A step other than one was asked for by the user.
  if (!count || count->getSExtValue() < 2 * kMostSteps ||
      !isConstantIntValue(loop.getStep(), 1))
    return success();
  int64_t ops = 0, elements = 0, rows = 0;
  for (Operation &op : loop.getBody()->without_terminator()) {
    if (op.getNumRegions() > 0 && !isa<linalg::LinalgOp>(op))
      return success();
    rows += isa<tensor::ExtractSliceOp>(op);
    auto computed = dyn_cast<linalg::LinalgOp>(op);
    if (!computed || isa<linalg::FillOp>(op))
      continue;
    ++ops;
    int64_t each = 1;
    for (int64_t size : computed.getStaticLoopRanges())
      each *= ShapedType::isDynamic(size) ? 1 : size;
    elements += each;
  }
  int64_t steps =
      rows == 0 ? kMostSteps : std::min(kMostSteps, kMostRows / rows);
  if (ops > kMostOps || elements > kMostElements || steps < 2)
    return success();
  FailureOr<UnrolledLoopInfo> unrolled = loopUnrollByFactor(loop, steps);
  if (failed(unrolled))
    return failure();
  if (unrolled->epilogueLoopOp)
    return loopUnrollFull(*unrolled->epilogueLoopOp);
  return success();
}

static void hoistConstants(scf::ForOp loop) {
  loop.walk([&](arith::ConstantOp constant) {
    if (isa<ShapedType>(constant.getType()))
      constant->moveBefore(loop);
  });
}

namespace {

struct XformUnrollLoops : xform::impl::XformUnrollLoopsBase<XformUnrollLoops> {
  void runOnOperation() override {
    if (isCompiledHere(getOperation()))
      return;
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) {
      if (loop->removeAttr(kScanAttr))
        loops.push_back(loop);
    });
    for (scf::ForOp loop : loops) {
      hoistConstants(loop);
      if (failed(unroll(loop)))
        return signalPassFailure();
    }
  }
};

} // namespace
