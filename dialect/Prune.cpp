//===- Prune.cpp - what control flow need not carry, do or return ---------===//
//
// Derived loops carry more than they need: tangents that nobody reads, values
// that never change, work that is the same in every step. What stays the same
// becomes a capture, computed once before the loop; what nobody reads goes.
//
//===----------------------------------------------------------------------===//

#include "dialect/Checkpoint.h"
#include "dialect/Control.h"
#include "dialect/Custom.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

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

/// The operands of what is live, and their places.
static SmallVector<Value> liveOperands(ValueRange operands, ArrayRef<bool> live,
                                       SmallVectorImpl<size_t> &order) {
  SmallVector<Value> values;
  for (auto [index, isLive] : llvm::enumerate(live))
    if (isLive) {
      order.push_back(index);
      values.push_back(operands[index]);
    }
  return values;
}

bool CheckpointOp::buildPruned(RuleBuilder &b,
                               SmallVectorImpl<Value> &results) {
  Mask read = readResults(*this);
  func::FuncOp callee = b.derived->lookup(getCalleeAttr());
  PrunedStep step(callee, /*carried=*/0, Mask(getNumOperands(), true), read,
                  /*hoists=*/false);
  if (!step.isLess(/*carried=*/0))
    return false;
  SmallVector<size_t> order;
  SmallVector<Value> inputs = liveOperands(getInputs(), step.live, order);
  func::FuncOp pruned = b.derived->around(
      callee, ".pruned " + maskText(read), ValueRange(inputs).getTypes(),
      [&](RuleBuilder &inner, ValueRange arguments) {
        return step.buildStep(inner, order, arguments);
      });
  auto less =
      CheckpointOp::create(b, pruned.getResultTypes(), pruned.getName(), inputs,
                           getPolicyAttr(), getNamesAttr(), getBytesAttr());
  results = spread(read, less.getResults());
  return true;
}

bool ScanOp::buildPruned(RuleBuilder &b, SmallVectorImpl<Value> &results) {
  Mask read = readResults(*this);
  func::FuncOp body = b.derived->lookup(getCalleeAttr());
  size_t carried = getInit().size();
  size_t captures = carried + getXs().size();
  Mask varying(getNumOperands(), true);
  std::fill(varying.begin() + captures, varying.end(), false);
  PrunedStep step(body, carried, varying, read);
  if (!step.isLess(carried))
    return false;

  SmallVector<size_t> order;
  SmallVector<Value> init, xs, captured;
  SmallVector<Type> types, resultTypes;
  for (size_t i = 0; i < carried; ++i)
    if (step.needed[i]) {
      order.push_back(i);
      init.push_back(getOperand(i));
      types.push_back(init.back().getType());
    }
  for (size_t i = carried; i < captures; ++i)
    if (step.live[i]) {
      order.push_back(i);
      xs.push_back(getOperand(i));
      types.push_back(body.getArgumentTypes()[i]);
    }
  for (size_t i = 0; i < getNumOperands(); ++i)
    if (step.live[i] && !step.varying[i]) {
      order.push_back(i);
      captured.push_back(getOperand(i));
      types.push_back(captured.back().getType());
    }
  for (Value value : step.buildHoisted(b, getOperands())) {
    captured.push_back(value);
    types.push_back(value.getType());
  }
  func::FuncOp pruned = b.derived->around(
      body,
      ".pruned " + maskText(read) + maskText(varying) + std::to_string(carried),
      types, [&](RuleBuilder &inner, ValueRange arguments) {
        return step.buildStep(inner, order, arguments);
      });
  for (auto [type, isNeeded] : llvm::zip_equal(getResultTypes(), step.needed))
    if (isNeeded)
      resultTypes.push_back(type);
  IntegerAttr length =
      xs.empty() ? b.getI64IntegerAttr(lengthOf()) : IntegerAttr();
  auto scan = ScanOp::create(b, resultTypes, pruned.getName(), init, xs,
                             captured, length, getReverse(), getUnroll());
  results = spread(step.needed, scan.getResults());
  for (size_t i = 0; i < carried; ++i)
    if (!step.needed[i] && !step.varying[i])
      results[i] = getInit()[i];
  return true;
}

bool SwitchOp::buildPruned(RuleBuilder &b, SmallVectorImpl<Value> &results) {
  DenseIntElementsAttr constant;
  if (matchPattern(getIndex(), m_Constant(&constant))) {
    auto last = static_cast<int64_t>(getBranches().size()) - 1;
    auto value = constant.getSplatValue<APInt>();
    int64_t index = value.getBitWidth() == 1
                        ? static_cast<int64_t>(value.getZExtValue())
                        : value.getSExtValue();
    func::FuncOp branch =
        b.derived->lookup(callees()[std::clamp<int64_t>(index, 0, last)]);
    results = inlineBody(b, branch, getInputs());
    return true;
  }

  Mask read = readResults(*this);
  Mask live(getInputs().size(), false);
  std::vector<PrunedStep> steps;
  for (FlatSymbolRefAttr symbol : callees()) {
    steps.emplace_back(b.derived->lookup(symbol), /*carried=*/0,
                       Mask(live.size(), true), read, /*hoists=*/false);
    for (auto [any, isLive] : llvm::zip_equal(live, steps.back().live))
      any |= isLive;
  }
  if (!llvm::is_contained(read, false) && !llvm::is_contained(live, false))
    return false;
  SmallVector<size_t> order;
  SmallVector<Value> inputs = liveOperands(getInputs(), live, order);
  SmallVector<Attribute> branches;
  for (PrunedStep &step : steps)
    branches.push_back(FlatSymbolRefAttr::get(b.derived->around(
        step.step, ".pruned " + maskText(read) + " " + maskText(live),
        ValueRange(inputs).getTypes(),
        [&](RuleBuilder &inner, ValueRange arguments) {
          return step.buildStep(inner, order, arguments);
        })));
  SmallVector<Type> types;
  for (auto [type, isRead] : llvm::zip_equal(getResultTypes(), read))
    if (isRead)
      types.push_back(type);
  auto pruned =
      SwitchOp::create(b, types, getIndex(), b.getArrayAttr(branches), inputs);
  results = spread(read, pruned.getResults());
  return true;
}

bool WhileOp::buildPruned(RuleBuilder &b, SmallVectorImpl<Value> &results) {
  size_t carried = getInit().size();
  auto varyingOf = [&](func::FuncOp function) {
    Mask varying(function.getNumArguments(), false);
    std::fill_n(varying.begin(), carried, true);
    return varying;
  };
  func::FuncOp body = b.derived->lookup(getBodyAttr()),
               cond = b.derived->lookup(getCondAttr());
  Mask needed = readResults(*this);
  for (size_t i = 0; i < carried; ++i)
    needed[i] |= !cond.getArgument(i).use_empty();
  PrunedStep step(body, carried, varyingOf(body), needed);
  Mask varying = varyingOf(cond);
  std::copy_n(step.varying.begin(), carried, varying.begin());
  PrunedStep test(cond, /*carried=*/0, varying, {true});
  if (!step.isLess(carried) && test.hoisted.empty() &&
      !llvm::is_contained(ArrayRef<bool>(test.live).drop_front(carried), false))
    return false;

  SmallVector<size_t> kept;
  SmallVector<Value> init = liveOperands(getInit(), step.needed, kept);
  // A function on what is still carried, and captures that it fills.
  std::string key = maskText(step.needed);
  auto build = [&](PrunedStep &pruned, ValueRange ownCaptures,
                   SmallVector<Value> &captures) {
    SmallVector<Value> operands(getInit());
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
    return b.derived->around(pruned.step,
                             ".pruned " + key + maskText(pruned.varying), types,
                             [&](RuleBuilder &inner, ValueRange arguments) {
                               return pruned.buildStep(inner, order, arguments);
                             });
  };
  SmallVector<Value> condCaptures, bodyCaptures;
  func::FuncOp newCond = build(test, getCondCaptures(), condCaptures);
  func::FuncOp newBody = build(step, getBodyCaptures(), bodyCaptures);
  auto loop =
      WhileOp::create(b, ValueRange(init).getTypes(), init, newCond.getName(),
                      condCaptures, newBody.getName(), bodyCaptures);
  results = spread(step.needed, loop.getResults());
  for (auto [result, before] : llvm::zip_equal(results, getInit()))
    if (!result)
      result = before;
  return true;
}

// The rules of a custom call take what its function takes and return what it
// returns, so it stays as it is.
bool CustomOp::buildPruned(RuleBuilder &, SmallVectorImpl<Value> &) {
  return false;
}

bool PushforwardOp::buildPruned(RuleBuilder &, SmallVectorImpl<Value> &) {
  return false;
}
