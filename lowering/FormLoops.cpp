//===- FormLoops.cpp - --xform-form-loops ---------------------------------===//
//
// A turn of a loop around dispatches costs several times what a small step
// does. So a loop whose steps are small becomes one dispatch, a kernel; where
// that is not possible, several small steps are written out in each turn.
//
//===----------------------------------------------------------------------===//

#include "lowering/Passes.h"
#include "lowering/cpu/Contract.h"
#include "lowering/kernels/Kernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMFORMLOOPS
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

struct XformFormLoops : xform::impl::XformFormLoopsBase<XformFormLoops> {
  using XformFormLoopsBase::XformFormLoopsBase;

  void runOnOperation() override {
    if (isCompiledHere(getOperation()))
      return;
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions) {
      SmallVector<scf::ForOp> left;
      function.walk<WalkOrder::PreOrder>([&](scf::ForOp loop) {
        if (!loop->removeAttr(kScanAttr))
          return WalkResult::advance();
        hoistConstants(loop);
        if (kernels && isKernel(loop)) {
          outlineKernel(loop, function);
          return WalkResult::skip();
        }
        left.push_back(loop);
        return WalkResult::advance();
      });
      for (scf::ForOp loop : left)
        if (failed(unroll(loop)))
          return signalPassFailure();
    }
  }
};

} // namespace
