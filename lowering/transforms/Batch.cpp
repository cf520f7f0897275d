//===- Batch.cpp - a function over a batch of rows ------------------------===//

#include "lowering/transforms/Expander.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace xform;

FailureOr<BatchedFunction>
Expander::batched(func::FuncOp function, const Mask &arguments, int64_t size) {
  Key key(function, maskText(arguments) + "x" + std::to_string(size));
  if (auto it = batchedFunctions.find(key); it != batchedFunctions.end())
    return it->second;

  SmallVector<Type> types;
  for (auto [type, isBatched] :
       llvm::zip_equal(function.getArgumentTypes(), arguments))
    types.push_back(isBatched ? Type(batchedType(type, size)) : type);
  func::FuncOp result = create(function, ".vmap", types);
  OpBuilder builder = OpBuilder::atBlockEnd(&result.front());

  IRMapping mapping;
  DenseSet<Value> rows;
  for (auto [from, to, isBatched] : llvm::zip_equal(
           function.getArguments(), result.getArguments(), arguments)) {
    mapping.map(from, to);
    if (isBatched)
      rows.insert(from);
  }
  for (Operation &op : function.front().without_terminator()) {
    Mask batchedOperands =
        llvm::map_to_vector(op.getOperands(), [&](Value operand) {
          return rows.contains(operand);
        });
    // What does not depend on a row is computed once, not once a row.
    if (!llvm::is_contained(batchedOperands, true)) {
      builder.clone(op, mapping);
      continue;
    }
    auto rule = dyn_cast<BatchOpInterface>(op);
    if (!rule)
      return op.emitOpError("has no batching rule");
    SmallVector<Value> operands, results;
    for (Value operand : op.getOperands())
      operands.push_back(mapping.lookup(operand));
    RuleBuilder b(op.getLoc(), builder, this);
    if (failed(rule.buildBatched(b, operands, batchedOperands, size, results)))
      return failure();
    mapping.map(op.getResults(), results);
    for (auto [value, built] : llvm::zip_equal(op.getResults(), results))
      if (built.getType() != value.getType())
        rows.insert(value);
  }
  SmallVector<Value> results;
  Mask batchedResults;
  for (Value value : function.front().getTerminator()->getOperands()) {
    results.push_back(mapping.lookup(value));
    batchedResults.push_back(rows.contains(value));
  }
  finish(result, results);
  return batchedFunctions[key] = {result, batchedResults};
}
