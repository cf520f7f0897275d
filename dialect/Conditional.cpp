//===- Conditional.cpp - the rules of xform.switch ------------------------===//
//
// Every branch is derived alone and then made to agree with the others: where
// one has a tangent, a residual or a cotangent that another lacks, the other
// returns zeros.
//
//===----------------------------------------------------------------------===//

#include "dialect/Control.h"
#include "dialect/OperandGroups.h"

using namespace mlir;
using namespace xform;

/// Writes a branch around the one that was derived.
template <typename Derived>
using BuildBranch = llvm::function_ref<SmallVector<Value>(
    RuleBuilder &, const Derived &, ValueRange)>;

/// A switch whose branches are around `function` of those that were derived.
template <typename Derived>
static SwitchOp
buildSwitch(RuleBuilder &b, Value index, ArrayRef<Derived> branches,
            func::FuncOp Derived::*function, const std::string &key,
            ValueRange inputs, BuildBranch<Derived> build) {
  SmallVector<Attribute> symbols;
  TypeRange results;
  for (const Derived &branch : branches) {
    func::FuncOp around =
        b.derived->around(branch.*function, ".branch " + key, inputs.getTypes(),
                          [&](RuleBuilder &inner, ValueRange arguments) {
                            return build(inner, branch, arguments);
                          });
    symbols.push_back(FlatSymbolRefAttr::get(around));
    results = around.getResultTypes();
  }
  return SwitchOp::create(b, results, index, b.getArrayAttr(symbols), inputs);
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
  SwitchOp built = buildSwitch<JvpFunction>(
      b, getIndex(), *branches, &JvpFunction::function, "jvp" + maskText(found),
      joined({getInputs(), present(tangents)}),
      [&](RuleBuilder &inner, const JvpFunction &branch, ValueRange arguments) {
        SmallVector<Value> values =
            inlineBody(inner, branch.function, arguments);
        ValueRange results = ValueRange(values).take_front(getNumResults());
        SmallVector<Value> own =
            spread(branch.tangentResults,
                   ValueRange(values).drop_front(getNumResults()));
        return joined(
            {results, withZeros(inner, found, own, results.getTypes())});
      });
  // The new switch computes the results too.
  llvm::append_range(resultTangents, tangentsFirst(found, built->getResults()));
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
      SmallVector<Value> rows =
          inlineBody(b, branch.function, operands.drop_front());
      values.push_back(b.rowsOf(rows, branch.batchedResults, size));
    }
    for (size_t i = 0; i < getNumResults(); ++i)
      results.push_back(selectRows(
          b, operands[0],
          llvm::map_to_vector(values, [&](auto &rows) { return rows[i]; })));
    return success();
  }

  Mask found =
      anyOf<BatchedFunction>(*branches, &BatchedFunction::batchedResults);
  SwitchOp built = buildSwitch<BatchedFunction>(
      b, operands[0], *branches, &BatchedFunction::function,
      "vmap" + maskText(found), operands.drop_front(),
      [&](RuleBuilder &inner, const BatchedFunction &branch,
          ValueRange arguments) {
        return batchedAs(inner, inlineBody(inner, branch.function, arguments),
                         found, branch.batchedResults, size);
      });
  llvm::append_range(results, b.rowsOf(built.getOuts(), found, size));
  return success();
}

//===----------------------------------------------------------------------===//
// Split: residuals of all branches, zeros for those not taken
//===----------------------------------------------------------------------===//

namespace {

struct SplitBranch : SplitFunction {
  /// Which of the residuals that are handed over are its own.
  SmallVector<size_t> slots;
};

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
    split.linearResults =
        anyOf<SplitFunction>(*branches, &SplitFunction::linearResults);
    for (const SplitFunction &branch : *branches) {
      for (int64_t argument : branch.forwarded)
        if (!llvm::is_contained(split.forwarded, argument))
          split.forwarded.push_back(argument);
      split.branches.push_back(
          {branch, split.takeSlots(residualTypes(branch))});
    }
    llvm::raw_string_ostream stream(split.key);
    stream << maskText(split.linearResults) << ' ' << split.slots;
    for (int64_t argument : split.forwarded)
      stream << ' ' << argument;
    return split;
  }

  SmallVector<SplitBranch> branches;
  Mask linearResults;
  /// Inputs that some branch's linear part reads.
  SmallVector<int64_t> forwarded;
  /// Types of the residuals that are handed over, each for all branches.
  SmallVector<Type> slots;
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
  SmallVector<Value> inputs = present(operands.drop_front());
  SwitchOp built = buildSwitch<SplitBranch>(
      b, operands[0], split->branches, &SplitBranch::primal,
      "primal" + split->key, inputs,
      [&](RuleBuilder &inner, const SplitBranch &branch, ValueRange arguments) {
        SmallVector<Value> values = inlineBody(inner, branch.primal, arguments);
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
          const auto *own = llvm::find(branch.slots, slot);
          results.push_back(own == branch.slots.end()
                                ? inner.zeros(type)
                                : *(next + (own - branch.slots.begin())));
        }
        return results;
      });
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
  SwitchOp built = buildSwitch<SplitBranch>(
      b, residuals[0], split->branches, &SplitBranch::linear,
      "linear" + split->key,
      joined({residuals.drop_front(), present(operands)}),
      [&](RuleBuilder &inner, const SplitBranch &branch, ValueRange arguments) {
        SmallVector<Value> own;
        for (int64_t argument : branch.forwarded)
          own.push_back(arguments[llvm::find(split->forwarded, argument) -
                                  split->forwarded.begin()]);
        for (size_t slot : branch.slots)
          own.push_back(arguments[split->forwarded.size() + slot]);
        llvm::append_range(own, arguments.drop_front(residuals.size() - 1));
        SmallVector<Value> tangents =
            spread(branch.linearResults, inlineBody(inner, branch.linear, own));
        return withZeros(inner, split->linearResults, tangents,
                         getResultTypes());
      });
  llvm::append_range(results, spread(split->linearResults, built.getOuts()));
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
  operandCotangents.push_back(Value());
  if (!llvm::is_contained(found, true)) {
    operandCotangents.append(found.size(), Value());
    return success();
  }
  SwitchOp built = buildSwitch<TransposedFunction>(
      b, operands[0], *branches, &TransposedFunction::function,
      "transpose" + maskText(found),
      joined({present(operands.drop_front()), present(cotangents)}),
      [&](RuleBuilder &inner, const TransposedFunction &branch,
          ValueRange arguments) {
        SmallVector<Value> own =
            spread(branch.argumentCotangents,
                   inlineBody(inner, branch.function, arguments));
        return withZeros(inner, found, own, getInputs().getTypes());
      });
  llvm::append_range(operandCotangents, spread(found, built.getOuts()));
  return success();
}
