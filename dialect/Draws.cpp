//===- Draws.cpp - which random draws the rows of a vmap share ------------===//
//
// A draw that counts as one of each row's own although some rows share it would
// be a silent error, so only what surely differs from row to row counts.
//
//===----------------------------------------------------------------------===//

#include "dialect/CallGraph.h"
#include "dialect/Checkpoint.h"
#include "dialect/Control.h"
#include "dialect/Custom.h"
#include "dialect/OperandGroups.h"
#include "dialect/Random.h"
#include "dialect/Transforms.h"

#include "llvm/ADT/TypeSwitch.h"

#include <map>
#include <set>

using namespace mlir;
using namespace xform;

//===----------------------------------------------------------------------===//
// What surely differs from row to row
//===----------------------------------------------------------------------===//

namespace {

/// Goes through functions, each once for each way in which its arguments
/// differ.
class RowSearch {
public:
  explicit RowSearch(bool freshDraws) : freshDraws(freshDraws) {}

  RowDependence ofOp(Operation &op, const Mask &operands);

private:
  func::FuncOp lookup(Operation &op, FlatSymbolRefAttr symbol) {
    return symbols.lookupNearestSymbolFrom<func::FuncOp>(&op, symbol);
  }
  Mask results(func::FuncOp function, const Mask &arguments);
  Mask keepCarried(func::FuncOp step, Mask &arguments, size_t carried);
  SmallVector<CalleeRows> ofCustom(CustomOp op, ArrayRef<bool> marks);
  SmallVector<CalleeRows> ofPushforward(PushforwardOp op, ArrayRef<bool> marks);

  bool freshDraws;
  SymbolTableCollection symbols;
  std::map<std::pair<Operation *, std::vector<bool>>, Mask> known;
};

} // namespace

Mask RowSearch::results(func::FuncOp function, const Mask &arguments) {
  std::pair<Operation *, std::vector<bool>> key{
      function, std::vector<bool>(arguments.begin(), arguments.end())};
  // Until it is known, nothing is sure to differ.
  auto [found, isNew] =
      known.try_emplace(key, Mask(function.getNumResults(), false));
  if (!isNew)
    return found->second;
  DenseSet<Value> dependent;
  for (auto [argument, marked] :
       llvm::zip_equal(function.getArguments(), arguments))
    if (marked)
      dependent.insert(argument);
  auto isDependent = [&](Value value) { return dependent.contains(value); };
  for (Operation &op : function.front().without_terminator()) {
    Mask operands = llvm::map_to_vector(op.getOperands(), isDependent);
    RowDependence rows = ofOp(op, operands);
    for (auto [result, marked] : llvm::zip_equal(op.getResults(), rows.results))
      if (marked)
        dependent.insert(result);
  }
  return known[key] = llvm::map_to_vector(
             function.front().getTerminator()->getOperands(), isDependent);
}

/// Takes the marks from the carried arguments of a step that it does not return
/// marked, until none is left; returns the marks of its results.
Mask RowSearch::keepCarried(func::FuncOp step, Mask &arguments,
                            size_t carried) {
  while (true) {
    Mask results = this->results(step, arguments);
    bool changed = false;
    for (size_t i = 0; i < carried; ++i) {
      changed |= arguments[i] && !results[i];
      arguments[i] = arguments[i] && results[i];
    }
    if (!changed) {
      // A loop of no steps returns what came in.
      std::copy_n(arguments.begin(), carried, results.begin());
      return results;
    }
  }
}

/// The functions of a custom call, in the order of `callees`. A cotangent is
/// one of each row's own, and a tangent is if its primal is.
SmallVector<CalleeRows> RowSearch::ofCustom(CustomOp op, ArrayRef<bool> marks) {
  ArrayRef<bool> inputs = marks.take_front(op.getInputs().size()),
                 captures = marks.drop_front(inputs.size());
  SmallVector<CalleeRows> callees{
      {lookup(*op, op.getCalleeAttr()), Mask(marks)}};
  auto isFloating = [](Value value) {
    return isDifferentiable(value.getType());
  };
  if (FlatSymbolRefAttr jvp = op.getJvpAttr()) {
    Mask tangents;
    for (auto [input, marked] : llvm::zip_equal(op.getInputs(), inputs))
      if (isFloating(input))
        tangents.push_back(marked);
    callees.push_back({lookup(*op, jvp), joined({inputs, tangents, captures})});
  }
  if (FlatSymbolRefAttr symbol = op.getForwardAttr()) {
    func::FuncOp forward = lookup(*op, symbol);
    Mask results = this->results(forward, Mask(marks));
    Mask cotangents(llvm::count_if(op.getResults(), isFloating), true);
    callees.push_back({forward, Mask(marks)});
    callees.push_back(
        {lookup(*op, op.getBackwardAttr()),
         joined({ArrayRef<bool>(results).drop_front(op.getNumResults()),
                 cotangents, captures})});
  }
  return callees;
}

SmallVector<CalleeRows> RowSearch::ofPushforward(PushforwardOp op,
                                                 ArrayRef<bool> marks) {
  size_t seeds = op.getTangents().size();
  ArrayRef<bool> primals = marks.take_front(op.getPrimals().size()),
                 residuals =
                     marks.slice(primals.size(), op.getResiduals().size()),
                 captures =
                     marks.drop_back(seeds).take_back(op.getCaptures().size());
  SmallVector<CalleeRows> callees;
  if (FlatSymbolRefAttr jvp = op.getJvpAttr())
    callees.push_back({lookup(*op, jvp),
                       joined({primals, marks.take_back(seeds), captures})});
  if (FlatSymbolRefAttr backward = op.getBackwardAttr())
    callees.push_back(
        {lookup(*op, backward),
         joined({residuals, Mask(op.getNumResults(), true), captures})});
  return callees;
}

RowDependence RowSearch::ofOp(Operation &op, const Mask &operands) {
  ArrayRef<bool> marks(operands);
  SmallVector<func::FuncOp> callees = calleesOf(op, symbols);
  bool isDependent =
      llvm::is_contained(operands, true) || (freshDraws && isa<RngBitsOp>(op));
  RowDependence rows{{}, Mask(op.getNumResults(), isDependent)};
  if (callees.empty())
    return rows;

  llvm::TypeSwitch<Operation *>(&op)
      .Case([&](ScanOp scan) {
        Mask arguments(operands);
        rows.results =
            keepCarried(callees[0], arguments, scan.getInit().size());
        rows.callees = {{callees[0], arguments}};
      })
      .Case([&](WhileOp loop) {
        auto cond = lookup(op, loop.getCondAttr());
        auto body = lookup(op, loop.getBodyAttr());
        size_t carried = loop.getInit().size();
        Mask ofBody(marks.take_front(carried));
        llvm::append_range(ofBody,
                           marks.take_back(loop.getBodyCaptures().size()));
        rows.results = keepCarried(body, ofBody, carried);
        Mask ofCond(ArrayRef<bool>(ofBody).take_front(carried));
        llvm::append_range(ofCond,
                           marks.slice(carried, loop.getCondCaptures().size()));
        rows.callees = {{cond, ofCond}, {body, ofBody}};
      })
      .Case([&](SwitchOp conditional) {
        // Rows that choose the same branch share what it returns.
        Mask inputs(marks.drop_front());
        rows.results.assign(op.getNumResults(), true);
        for (FlatSymbolRefAttr symbol : conditional.callees()) {
          func::FuncOp branch = lookup(op, symbol);
          Mask results = this->results(branch, inputs);
          for (auto [all, marked] : llvm::zip_equal(rows.results, results))
            all = all && marked;
          rows.callees.push_back({branch, inputs});
        }
      })
      .Case([&](CustomOp custom) {
        // A vmap rule runs outside of the rows, so nothing in it is shared.
        if (custom.getVmap() &&
            llvm::is_contained(marks.take_front(custom.getInputs().size()),
                               true))
          return;
        rows.callees = ofCustom(custom, marks);
        rows.results = results(rows.callees[0].function, operands);
      })
      .Case([&](PushforwardOp pushforward) {
        rows.callees = ofPushforward(pushforward, marks);
      })
      .Case<func::CallOp, CheckpointOp, VmapOp, JvpOp, VjpOp, GradOp, MapOp>(
          [&](auto) {
            Mask arguments(marks.take_front(callees[0].getNumArguments()));
            rows.callees = {{callees[0], arguments}};
            // A derivative returns the function's own results first, but a
            // gradient does not.
            if (isa<GradOp>(op))
              return;
            llvm::copy(results(callees[0], arguments), rows.results.begin());
          })
      .Default([&](Operation *) {
        for (func::FuncOp callee : callees)
          rows.callees.push_back(
              {callee, Mask(callee.getNumArguments(), false)});
        rows.results.assign(op.getNumResults(), false);
      });
  return rows;
}

RowDependence xform::rowDependence(Operation &op, const Mask &operands,
                                   bool freshDraws) {
  return RowSearch(freshDraws).ofOp(op, operands);
}

//===----------------------------------------------------------------------===//
// Shared draws
//===----------------------------------------------------------------------===//

namespace {

/// Looks through a function and those that it calls, each once for each way in
/// which its arguments depend on the row.
class SharedDrawSearch {
public:
  Operation *run(func::FuncOp function, const Mask &arguments) {
    if (!seen.emplace(function,
                      std::vector<bool>(arguments.begin(), arguments.end()))
             .second)
      return nullptr;
    DenseSet<Value> dependent;
    for (auto [argument, marked] :
         llvm::zip_equal(function.getArguments(), arguments))
      if (marked)
        dependent.insert(argument);
    for (Operation &op : function.front()) {
      Mask operands = llvm::map_to_vector(op.getOperands(), [&](Value operand) {
        return dependent.contains(operand);
      });
      RowDependence rows = differences.ofOp(op, operands);
      if (isa<RngBitsOp>(op) && !llvm::is_contained(operands, true))
        return &op;
      for (CalleeRows &callee : rows.callees)
        if (Operation *draw = run(callee.function, callee.arguments))
          return draw;
      for (auto [result, marked] :
           llvm::zip_equal(op.getResults(), rows.results))
        if (marked)
          dependent.insert(result);
    }
    return nullptr;
  }

private:
  RowSearch differences{/*freshDraws=*/false};
  std::set<std::pair<Operation *, std::vector<bool>>> seen;
};

} // namespace

Operation *xform::findSharedDraw(func::FuncOp function, const Mask &arguments) {
  return SharedDrawSearch().run(function, arguments);
}
