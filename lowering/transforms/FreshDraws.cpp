//===- FreshDraws.cpp - draws that differ from row to row -----------------===//
//
// A vmap with row numbers gives each row draws of its own where all rows share
// a key: the row's number is folded into it. The function is changed before it
// is batched, so that no batching rule knows of draws, and the numbers come
// from outside, so that they are those of the whole batch in every chunk of it.
//
//===----------------------------------------------------------------------===//

#include "dialect/Random.h"
#include "dialect/Transforms.h"
#include "lowering/transforms/Expander.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace xform;

static Value foldedKey(RuleBuilder &b, Value key, Value row) {
  auto type = cast<RankedTensorType>(key.getType());
  auto keys =
      RankedTensorType::get(type.getShape().drop_back(), type.getElementType());
  return b.fold<FoldInOp>(key, b.broadcastTo(row, keys, {}));
}

func::FuncOp Expander::withFreshDraws(func::FuncOp function,
                                      const Mask &arguments) {
  if (!findSharedDraw(function, arguments))
    return function;
  Key key(function, maskText(arguments));
  if (func::FuncOp memo = freshFunctions[key])
    return memo;

  OpBuilder builder(function.getContext());
  SmallVector<Type> types(function.getArgumentTypes());
  types.push_back(RankedTensorType::get(
      {}, builder.getIntegerType(32, /*isSigned=*/false)));
  func::FuncOp result = create(function, ".fresh_draws", types);
  builder.setInsertionPointToEnd(&result.front());
  Value row = result.getArguments().back();

  IRMapping mapping;
  DenseSet<Value> dependent;
  for (auto [from, to, marked] :
       llvm::zip(function.getArguments(), result.getArguments(), arguments)) {
    mapping.map(from, to);
    if (marked)
      dependent.insert(from);
  }
  for (Operation &op : function.front().without_terminator()) {
    Mask operands = llvm::map_to_vector(op.getOperands(), [&](Value operand) {
      return dependent.contains(operand);
    });
    bool isDependent = llvm::is_contained(operands, true);
    if (auto draw = dyn_cast<RngBitsOp>(op); draw && !isDependent) {
      RuleBuilder b(op.getLoc(), builder, this);
      Value fresh = foldedKey(b, mapping.lookup(draw.getKey()), row);
      mapping.map(draw.getResult(), b.fold<RngBitsOp>(draw.getType(), fresh));
      isDependent = true;
    } else {
      Operation *copy = builder.clone(op, mapping);
      if (auto map = dyn_cast<MapOp>(copy)) {
        func::FuncOp body = lookup(map.getCalleeAttr());
        func::FuncOp fresh = withFreshDraws(body, operands);
        if (fresh != body) {
          map.setCallee(fresh.getName());
          map.getCapturesMutable().append(row);
          isDependent = true;
        }
      }
    }
    if (isDependent)
      dependent.insert(op.result_begin(), op.result_end());
  }
  finish(result, llvm::map_to_vector(
                     function.front().getTerminator()->getOperands(),
                     [&](Value value) { return mapping.lookup(value); }));
  return freshFunctions[key] = result;
}
