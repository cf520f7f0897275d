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

/// Copies what a loop yields to where the next turn expects it. What is itself
/// carried, or seen through a carried value, is saved first: another copy may
/// overwrite it.
static void copyYields(scf::ForOp loop) {
  auto yield = cast<scf::YieldOp>(loop.getBody()->getTerminator());
  ImplicitLocOpBuilder b(loop.getLoc(), yield);
  SmallVector<std::pair<OpOperand *, BlockArgument>> copied;
  for (OpOperand &operand : yield->getOpOperands()) {
    BlockArgument carried = loop.getRegionIterArg(operand.getOperandNumber());
    if (!isa<RankedTensorType>(carried.getType()) ||
        isWrittenInPlace(operand.get(), carried))
      continue;
    copied.push_back({&operand, carried});
    Operation *op = operand.get().getDefiningOp();
    if (isa_and_present<linalg::LinalgOp>(op) &&
        op->getBlock() == loop.getBody())
      continue;
    auto type = cast<RankedTensorType>(carried.getType());
    Value empty =
        tensor::EmptyOp::create(b, type.getShape(), type.getElementType());
    operand.set(linalg::CopyOp::create(b, operand.get(), empty).getResult(0));
  }
  for (auto &[operand, carried] : copied)
    operand->set(
        linalg::CopyOp::create(b, operand->get(), carried).getResult(0));
}

LogicalResult xform::bufferizeKernel(func::FuncOp kernel) {
  fillConstants(kernel);
  fillPads(kernel);
  kernel.walk(copyYields);
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
