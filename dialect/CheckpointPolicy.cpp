//===- CheckpointPolicy.cpp - what to save, what to compute again ---------===//

#include "dialect/Checkpoint.h"
#include "dialect/Windows.h"
#include "dialect/Work.h"

#include "llvm/ADT/StringSet.h"

#include <queue>

using namespace mlir;
using namespace xform;

//===----------------------------------------------------------------------===//
// What a policy saves
//===----------------------------------------------------------------------===//

namespace {

/// A function, and which of its values come back by being saved.
class Analysis {
public:
  Analysis(CheckpointOp op, func::FuncOp function, ArrayRef<Value> wanted)
      : op(op), function(function), wanted(wanted) {
    if (auto names = op.getNames())
      for (StringRef name : names->getAsValueRange<StringAttr>())
        listed.insert(name);
    if (std::optional<int64_t> bytes = op.getBytes())
      choose(static_cast<double>(*bytes));
  }

  /// Follows the wanted values back to arguments and to what is saved.
  Recomputation follow();

private:
  bool isSaved(Value value);
  /// Fills `chosen` with what is worth most a byte.
  void choose(double limit);

  CheckpointOp op;
  func::FuncOp function;
  ArrayRef<Value> wanted;
  llvm::StringSet<> listed;
  DenseSet<Value> chosen;
};

/// How much work is left when some values are saved.
class Workload {
public:
  Workload(const Recomputation &all, ArrayRef<Value> wanted)
      : ops(all.ops.begin(), all.ops.end()) {
    for (Operation *op : all.ops)
      for (Value operand : op->getOperands())
        ++readers[operand];
    for (Value value : wanted)
      ++readers[value];
  }

  /// The work that saving a value spares: its op, if nothing else is read of
  /// it, and what runs for that op alone.
  double sparedBy(Value value) const {
    DenseMap<Value, int64_t> less;
    return release(value, less);
  }

  void save(Value value) {
    DenseMap<Value, int64_t> less;
    release(value, less);
    for (auto &[read, count] : less)
      readers[read] -= count;
  }

private:
  double release(Value value, DenseMap<Value, int64_t> &less) const {
    double work = 0;
    less[value] = readers.lookup(value);
    if (less[value] == 0)
      return 0;
    SmallVector<Operation *> pending{value.getDefiningOp()};
    while (!pending.empty()) {
      Operation *op = pending.pop_back_val();
      bool isRead = llvm::any_of(op->getResults(), [&](Value result) {
        return readers.lookup(result) > less.lookup(result);
      });
      if (isRead)
        continue;
      work += workOf(op).additions;
      for (Value operand : op->getOperands()) {
        if (readers.lookup(operand) == less.lookup(operand))
          continue;
        ++less[operand];
        Operation *source = operand.getDefiningOp();
        if (ops.contains(source) &&
            readers.lookup(operand) == less.lookup(operand))
          pending.push_back(source);
      }
    }
    return work;
  }

  llvm::SmallPtrSet<Operation *, 16> ops;
  /// How often each value is read by what runs again; 0 for a saved one.
  DenseMap<Value, int64_t> readers;
};

} // namespace

/// A value that goes by a name is the same as the one that got it.
static SmallVector<StringRef> namesOf(Value value) {
  SmallVector<StringRef> names;
  for (Operation *user : value.getUsers())
    if (auto named = dyn_cast<CheckpointNameOp>(user)) {
      names.push_back(named.getName());
      llvm::append_range(names, namesOf(named.getResult()));
    }
  return names;
}

bool Analysis::isSaved(Value value) {
  Operation *source = value.getDefiningOp();
  if (isCheap(source))
    return false;
  StringRef policy = op.getPolicy();
  if (policy == "everything_saveable")
    return true;
  if (policy == "dots_saveable")
    return isa<DotGeneralOp, ConvOp>(source);
  if (policy == "dots_with_no_batch_dims_saveable") {
    auto dot = dyn_cast<DotGeneralOp>(source);
    return dot && dot.getLhsBatch().empty();
  }
  if (policy == "save_at_most")
    return chosen.contains(value);
  if (policy == "nothing_saveable")
    return false;
  SmallVector<StringRef> names = namesOf(value);
  bool isListed = llvm::any_of(
      names, [&](StringRef name) { return listed.contains(name); });
  if (policy == "save_only_these_names")
    return isListed;
  // save_any_names_but_these, save_anything_except_these_names
  return !isListed &&
         (policy == "save_anything_except_these_names" || !names.empty());
}

Recomputation Analysis::follow() {
  llvm::SmallPtrSet<Operation *, 16> ops;
  DenseSet<Value> seen, saved;
  Mask arguments(function.getNumArguments(), false);
  SmallVector<Value> pending(wanted);
  while (!pending.empty()) {
    Value value = pending.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      arguments[argument.getArgNumber()] = true;
    } else if (isSaved(value)) {
      saved.insert(value);
    } else {
      ops.insert(value.getDefiningOp());
      llvm::append_range(pending, value.getDefiningOp()->getOperands());
    }
  }
  Recomputation again;
  for (auto [index, isRead] : llvm::enumerate(arguments))
    if (isRead)
      again.arguments.push_back(static_cast<int64_t>(index));
  for (Operation &op : function.front().without_terminator()) {
    if (ops.contains(&op))
      again.ops.push_back(&op);
    for (Value result : op.getResults())
      if (saved.contains(result))
        again.saved.push_back(result);
  }
  return again;
}

void Analysis::choose(double limit) {
  Recomputation all = follow();
  Workload load(all, wanted);
  // What is worth most comes first, and of two values the earlier one.
  struct Candidate {
    double worth;
    int64_t place;
    Value value;
    bool operator<(const Candidate &other) const {
      return std::pair(worth, -place) < std::pair(other.worth, -other.place);
    }
  };
  std::priority_queue<Candidate> candidates;
  auto worthOf = [&](Value value) {
    return load.sparedBy(value) / std::max(bytesOf(value.getType()), 1.0);
  };
  for (auto [place, source] : llvm::enumerate(all.ops))
    if (!isCheap(source))
      for (Value value : source->getResults())
        candidates.push({worthOf(value), static_cast<int64_t>(place), value});
  while (!candidates.empty()) {
    Candidate best = candidates.top();
    candidates.pop();
    if (bytesOf(best.value.getType()) > limit)
      continue;
    // What was saved since may have left less to spare.
    double worth = worthOf(best.value);
    if (worth < best.worth) {
      candidates.push({worth, best.place, best.value});
      continue;
    }
    if (worth == 0)
      continue;
    limit -= bytesOf(best.value.getType());
    load.save(best.value);
    chosen.insert(best.value);
  }
}

Recomputation xform::recomputationOf(CheckpointOp op, func::FuncOp function,
                                     size_t firstResidual,
                                     ArrayRef<int64_t> forwarded) {
  SmallVector<Value> wanted(
      function.front().getTerminator()->getOperands().drop_front(
          firstResidual));
  for (int64_t argument : forwarded)
    wanted.push_back(function.getArgument(argument));
  return Analysis(op, function, wanted).follow();
}
