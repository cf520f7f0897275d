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

#include "llvm/ADT/TypeSwitch.h"

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

/// Makes the op run other functions, of which the changed ones take the row.
static void runFresh(Operation *op, ArrayRef<FlatSymbolRefAttr> fresh,
                     ArrayRef<bool> changed, Value row) {
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](CheckpointOp checkpoint) {
        checkpoint.setCalleeAttr(fresh[0]);
        checkpoint.getInputsMutable().append(row);
      })
      .Case([&](ScanOp scan) {
        scan.setCalleeAttr(fresh[0]);
        scan.getCapturesMutable().append(row);
      })
      .Case([&](WhileOp loop) {
        loop.setCondAttr(fresh[0]);
        loop.setBodyAttr(fresh[1]);
        if (changed[0])
          loop.getCondCapturesMutable().append(row);
        if (changed[1])
          loop.getBodyCapturesMutable().append(row);
      })
      .Case([&](CustomOp custom) {
        const auto *next = fresh.begin();
        custom.setCalleeAttr(*next++);
        if (custom.getJvp())
          custom.setJvpAttr(*next++);
        if (custom.getForward()) {
          custom.setForwardAttr(*next++);
          custom.setBackwardAttr(*next++);
        }
        custom.getCapturesMutable().append(row);
      })
      .Case([&](PushforwardOp pushforward) {
        if (pushforward.getJvp())
          pushforward.setJvpAttr(fresh.front());
        if (pushforward.getBackward())
          pushforward.setBackwardAttr(fresh.back());
        pushforward.getCapturesMutable().append(row);
      })
      .Case([&](SwitchOp conditional) {
        SmallVector<Attribute> branches(fresh);
        conditional.setBranchesAttr(ArrayAttr::get(op->getContext(), branches));
        conditional.getInputsMutable().append(row);
      });
}

func::FuncOp Expander::withRow(func::FuncOp function) {
  SmallVector<Type> types(function.getArgumentTypes());
  types.push_back(rowNumberType(function.getContext()));
  return around(function, ".with_row", types,
                [&](RuleBuilder &b, ValueRange arguments) {
                  return inlineBody(b, function, arguments.drop_back());
                });
}

void Expander::makeDrawsFresh(Operation *op, ArrayRef<CalleeRows> callees,
                              Value row) {
  SmallVector<func::FuncOp> functions;
  Mask changed;
  for (const CalleeRows &callee : callees) {
    functions.push_back(withFreshDraws(callee.function, callee.arguments));
    changed.push_back(functions.back() != callee.function);
  }
  if (!llvm::is_contained(changed, true))
    return;
  SmallVector<FlatSymbolRefAttr> fresh;
  for (auto [function, hasRow] : llvm::zip_equal(functions, changed)) {
    // The branches of a switch take the same operands, and so do the rules of
    // a custom call.
    if (!hasRow && isa<SwitchOp, CustomOp, PushforwardOp>(op))
      function = withRow(function);
    fresh.push_back(FlatSymbolRefAttr::get(function));
  }
  runFresh(op, fresh, changed, row);
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
      makeDrawsFresh(builder.clone(op, mapping), rows.callees, row);
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
