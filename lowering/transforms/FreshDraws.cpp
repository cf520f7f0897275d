//===- FreshDraws.cpp - draws that differ from row to row -----------------===//
//
// A vmap with row numbers gives each row draws of its own where all rows share
// a key: the row's number is folded into it. The function is changed before it
// is batched, so that no batching rule knows of draws, and the numbers come
// from outside, so that they are those of the whole batch in every chunk of it.
// Control flow hands its row's number on to the functions that it runs.
//
//===----------------------------------------------------------------------===//

#include "dialect/Random.h"
#include "dialect/Transforms.h"
#include "lowering/transforms/Expander.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace xform;

static Type rowNumberType(MLIRContext *context) {
  return RankedTensorType::get(
      {}, IntegerType::get(context, 32, IntegerType::Unsigned));
}

static Value foldedKey(RuleBuilder &b, Value key, Value row) {
  auto type = cast<RankedTensorType>(key.getType());
  auto keys =
      RankedTensorType::get(type.getShape().drop_back(), type.getElementType());
  return b.fold<FoldInOp>(key, b.broadcastTo(row, keys, {}));
}

func::FuncOp Expander::withRow(func::FuncOp function) {
  SmallVector<Type> types(function.getArgumentTypes());
  types.push_back(rowNumberType(function.getContext()));
  return around(function, ".with_row", types,
                [&](RuleBuilder &b, ValueRange arguments) {
                  return inlineBody(b, function, arguments.drop_back());
                });
}

void Expander::makeDrawsFresh(ControlOpInterface op,
                              ArrayRef<CalleeRows> callees, Value row) {
  SmallVector<func::FuncOp> functions;
  Mask changed;
  for (const CalleeRows &callee : callees) {
    functions.push_back(withFreshDraws(callee.function, callee.arguments));
    changed.push_back(functions.back() != callee.function);
  }
  if (!llvm::is_contained(changed, true))
    return;
  // Rules that run outside of the rows.
  for (FlatSymbolRefAttr symbol :
       ArrayRef(op.callees()).drop_front(functions.size())) {
    functions.push_back(lookup(symbol));
    changed.push_back(false);
  }
  SmallVector<FlatSymbolRefAttr> fresh;
  for (auto [function, hasRow] : llvm::zip_equal(functions, changed)) {
    if (!hasRow && op.sharesCaptures())
      function = withRow(function);
    fresh.push_back(FlatSymbolRefAttr::get(function));
  }
  op.setCallees(fresh);
  if (op.sharesCaptures()) {
    op.capturesOf(0).append(row);
    return;
  }
  for (auto [callee, hasRow] : llvm::enumerate(changed))
    if (hasRow)
      op.capturesOf(callee).append(row);
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
  types.push_back(rowNumberType(function.getContext()));
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
    RowDependence rows = rowDependence(op, operands, /*freshDraws=*/true);
    auto draw = dyn_cast<RngBitsOp>(op);
    if (draw && !llvm::is_contained(operands, true)) {
      RuleBuilder b(op.getLoc(), builder, this);
      Value fresh = foldedKey(b, mapping.lookup(draw.getKey()), row);
      mapping.map(draw.getResult(), b.fold<RngBitsOp>(draw.getType(), fresh));
    } else {
      Operation *copy = builder.clone(op, mapping);
      if (auto control = dyn_cast<ControlOpInterface>(copy))
        makeDrawsFresh(control, rows.callees, row);
    }
    for (auto [value, marked] : llvm::zip_equal(op.getResults(), rows.results))
      if (marked)
        dependent.insert(value);
  }
  finish(result, llvm::map_to_vector(
                     function.front().getTerminator()->getOperands(),
                     [&](Value value) { return mapping.lookup(value); }));
  return freshFunctions[key] = result;
}
