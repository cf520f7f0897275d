//===- Prune.cpp - what control flow need not carry, do or return ---------===//
//
// Derived loops carry more than they need: tangents that nobody reads, values
// that never change, work that is the same in every step. What stays the same
// becomes a capture, computed once before the loop; what nobody reads goes.
//
//===----------------------------------------------------------------------===//

#include "lowering/transforms/Expander.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace xform;

namespace {

/// A function that control flow runs, as it could be. In a loop its first
/// arguments and results are what is carried.
class PrunedStep {
public:
  /// `varying` marks the arguments that differ from run to run, `needed` the
  /// results that are read. `hoists` says whether what is the same in every run
  /// goes to the front of the op.
  PrunedStep(func::FuncOp step, size_t carried, const Mask &varying,
             const Mask &needed, bool hoists = true)
      : needed(needed), step(step), varying(varying) {
    Operation *terminator = step.front().getTerminator();
    for (size_t i = 0; i < carried; ++i) {
      // What is handed on as it came never changes.
      if (terminator->getOperand(i) != step.getArgument(i))
        continue;
      this->varying[i] = false;
      this->needed[i] = false;
    }
    if (hoists)
      findInvariants();
    while (findLive(carried))
      ;
  }

  /// Whether anything goes, given that the first arguments are carried.
  bool isLess(size_t carried) const {
    return llvm::is_contained(needed, false) ||
           llvm::is_contained(ArrayRef<bool>(live).drop_front(carried),
                              false) ||
           !hoisted.empty();
  }

  /// Computes what is hoisted, in front of the loop with these operands.
  SmallVector<Value> buildHoisted(OpBuilder &builder, ValueRange operands) {
    IRMapping mapping;
    for (auto [argument, operand, differs] :
         llvm::zip_equal(step.getArguments(), operands, varying))
      if (!differs)
        mapping.map(argument, operand);
    for (Operation &op : step.front().without_terminator())
      if (invariant.contains(&op))
        builder.clone(op, mapping);
    return llvm::map_to_vector(
        hoisted, [&](Value value) { return mapping.lookup(value); });
  }

  /// The step on its live arguments, in their order, then what is hoisted.
  SmallVector<Value> buildStep(OpBuilder &builder, ArrayRef<size_t> order,
                               ValueRange arguments) {
    IRMapping mapping;
    for (auto [index, argument] :
         llvm::zip(order, arguments.take_front(order.size())))
      mapping.map(step.getArgument(index), argument);
    mapping.map(hoisted, arguments.drop_front(order.size()));
    for (Operation &op : step.front().without_terminator())
      if (liveOps.contains(&op))
        builder.clone(op, mapping);
    SmallVector<Value> results;
    for (auto [value, isNeeded] :
         llvm::zip_equal(step.front().getTerminator()->getOperands(), needed))
      if (isNeeded)
        results.push_back(mapping.lookup(value));
    return results;
  }

  /// Of the step's results: is it read. Of its arguments: does the step read
  /// it.
  Mask needed, live;
  /// Values of the step that are the same each time.
  SmallVector<Value> hoisted;
  func::FuncOp step;
  Mask varying;

private:
  void findInvariants() {
    DenseSet<Value> differing;
    for (auto [argument, differs] :
         llvm::zip_equal(step.getArguments(), varying))
      if (differs)
        differing.insert(argument);
    for (Operation &op : step.front().without_terminator()) {
      if (llvm::any_of(op.getOperands(), [&](Value operand) {
            return differing.contains(operand);
          }))
        differing.insert(op.result_begin(), op.result_end());
      else
        invariant.insert(&op);
    }
  }

  bool isHoisted(Operation *op) const {
    return invariant.contains(op) && !isCheap(op);
  }

  /// Follows the needed results back; whether that made more of them needed.
  bool findLive(size_t carried) {
    live.assign(step.getNumArguments(), false);
    hoisted.clear();
    liveOps.clear();
    DenseSet<Value> seen;
    SmallVector<Value> pending;
    for (auto [value, isNeeded] :
         llvm::zip_equal(step.front().getTerminator()->getOperands(), needed))
      if (isNeeded)
        pending.push_back(value);
    while (!pending.empty()) {
      Value value = pending.pop_back_val();
      if (!seen.insert(value).second)
        continue;
      if (auto argument = dyn_cast<BlockArgument>(value)) {
        live[argument.getArgNumber()] = true;
        continue;
      }
      Operation *op = value.getDefiningOp();
      if (isHoisted(op)) {
        hoisted.push_back(value);
        continue;
      }
      if (liveOps.insert(op).second)
        llvm::append_range(pending, op->getOperands());
    }
    bool isNew = false;
    for (size_t i = 0; i < carried; ++i) {
      bool becomes = live[i] && varying[i] && !needed[i];
      needed[i] |= becomes;
      isNew |= becomes;
    }
    return isNew;
  }

  DenseSet<Operation *> invariant, liveOps;
};

} // namespace

/// Which results of an op are read.
static Mask readResults(Operation *op) {
  return llvm::map_to_vector(op->getResults(),
                             [](Value value) { return !value.use_empty(); });
}

bool Expander::prune(CheckpointOp op) {
  Mask read = readResults(op);
  func::FuncOp callee = lookup(op.getCalleeAttr());
  PrunedStep step(callee, /*carried=*/0, Mask(op.getNumOperands(), true), read,
                  /*hoists=*/false);
  if (!step.isLess(/*carried=*/0))
    return false;
  RuleBuilder b(op.getLoc(), OpBuilder(op), this);
  SmallVector<size_t> order;
  SmallVector<Value> inputs;
  for (auto [index, isLive] : llvm::enumerate(step.live))
    if (isLive) {
      order.push_back(index);
      inputs.push_back(op.getInputs()[index]);
    }
  func::FuncOp pruned =
      around(callee, ".pruned " + maskText(read), ValueRange(inputs).getTypes(),
             [&](RuleBuilder &inner, ValueRange arguments) {
               return step.buildStep(inner, order, arguments);
             });
  auto less = CheckpointOp::create(b, pruned.getResultTypes(), pruned.getName(),
                                   inputs, op.getPolicyAttr(),
                                   op.getNamesAttr(), op.getBytesAttr());
  auto next = less->result_begin();
  for (auto [result, isRead] : llvm::zip_equal(op.getResults(), read))
    if (isRead)
      result.replaceAllUsesWith(*next++);
  op->erase();
  return true;
}

bool Expander::prune(ScanOp op) {
  Mask read = readResults(op);
  func::FuncOp body = lookup(op.getCalleeAttr());
  size_t carried = op.getInit().size();
  size_t captures = carried + op.getXs().size();
  Mask varying(op.getNumOperands(), true);
  std::fill(varying.begin() + captures, varying.end(), false);
  PrunedStep step(body, carried, varying, read);
  if (!step.isLess(carried))
    return false;

  RuleBuilder b(op.getLoc(), OpBuilder(op), this);
  SmallVector<size_t> order;
  SmallVector<Value> init, xs, captured;
  SmallVector<Type> types, results;
  for (size_t i = 0; i < carried; ++i)
    if (step.needed[i]) {
      order.push_back(i);
      init.push_back(op.getOperand(i));
      types.push_back(init.back().getType());
    }
  for (size_t i = carried; i < captures; ++i)
    if (step.live[i]) {
      order.push_back(i);
      xs.push_back(op.getOperand(i));
      types.push_back(body.getArgumentTypes()[i]);
    }
  for (size_t i = 0; i < op.getNumOperands(); ++i)
    if (step.live[i] && !step.varying[i]) {
      order.push_back(i);
      captured.push_back(op.getOperand(i));
      types.push_back(captured.back().getType());
    }
  for (Value value : step.buildHoisted(b, op.getOperands())) {
    captured.push_back(value);
    types.push_back(value.getType());
  }
  func::FuncOp pruned = around(
      body,
      ".pruned " + maskText(read) + maskText(varying) + std::to_string(carried),
      types, [&](RuleBuilder &inner, ValueRange arguments) {
        return step.buildStep(inner, order, arguments);
      });
  for (auto [result, isNeeded] : llvm::zip_equal(op.getResults(), step.needed))
    if (isNeeded)
      results.push_back(result.getType());
  IntegerAttr length =
      xs.empty() ? b.getI64IntegerAttr(op.lengthOf()) : IntegerAttr();
  auto scan = ScanOp::create(b, results, pruned.getName(), init, xs, captured,
                             length, op.getReverse(), op.getUnroll());
  auto next = scan->result_begin();
  for (auto [index, result] : llvm::enumerate(op.getResults())) {
    if (step.needed[index])
      result.replaceAllUsesWith(*next++);
    else if (index < carried && !step.varying[index])
      result.replaceAllUsesWith(op.getInit()[index]);
  }
  op->erase();
  return true;
}

bool Expander::prune(SwitchOp op) {
  RuleBuilder b(op.getLoc(), OpBuilder(op), this);
  DenseIntElementsAttr constant;
  if (matchPattern(op.getIndex(), m_Constant(&constant))) {
    auto last = static_cast<int64_t>(op.getBranches().size()) - 1;
    auto value = constant.getSplatValue<APInt>();
    int64_t index = value.getBitWidth() == 1
                        ? static_cast<int64_t>(value.getZExtValue())
                        : value.getSExtValue();
    func::FuncOp branch =
        lookup(op.callees()[std::clamp<int64_t>(index, 0, last)]);
    op->replaceAllUsesWith(inlineBody(b, branch, op.getInputs()));
    op->erase();
    return true;
  }

  Mask read = readResults(op);
  Mask live(op.getInputs().size(), false);
  std::vector<PrunedStep> steps;
  for (FlatSymbolRefAttr symbol : op.callees()) {
    steps.emplace_back(lookup(symbol), /*carried=*/0, Mask(live.size(), true),
                       read, /*hoists=*/false);
    for (auto [any, isLive] : llvm::zip_equal(live, steps.back().live))
      any |= isLive;
  }
  if (!llvm::is_contained(read, false) && !llvm::is_contained(live, false))
    return false;
  SmallVector<size_t> order;
  SmallVector<Value> inputs;
  for (auto [index, isLive] : llvm::enumerate(live))
    if (isLive) {
      order.push_back(index);
      inputs.push_back(op.getInputs()[index]);
    }
  SmallVector<Attribute> branches;
  for (PrunedStep &step : steps)
    branches.push_back(FlatSymbolRefAttr::get(
        around(step.step, ".pruned " + maskText(read) + " " + maskText(live),
               ValueRange(inputs).getTypes(),
               [&](RuleBuilder &inner, ValueRange arguments) {
                 return step.buildStep(inner, order, arguments);
               })));
  SmallVector<Type> types;
  for (auto [type, isRead] : llvm::zip_equal(op.getResultTypes(), read))
    if (isRead)
      types.push_back(type);
  auto pruned = SwitchOp::create(b, types, op.getIndex(),
                                 b.getArrayAttr(branches), inputs);
  auto next = pruned->result_begin();
  for (auto [result, isRead] : llvm::zip_equal(op.getResults(), read))
    if (isRead)
      result.replaceAllUsesWith(*next++);
  op->erase();
  return true;
}

bool Expander::prune(WhileOp op) {
  size_t carried = op.getInit().size();
  auto varyingOf = [&](func::FuncOp function) {
    Mask varying(function.getNumArguments(), false);
    std::fill_n(varying.begin(), carried, true);
    return varying;
  };
  func::FuncOp body = lookup(op.getBodyAttr()), cond = lookup(op.getCondAttr());
  Mask needed = readResults(op);
  for (size_t i = 0; i < carried; ++i)
    needed[i] |= !cond.getArgument(i).use_empty();
  PrunedStep step(body, carried, varyingOf(body), needed);
  Mask varying = varyingOf(cond);
  std::copy_n(step.varying.begin(), carried, varying.begin());
  PrunedStep test(cond, /*carried=*/0, varying, {true});
  if (!step.isLess(carried) && test.hoisted.empty() &&
      !llvm::is_contained(ArrayRef<bool>(test.live).drop_front(carried), false))
    return false;

  RuleBuilder b(op.getLoc(), OpBuilder(op), this);
  SmallVector<Value> init;
  SmallVector<size_t> kept;
  for (size_t i = 0; i < carried; ++i)
    if (step.needed[i]) {
      kept.push_back(i);
      init.push_back(op.getInit()[i]);
    }
  // A function on what is still carried, and captures that it fills.
  std::string key = maskText(step.needed);
  auto build = [&](PrunedStep &pruned, ValueRange ownCaptures,
                   SmallVector<Value> &captures) {
    SmallVector<Value> operands(op.getInit());
    llvm::append_range(operands, ownCaptures);
    SmallVector<size_t> order(kept);
    for (size_t i = 0; i < operands.size(); ++i)
      if (pruned.live[i] && !pruned.varying[i]) {
        order.push_back(i);
        captures.push_back(operands[i]);
      }
    llvm::append_range(captures, pruned.buildHoisted(b, operands));
    SmallVector<Type> types(ValueRange(init).getTypes());
    llvm::append_range(types, ValueRange(captures).getTypes());
    return around(pruned.step, ".pruned " + key + maskText(pruned.varying),
                  types, [&](RuleBuilder &inner, ValueRange arguments) {
                    return pruned.buildStep(inner, order, arguments);
                  });
  };
  SmallVector<Value> condCaptures, bodyCaptures;
  func::FuncOp newCond = build(test, op.getCondCaptures(), condCaptures);
  func::FuncOp newBody = build(step, op.getBodyCaptures(), bodyCaptures);
  auto loop =
      WhileOp::create(b, ValueRange(init).getTypes(), init, newCond.getName(),
                      condCaptures, newBody.getName(), bodyCaptures);
  auto next = loop->result_begin();
  for (size_t i = 0; i < carried; ++i)
    op.getResult(i).replaceAllUsesWith(step.needed[i] ? *next++
                                                      : op.getInit()[i]);
  op->erase();
  return true;
}

void Expander::simplify(func::FuncOp function) {
  bool changed = true;
  while (changed) {
    simplifier.run(function);
    // Before results that nobody reads are dropped.
    if (shareControl(function))
      simplifier.run(function);
    changed = false;
    SmallVector<Operation *> ops;
    for (Operation &op : function.front())
      if (isa<CheckpointOp, ScanOp, SwitchOp, WhileOp>(op))
        ops.push_back(&op);
    // What reads a result goes first: the op that gives it may then do less.
    for (Operation *op : llvm::reverse(ops))
      llvm::TypeSwitch<Operation *>(op)
          .Case<CheckpointOp, ScanOp, SwitchOp, WhileOp>(
              [&](auto control) { changed |= prune(control); });
  }
}
