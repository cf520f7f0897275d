//===- Jvp.cpp - a function together with its derivative ------------------===//

#include "lowering/transforms/Expander.h"

#include "lowering/transforms/Kinks.h"

#include "mlir/IR/IRMapping.h"

#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace xform;

/// The ops whose tangents can reach a result of the function: not those that
/// nobody reads but a stop.
static DenseSet<Operation *> opsWithTangents(func::FuncOp function) {
  DenseSet<Operation *> needed;
  for (Operation &op : llvm::reverse(function.front())) {
    bool isNeeded = &op == function.front().getTerminator() ||
                    llvm::any_of(op.getUsers(), [&](Operation *user) {
                      return needed.contains(user);
                    });
    if (isNeeded && !isa<StopGradientOp>(op))
      needed.insert(&op);
  }
  return needed;
}

FailureOr<JvpFunction> Expander::jvp(func::FuncOp function,
                                     const Mask &arguments) {
  Kinks kinks = kinksOf(function);
  llvm::SaveAndRestore nested(level, level ? level : kinks.lastLevel + 1);
  Key key(function,
          maskText(arguments) + (kinks.any ? "k" + std::to_string(level) : ""));
  if (auto it = jvpFunctions.find(key); it != jvpFunctions.end())
    return it->second;

  sinkKinks(function);
  SmallVector<Type> types(function.getArgumentTypes());
  for (auto [type, marked] :
       llvm::zip_equal(function.getArgumentTypes(), arguments))
    if (marked)
      types.push_back(type);
  func::FuncOp result = create(function, ".jvp", types);
  OpBuilder builder = OpBuilder::atBlockEnd(&result.front());

  IRMapping mapping;
  // The tangent of a value of the original function; absent where it is zero.
  DenseMap<Value, Value> tangents;
  size_t next = function.getNumArguments();
  for (auto [index, argument] : llvm::enumerate(function.getArguments())) {
    mapping.map(argument, result.getArgument(index));
    if (arguments[index])
      tangents[argument] = result.getArgument(next++);
  }
  DenseSet<Operation *> needed = opsWithTangents(function);
  for (Operation &op : function.front().without_terminator()) {
    Operation *primal = builder.clone(op, mapping);
    SmallVector<Value> operandTangents =
        llvm::map_to_vector(op.getOperands(), [&](Value operand) {
          return tangents.lookup(operand);
        });
    if (!needed.contains(&op) || present(operandTangents).empty())
      continue;
    auto rule = dyn_cast<JvpOpInterface>(primal);
    if (!rule)
      return op.emitOpError("has no jvp rule");
    SmallVector<Value> results;
    RuleBuilder b(op.getLoc(), builder, this);
    if (failed(rule.buildJvp(b, operandTangents, results)))
      return failure();
    for (auto [index, value] : llvm::enumerate(op.getResults()))
      if (results[index])
        tangents[value] = results[index];
    if (results.size() > op.getNumResults()) {
      mapping.map(op.getResults(),
                  ArrayRef(results).drop_front(op.getNumResults()));
      primal->erase();
    }
  }
  SmallVector<Value> results, resultTangents;
  for (Value value : function.front().getTerminator()->getOperands()) {
    results.push_back(mapping.lookup(value));
    resultTangents.push_back(tangents.lookup(value));
  }
  llvm::append_range(results, present(resultTangents));
  if (kinks.any)
    setLevel(result, level);
  finish(result, results);
  return jvpFunctions[key] = {result, presenceOf(resultTangents)};
}
