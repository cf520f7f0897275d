//===- Kinks.cpp - kinks of functions that are differentiated -------------===//

#include "lowering/transforms/Kinks.h"

#include "dialect/Kinks.h"
#include "dialect/OperandGroups.h"
#include "dialect/Special.h"
#include "lowering/ValueNumbers.h"
#include "lowering/transforms/Expander.h"

#include "mlir/IR/IRMapping.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace xform;

//===----------------------------------------------------------------------===//
// From which derivative a slope or share comes
//===----------------------------------------------------------------------===//

void xform::setLevel(func::FuncOp function, unsigned level) {
  // More derivatives than bits share the last one.
  constexpr unsigned kMostLevels = 63;
  uint64_t bit = uint64_t{1} << (std::min(level, kMostLevels) - 1);
  auto set = [&](auto op) {
    if (op.getLevels() == 0)
      op.setLevels(bit);
  };
  for (Operation &op : function.front())
    llvm::TypeSwitch<Operation *>(&op).Case<AbsSlopeOp, ShareOp>(set);
}

static unsigned lastLevel(uint64_t levels) { return llvm::bit_width(levels); }

Expander::Kinks Expander::kinksOf(func::FuncOp function) {
  Kinks kinks;
  DenseSet<Operation *> seen;
  SmallVector<func::FuncOp> pending{function};
  while (!pending.empty()) {
    func::FuncOp next = pending.pop_back_val();
    if (!next || next.isExternal() || !seen.insert(next).second)
      continue;
    for (Operation &op : next.front())
      llvm::TypeSwitch<Operation *>(&op)
          .Case<AbsOp, MaxOp, MinOp>([&](auto kinked) {
            kinks.any |= isDifferentiable(kinked.getType());
          })
          .Case<AbsSlopeOp, ShareOp>([&](auto derivative) {
            kinks.lastLevel =
                std::max(kinks.lastLevel, lastLevel(derivative.getLevels()));
          })
          .Case([&](HigherOrderOpInterface runner) {
            for (FlatSymbolRefAttr callee : runner.callees())
              pending.push_back(lookup(callee));
          });
  }
  return kinks;
}

//===----------------------------------------------------------------------===//
// Kinks in front of branches
//===----------------------------------------------------------------------===//

namespace {

/// What a branch computes itself of its inputs: up to smooth factors, values
/// that have a kink.
class Sunk {
public:
  explicit Sunk(ValueRange inputs) {
    for (Value input : inputs)
      take(input, /*depth=*/0);
    // The operations in their own order, then what they and the branch read.
    llvm::sort(ops, [](Operation *one, Operation *other) {
      return one->isBeforeInBlock(other);
    });
    for (Value input : inputs)
      addLeaf(input);
    for (Operation *op : ops)
      for (Value operand : op->getOperands())
        addLeaf(operand);
  }

  SmallVector<Operation *> ops;
  SmallVector<Value> leaves;

private:
  /// Whether the value is computed in the branch.
  bool take(Value value, unsigned depth) {
    constexpr unsigned kDeepest = 8;
    Operation *op = value.getDefiningOp();
    if (!op || depth > kDeepest || op->getNumResults() != 1 ||
        !isDifferentiable(value.getType()))
      return false;
    if (llvm::is_contained(ops, op))
      return true;
    bool takes = isa<AbsOp, MaxOp, MinOp, HypotOp, HalfPowOp>(op);
    if (isa<NegOp, MulOp, DivOp, ConvertOp>(op) || movesElements(op))
      for (Value operand : op->getOperands())
        takes |= take(operand, depth + 1);
    if (takes)
      ops.push_back(op);
    return takes;
  }

  void addLeaf(Value value) {
    Operation *op = value.getDefiningOp();
    if (!llvm::is_contained(ops, op) && !llvm::is_contained(leaves, value))
      leaves.push_back(value);
  }
};

} // namespace

bool Expander::sinkKinks(SwitchOp op) {
  Sunk sunk(op.getInputs());
  if (sunk.ops.empty())
    return false;
  // What is done to the inputs, for the names of the new branches.
  std::string key = ".sunk ";
  llvm::raw_string_ostream stream(key);
  DenseMap<Value, unsigned> numbers;
  for (Value leaf : sunk.leaves)
    numbers.try_emplace(leaf, numbers.size());
  for (Operation *each : sunk.ops) {
    stream << each->getName() << each->getAttrDictionary()
           << each->getResult(0).getType();
    for (Value operand : each->getOperands())
      stream << ' ' << numbers.lookup(operand);
    numbers.try_emplace(each->getResult(0), numbers.size());
  }
  for (Value input : op.getInputs())
    stream << ' ' << numbers.lookup(input);
  RuleBuilder b(op.getLoc(), OpBuilder(op), this);
  SmallVector<Attribute> branches;
  for (FlatSymbolRefAttr symbol : op.callees()) {
    func::FuncOp branch = lookup(symbol);
    func::FuncOp inside =
        around(branch, key, ValueRange(sunk.leaves).getTypes(),
               [&](RuleBuilder &inner, ValueRange arguments) {
                 IRMapping mapping;
                 mapping.map(sunk.leaves, arguments);
                 for (Operation *each : sunk.ops)
                   inner.clone(*each, mapping);
                 SmallVector<Value> inputs;
                 for (Value input : op.getInputs())
                   inputs.push_back(mapping.lookup(input));
                 return inlineBody(inner, branch, inputs);
               });
    branches.push_back(FlatSymbolRefAttr::get(inside));
  }
  auto built = SwitchOp::create(b, op.getResultTypes(), op.getIndex(),
                                b.getArrayAttr(branches), sunk.leaves);
  op->replaceAllUsesWith(built);
  op->erase();
  return true;
}

void Expander::sinkKinks(func::FuncOp function) {
  bool any = false;
  for (auto op : llvm::make_early_inc_range(function.getOps<SwitchOp>()))
    any |= sinkKinks(op);
  if (any)
    simplify(function);
}
