//===- Share.cpp - loops that another loop runs anyway --------------------===//
//
// Where a function's value is asked for beside its derivative, the loops of the
// one are among those of the other, which have more results.
//
//===----------------------------------------------------------------------===//

#include "lowering/transforms/Expander.h"

#include <map>
#include <vector>

using namespace mlir;
using namespace xform;

namespace {

/// Numbers for the values in functions: equal ones compute the same.
class Numbering {
public:
  void give(Value value) { numbers[value] = next++; }
  void give(Value value, Value same) { numbers[value] = numbers.at(same); }
  bool areEqual(Value a, Value b) const {
    return numbers.at(a) == numbers.at(b);
  }

  void run(func::FuncOp function) {
    for (Operation &op : function.front().without_terminator()) {
      std::vector<const void *> key{
          op.getName().getAsOpaquePointer(),
          op.getAttrDictionary().getAsOpaquePointer()};
      for (Type type : op.getResultTypes())
        key.push_back(type.getAsOpaquePointer());
      std::vector<size_t> operands;
      for (Value operand : op.getOperands())
        operands.push_back(numbers.at(operand));
      auto [known, isNew] = first.try_emplace({key, operands}, next);
      if (isNew)
        next += op.getNumResults();
      for (auto [place, result] : llvm::enumerate(op.getResults()))
        numbers[result] = known->second + place;
    }
  }

private:
  using Key = std::pair<std::vector<const void *>, std::vector<size_t>>;

  size_t next = 0;
  DenseMap<Value, size_t> numbers;
  std::map<Key, size_t> first;
};

} // namespace

/// What a scan carries, its rows and its captures.
static std::array<OperandRange, 3> rolesOf(ScanOp scan) {
  return {scan.getInit(), scan.getXs(), scan.getCaptures()};
}

/// Where each result of a scan is among those of another one, if that does all
/// that the first does.
static std::optional<SmallVector<unsigned>> resultsIn(ScanOp more,
                                                      func::FuncOp moreStep,
                                                      ScanOp less,
                                                      func::FuncOp lessStep) {
  if (more.getNumResults() < less.getNumResults() ||
      more.lengthOf() != less.lengthOf() ||
      more.getReverse() != less.getReverse())
    return std::nullopt;
  Numbering numbers;
  for (BlockArgument argument : moreStep.getArguments())
    numbers.give(argument);
  llvm::SmallDenseSet<unsigned> taken;
  SmallVector<unsigned> places;
  unsigned argument = 0, begin = 0;
  for (auto [own, others] : llvm::zip_equal(rolesOf(less), rolesOf(more))) {
    for (Value operand : own) {
      unsigned place = 0;
      bool isCarried = argument < less.getInit().size();
      while (place < others.size() &&
             (others[place] != operand || (isCarried && taken.contains(place))))
        ++place;
      if (place == others.size())
        return std::nullopt;
      if (isCarried) {
        taken.insert(place);
        places.push_back(place);
      }
      numbers.give(lessStep.getArgument(argument++),
                   moreStep.getArgument(begin + place));
    }
    begin += others.size();
  }
  numbers.run(moreStep);
  numbers.run(lessStep);

  OperandRange found = moreStep.front().getTerminator()->getOperands();
  for (auto [result, value] :
       llvm::enumerate(lessStep.front().getTerminator()->getOperands())) {
    if (result < less.getInit().size()) {
      if (!numbers.areEqual(value, found[places[result]]))
        return std::nullopt;
      continue;
    }
    unsigned place = more.getInit().size();
    while (place < found.size() && !numbers.areEqual(value, found[place]))
      ++place;
    if (place == found.size())
      return std::nullopt;
    places.push_back(place);
  }
  return places;
}

/// Moves an op, and what it reads, in front of an earlier one; fails if it
/// reads what that gives.
static LogicalResult moveInFront(Operation *op, Operation *earlier) {
  SmallVector<Operation *> moved;
  llvm::SmallDenseSet<Operation *> needed{op};
  for (Operation *at = op; at != earlier; at = at->getPrevNode()) {
    if (!needed.contains(at))
      continue;
    moved.push_back(at);
    for (Value operand : at->getOperands())
      if (Operation *source = operand.getDefiningOp())
        needed.insert(source);
  }
  if (needed.contains(earlier))
    return failure();
  for (Operation *at : llvm::reverse(moved))
    at->moveBefore(earlier);
  return success();
}

bool Expander::shareLoops(func::FuncOp function) {
  SmallVector<ScanOp> scans(function.getOps<ScanOp>());
  bool changed = false;
  for (ScanOp &less : scans)
    for (ScanOp more : scans) {
      if (!more || more == less)
        continue;
      std::optional<SmallVector<unsigned>> places =
          resultsIn(more, lookup(more.getCalleeAttr()), less,
                    lookup(less.getCalleeAttr()));
      if (!places ||
          (less->isBeforeInBlock(more) && failed(moveInFront(more, less))))
        continue;
      for (auto [result, place] : llvm::zip_equal(less.getResults(), *places))
        result.replaceAllUsesWith(more.getResult(place));
      less->erase();
      less = ScanOp();
      changed = true;
      break;
    }
  return changed;
}
