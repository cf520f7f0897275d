//===- Split.cpp - what depends on primals only, and what is linear -------===//

#include "lowering/transforms/Expander.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace xform;

namespace {

/// Splits one function; see SplitFunction for what comes out.
class Splitter {
public:
  Splitter(func::FuncOp function, const Mask &linear, Expander &expander)
      : function(function), linear(linear), expander(expander) {}

  LogicalResult buildPrimal(func::FuncOp primal);
  LogicalResult buildLinear(func::FuncOp linearFunction);

  SmallVector<Value> primalResults, linearResults;
  /// Values of the function that the linear part reads.
  SmallVector<Value> residuals;
  SmallVector<int64_t> forwarded;
  SmallVector<Value> primalResiduals;
  Mask linearResultMask;

private:
  bool isLinear(Value value) const { return linearValues.contains(value); }
  Mask linearOperands(Operation &op) const {
    return llvm::map_to_vector(
        op.getOperands(), [&](Value operand) { return isLinear(operand); });
  }
  void request(Value value);
  Value residual(OpBuilder &builder, Value value);

  /// Cheaper to do again than to keep: without operands, or only a view.
  static bool isCheap(Operation *op) {
    return op && (op->getNumOperands() == 0 ||
                  isa<BroadcastInDimOp, ReshapeOp, TransposeOp>(op));
  }

  func::FuncOp function;
  const Mask &linear;
  Expander &expander;
  DenseSet<Value> linearValues;
  DenseSet<Value> requested;
  /// The residuals of ops that split themselves, as values of the primal part.
  DenseMap<Operation *, SmallVector<Value>> loopResiduals;
  DenseMap<Operation *, SmallVector<Value>> loopArguments;
  SmallVector<Operation *> loops;
  IRMapping primalMapping, linearMapping;
};

} // namespace

void Splitter::request(Value value) {
  if (isLinear(value) || !requested.insert(value).second)
    return;
  if (Operation *op = value.getDefiningOp(); isCheap(op)) {
    for (Value operand : op->getOperands())
      request(operand);
    return;
  }
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    int64_t place = 0;
    for (unsigned i = 0; i < argument.getArgNumber(); ++i)
      place += !linear[i];
    forwarded.push_back(place);
    return;
  }
  residuals.push_back(value);
}

LogicalResult Splitter::buildPrimal(func::FuncOp primal) {
  OpBuilder builder = OpBuilder::atBlockEnd(&primal.front());
  size_t next = 0;
  for (auto [argument, isLinearArgument] :
       llvm::zip_equal(function.getArguments(), linear)) {
    if (isLinearArgument)
      linearValues.insert(argument);
    else
      primalMapping.map(argument, primal.getArgument(next++));
  }
  for (Operation &op : function.front().without_terminator()) {
    Mask operands = linearOperands(op);
    if (!llvm::is_contained(operands, true)) {
      builder.clone(op, primalMapping);
      continue;
    }
    auto splittable = dyn_cast<SplitOpInterface>(op);
    if (!splittable) {
      linearValues.insert(op.result_begin(), op.result_end());
      for (Value operand : op.getOperands())
        request(operand);
      continue;
    }
    SmallVector<Value> values, results;
    for (auto [operand, marked] : llvm::zip_equal(op.getOperands(), operands))
      values.push_back(marked ? Value() : primalMapping.lookup(operand));
    RuleBuilder b(op.getLoc(), builder, &expander);
    if (failed(splittable.buildPrimal(b, operands, values, results,
                                      loopResiduals[&op])))
      return failure();
    loops.push_back(&op);
    for (auto [result, value] : llvm::zip_equal(op.getResults(), results)) {
      if (value)
        primalMapping.map(result, value);
      else
        linearValues.insert(result);
    }
  }
  for (Value value : function.front().getTerminator()->getOperands()) {
    linearResultMask.push_back(isLinear(value));
    if (!isLinear(value))
      primalResults.push_back(primalMapping.lookup(value));
  }
  for (Value value : residuals)
    primalResiduals.push_back(primalMapping.lookup(value));
  for (Operation *loop : loops)
    llvm::append_range(primalResiduals, loopResiduals[loop]);
  return success();
}

/// A value of the primal part, in the linear function: an argument, or a cheap
/// op done again.
Value Splitter::residual(OpBuilder &builder, Value value) {
  if (Value known = linearMapping.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    residual(builder, operand);
  builder.clone(*op, linearMapping);
  return linearMapping.lookup(value);
}

LogicalResult Splitter::buildLinear(func::FuncOp result) {
  OpBuilder builder = OpBuilder::atBlockEnd(&result.front());
  size_t next = 0;
  SmallVector<Value> primalArguments;
  for (auto [argument, isLinearArgument] :
       llvm::zip_equal(function.getArguments(), linear))
    if (!isLinearArgument)
      primalArguments.push_back(argument);
  for (int64_t place : forwarded)
    linearMapping.map(primalArguments[place], result.getArgument(next++));
  for (Value value : residuals)
    linearMapping.map(value, result.getArgument(next++));
  for (Operation *loop : loops)
    for (size_t i = 0; i < loopResiduals[loop].size(); ++i)
      loopArguments[loop].push_back(result.getArgument(next++));
  for (auto [argument, isLinearArgument] :
       llvm::zip_equal(function.getArguments(), linear))
    if (isLinearArgument)
      linearMapping.map(argument, result.getArgument(next++));

  for (Operation &op : function.front().without_terminator()) {
    Mask operands = linearOperands(op);
    if (!llvm::is_contained(operands, true))
      continue;
    if (auto splittable = dyn_cast<SplitOpInterface>(op)) {
      SmallVector<Value> values, results;
      for (auto [operand, marked] : llvm::zip_equal(op.getOperands(), operands))
        values.push_back(marked ? linearMapping.lookup(operand) : Value());
      RuleBuilder b(op.getLoc(), builder, &expander);
      if (failed(splittable.buildLinear(b, operands, loopArguments[&op], values,
                                        results)))
        return failure();
      for (auto [value, built] : llvm::zip_equal(op.getResults(), results))
        if (built)
          linearMapping.map(value, built);
      continue;
    }
    for (Value operand : op.getOperands())
      residual(builder, operand);
    builder.clone(op, linearMapping);
  }
  for (auto [value, isLinearResult] : llvm::zip_equal(
           function.front().getTerminator()->getOperands(), linearResultMask))
    if (isLinearResult)
      linearResults.push_back(linearMapping.lookup(value));
  return success();
}

FailureOr<SplitFunction> Expander::split(func::FuncOp function,
                                         const Mask &linear) {
  Key key(function, maskText(linear));
  if (auto it = splitFunctions.find(key); it != splitFunctions.end())
    return it->second;

  SmallVector<Type> primalTypes, linearTypes;
  for (auto [type, isLinear] :
       llvm::zip_equal(function.getArgumentTypes(), linear))
    (isLinear ? linearTypes : primalTypes).push_back(type);

  Splitter splitter(function, linear, *this);
  SplitFunction split;
  split.primal = create(function, ".primal", primalTypes);
  if (failed(splitter.buildPrimal(split.primal)))
    return failure();
  split.forwarded = splitter.forwarded;
  split.residualCount = splitter.primalResiduals.size();
  split.linearResults = splitter.linearResultMask;

  SmallVector<Type> types;
  for (int64_t place : split.forwarded)
    types.push_back(primalTypes[place]);
  llvm::append_range(types, ValueRange(splitter.primalResiduals).getTypes());
  llvm::append_range(types, linearTypes);
  split.linear = create(function, ".linear", types);
  if (failed(splitter.buildLinear(split.linear)))
    return failure();

  SmallVector<Value> results(splitter.primalResults);
  llvm::append_range(results, splitter.primalResiduals);
  finish(split.primal, results);
  finish(split.linear, splitter.linearResults);
  return splitFunctions[key] = split;
}
