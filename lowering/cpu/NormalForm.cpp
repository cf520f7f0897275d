//===- NormalForm.cpp - programs as bufferization wants them --------------===//

#include "lowering/cpu/NormalForm.h"

#include "lowering/RowSlice.h"
#include "lowering/iree/Ops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace xform;

static void dropBarriers(func::FuncOp function) {
  function.walk([](Operation *op) {
    if (op->getName().getStringRef() != kBarrierName)
      return;
    op->replaceAllUsesWith(op->getOperands());
    op->erase();
  });
}

static bool hasNoElements(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getNumElements() == 0;
}

/// What has no elements is as good as any other, and what runs over none gives
/// what it began with.
static void dropWhatIsEmpty(func::FuncOp function) {
  OpBuilder b(function.getContext());
  auto replace = [&](Value value) {
    if (!hasNoElements(value.getType()) ||
        value.getDefiningOp<tensor::EmptyOp>())
      return;
    auto type = cast<RankedTensorType>(value.getType());
    b.setInsertionPointAfterValue(value);
    value.replaceAllUsesWith(tensor::EmptyOp::create(
        b, value.getLoc(), type.getShape(), type.getElementType()));
  };
  for (BlockArgument argument : function.getArguments())
    replace(argument);
  function.walk([&](Operation *op) {
    llvm::for_each(op->getResults(), replace);
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
      if (llvm::is_contained(linalgOp.getStaticLoopRanges(), 0))
        op->replaceAllUsesWith(linalgOp.getDpsInits());
    if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
      if (hasNoElements(insert.getSourceType()))
        insert.replaceAllUsesWith(insert.getDest());
  });
}

/// What an operation begins with, and may update in place.
static SmallVector<OpOperand *> beginningsOf(Operation *op) {
  SmallVector<OpOperand *> beginnings;
  auto add = [&](MutableOperandRange operands) {
    for (OpOperand &operand : operands)
      beginnings.push_back(&operand);
  };
  if (auto writer = dyn_cast<DestinationStyleOpInterface>(op))
    add(writer.getDpsInitsMutable());
  else if (auto loop = dyn_cast<scf::ForOp>(op))
    add(loop.getInitArgsMutable());
  else if (auto loop = dyn_cast<scf::WhileOp>(op))
    add(loop.getInitsMutable());
  return beginnings;
}

/// Gives each operation that begins with an empty or filled tensor one of its
/// own, which it can update in place. Of values that a loop carries and nobody
/// reads, bufferization would not see that each needs its place while a turn is
/// computed. It also takes a time that grows with the square of how many share
/// one.
static void separateDestinations(func::FuncOp function) {
  SmallVector<OpOperand *> shared;
  function.walk([&](Operation *op) {
    for (OpOperand *init : beginningsOf(op))
      if (!init->get().hasOneUse() &&
          isa_and_present<tensor::EmptyOp, linalg::FillOp>(
              init->get().getDefiningOp()))
        shared.push_back(init);
  });
  for (OpOperand *init : shared) {
    Operation *made = init->get().getDefiningOp();
    if (made->hasOneUse())
      continue;
    ImplicitLocOpBuilder b(made->getLoc(), init->getOwner());
    auto type = cast<RankedTensorType>(init->get().getType());
    Value place =
        tensor::EmptyOp::create(b, type.getShape(), type.getElementType());
    if (auto fill = dyn_cast<linalg::FillOp>(made))
      place =
          linalg::FillOp::create(b, fill.getInputs()[0], place).getResult(0);
    init->set(place);
  }
}

/// Combines one row after the other, in the order of the updates.
static void writeScatter(Operation *op) {
  ImplicitLocOpBuilder b(op->getLoc(), op);
  Value updates = op->getOperand(0), rows = op->getOperand(1),
        x = op->getOperand(2);
  int64_t count = cast<RankedTensorType>(updates.getType()).getDimSize(0);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  auto loop =
      scf::ForOp::create(b, zero, arith::ConstantIndexOp::create(b, count),
                         arith::ConstantIndexOp::create(b, 1), x);
  b.setInsertionPointToStart(loop.getBody());
  Value i = loop.getInductionVar(), carried = loop.getRegionIterArg(0);
  SmallVector<Value> at{i};
  if (cast<RankedTensorType>(rows.getType()).getRank() > 1)
    at.push_back(zero);
  Value row = tensor::ExtractOp::create(b, rows, at);
  if (!row.getType().isIndex())
    row = arith::IndexCastOp::create(b, b.getIndexType(), row);
  Value update = readRow(b, updates, i), old = readRow(b, carried, row);
  auto rank = cast<RankedTensorType>(old.getType()).getRank();
  SmallVector<AffineMap> maps(2, b.getMultiDimIdentityMap(rank));
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  auto combined =
      linalg::GenericOp::create(b, old.getType(), update, old, maps, iterators);
  combined.getRegion().takeBody(op->getRegion(0));
  Block *body = combined.getBody();
  Operation *last = body->getTerminator();
  b.setInsertionPoint(last);
  linalg::YieldOp::create(b, last->getOperands());
  last->erase();
  b.setInsertionPointToEnd(loop.getBody());
  scf::YieldOp::create(b, writeRow(b, combined.getResult(0), carried, row));
  op->replaceAllUsesWith(loop.getResults());
  op->erase();
}

/// Hands what the loop carries from the condition to the body, and behind it
/// what else the condition hands on.
static void handOn(scf::WhileOp loop) {
  scf::ConditionOp condition = loop.getConditionOp();
  auto before = loop.getBeforeArguments();
  SmallVector<Value> handed(before.begin(), before.end());
  SmallVector<unsigned> places;
  for (Value value : condition.getArgs()) {
    auto *found = llvm::find(handed, value);
    places.push_back(found - handed.begin());
    if (found == handed.end())
      handed.push_back(value);
  }
  if (llvm::equal(handed, condition.getArgs()))
    return;
  ImplicitLocOpBuilder b(loop.getLoc(), loop);
  auto wider =
      scf::WhileOp::create(b, TypeRange(ValueRange(handed)), loop.getInits());
  wider.getBefore().takeBody(loop.getBefore());
  b.setInsertionPoint(condition);
  scf::ConditionOp::create(b, condition.getCondition(), handed);
  condition.erase();
  wider.getAfter().takeBody(loop.getAfter());
  Block &after = wider.getAfter().front();
  SmallVector<BlockArgument> old(after.getArguments());
  for (Value value : handed)
    after.addArgument(value.getType(), value.getLoc());
  for (auto [argument, place] : llvm::zip(old, places))
    argument.replaceAllUsesWith(after.getArgument(old.size() + place));
  after.eraseArguments(0, old.size());
  for (auto [result, place] : llvm::zip(loop.getResults(), places))
    result.replaceAllUsesWith(wider.getResult(place));
  loop.erase();
}

static void writeIntoOnePlace(scf::IfOp branch) {
  ImplicitLocOpBuilder b(branch.getLoc(), branch);
  for (OpResult result : branch->getResults()) {
    auto type = dyn_cast<RankedTensorType>(result.getType());
    if (!type)
      continue;
    b.setInsertionPoint(branch);
    Value place =
        tensor::EmptyOp::create(b, type.getShape(), type.getElementType());
    for (Region &region : branch->getRegions()) {
      Operation *yield = region.front().getTerminator();
      b.setInsertionPoint(yield);
      OpOperand &yielded = yield->getOpOperand(result.getResultNumber());
      yielded.set(linalg::CopyOp::create(b, yielded.get(), place).getResult(0));
    }
  }
}

void xform::bringToNormalForm(func::FuncOp function) {
  dropBarriers(function);
  dropWhatIsEmpty(function);
  SmallVector<Operation *> scatters;
  function.walk([&](Operation *op) {
    if (op->getName().getStringRef() == kScatterName)
      scatters.push_back(op);
  });
  llvm::for_each(scatters, writeScatter);
  separateDestinations(function);
  function.walk(handOn);
  function.walk(writeIntoOnePlace);
}

void xform::dropInvariantBuffers(func::FuncOp function) {
  function.walk([](scf::ForOp loop) {
    for (auto [init, carried, yielded, result] :
         llvm::zip(loop.getInits(), loop.getRegionIterArgs(),
                   loop.getYieldedValues(), loop.getResults()))
      if (isa<MemRefType>(carried.getType()) && yielded == carried) {
        carried.replaceUsesWithIf(init, [&](OpOperand &use) {
          return use.getOwner() != loop.getBody()->getTerminator();
        });
        result.replaceAllUsesWith(init);
      }
  });
  function.walk([](scf::WhileOp loop) {
    scf::ConditionOp condition = loop.getConditionOp();
    for (auto [i, argument] : llvm::enumerate(loop.getBeforeArguments())) {
      if (!isa<MemRefType>(argument.getType()))
        continue;
      Value handed = condition.getArgs()[i],
            yielded = loop.getYieldOp()->getOperand(i),
            init = loop.getInits()[i];
      if (handed != argument || yielded != loop.getAfterArguments()[i])
        continue;
      argument.replaceUsesWithIf(
          init, [&](OpOperand &use) { return use.getOwner() != condition; });
      loop.getAfterArguments()[i].replaceUsesWithIf(init, [&](OpOperand &use) {
        return use.getOwner() != loop.getYieldOp();
      });
      loop.getResult(i).replaceAllUsesWith(init);
    }
  });
}
