//===- Loops.cpp - --xform-cpu-loops --------------------------------------===//

#include "lowering/Passes.h"
#include "lowering/cpu/Contraction.h"
#include "lowering/cpu/EntryPoints.h"
#include "lowering/kernels/Kernels.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMCPULOOPS
#include "lowering/Passes.h.inc"
} // namespace xform

/// Buffers from this size on are no part of the stack, where they have no
/// alignment and little room.
constexpr int64_t kLargeBytes = 1 << 10;

/// What small buffers may take of the stack in all.
constexpr int64_t kMostStackBytes = 16 << 10;

constexpr int64_t kAlignment = 64;

static int64_t bytesOf(MemRefType type) {
  return llvm::alignTo(type.getNumElements() *
                           llvm::divideCeil(type.getElementTypeBitWidth(), 8),
                       kAlignment);
}

/// Moves large buffers into one more argument, memory that is the program's
/// while it runs.
static void moveOffStack(func::FuncOp function) {
  int64_t large = 0, small = 0;
  SmallVector<std::pair<memref::AllocaOp, int64_t>> moved;
  function.walk([&](memref::AllocaOp alloca) {
    int64_t bytes = bytesOf(alloca.getType());
    if (bytes < kLargeBytes && small + bytes <= kMostStackBytes) {
      small += bytes;
      return;
    }
    moved.push_back({alloca, large});
    large += bytes;
  });
  ImplicitLocOpBuilder b(function.getLoc(), function.getContext());
  function->setAttr(kScratchAttr, b.getI64IntegerAttr(large));
  if (moved.empty())
    return;
  unsigned last = function.getNumArguments();
  (void)function.insertArgument(last, MemRefType::get({large}, b.getI8Type()),
                                {}, function.getLoc());
  for (auto [alloca, offset] : moved) {
    b.setInsertionPoint(alloca);
    Value view = memref::ViewOp::create(
        b, alloca.getType(), function.getArgument(last),
        arith::ConstantIndexOp::create(b, offset), ValueRange());
    alloca.replaceAllUsesWith(view);
    alloca.erase();
  }
}

namespace {

struct XformCpuLoops : xform::impl::XformCpuLoopsBase<XformCpuLoops> {
  using XformCpuLoopsBase::XformCpuLoopsBase;

  void runOnOperation() override {
    for (func::FuncOp function : getOperation().getOps<func::FuncOp>()) {
      function.walk([](linalg::LinalgOp op) {
        if (op.getNumReductionLoops() > 0)
          allowFusedProducts(op);
      });
      if (failed(writeLoops(function, vectorBytes)))
        return signalPassFailure();
      // What is called from here gets its buffers from there.
      if (function.isPublic())
        moveOffStack(function);
    }
  }
};

} // namespace
