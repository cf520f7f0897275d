//===- Results.cpp - where the results of a program lie -------------------===//

#include "lowering/cpu/Results.h"

#include "lowering/cpu/Cut.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

#include "llvm/ADT/BitVector.h"

using namespace mlir;
using namespace xform;

SmallVector<unsigned> xform::donatedArguments(func::FuncOp function) {
  SmallVector<unsigned> donated;
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (function.getArgAttr(i, kDonatedAttr))
      donated.push_back(i);
  return donated;
}

void xform::dropDonations(func::FuncOp function) {
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    function.removeArgAttr(i, kDonatedAttr);
}

/// The buffer that a value is, when one of its axes was split and put together.
static Value asWhole(Value value) {
  if (auto together = value.getDefiningOp<memref::CollapseShapeOp>())
    if (auto split = together.getSrc().getDefiningOp<memref::ExpandShapeOp>();
        split && split.getSrc().getType() == together.getType())
      return split.getSrc();
  return value;
}

/// The copies to results, at the end of a function.
static SmallVector<memref::CopyOp> lastCopies(func::FuncOp function) {
  SmallVector<memref::CopyOp> copies;
  for (Operation &op : llvm::drop_begin(llvm::reverse(function.front()))) {
    auto copy = dyn_cast<memref::CopyOp>(op);
    if (!copy)
      break;
    if (isa<BlockArgument>(copy.getTarget()))
      copies.push_back(copy);
  }
  return copies;
}

/// The operations that use a buffer, or a view of it.
static void findUsers(Value buffer, SmallVectorImpl<Operation *> &users) {
  for (Operation *user : buffer.getUsers()) {
    if (isa<ViewLikeOpInterface>(user))
      for (Value view : user->getResults())
        findUsers(view, users);
    else
      users.push_back(user);
  }
}

/// Whether an operation writes each element of one buffer from no other element
/// of another one than that in the same place.
static bool isElementwise(Operation *op, Value from, Value to) {
  if (auto copy = dyn_cast<memref::CopyOp>(op))
    return copy.getSource() == from && copy.getTarget() == to;
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || linalgOp.getNumReductionLoops() > 0)
    return false;
  std::optional<AffineMap> place;
  for (OpOperand &operand : linalgOp->getOpOperands())
    if (operand.get() == to && linalgOp.isDpsInit(&operand))
      place = linalgOp.getMatchingIndexingMap(&operand);
  if (!place || !place->isPermutation())
    return false;
  return llvm::all_of(linalgOp->getOpOperands(), [&](OpOperand &operand) {
    return rootOf(operand.get()) != from ||
           (operand.get() == from && linalgOp.isDpsInput(&operand) &&
            linalgOp.getMatchingIndexingMap(&operand) == *place);
  });
}

/// Whether a buffer that the operation uses may go on under another name.
static bool handsOn(Operation *op) {
  return op->hasTrait<OpTrait::IsTerminator>() ||
         llvm::any_of(op->getResultTypes(), llvm::IsaPred<MemRefType>);
}

namespace {

/// Finds an argument's memory for each result that can lie there.
class Donors {
public:
  Donors(func::FuncOp function, ArrayRef<unsigned> donated, unsigned numResults)
      : function(function), free(donated), numResults(numResults),
        firstResult(function.getNumArguments() - numResults) {}

  /// Makes the copy's result one that lies in an argument, if it can; in one of
  /// which it is made, element by element, if `isNatural`.
  bool takeOver(memref::CopyOp copy, bool isNatural) {
    auto result = cast<BlockArgument>(copy.getTarget());
    if (!result.hasOneUse())
      return false;
    Value source = asWhole(copy.getSource());
    auto *found = llvm::find_if(free, [&](unsigned i) {
      return canTake(source, argument(i), copy, isNatural);
    });
    if (found == free.end())
      return false;
    donors[result.getArgNumber()] = *found;
    copy.erase();
    if (auto place = source.getDefiningOp<memref::AllocaOp>()) {
      place.replaceAllUsesWith(Value(argument(*found)));
      place.erase();
      dropCopiesOntoItself(argument(*found));
    }
    free.erase(found);
    return true;
  }

  /// Takes away the buffers that are not needed.
  void finish() {
    if (donors.empty())
      return;
    SmallVector<int64_t> found(numResults, -1);
    llvm::BitVector gone(function.getNumArguments());
    for (auto [buffer, donor] : donors) {
      found[buffer - firstResult] = donor;
      gone.set(buffer);
    }
    (void)function.eraseArguments(gone);
    function->setAttr(kDonorsAttr,
                      DenseI64ArrayAttr::get(function.getContext(), found));
  }

private:
  BlockArgument argument(unsigned number) {
    return function.getArgument(number);
  }

  bool canTake(Value source, BlockArgument donor, memref::CopyOp copy,
               bool isNatural) {
    if (donor.getType() != copy.getTarget().getType())
      return false;
    if (source == donor)
      return true;
    auto place = source.getDefiningOp<memref::AllocaOp>();
    return place && place.getType() == donor.getType() &&
           isOverBefore(donor, place, copy, isNatural);
  }

  /// Whether the argument is not read any more when something is written to the
  /// place, which becomes a result by `copy`.
  bool isOverBefore(Value donor, Value place, memref::CopyOp copy,
                    bool isNatural) {
    SmallVector<Operation *> readers, users;
    findUsers(donor, readers);
    findUsers(place, users);
    Operation *first = nullptr;
    for (Operation *user : users) {
      Operation *outer = function.front().findAncestorOpInBlock(*user);
      if (!first || outer->isBeforeInBlock(first))
        first = outer;
    }
    if (isNatural && !llvm::is_contained(readers, first))
      return false;
    return llvm::all_of(readers, [&](Operation *reader) {
      if (handsOn(reader))
        return false;
      Operation *outer = function.front().findAncestorOpInBlock(*reader);
      return outer->isBeforeInBlock(first) ||
             (outer == first && reader == first &&
              isElementwise(first, donor, place) && first != copy);
    });
  }

  static void dropCopiesOntoItself(Value buffer) {
    for (Operation *user : llvm::make_early_inc_range(buffer.getUsers()))
      if (auto copy = dyn_cast<memref::CopyOp>(user);
          copy && copy.getSource() == copy.getTarget())
        copy.erase();
  }

  func::FuncOp function;
  SmallVector<unsigned> free;
  unsigned numResults, firstResult;
  /// By the number of the argument that is a result's buffer.
  llvm::SmallDenseMap<unsigned, unsigned> donors;
};

} // namespace

static void computeInPlace(memref::CopyOp copy) {
  auto result = cast<BlockArgument>(copy.getTarget());
  auto place = asWhole(copy.getSource()).getDefiningOp<memref::AllocaOp>();
  if (!place || !result.hasOneUse() || place.getType() != result.getType())
    return;
  copy.erase();
  place.replaceAllUsesWith(result);
  place.erase();
}

/// The copy that brings a result to where `last` copies it from, if nothing
/// else is done there; else that one.
static memref::CopyOp firstCopy(memref::CopyOp last) {
  auto place = last.getSource().getDefiningOp<memref::AllocaOp>();
  if (place && llvm::hasNItems(place->getUses(), 2))
    for (Operation *user : place->getUsers())
      if (auto first = dyn_cast<memref::CopyOp>(user);
          first && first.getTarget() == place)
        return first;
  return last;
}

/// Copies what is a part of an argument before anything else is done.
static void copyEarly(memref::CopyOp last) {
  memref::CopyOp first = firstCopy(last);
  SmallVector<Operation *> moved{first};
  Value source = first.getSource();
  while (Operation *view = source.getDefiningOp()) {
    if (!isa<ViewLikeOpInterface>(view) || view->getNumOperands() != 1)
      return;
    moved.push_back(view);
    source = view->getOperand(0);
  }
  if (moved.size() == 1)
    return;
  Block *block = last->getBlock();
  Operation *place = first.getTarget().getDefiningOp();
  for (Operation *op : moved)
    if (place)
      op->moveAfter(place);
    else
      op->moveBefore(block, block->begin());
}

void xform::placeResults(func::FuncOp function, ArrayRef<unsigned> donated,
                         unsigned numResults) {
  Donors donors(function, donated, numResults);
  SmallVector<memref::CopyOp> copies = lastCopies(function);
  if (!donated.empty()) {
    for (memref::CopyOp copy : copies)
      copyEarly(copy);
    for (bool isNatural : {true, false})
      llvm::erase_if(copies, [&](memref::CopyOp copy) {
        return donors.takeOver(copy, isNatural);
      });
  }
  llvm::for_each(copies, computeInPlace);
  donors.finish();
}
