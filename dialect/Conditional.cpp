//===- Conditional.cpp - the rules of xform.switch ------------------------===//
//
// Every branch is derived alone and then made to agree with the others: where
// one has a tangent, a residual or a cotangent that another lacks, the other
// returns zeros.
//
//===----------------------------------------------------------------------===//

#include "dialect/Control.h"
#include "dialect/DerivedFunctions.h"

using namespace mlir;
using namespace xform;

static SwitchOp buildSwitch(RuleBuilder &b, Value index,
                            ArrayRef<func::FuncOp> branches,
                            ValueRange inputs) {
  SmallVector<Attribute> symbols;
  for (func::FuncOp branch : branches)
    symbols.push_back(FlatSymbolRefAttr::get(branch));
  func::FuncOp first = branches[0];
  return SwitchOp::create(b, first.getResultTypes(), index,
                          b.getArrayAttr(symbols), inputs);
}

/// What `derive` makes of each branch.
template <typename Derived>
static FailureOr<SmallVector<Derived>>
deriveBranches(SwitchOp op, DerivedFunctions &derived,
               llvm::function_ref<FailureOr<Derived>(func::FuncOp)> derive) {
  SmallVector<Derived> branches;
  for (FlatSymbolRefAttr symbol : op.callees()) {
    FailureOr<Derived> branch = derive(derived.lookup(symbol));
    if (failed(branch))
      return failure();
    branches.push_back(*branch);
  }
  return branches;
}

/// Marks what is marked in any branch.
template <typename Derived>
static Mask anyOf(ArrayRef<Derived> branches, Mask Derived::*member) {
  Mask any(branches[0].*member);
  for (const Derived &branch : branches)
    for (auto [mark, more] : llvm::zip_equal(any, branch.*member))
      mark |= more;
  return any;
}

//===----------------------------------------------------------------------===//
// jvp
//===----------------------------------------------------------------------===//

LogicalResult SwitchOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                 SmallVectorImpl<Value> &resultTangents) {
  Mask active = presenceOf(tangents.drop_front());
  auto branches =
      deriveBranches<JvpFunction>(*this, *b.derived, [&](func::FuncOp branch) {
        return b.derived->jvp(branch, active);
      });
  if (failed(branches))
    return failure();
  Mask found = anyOf<JvpFunction>(*branches, &JvpFunction::tangentResults);
  SmallVector<Value> inputs(getInputs());
  for (Value tangent : tangents)
    if (tangent)
      inputs.push_back(tangent);
  SmallVector<func::FuncOp> functions;
  for (JvpFunction &branch : *branches)
    functions.push_back(b.derived->around(
        branch.function, ".branch jvp" + maskText(found),
        branch.function.getArgumentTypes(),
        [&](RuleBuilder &inner, ValueRange arguments) {
          SmallVector<Value> values =
              inlineBody(inner, branch.function, arguments);
          SmallVector<Value> results(
              ArrayRef<Value>(values).take_front(getNumResults()));
          auto next = values.begin() + getNumResults();
          for (auto [index, hasTangent] :
               llvm::enumerate(branch.tangentResults)) {
            if (hasTangent)
              results.push_back(*next++);
            else if (found[index])
              results.push_back(inner.zeros(results[index].getType()));
          }
          return results;
        }));
  SwitchOp built = buildSwitch(b, getIndex(), functions, inputs);
  auto next = built->result_begin() + getNumResults();
  for (bool hasTangent : found)
    resultTangents.push_back(hasTangent ? *next++ : Value());
  // The new switch computes the results too.
  llvm::append_range(resultTangents,
                     built->getResults().take_front(getNumResults()));
  return success();
}

//===----------------------------------------------------------------------===//
// Batching: rows that choose differently run every branch
//===----------------------------------------------------------------------===//

/// The rows of the branches that a batched index chooses.
static Value selectRows(RuleBuilder &b, Value index, ArrayRef<Value> values) {
  auto type = cast<RankedTensorType>(values[0].getType());
  auto indexType = cast<RankedTensorType>(index.getType());
  auto everywhere = [&](Value truth) {
    return b.broadcastTo(truth, type.clone(b.getI1Type()), {0});
  };
  if (indexType.getElementType().isInteger(1))
    return b.fold<SelectOp>(everywhere(index), values[1], values[0]);
  Value chosen = values.back();
  for (size_t i = values.size() - 1; i-- > 0;) {
    Value upTo = b.fold<LeOp>(index, b.literal(std::to_string(i), indexType));
    chosen = b.fold<SelectOp>(everywhere(upTo), values[i], chosen);
  }
  return chosen;
}

LogicalResult SwitchOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                     ArrayRef<bool> batched, int64_t size,
                                     SmallVectorImpl<Value> &results) {
  Mask inputs(batched.drop_front());
  auto branches = deriveBranches<BatchedFunction>(
      *this, *b.derived, [&](func::FuncOp branch) {
        return b.derived->batched(branch, inputs, size);
      });
  if (failed(branches))
    return failure();
  if (batched[0]) {
    SmallVector<SmallVector<Value>> values;
    for (BatchedFunction &branch : *branches) {
      SmallVector<Value> &rows = values.emplace_back(
          inlineBody(b, branch.function, operands.drop_front()));
      for (auto [value, isBatched] :
           llvm::zip_equal(rows, branch.batchedResults))
        if (!isBatched)
          value = b.broadcastBatch(value, size);
    }
    for (size_t i = 0; i < getNumResults(); ++i)
      results.push_back(selectRows(
          b, operands[0],
          llvm::map_to_vector(values, [&](auto &rows) { return rows[i]; })));
    return success();
  }

  Mask found =
      anyOf<BatchedFunction>(*branches, &BatchedFunction::batchedResults);
  SmallVector<func::FuncOp> functions;
  for (BatchedFunction &branch : *branches)
    functions.push_back(b.derived->around(
        branch.function, ".branch vmap" + maskText(found),
        branch.function.getArgumentTypes(),
        [&](RuleBuilder &inner, ValueRange arguments) {
          SmallVector<Value> values =
              inlineBody(inner, branch.function, arguments);
          for (size_t i = 0; i < values.size(); ++i)
            if (found[i] && !branch.batchedResults[i])
              values[i] = inner.broadcastBatch(values[i], size);
          return values;
        }));
  SwitchOp built =
      buildSwitch(b, operands[0], functions, operands.drop_front());
  for (auto [result, isBatched] : llvm::zip_equal(built.getOuts(), found))
    results.push_back(isBatched ? Value(result)
                                : b.broadcastBatch(result, size));
  return success();
}

//===----------------------------------------------------------------------===//
// Split: residuals of all branches, zeros for those not taken
//===----------------------------------------------------------------------===//

namespace {

/// How the split branches share what goes from the primal to the linear switch.
class SplitBranches {
public:
  static FailureOr<SplitBranches> of(SwitchOp op, DerivedFunctions &derived,
                                     ArrayRef<bool> linear) {
    SplitBranches split;
    Mask inputs(linear.drop_front());
    auto branches =
        deriveBranches<SplitFunction>(op, derived, [&](func::FuncOp branch) {
          return derived.split(branch, inputs);
        });
    if (failed(branches))
      return failure();
    split.branches = *branches;
    split.linearResults =
        anyOf<SplitFunction>(split.branches, &SplitFunction::linearResults);
    for (const SplitFunction &branch : split.branches) {
      for (int64_t argument : branch.forwarded)
        if (!llvm::is_contained(split.forwarded, argument))
          split.forwarded.push_back(argument);
      split.slotsOf.push_back(split.takeSlots(residualTypes(branch)));
    }
    llvm::raw_string_ostream stream(split.key);
    stream << maskText(split.linearResults) << ' ' << split.slots;
    for (int64_t argument : split.forwarded)
      stream << ' ' << argument;
    return split;
  }

  SmallVector<SplitFunction> branches;
  Mask linearResults;
  /// Inputs that some branch's linear part reads.
  SmallVector<int64_t> forwarded;
  /// Types of the residuals that are handed over, each for all branches, and
  /// which of them each branch's own residuals are.
  SmallVector<Type> slots;
  SmallVector<SmallVector<size_t>> slotsOf;
  /// All that the functions around the branches depend on.
  std::string key;

private:
  static ArrayRef<Type> residualTypes(const SplitFunction &branch) {
    func::FuncOp primal = branch.primal;
    return primal.getResultTypes().drop_front(
        llvm::count(branch.linearResults, false));
  }

  /// A slot of the right type for each residual of one branch.
  SmallVector<size_t> takeSlots(ArrayRef<Type> types) {
    SmallVector<size_t> taken;
    for (Type type : types) {
      size_t slot = 0;
      while (slot < slots.size() &&
             (slots[slot] != type || llvm::is_contained(taken, slot)))
        ++slot;
      if (slot == slots.size())
        slots.push_back(type);
      taken.push_back(slot);
    }
    return taken;
  }
};

} // namespace

LogicalResult SwitchOp::buildPrimal(RuleBuilder &b, ArrayRef<bool> linear,
                                    ValueRange operands,
                                    SmallVectorImpl<Value> &primalResults,
                                    SmallVectorImpl<Value> &residuals) {
  FailureOr<SplitBranches> split = SplitBranches::of(*this, *b.derived, linear);
  if (failed(split))
    return failure();
  SmallVector<Value> inputs;
  for (auto [operand, isLinear] :
       llvm::zip_equal(operands.drop_front(), linear.drop_front()))
    if (!isLinear)
      inputs.push_back(operand);
  SmallVector<func::FuncOp> functions;
  for (size_t which = 0; which < split->branches.size(); ++which) {
    // A lambda captures no structured binding before C++20.
    const auto &branch = split->branches[which];
    const auto &slots = split->slotsOf[which];
    functions.push_back(b.derived->around(
        branch.primal, ".branch primal" + split->key,
        ValueRange(inputs).getTypes(),
        [&](RuleBuilder &inner, ValueRange arguments) {
          SmallVector<Value> values =
              inlineBody(inner, branch.primal, arguments);
          SmallVector<Value> results;
          auto next = values.begin();
          for (auto [index, isLinear] : llvm::enumerate(branch.linearResults)) {
            if (isLinear)
              continue;
            // A tangent that is zero in this branch only is none of them.
            Value value = *next++;
            if (!split->linearResults[index])
              results.push_back(value);
          }
          for (auto [slot, type] : llvm::enumerate(split->slots)) {
            const auto *own = llvm::find(slots, slot);
            results.push_back(own == slots.end()
                                  ? inner.zeros(type)
                                  : *(next + (own - slots.begin())));
          }
          return results;
        }));
  }
  SwitchOp built = buildSwitch(b, operands[0], functions, inputs);
  auto next = built->result_begin();
  for (bool isLinear : split->linearResults)
    primalResults.push_back(isLinear ? Value() : *next++);
  residuals.push_back(operands[0]);
  for (int64_t argument : split->forwarded)
    residuals.push_back(inputs[argument]);
  residuals.append(next, built->result_end());
  return success();
}

LogicalResult SwitchOp::buildLinear(RuleBuilder &b, ArrayRef<bool> linear,
                                    ValueRange residuals, ValueRange operands,
                                    SmallVectorImpl<Value> &results) {
  FailureOr<SplitBranches> split = SplitBranches::of(*this, *b.derived, linear);
  if (failed(split))
    return failure();
  SmallVector<Value> inputs(residuals.drop_front());
  for (Value operand : operands)
    if (operand)
      inputs.push_back(operand);
  SmallVector<func::FuncOp> functions;
  for (size_t which = 0; which < split->branches.size(); ++which) {
    const auto &branch = split->branches[which];
    const auto &slots = split->slotsOf[which];
    functions.push_back(b.derived->around(
        branch.linear, ".branch linear" + split->key,
        ValueRange(inputs).getTypes(),
        [&](RuleBuilder &inner, ValueRange arguments) {
          SmallVector<Value> own;
          for (int64_t argument : branch.forwarded)
            own.push_back(arguments[llvm::find(split->forwarded, argument) -
                                    split->forwarded.begin()]);
          for (size_t slot : slots)
            own.push_back(arguments[split->forwarded.size() + slot]);
          llvm::append_range(own, arguments.drop_front(residuals.size() - 1));
          SmallVector<Value> values = inlineBody(inner, branch.linear, own);
          SmallVector<Value> tangents;
          auto next = values.begin();
          for (auto [index, isLinear] : llvm::enumerate(branch.linearResults)) {
            if (isLinear)
              tangents.push_back(*next++);
            else if (split->linearResults[index])
              tangents.push_back(inner.zeros(getResult(index).getType()));
          }
          return tangents;
        }));
  }
  SwitchOp built = buildSwitch(b, residuals[0], functions, inputs);
  auto next = built->result_begin();
  for (bool isLinear : split->linearResults)
    results.push_back(isLinear ? *next++ : Value());
  return success();
}

//===----------------------------------------------------------------------===//
// Transpose
//===----------------------------------------------------------------------===//

bool SwitchOp::isLinearIn(ArrayRef<bool> linear) {
  return !linear[0] && llvm::is_contained(linear, true);
}

LogicalResult
SwitchOp::buildTranspose(RuleBuilder &b, ArrayRef<bool> linear,
                         ValueRange operands, ValueRange cotangents,
                         SmallVectorImpl<Value> &operandCotangents) {
  Mask inputs(linear.drop_front());
  Mask given = presenceOf(cotangents);
  auto branches = deriveBranches<TransposedFunction>(
      *this, *b.derived, [&](func::FuncOp branch) {
        return b.derived->transposed(branch, inputs, given);
      });
  if (failed(branches))
    return failure();
  Mask found = anyOf<TransposedFunction>(
      *branches, &TransposedFunction::argumentCotangents);
  SmallVector<Value> values;
  for (Value operand : operands.drop_front())
    if (operand)
      values.push_back(operand);
  for (Value cotangent : cotangents)
    if (cotangent)
      values.push_back(cotangent);
  SmallVector<func::FuncOp> functions;
  for (TransposedFunction &branch : *branches)
    functions.push_back(b.derived->around(
        branch.function, ".branch transpose" + maskText(found),
        ValueRange(values).getTypes(),
        [&](RuleBuilder &inner, ValueRange arguments) {
          SmallVector<Value> given =
              inlineBody(inner, branch.function, arguments);
          SmallVector<Value> results;
          auto next = given.begin();
          for (auto [index, hasCotangent] :
               llvm::enumerate(branch.argumentCotangents)) {
            if (hasCotangent)
              results.push_back(*next++);
            else if (found[index])
              results.push_back(inner.zeros(getInputs()[index].getType()));
          }
          return results;
        }));
  operandCotangents.push_back(Value());
  if (!llvm::is_contained(found, true)) {
    operandCotangents.append(found.size(), Value());
    return success();
  }
  SwitchOp built = buildSwitch(b, operands[0], functions, values);
  auto next = built->result_begin();
  for (bool hasCotangent : found)
    operandCotangents.push_back(hasCotangent ? *next++ : Value());
  return success();
}
