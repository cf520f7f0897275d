//===- Share.cpp - control flow that another one runs anyway --------------===//
//
// Where a function's value is asked for beside its derivative, the loops,
// switches and checkpoints of the one are among those of the other, which have
// more results.
//
//===----------------------------------------------------------------------===//

#include "lowering/transforms/Expander.h"

#include <array>
#include <map>
#include <vector>

using namespace mlir;
using namespace xform;

namespace {

/// Numbers for the values in two functions, which may be the same one: equal
/// numbers compute the same.
class Numbering {
public:
  Numbering(func::FuncOp more, func::FuncOp less) : functions{more, less} {
    for (BlockArgument argument : more.getArguments())
      ofMore[argument] = next++;
  }

  /// Says that an argument of the second function is one of the first.
  void bind(unsigned lessArgument, unsigned moreArgument) {
    ofLess[functions[1].getArgument(lessArgument)] =
        ofMore.at(functions[0].getArgument(moreArgument));
  }

  /// Numbers what the functions compute, once all arguments are bound.
  void run() {
    number(functions[0], ofMore);
    number(functions[1], ofLess);
  }

  bool areEqual(Value more, Value less) const {
    return ofMore.at(more) == ofLess.at(less);
  }

private:
  using Numbers = DenseMap<Value, size_t>;
  using Key = std::pair<std::vector<const void *>, std::vector<size_t>>;

  void number(func::FuncOp function, Numbers &numbers) {
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

  std::array<func::FuncOp, 2> functions;
  size_t next = 0;
  Numbers ofMore, ofLess;
  std::map<Key, size_t> first;
};

} // namespace

/// What a scan carries, its rows and its captures.
static std::array<OperandRange, 3> rolesOf(ScanOp scan) {
  return {scan.getInit(), scan.getXs(), scan.getCaptures()};
}

/// Where each result of an op is among those of another one, if that does all
/// that the first does.
using Places = std::optional<SmallVector<unsigned>>;

static OperandRange yieldedBy(func::FuncOp function) {
  return function.front().getTerminator()->getOperands();
}

static Places resultsIn(ScanOp more, ScanOp less, DerivedFunctions &functions) {
  if (more.getNumResults() < less.getNumResults() ||
      more.lengthOf() != less.lengthOf() ||
      more.getReverse() != less.getReverse())
    return std::nullopt;
  func::FuncOp moreStep = functions.lookup(more.getCalleeAttr()),
               lessStep = functions.lookup(less.getCalleeAttr());
  Numbering numbers(moreStep, lessStep);
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
      numbers.bind(argument++, begin + place);
    }
    begin += others.size();
  }
  numbers.run();

  OperandRange found = yieldedBy(moreStep);
  for (auto [result, value] : llvm::enumerate(yieldedBy(lessStep))) {
    if (result < less.getInit().size()) {
      if (!numbers.areEqual(found[places[result]], value))
        return std::nullopt;
      continue;
    }
    unsigned place = more.getInit().size();
    while (place < found.size() && !numbers.areEqual(found[place], value))
      ++place;
    if (place == found.size())
      return std::nullopt;
    places.push_back(place);
  }
  return places;
}

/// The same for functions, one of which is called.
static Places resultsIn(ArrayRef<FlatSymbolRefAttr> more, ValueRange moreInputs,
                        ArrayRef<FlatSymbolRefAttr> less, ValueRange lessInputs,
                        DerivedFunctions &functions) {
  if (more.size() != less.size())
    return std::nullopt;
  SmallVector<size_t> from;
  for (Value input : lessInputs) {
    auto found = llvm::find(moreInputs, input);
    if (found == moreInputs.end())
      return std::nullopt;
    from.push_back(found - moreInputs.begin());
  }
  // For each result, the places where all functions give it.
  SmallVector<SmallVector<unsigned>> candidates;
  for (auto [branch, symbols] : llvm::enumerate(llvm::zip_equal(more, less))) {
    func::FuncOp moreBranch = functions.lookup(std::get<0>(symbols)),
                 lessBranch = functions.lookup(std::get<1>(symbols));
    Numbering numbers(moreBranch, lessBranch);
    for (auto [argument, place] : llvm::enumerate(from))
      numbers.bind(argument, place);
    numbers.run();
    OperandRange found = yieldedBy(moreBranch), wanted = yieldedBy(lessBranch);
    if (branch == 0)
      candidates.assign(wanted.size(),
                        llvm::to_vector(llvm::seq<unsigned>(0, found.size())));
    for (size_t result = 0; result < wanted.size(); ++result)
      llvm::erase_if(candidates[result], [&](unsigned place) {
        return !numbers.areEqual(found[place], wanted[result]);
      });
  }
  SmallVector<unsigned> places;
  for (ArrayRef<unsigned> left : candidates) {
    if (left.empty())
      return std::nullopt;
    places.push_back(left.front());
  }
  return places;
}

static Places resultsIn(SwitchOp more, SwitchOp less,
                        DerivedFunctions &functions) {
  if (more.getIndex() != less.getIndex())
    return std::nullopt;
  return resultsIn(more.callees(), more.getInputs(), less.callees(),
                   less.getInputs(), functions);
}

static Places resultsIn(CheckpointOp more, CheckpointOp less,
                        DerivedFunctions &functions) {
  return resultsIn(more.callees(), more.getInputs(), less.callees(),
                   less.getInputs(), functions);
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

/// Drops ops all of whose results another one gives; whether there were.
template <typename OpTy>
static bool share(func::FuncOp function, DerivedFunctions &functions) {
  SmallVector<OpTy> ops(function.getOps<OpTy>());
  bool changed = false;
  for (OpTy &less : ops)
    for (OpTy more : ops) {
      if (!more || more == less)
        continue;
      Places places = resultsIn(more, less, functions);
      if (!places ||
          (less->isBeforeInBlock(more) && failed(moveInFront(more, less))))
        continue;
      for (auto [result, place] : llvm::zip_equal(less->getResults(), *places))
        result.replaceAllUsesWith(more->getResult(place));
      less->erase();
      less = OpTy();
      changed = true;
      break;
    }
  return changed;
}

bool Expander::shareControl(func::FuncOp function) {
  bool changed = share<ScanOp>(function, *this);
  changed |= share<SwitchOp>(function, *this);
  changed |= share<CheckpointOp>(function, *this);
  return changed;
}
