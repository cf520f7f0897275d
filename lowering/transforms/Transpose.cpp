//===- Transpose.cpp - a linear function backwards ------------------------===//

#include "dialect/Ordering.h"
#include "lowering/transforms/Expander.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace xform;

FailureOr<TransposedFunction> Expander::transposed(func::FuncOp function,
                                                   const Mask &linear,
                                                   const Mask &cotangents) {
  Key key(function, maskText(linear) + "t" + maskText(cotangents));
  if (auto it = transposedFunctions.find(key); it != transposedFunctions.end())
    return it->second;

  Operation *terminator = function.front().getTerminator();
  SmallVector<Type> types;
  for (auto [type, isLinear] :
       llvm::zip_equal(function.getArgumentTypes(), linear))
    if (!isLinear)
      types.push_back(type);
  for (auto [value, marked] :
       llvm::zip_equal(terminator->getOperands(), cotangents))
    if (marked)
      types.push_back(value.getType());
  func::FuncOp result = create(function, ".transpose", types);
  OpBuilder builder = OpBuilder::atBlockEnd(&result.front());

  IRMapping mapping;
  DenseSet<Value> linearValues;
  size_t next = 0;
  for (auto [argument, isLinear] :
       llvm::zip_equal(function.getArguments(), linear)) {
    if (isLinear)
      linearValues.insert(argument);
    else
      mapping.map(argument, result.getArgument(next++));
  }
  // What does not depend on linear values comes first, in its own order.
  SmallVector<Operation *> linearOps;
  for (Operation &op : function.front().without_terminator()) {
    if (llvm::none_of(op.getOperands(), [&](Value operand) {
          return linearValues.contains(operand);
        })) {
      builder.clone(op, mapping);
      continue;
    }
    linearOps.push_back(&op);
    linearValues.insert(op.result_begin(), op.result_end());
    // Sorts by the same keys are merged into one, whose sorted keys do not
    // depend on what else it sorts.
    if (auto sort = dyn_cast<SortOp>(op)) {
      SmallVector<Value> keys, sorted, residuals;
      Mask linearOperands;
      for (Value operand : op.getOperands()) {
        linearOperands.push_back(linearValues.contains(operand));
        keys.push_back(mapping.lookupOrNull(operand));
      }
      RuleBuilder b(op.getLoc(), builder, this);
      if (!sort.isLinearIn(linearOperands) ||
          failed(sort.buildPrimal(b, linearOperands, keys, sorted, residuals)))
        continue;
      for (auto [result, value] : llvm::zip_equal(op.getResults(), sorted))
        if (value) {
          mapping.map(result, value);
          linearValues.erase(result);
        }
    }
  }

  // The cotangent of a linear value so far; absent where it is zero.
  DenseMap<Value, Value> sums;
  auto accumulate = [&](RuleBuilder &b, Value value, Value cotangent) {
    Value &sum = sums[value];
    sum = b.accumulate(sum, cotangent);
  };
  RuleBuilder atReturn(terminator->getLoc(), builder, this);
  for (auto [value, marked] :
       llvm::zip_equal(terminator->getOperands(), cotangents)) {
    if (!marked)
      continue;
    Value cotangent = result.getArgument(next++);
    if (linearValues.contains(value))
      accumulate(atReturn, value, cotangent);
  }
  for (Operation *op : llvm::reverse(linearOps)) {
    SmallVector<Value> resultCotangents = llvm::map_to_vector(
        op->getResults(), [&](Value value) { return sums.lookup(value); });
    if (present(resultCotangents).empty())
      continue;
    auto rule = dyn_cast<TransposeOpInterface>(op);
    Mask linearOperands =
        llvm::map_to_vector(op->getOperands(), [&](Value operand) {
          return linearValues.contains(operand);
        });
    if (!rule || !rule.isLinearIn(linearOperands))
      return op->emitOpError(
          "is not linear in its tangent operands, so it cannot be "
          "transposed");
    SmallVector<Value> operands, operandCotangents;
    for (auto [operand, isLinear] :
         llvm::zip_equal(op->getOperands(), linearOperands))
      operands.push_back(isLinear ? Value() : mapping.lookup(operand));
    RuleBuilder b(op->getLoc(), builder, this);
    if (failed(rule.buildTranspose(b, linearOperands, operands,
                                   resultCotangents, operandCotangents)))
      return failure();
    for (auto [operand, isLinear, cotangent] :
         llvm::zip_equal(op->getOperands(), linearOperands, operandCotangents))
      if (isLinear && cotangent)
        accumulate(b, operand, cotangent);
  }

  SmallVector<Value> argumentCotangents = llvm::map_to_vector(
      function.getArguments(), [&](Value value) { return sums.lookup(value); });
  finish(result, present(argumentCotangents));
  return transposedFunctions[key] = {result, presenceOf(argumentCotangents)};
}
