//===- Checkpoint.cpp - what the backward pass computes again -------------===//
//
// A checkpoint stays one under every rule, so that derivatives of derivatives
// save as little. Its split is where it differs from a call: the primal part
// returns only what the policy saves, and the linear part is again a
// checkpoint, of a function that first computes the other residuals.
//
//===----------------------------------------------------------------------===//

#include "dialect/Checkpoint.h"
#include "dialect/OperandGroups.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Checkpoint.cpp.inc"

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<Type>>
xform::inferCheckpoint(Emit emit, func::FuncOp callee, TypeRange inputs) {
  if (failed(checkArguments(emit, callee, inputs)))
    return failure();
  return SmallVector<Type>(callee.getResultTypes());
}

LogicalResult CheckpointOp::verifySymbolUses(SymbolTableCollection &symbols) {
  FailureOr<func::FuncOp> callee =
      lookupCallee(*this, getCalleeAttr(), symbols);
  if (failed(callee))
    return failure();
  return checkResults(*this, inferCheckpoint([this] { return emitOpError(); },
                                             *callee, getInputs().getTypes()));
}

LogicalResult CheckpointOp::verify() {
  static const llvm::StringSet<> plain = {
      "nothing_saveable", "everything_saveable", "dots_saveable",
      "dots_with_no_batch_dims_saveable"};
  static const llvm::StringSet<> named = {"save_only_these_names",
                                          "save_any_names_but_these",
                                          "save_anything_except_these_names"};
  StringRef policy = getPolicy();
  bool isLimit = policy == "save_at_most";
  if (!plain.contains(policy) && !named.contains(policy) && !isLimit)
    return emitOpError() << "has an unknown policy, \"" << policy << "\"";
  if (named.contains(policy) != static_cast<bool>(getNames()))
    return emitOpError() << "policy \"" << policy << "\" "
                         << (getNames() ? "takes no" : "needs") << " names";
  if (isLimit != getBytes().has_value())
    return emitOpError() << "policy \"" << policy << "\" "
                         << (isLimit ? "needs a" : "takes no")
                         << " number of bytes";
  return success();
}

//===----------------------------------------------------------------------===//
// What it runs
//===----------------------------------------------------------------------===//

SmallVector<FlatSymbolRefAttr> CheckpointOp::callees() {
  return {getCalleeAttr()};
}

SmallVector<FunctionRun> CheckpointOp::functionRuns() {
  FunctionRun run{getCalleeAttr(), FunctionRun::Frequency::kOnce};
  return {run.takes(0, getNumOperands())};
}

void CheckpointOp::setCallees(ArrayRef<FlatSymbolRefAttr> callees) {
  setCalleeAttr(callees[0]);
}

MutableOperandRange CheckpointOp::capturesOf(size_t) {
  return getInputsMutable();
}

bool CheckpointOp::sharesCaptures() { return true; }

//===----------------------------------------------------------------------===//
// xform.checkpoint: jvp, batching, transpose
//===----------------------------------------------------------------------===//

/// A checkpoint of another function with the policy of `like`.
static CheckpointOp checkpointLike(RuleBuilder &b, CheckpointOp like,
                                   func::FuncOp function, ValueRange inputs) {
  return CheckpointOp::create(b, function.getResultTypes(), function.getName(),
                              inputs, like.getPolicyAttr(), like.getNamesAttr(),
                              like.getBytesAttr());
}

LogicalResult CheckpointOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                     SmallVectorImpl<Value> &resultTangents) {
  FailureOr<JvpFunction> jvp =
      b.derived->jvp(b.derived->lookup(getCalleeAttr()), presenceOf(tangents));
  if (failed(jvp))
    return failure();
  CheckpointOp built = checkpointLike(b, *this, jvp->function,
                                      joined({getInputs(), present(tangents)}));
  // The new checkpoint computes the results too.
  llvm::append_range(resultTangents,
                     tangentsFirst(jvp->tangentResults, built->getResults()));
  return success();
}

LogicalResult CheckpointOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                         ArrayRef<bool> batched, int64_t size,
                                         SmallVectorImpl<Value> &results) {
  FailureOr<BatchedFunction> rows = b.derived->batched(
      b.derived->lookup(getCalleeAttr()), Mask(batched), size);
  if (failed(rows))
    return failure();
  llvm::append_range(
      results, checkpointLike(b, *this, rows->function, operands).getOuts());
  return success();
}

LogicalResult
CheckpointOp::buildTranspose(RuleBuilder &b, ArrayRef<bool> linear,
                             ValueRange operands, ValueRange cotangents,
                             SmallVectorImpl<Value> &operandCotangents) {
  FailureOr<TransposedFunction> transposed = b.derived->transposed(
      b.derived->lookup(getCalleeAttr()), Mask(linear), presenceOf(cotangents));
  if (failed(transposed))
    return failure();
  SmallVector<Value> arrived = present(cotangents);
  auto residuals = BarrierOp::create(b, present(operands), arrived);
  CheckpointOp built =
      checkpointLike(b, *this, transposed->function,
                     joined({residuals.getResults(), arrived}));
  llvm::append_range(operandCotangents, spread(transposed->argumentCotangents,
                                               built->getResults()));
  return success();
}

//===----------------------------------------------------------------------===//
// xform.checkpoint: split
//===----------------------------------------------------------------------===//

namespace {

struct CheckpointSplit {
  SplitFunction function;
  Recomputation again;
  /// How many results the primal function has before its residuals.
  size_t primalResults;
  /// All that the functions made of it depend on.
  std::string key;
};

} // namespace

static FailureOr<CheckpointSplit> splitCheckpoint(CheckpointOp op,
                                                  DerivedFunctions &derived,
                                                  ArrayRef<bool> linear) {
  FailureOr<SplitFunction> split =
      derived.split(derived.lookup(op.getCalleeAttr()), Mask(linear));
  if (failed(split))
    return failure();
  size_t primalResults = llvm::count(split->linearResults, false);
  std::string key;
  llvm::raw_string_ostream stream(key);
  stream << ' ' << op.getPolicy();
  if (op.getNames())
    stream << *op.getNames();
  if (op.getBytes())
    stream << *op.getBytes();
  return CheckpointSplit{
      *split,
      recomputationOf(op, split->primal, primalResults, split->forwarded),
      primalResults, key};
}

LogicalResult CheckpointOp::buildPrimal(RuleBuilder &b, ArrayRef<bool> linear,
                                        ValueRange operands,
                                        SmallVectorImpl<Value> &primalResults,
                                        SmallVectorImpl<Value> &residuals) {
  FailureOr<CheckpointSplit> split = splitCheckpoint(*this, *b.derived, linear);
  if (failed(split))
    return failure();
  func::FuncOp whole = split->function.primal;
  func::FuncOp saving = b.derived->around(
      whole, ".saving" + split->key, whole.getArgumentTypes(),
      [&](RuleBuilder &inner, ValueRange arguments) {
        IRMapping mapping;
        mapping.map(whole.getArguments(), arguments);
        for (Operation &op : whole.front().without_terminator())
          inner.clone(op, mapping);
        SmallVector<Value> results;
        for (Value value :
             whole.front().getTerminator()->getOperands().take_front(
                 split->primalResults))
          results.push_back(mapping.lookup(value));
        for (Value value : split->again.saved)
          results.push_back(mapping.lookup(value));
        return results;
      });
  SmallVector<Value> inputs = present(operands);
  CheckpointOp built = checkpointLike(b, *this, saving, inputs);
  auto next = built->result_begin();
  for (bool isLinear : split->function.linearResults)
    primalResults.push_back(isLinear ? Value() : *next++);
  for (int64_t argument : split->again.arguments)
    residuals.push_back(inputs[argument]);
  residuals.append(next, built->result_end());
  return success();
}

LogicalResult CheckpointOp::buildLinear(RuleBuilder &b, ArrayRef<bool> linear,
                                        ValueRange residuals,
                                        ValueRange operands,
                                        SmallVectorImpl<Value> &results) {
  FailureOr<CheckpointSplit> split = splitCheckpoint(*this, *b.derived, linear);
  if (failed(split))
    return failure();
  const SplitFunction &function = split->function;
  const Recomputation &again = split->again;
  func::FuncOp primal = function.primal;
  SmallVector<Value> tangents = present(operands);
  SmallVector<Type> types(residuals.getTypes());
  llvm::append_range(types, ValueRange(tangents).getTypes());
  func::FuncOp recomputing = b.derived->around(
      function.linear, ".recomputing" + split->key, types,
      [&](RuleBuilder &inner, ValueRange arguments) {
        IRMapping mapping;
        auto next = arguments.begin();
        for (int64_t argument : again.arguments)
          mapping.map(primal.getArgument(argument), *next++);
        for (Value value : again.saved)
          mapping.map(value, *next++);
        for (Operation *op : again.ops)
          inner.clone(*op, mapping);
        SmallVector<Value> inputs;
        for (int64_t argument : function.forwarded)
          inputs.push_back(mapping.lookup(primal.getArgument(argument)));
        for (Value value :
             primal.front().getTerminator()->getOperands().drop_front(
                 split->primalResults))
          inputs.push_back(mapping.lookup(value));
        inputs.append(next, arguments.end());
        return inlineBody(inner, function.linear, inputs);
      });
  SmallVector<Value> values;
  if (llvm::all_of(again.ops, isCheap)) {
    values = inlineBody(b, recomputing, joined({residuals, tangents}));
  } else {
    // Where the linear part stays as it is, its recomputation must not become
    // one with the primal part; a transpose says what it waits for.
    auto held = BarrierOp::create(b, residuals, ValueRange());
    values = checkpointLike(b, *this, recomputing,
                            joined({held.getResults(), tangents}))
                 .getOuts();
  }
  llvm::append_range(results, spread(function.linearResults, values));
  return success();
}

//===----------------------------------------------------------------------===//
// xform.barrier
//===----------------------------------------------------------------------===//

LogicalResult BarrierOp::inferReturnTypes(MLIRContext *, OptionalLocation,
                                          Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  llvm::append_range(types, adaptor.getInputs().getTypes());
  return success();
}

LogicalResult BarrierOp::buildJvp(RuleBuilder &, ValueRange tangents,
                                  SmallVectorImpl<Value> &resultTangents) {
  llvm::append_range(resultTangents, tangents.take_front(getNumResults()));
  return success();
}

/// Each result is batched where its own input is.
LogicalResult BarrierOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                      ArrayRef<bool>, int64_t,
                                      SmallVectorImpl<Value> &results) {
  size_t count = getNumResults();
  llvm::append_range(results, BarrierOp::create(b, operands.take_front(count),
                                                operands.drop_front(count))
                                  .getResults());
  return success();
}

bool BarrierOp::isLinearIn(ArrayRef<bool> linear) {
  return !llvm::is_contained(linear.drop_front(getNumResults()), true);
}

LogicalResult
BarrierOp::buildTranspose(RuleBuilder &, ArrayRef<bool> linear, ValueRange,
                          ValueRange cotangents,
                          SmallVectorImpl<Value> &operandCotangents) {
  llvm::append_range(operandCotangents, cotangents);
  operandCotangents.resize(linear.size());
  return success();
}

/// Whether the value is there from the start and takes no memory of its own.
static bool isAlwaysThere(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto broadcast = dyn_cast_or_null<BroadcastInDimOp>(op))
    return isAlwaysThere(broadcast.getX());
  return op && op->getNumOperands() == 0;
}

/// Lets constants and what nobody reads pass, and makes one barrier of two.
LogicalResult BarrierOp::canonicalize(BarrierOp op, PatternRewriter &rewriter) {
  llvm::SetVector<Value> inputs, after;
  SmallVector<Value> replacements;
  for (auto [input, result] : llvm::zip_equal(op.getInputs(), op.getOuts())) {
    if (result.use_empty() || isAlwaysThere(input)) {
      replacements.push_back(input);
      continue;
    }
    auto earlier = input.getDefiningOp<BarrierOp>();
    Value source = input;
    if (earlier) {
      auto number = cast<OpResult>(input).getResultNumber();
      source = earlier.getInputs()[number];
      after.insert(earlier.getAfter().begin(), earlier.getAfter().end());
    }
    inputs.insert(source);
    replacements.push_back(Value());
  }
  for (Value value : op.getAfter())
    if (!isAlwaysThere(value))
      after.insert(value);
  if (inputs.size() == op.getInputs().size() &&
      after.size() == op.getAfter().size() &&
      llvm::equal(inputs, op.getInputs()))
    return failure();
  BarrierOp less;
  if (!inputs.empty())
    less = BarrierOp::create(rewriter, op.getLoc(), inputs.getArrayRef(),
                             after.getArrayRef());
  for (auto [input, replacement] :
       llvm::zip_equal(op.getInputs(), replacements)) {
    if (replacement)
      continue;
    Value source = input;
    if (auto earlier = input.getDefiningOp<BarrierOp>())
      source = earlier.getInputs()[cast<OpResult>(input).getResultNumber()];
    auto place = std::distance(inputs.begin(), llvm::find(inputs, source));
    replacement = less.getOuts()[place];
  }
  rewriter.replaceOp(op, replacements);
  return success();
}
