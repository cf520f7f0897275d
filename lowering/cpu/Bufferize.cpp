//===- Bufferize.cpp - buffers for the tensors of a function
//----------------===//

#include "lowering/cpu/Bufferize.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace xform;

/// Constant tensors would become globals.
static void fillConstants(func::FuncOp function) {
  function.walk([](arith::ConstantOp constant) {
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
static void fillPads(func::FuncOp function) {
  IRRewriter rewriter(function.getContext());
  SmallVector<tensor::PadOp> pads;
  function.walk([&](tensor::PadOp pad) { pads.push_back(pad); });
  for (tensor::PadOp pad : pads) {
    rewriter.setInsertionPoint(pad);
    (void)linalg::rewriteInDestinationPassingStyle(rewriter, pad);
  }
}

/// What an operation replaces parts of, if it does.
static MutableOperandRange replacedBy(Operation *op) {
  if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
    return insert.getDestMutable();
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return loop.getInitArgsMutable();
  return MutableOperandRange(op, 0, 0);
}

/// Whether what an operation needs is there before another one.
static bool isReadyBefore(Operation *op, Operation *other) {
  auto isThere = [&](Value value) {
    Operation *made = value.getDefiningOp();
    made = made ? other->getBlock()->findAncestorOpInBlock(*made) : nullptr;
    return !made || made->isBeforeInBlock(other);
  };
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  return llvm::all_of(op->getOperands(), isThere) &&
         llvm::all_of(captured, isThere);
}

static bool isView(Operation *op) {
  return isa<tensor::ExtractSliceOp, tensor::ExpandShapeOp,
             tensor::CollapseShapeOp, tensor::CastOp>(op);
}

/// The operations behind `writer` in its block that read a value or a part of
/// it, in their order.
static SmallVector<Operation *> readersBehind(Operation *writer, Value value) {
  SmallVector<Operation *> readers;
  SmallVector<Value> parts{value};
  while (!parts.empty())
    for (Operation *reader : parts.pop_back_val().getUsers()) {
      if (reader->getBlock() != writer->getBlock() ||
          !writer->isBeforeInBlock(reader))
        continue;
      readers.push_back(reader);
      if (isView(reader))
        parts.push_back(reader->getResult(0));
    }
  llvm::sort(readers, [](Operation *x, Operation *y) {
    return x != y && x->isBeforeInBlock(y);
  });
  readers.erase(llvm::unique(readers), readers.end());
  return readers;
}

/// Reads before something is replaced, so that no copy of it is needed.
static void readEarly(func::FuncOp function) {
  SmallVector<Operation *> writers;
  function.walk([&](Operation *op) {
    if (!replacedBy(op).empty())
      writers.push_back(op);
  });
  for (Operation *writer : writers)
    for (OpOperand &operand : replacedBy(writer))
      for (Operation *reader : readersBehind(writer, operand.get()))
        // Who takes the buffer reads it later.
        if (!isa<bufferization::ToBufferOp>(reader) &&
            !reader->hasTrait<OpTrait::IsTerminator>() &&
            isReadyBefore(reader, writer))
          reader->moveBefore(writer);
}

/// Whether all that reads a value, or a part of it, is over before `last`,
/// which is a use of it, begins.
static bool isReadBefore(Value value, OpOperand &last) {
  Block *block = last.getOwner()->getBlock();
  return llvm::all_of(value.getUses(), [&](OpOperand &use) {
    if (&use == &last)
      return true;
    Operation *reader = block->findAncestorOpInBlock(*use.getOwner());
    if (!reader || reader == last.getOwner() ||
        !reader->isBeforeInBlock(last.getOwner()))
      return false;
    return !isView(use.getOwner()) ||
           (reader == use.getOwner() &&
            isReadBefore(reader->getResult(0), last));
  });
}

/// Whether what a loop yields is what it was given with some parts replaced,
/// and what it was before is not read any more then.
static bool isWrittenInPlace(OpOperand &yielded, BlockArgument carried) {
  OpOperand *use = &yielded;
  while (isReadBefore(use->get(), *use)) {
    Value value = use->get();
    if (value == carried)
      return true;
    if (auto insert = value.getDefiningOp<tensor::InsertSliceOp>()) {
      use = &insert.getDestMutable();
    } else if (auto loop = value.getDefiningOp<scf::ForOp>()) {
      unsigned number = cast<OpResult>(value).getResultNumber();
      if (!isWrittenInPlace(loop.getYieldedValuesMutable()->slice(number, 1)[0],
                            loop.getRegionIterArg(number)))
        return false;
      use = &loop.getInitArgsMutable()[number];
    } else {
      return false;
    }
  }
  return false;
}

/// Copies what a loop yields to where the next turn expects it, `carried`. What
/// is itself carried, or seen through a carried value, is saved first: another
/// copy may overwrite it.
static void copyYields(scf::YieldOp yield, ArrayRef<BlockArgument> carried) {
  ImplicitLocOpBuilder b(yield.getLoc(), yield);
  SmallVector<std::pair<OpOperand *, BlockArgument>> copied;
  for (auto [operand, place] : llvm::zip(yield->getOpOperands(), carried)) {
    auto type = dyn_cast<RankedTensorType>(place.getType());
    if (!type || isWrittenInPlace(operand, place))
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

static void copyYields(func::FuncOp function) {
  function.walk([](Operation *op) {
    if (auto loop = dyn_cast<scf::ForOp>(op))
      copyYields(cast<scf::YieldOp>(loop.getBody()->getTerminator()),
                 llvm::to_vector(loop.getRegionIterArgs()));
    // A function has no others than those whose body gets all that is carried.
    else if (auto loop = dyn_cast<scf::WhileOp>(op))
      copyYields(loop.getYieldOp(),
                 llvm::to_vector(loop.getAfterArguments().take_front(
                     loop.getYieldOp()->getNumOperands())));
  });
}

LogicalResult xform::bufferize(func::FuncOp function) {
  fillConstants(function);
  fillPads(function);
  readEarly(function);
  copyYields(function);
  IRRewriter rewriter(function.getContext());
  if (failed(bufferization::eliminateEmptyTensors(rewriter, function)))
    return failure();
  bufferization::OneShotBufferizationOptions options;
  options.allocationFn = [&](OpBuilder &b, Location loc, MemRefType type,
                             ValueRange, unsigned) -> FailureOr<Value> {
    // Each turn of a loop uses the same memory.
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&function.front());
    return memref::AllocaOp::create(b, loc, type).getResult();
  };
  bufferization::BufferizationState state;
  return bufferization::runOneShotBufferize(function, options, state);
}
