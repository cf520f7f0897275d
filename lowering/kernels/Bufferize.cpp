//===- Bufferize.cpp - buffers for the tensors of a kernel ----------------===//

#include "lowering/kernels/Kernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

/// Constant tensors would become globals.
static void fillConstants(func::FuncOp kernel) {
  kernel.walk([](arith::ConstantOp constant) {
    auto splat = dyn_cast<SplatElementsAttr>(constant.getValue());
    if (!splat)
      return;
    ImplicitLocOpBuilder b(constant.getLoc(), constant);
    Value number = arith::ConstantOp::create(
        b, cast<TypedAttr>(splat.getSplatValue<Attribute>()));
    for (OpOperand &use : llvm::make_early_inc_range(constant->getUses())) {
      b.setInsertionPoint(use.getOwner());
      Value empty = tensor::EmptyOp::create(b, splat.getType().getShape(),
                                            splat.getElementType());
      use.set(linalg::FillOp::create(b, number, empty).getResult(0));
    }
    constant.erase();
  });
}

/// Pads become copies into filled buffers.
static void fillPads(func::FuncOp kernel) {
  IRRewriter rewriter(kernel.getContext());
  SmallVector<tensor::PadOp> pads;
  kernel.walk([&](tensor::PadOp pad) { pads.push_back(pad); });
  for (tensor::PadOp pad : pads) {
    rewriter.setInsertionPoint(pad);
    (void)linalg::rewriteInDestinationPassingStyle(rewriter, pad);
  }
}

/// Whether a value that a loop yields is what it was given with some parts
/// replaced, and is read by nobody else.
static bool isWrittenInPlace(Value yielded, BlockArgument carried) {
  while (yielded != carried) {
    if (auto insert = yielded.getDefiningOp<tensor::InsertSliceOp>()) {
      yielded = insert.getDest();
    } else if (auto loop = yielded.getDefiningOp<scf::ForOp>()) {
      unsigned number = cast<OpResult>(yielded).getResultNumber();
      if (!isWrittenInPlace(loop.getYieldedValues()[number],
                            loop.getRegionIterArg(number)))
        return false;
      yielded = loop.getInitArgs()[number];
    } else {
      return false;
    }
    if (!yielded.hasOneUse())
      return false;
  }
  return true;
}

/// Copies what a loop yields to where the next turn expects it, `carried`. What
/// is itself carried, or seen through a carried value, is saved first: another
/// copy may overwrite it.
static void copyYields(scf::YieldOp yield, ArrayRef<BlockArgument> carried) {
  ImplicitLocOpBuilder b(yield.getLoc(), yield);
  SmallVector<std::pair<OpOperand *, BlockArgument>> copied;
  for (auto [operand, place] : llvm::zip(yield->getOpOperands(), carried)) {
    auto type = dyn_cast<RankedTensorType>(place.getType());
    if (!type || isWrittenInPlace(operand.get(), place))
      continue;
    copied.push_back({&operand, place});
    Operation *op = operand.get().getDefiningOp();
    if (isa_and_present<linalg::LinalgOp>(op) &&
        op->getBlock() == yield->getBlock())
      continue;
    Value empty =
        tensor::EmptyOp::create(b, type.getShape(), type.getElementType());
    operand.set(linalg::CopyOp::create(b, operand.get(), empty).getResult(0));
  }
  for (auto &[operand, place] : copied)
    operand->set(linalg::CopyOp::create(b, operand->get(), place).getResult(0));
}

static void copyYields(func::FuncOp kernel) {
  kernel.walk([](Operation *op) {
    if (auto loop = dyn_cast<scf::ForOp>(op))
      copyYields(cast<scf::YieldOp>(loop.getBody()->getTerminator()),
                 llvm::to_vector(loop.getRegionIterArgs()));
    // A kernel has no others than those whose body gets all that is carried.
    else if (auto loop = dyn_cast<scf::WhileOp>(op))
      copyYields(loop.getYieldOp(),
                 llvm::to_vector(loop.getAfterArguments().take_front(
                     loop.getYieldOp()->getNumOperands())));
  });
}

LogicalResult xform::bufferizeKernel(func::FuncOp kernel) {
  fillConstants(kernel);
  fillPads(kernel);
  copyYields(kernel);
  IRRewriter rewriter(kernel.getContext());
  if (failed(bufferization::eliminateEmptyTensors(rewriter, kernel)))
    return failure();
  bufferization::OneShotBufferizationOptions options;
  options.allocationFn = [&](OpBuilder &b, Location loc, MemRefType type,
                             ValueRange, unsigned) -> FailureOr<Value> {
    // Each turn of a loop uses the same memory.
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&kernel.front());
    return memref::AllocaOp::create(b, loc, type).getResult();
  };
  bufferization::BufferizationState state;
  return bufferization::runOneShotBufferize(kernel, options, state);
}
