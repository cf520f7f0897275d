//===- Scan.cpp - the rules of xform.scan ---------------------------------===//
//
// A scan of a function is differentiated, split, transposed and batched by
// doing so to the function. Which carried values have a tangent, are linear,
// have a cotangent or are batched is a fixpoint: one that is so at the end of a
// step is so at the start of the next.
//
//===----------------------------------------------------------------------===//

#include "dialect/Control.h"
#include "dialect/OperandGroups.h"

using namespace mlir;
using namespace xform;

namespace {

/// How a scan's step sees an operand.
enum Role { kCarried, kRow, kCapture };

/// What a step yields: first what is carried on, the function's and then the
/// step's own, then the rows.
struct Step {
  RuleBuilder &b;
  /// Of the function that the step runs.
  ValueRange arguments, results;
  /// The carried values that the function does not see.
  ValueRange ownCarried;
};
using Yield = llvm::function_ref<SmallVector<Value>(const Step &)>;

/// A scan of a function whose arguments come in any order.
class ScanBuilder {
public:
  /// The operand for the function's next argument.
  void add(Value value, Role role) {
    operands[role].push_back(value);
    places[role].push_back(count++);
  }
  /// A carried value that the step keeps to itself.
  void addCarried(Value value) { ownInit.push_back(value); }

  /// A scan with the length and unrolling of `like`.
  ScanOp build(RuleBuilder &b, ScanOp like, func::FuncOp function, bool reverse,
               const std::string &key, Yield yield) {
    SmallVector<Value> &init = operands[kCarried];
    size_t ownAt = init.size();
    llvm::append_range(init, ownInit);
    SmallVector<Type> types(ValueRange(init).getTypes());
    for (Value row : operands[kRow])
      types.push_back(rowType(row.getType()));
    llvm::append_range(types, ValueRange(operands[kCapture]).getTypes());
    std::string name = ".step " + key;
    for (ArrayRef<int64_t> group : places) {
      for (int64_t place : group)
        name += std::to_string(place) + ",";
      name += ';';
    }
    func::FuncOp step = b.derived->around(
        function, name, types, [&](RuleBuilder &inner, ValueRange arguments) {
          SmallVector<Value> ordered(count);
          auto next = arguments.begin();
          for (Role role : {kCarried, kRow, kCapture}) {
            for (int64_t place : places[role])
              ordered[place] = *next++;
            if (role == kCarried)
              next += static_cast<std::ptrdiff_t>(ownInit.size());
          }
          SmallVector<Value> yielded = inlineBody(inner, function, ordered);
          return yield({inner, ordered, yielded,
                        arguments.slice(ownAt, ownInit.size())});
        });
    int64_t length = like.lengthOf();
    SmallVector<Type> results(ValueRange(init).getTypes());
    for (Type type : step.getResultTypes().drop_front(init.size()))
      results.push_back(batchedType(type, length));
    return ScanOp::create(
        b, results, step.getName(), init, operands[kRow], operands[kCapture],
        operands[kRow].empty() ? b.getI64IntegerAttr(length) : IntegerAttr(),
        reverse, static_cast<int64_t>(like.getUnroll()));
  }

private:
  std::array<SmallVector<Value>, 3> operands;
  std::array<SmallVector<int64_t>, 3> places;
  SmallVector<Value> ownInit;
  int64_t count = 0;
};

} // namespace

static Role roleOf(ScanOp op, size_t operand) {
  size_t carried = op.getInit().size();
  if (operand < carried)
    return kCarried;
  return operand < carried + op.getXs().size() ? kRow : kCapture;
}

/// Which results of a scan are marked: what is carried as it comes in, rows as
/// a step yields them.
static Mask resultsOf(ArrayRef<bool> arguments, ArrayRef<bool> stepResults,
                      size_t carried) {
  return joined(
      {arguments.take_front(carried), stepResults.drop_front(carried)});
}

//===----------------------------------------------------------------------===//
// jvp: one loop over values and their tangents
//===----------------------------------------------------------------------===//

LogicalResult ScanOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                               SmallVectorImpl<Value> &resultTangents) {
  func::FuncOp body = b.derived->lookup(getCalleeAttr());
  size_t carried = getInit().size();
  Mask active = presenceOf(tangents);
  auto jvp = deriveStep<JvpFunction>(
      active, carried, &JvpFunction::tangentResults,
      [&](const Mask &mask) { return b.derived->jvp(body, mask); });
  if (failed(jvp))
    return failure();

  ScanBuilder scan;
  for (auto [index, operand] : llvm::enumerate(getOperands()))
    scan.add(operand, roleOf(*this, index));
  for (auto [index, tangent] : llvm::enumerate(tangents))
    if (active[index])
      scan.add(tangent ? tangent : b.zeros(getOperand(index).getType()),
               roleOf(*this, index));
  Mask found = resultsOf(active, jvp->tangentResults, carried);
  size_t carriedTangents =
      llvm::count(ArrayRef<bool>(found).take_front(carried), true);
  // Each step yields what is carried on and its tangents, then rows and theirs.
  ScanOp built = scan.build(
      b, *this, jvp->function, getReverse(), "jvp", [&](const Step &step) {
        ValueRange primals = step.results.take_front(getNumResults());
        SmallVector<Value> own = spread(
            jvp->tangentResults, step.results.drop_front(primals.size()));
        SmallVector<Value> all =
            withZeros(step.b, found, own, primals.getTypes());
        ValueRange tangents(all);
        return joined({primals.take_front(carried),
                       tangents.take_front(carriedTangents),
                       primals.drop_front(carried),
                       tangents.drop_front(carriedTangents)});
      });

  size_t rowCount = getNumResults() - carried;
  ValueRange results = built->getResults();
  ValueRange rows = results.drop_front(carried + carriedTangents);
  llvm::append_range(
      resultTangents,
      spread(found, joined({results.slice(carried, carriedTangents),
                            rows.drop_front(rowCount)})));
  // The new scan computes the results too: one loop instead of two.
  llvm::append_range(resultTangents, joined({results.take_front(carried),
                                             rows.take_front(rowCount)}));
  return success();
}

//===----------------------------------------------------------------------===//
// Batching: what is batched is so behind the axis of the steps
//===----------------------------------------------------------------------===//

/// The permutation that swaps the first two axes.
static SmallVector<int64_t> swapFront(Value value) {
  auto axes = axesUpTo(cast<RankedTensorType>(value.getType()).getRank());
  std::swap(axes[0], axes[1]);
  return axes;
}

LogicalResult ScanOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                   ArrayRef<bool> batched, int64_t size,
                                   SmallVectorImpl<Value> &results) {
  func::FuncOp body = b.derived->lookup(getCalleeAttr());
  size_t carried = getInit().size();
  Mask marked(batched);
  auto rows = deriveStep<BatchedFunction>(
      marked, carried, &BatchedFunction::batchedResults,
      [&](const Mask &mask) { return b.derived->batched(body, mask, size); });
  if (failed(rows))
    return failure();

  ScanBuilder scan;
  for (auto [index, operand] : llvm::enumerate(operands)) {
    Role role = roleOf(*this, index);
    Value value = operand;
    if (role == kRow && batched[index])
      value = b.permute(value, swapFront(value));
    else if (marked[index] && !batched[index])
      value = b.broadcastBatch(value, size);
    scan.add(value, role);
  }
  ScanOp built = scan.build(
      b, *this, rows->function, getReverse(), "vmap", [&](const Step &step) {
        return batchedAs(step.b, step.results,
                         ArrayRef(marked).take_front(carried),
                         rows->batchedResults, size);
      });
  Mask found = resultsOf(marked, rows->batchedResults, carried);
  for (auto [index, result] : llvm::enumerate(built.getOuts())) {
    if (!found[index])
      results.push_back(b.broadcastBatch(result, size));
    else
      results.push_back(index < carried ? Value(result)
                                        : b.permute(result, swapFront(result)));
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Split: the primal scan stacks what the linear one reads of each step
//===----------------------------------------------------------------------===//

namespace {

/// The split of a scan's function. A carried value is linear if it is so at
/// the start of any step; one that is not linear there is zero, since it
/// stands for a tangent.
struct SplitStep {
  SplitFunction function;
  Mask linear;
  /// Which results of the scan are linear.
  Mask results;
};

} // namespace

static FailureOr<SplitStep> splitStep(ScanOp op, DerivedFunctions &derived,
                                      ArrayRef<bool> linear) {
  func::FuncOp body = derived.lookup(op.getCalleeAttr());
  size_t carried = op.getInit().size();
  Mask marked(linear);
  auto split = deriveStep<SplitFunction>(
      marked, carried, &SplitFunction::linearResults,
      [&](const Mask &mask) { return derived.split(body, mask); });
  if (failed(split))
    return failure();
  return SplitStep{*split, marked,
                   resultsOf(marked, split->linearResults, carried)};
}

/// The operands that are not linear, in order: the primal function's arguments.
static SmallVector<size_t> primalOperands(const SplitStep &step) {
  SmallVector<size_t> indices;
  for (auto [index, isLinear] : llvm::enumerate(step.linear))
    if (!isLinear)
      indices.push_back(index);
  return indices;
}

LogicalResult ScanOp::buildPrimal(RuleBuilder &b, ArrayRef<bool> linear,
                                  ValueRange operands,
                                  SmallVectorImpl<Value> &primalResults,
                                  SmallVectorImpl<Value> &residuals) {
  FailureOr<SplitStep> step = splitStep(*this, *b.derived, linear);
  if (failed(step))
    return failure();
  const SplitFunction &split = step->function;
  size_t carried = getInit().size();
  SmallVector<size_t> arguments = primalOperands(*step);
  ScanBuilder scan;
  for (size_t index : arguments)
    scan.add(operands[index], roleOf(*this, index));

  ScanOp built = scan.build(
      b, *this, split.primal, getReverse(), "primal", [&](const Step &given) {
        SmallVector<Value> yielded, yieldedRows;
        auto next = given.results.begin();
        for (auto [index, isLinear] : llvm::enumerate(split.linearResults)) {
          if (isLinear)
            continue;
          // A linear carried value may be set to zero, which is not linear.
          Value result = *next++;
          if (index >= carried)
            yieldedRows.push_back(result);
          else if (!step->linear[index])
            yielded.push_back(result);
        }
        // Of what comes in only the carried values differ from step to step
        // without being rows already.
        for (int64_t argument : split.forwarded)
          if (roleOf(*this, arguments[argument]) == kCarried)
            yieldedRows.push_back(given.arguments[argument]);
        yieldedRows.append(next, given.results.end());
        llvm::append_range(yielded, yieldedRows);
        return yielded;
      });

  auto next = built->result_begin();
  for (bool isLinear : step->results)
    primalResults.push_back(isLinear ? Value() : *next++);
  for (int64_t argument : split.forwarded)
    residuals.push_back(roleOf(*this, arguments[argument]) == kCarried
                            ? *next++
                            : operands[arguments[argument]]);
  residuals.append(next, built->result_end());
  return success();
}

LogicalResult ScanOp::buildLinear(RuleBuilder &b, ArrayRef<bool> linear,
                                  ValueRange residuals, ValueRange operands,
                                  SmallVectorImpl<Value> &results) {
  FailureOr<SplitStep> step = splitStep(*this, *b.derived, linear);
  if (failed(step))
    return failure();
  const SplitFunction &split = step->function;
  SmallVector<size_t> arguments = primalOperands(*step);
  ScanBuilder scan;
  for (auto [index, residual] : llvm::enumerate(residuals)) {
    bool isCapture =
        index < split.forwarded.size() &&
        roleOf(*this, arguments[split.forwarded[index]]) == kCapture;
    scan.add(residual, isCapture ? kCapture : kRow);
  }
  for (auto [index, operand] : llvm::enumerate(operands))
    if (step->linear[index])
      scan.add(operand ? operand : b.zeros(getOperand(index).getType()),
               roleOf(*this, index));
  func::FuncOp body = b.derived->lookup(getCalleeAttr());
  ScanOp built = scan.build(
      b, *this, split.linear, getReverse(), "linear", [&](const Step &given) {
        return withZeros(given.b, step->results,
                         spread(split.linearResults, given.results),
                         body.getResultTypes());
      });
  llvm::append_range(results, spread(step->results, built.getOuts()));
  return success();
}

//===----------------------------------------------------------------------===//
// Transpose: from the last step to the first
//===----------------------------------------------------------------------===//

LogicalResult
ScanOp::buildTranspose(RuleBuilder &b, ArrayRef<bool> linear,
                       ValueRange operands, ValueRange cotangents,
                       SmallVectorImpl<Value> &operandCotangents) {
  func::FuncOp body = b.derived->lookup(getCalleeAttr());
  size_t carried = getInit().size();
  // All that a linear scan carries is linear, also where it starts from zeros.
  Mask marked(linear);
  std::fill_n(marked.begin(), carried, true);
  Mask active = presenceOf(cotangents);
  auto transposed = deriveStep<TransposedFunction>(
      active, carried, &TransposedFunction::argumentCotangents,
      [&](const Mask &mask) {
        return b.derived->transposed(body, marked, mask);
      });
  if (failed(transposed))
    return failure();
  ArrayRef<bool> found = transposed->argumentCotangents;

  ScanBuilder scan;
  for (auto [index, operand] : llvm::enumerate(operands))
    if (!marked[index])
      scan.add(operand, roleOf(*this, index));
  for (auto [index, cotangent] : llvm::enumerate(cotangents))
    if (active[index])
      scan.add(cotangent ? cotangent : b.zeros(getResult(index).getType()),
               index < carried ? kCarried : kRow);
  // A capture is seen by every step: its cotangent is summed on the way.
  for (size_t index = carried; index < found.size(); ++index)
    if (found[index] && roleOf(*this, index) == kCapture)
      scan.addCarried(b.zeros(getOperand(index).getType()));
  size_t rows = getXs().size();
  ArrayRef<bool> ofCarried = ArrayRef<bool>(active).take_front(carried),
                 ofRows = found.slice(carried, rows),
                 ofCaptures = found.drop_front(carried + rows);
  ScanOp built = scan.build(
      b, *this, transposed->function, !getReverse(), "transpose",
      [&](const Step &step) {
        SmallVector<Value> all = spread(found, step.results);
        ValueRange values(all);
        SmallVector<Value> carriedBack =
            withZeros(step.b, ofCarried, values.take_front(carried),
                      getInit().getTypes());
        SmallVector<Value> sums;
        for (auto [sum, term] : llvm::zip_equal(
                 step.ownCarried, present(values.drop_front(carried + rows))))
          sums.push_back(step.b.accumulate(sum, term));
        return joined(
            {carriedBack, sums, present(values.slice(carried, rows))});
      });

  ValueRange carriedBack = built.getOuts();
  ValueRange sums = carriedBack.drop_front(llvm::count(ofCarried, true));
  ValueRange stacked = sums.drop_front(llvm::count(ofCaptures, true));
  llvm::append_range(operandCotangents, joined({spread(ofCarried, carriedBack),
                                                spread(ofRows, stacked),
                                                spread(ofCaptures, sums)}));
  return success();
}
