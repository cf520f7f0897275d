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
  LogicalResult buildLinear(func::FuncOp primal, func::FuncOp linearFunction);

  SmallVector<Value> primalResults, linearResults;
  /// What the linear part reads: values of the primal part, and the numbers of
  /// its arguments.
  SmallVector<Value> residuals;
  SmallVector<int64_t> forwarded;
  Mask linearResultMask;

private:
  bool isLinear(Value value) const { return linearValues.contains(value); }
  Mask linearOperands(Operation &op) const {
    return llvm::map_to_vector(
        op.getOperands(), [&](Value operand) { return isLinear(operand); });
  }
  void request(Value value);
  Value residual(OpBuilder &builder, Value value);

  func::FuncOp function;
  const Mask &linear;
  Expander &expander;
  DenseSet<Value> linearValues;
  /// Values of the primal part.
  DenseSet<Value> requested;
  /// The residuals of ops that split themselves, as values of the primal part.
  DenseMap<Operation *, SmallVector<Value>> controlResiduals;
  /// From the function to its primal part, from there and from the function to
  /// the linear part.
  IRMapping primalMapping, residualMapping, linearMapping;
};

} // namespace

void Splitter::request(Value value) {
  if (!requested.insert(value).second)
    return;
  if (Operation *op = value.getDefiningOp(); isCheap(op)) {
    for (Value operand : op->getOperands())
      request(operand);
    return;
  }
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    forwarded.push_back(argument.getArgNumber());
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
      for (auto [operand, marked] : llvm::zip_equal(op.getOperands(), operands))
        if (!marked)
          request(primalMapping.lookup(operand));
      continue;
    }
    SmallVector<Value> values, results;
    for (auto [operand, marked] : llvm::zip_equal(op.getOperands(), operands))
      values.push_back(marked ? Value() : primalMapping.lookup(operand));
    RuleBuilder b(op.getLoc(), builder, &expander);
    if (failed(splittable.buildPrimal(b, operands, values, results,
                                      controlResiduals[&op])))
      return failure();
    for (Value value : controlResiduals[&op])
      request(value);
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
  return success();
}

/// A value of the primal part, in the linear function: an argument, or a cheap
/// op done again.
Value Splitter::residual(OpBuilder &builder, Value value) {
  if (Value known = residualMapping.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    residual(builder, operand);
  builder.clone(*op, residualMapping);
  return residualMapping.lookup(value);
}

LogicalResult Splitter::buildLinear(func::FuncOp primal, func::FuncOp result) {
  OpBuilder builder = OpBuilder::atBlockEnd(&result.front());
  size_t next = 0;
  for (int64_t place : forwarded)
    residualMapping.map(primal.getArgument(place), result.getArgument(next++));
  for (Value value : residuals)
    residualMapping.map(value, result.getArgument(next++));
  for (auto [argument, isLinearArgument] :
       llvm::zip_equal(function.getArguments(), linear))
    if (isLinearArgument)
      linearMapping.map(argument, result.getArgument(next++));

  for (Operation &op : function.front().without_terminator()) {
    Mask operands = linearOperands(op);
    if (!llvm::is_contained(operands, true))
      continue;
    if (auto splittable = dyn_cast<SplitOpInterface>(op)) {
      SmallVector<Value> values, read, results;
      for (auto [operand, marked] : llvm::zip_equal(op.getOperands(), operands))
        values.push_back(marked ? linearMapping.lookup(operand) : Value());
      for (Value value : controlResiduals[&op])
        read.push_back(residual(builder, value));
      RuleBuilder b(op.getLoc(), builder, &expander);
      if (failed(splittable.buildLinear(b, operands, read, values, results)))
        return failure();
      for (auto [value, built] : llvm::zip_equal(op.getResults(), results))
        if (built)
          linearMapping.map(value, built);
      continue;
    }
    for (auto [operand, marked] : llvm::zip_equal(op.getOperands(), operands))
      if (!marked)
        linearMapping.map(operand,
                          residual(builder, primalMapping.lookup(operand)));
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
  split.linearResults = splitter.linearResultMask;

  SmallVector<Type> types;
  for (int64_t place : split.forwarded)
    types.push_back(primalTypes[place]);
  llvm::append_range(types, ValueRange(splitter.residuals).getTypes());
  llvm::append_range(types, linearTypes);
  split.linear = create(function, ".linear", types);
  if (failed(splitter.buildLinear(split.primal, split.linear)))
    return failure();

  SmallVector<Value> results(splitter.primalResults);
  llvm::append_range(results, splitter.residuals);
  finish(split.primal, results);
  finish(split.linear, splitter.linearResults);
  return splitFunctions[key] = split;
}
