//===- Draws.cpp - which random draws the rows of a vmap share ------------===//
//
// A draw that counts as one of each row's own although some rows share it would
// be a silent error, so only what surely differs from row to row counts.
//
//===----------------------------------------------------------------------===//

#include "dialect/Checkpoint.h"
#include "dialect/Control.h"
#include "dialect/Custom.h"
#include "dialect/OperandGroups.h"
#include "dialect/Random.h"
#include "dialect/Transforms.h"

#include "llvm/ADT/TypeSwitch.h"

#include <set>

using namespace mlir;
using namespace xform;

/// The functions with a body that an op names.
static SmallVector<func::FuncOp> calleesOf(Operation &op) {
  SmallVector<func::FuncOp> callees;
  auto module = op.getParentOfType<ModuleOp>();
  op.getAttrDictionary().walk([&](FlatSymbolRefAttr symbol) {
    auto callee = module.lookupSymbol<func::FuncOp>(symbol.getValue());
    if (callee && !callee.isExternal())
      callees.push_back(callee);
  });
  return callees;
}

bool xform::draws(Operation &op) {
  return isa<RngBitsOp>(op) ||
         llvm::any_of(calleesOf(op), [](func::FuncOp callee) {
           return llvm::any_of(callee.front(), draws);
         });
}

//===----------------------------------------------------------------------===//
// What surely differs from row to row
//===----------------------------------------------------------------------===//

static Mask rowResults(func::FuncOp function, const Mask &arguments,
                       bool freshDraws) {
  DenseSet<Value> dependent;
  for (auto [argument, marked] :
       llvm::zip_equal(function.getArguments(), arguments))
    if (marked)
      dependent.insert(argument);
  auto isDependent = [&](Value value) { return dependent.contains(value); };
  for (Operation &op : function.front().without_terminator()) {
    Mask operands = llvm::map_to_vector(op.getOperands(), isDependent);
    RowDependence rows = rowDependence(op, operands, freshDraws);
    for (auto [result, marked] : llvm::zip_equal(op.getResults(), rows.results))
      if (marked)
        dependent.insert(result);
  }
  return llvm::map_to_vector(function.front().getTerminator()->getOperands(),
                             isDependent);
}

/// Takes the marks from the carried arguments of a step that it does not return
/// marked, until none is left; returns the marks of its results.
static Mask keepCarried(func::FuncOp step, Mask &arguments, size_t carried,
                        bool freshDraws) {
  while (true) {
    Mask results = rowResults(step, arguments, freshDraws);
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
static SmallVector<CalleeRows> customRows(CustomOp op, ArrayRef<bool> marks,
                                          bool freshDraws) {
  auto module = op->getParentOfType<ModuleOp>();
  auto lookup = [&](FlatSymbolRefAttr symbol) {
    return module.lookupSymbol<func::FuncOp>(symbol.getValue());
  };
  ArrayRef<bool> inputs = marks.take_front(op.getInputs().size()),
                 captures = marks.drop_front(inputs.size());
  SmallVector<CalleeRows> callees{{lookup(op.getCalleeAttr()), Mask(marks)}};
  auto isFloating = [](Value value) {
    return isDifferentiable(value.getType());
  };
  if (FlatSymbolRefAttr jvp = op.getJvpAttr()) {
    Mask tangents;
    for (auto [input, marked] : llvm::zip_equal(op.getInputs(), inputs))
      if (isFloating(input))
        tangents.push_back(marked);
    callees.push_back({lookup(jvp), joined({inputs, tangents, captures})});
  }
  if (FlatSymbolRefAttr symbol = op.getForwardAttr()) {
    func::FuncOp forward = lookup(symbol);
    Mask results = rowResults(forward, Mask(marks), freshDraws);
    Mask cotangents(llvm::count_if(op.getResults(), isFloating), true);
    callees.push_back({forward, Mask(marks)});
    callees.push_back(
        {lookup(op.getBackwardAttr()),
         joined({ArrayRef<bool>(results).drop_front(op.getNumResults()),
                 cotangents, captures})});
  }
  return callees;
}

static SmallVector<CalleeRows> pushforwardRows(PushforwardOp op,
                                               ArrayRef<bool> marks) {
  auto module = op->getParentOfType<ModuleOp>();
  size_t seeds = op.getTangents().size();
  ArrayRef<bool> primals = marks.take_front(op.getPrimals().size()),
                 residuals =
                     marks.slice(primals.size(), op.getResiduals().size()),
                 captures =
                     marks.drop_back(seeds).take_back(op.getCaptures().size());
  SmallVector<CalleeRows> callees;
  if (FlatSymbolRefAttr jvp = op.getJvpAttr())
    callees.push_back({module.lookupSymbol<func::FuncOp>(jvp.getValue()),
                       joined({primals, marks.take_back(seeds), captures})});
  if (FlatSymbolRefAttr backward = op.getBackwardAttr())
    callees.push_back(
        {module.lookupSymbol<func::FuncOp>(backward.getValue()),
         joined({residuals, Mask(op.getNumResults(), true), captures})});
  return callees;
}

RowDependence xform::rowDependence(Operation &op, const Mask &operands,
                                   bool freshDraws) {
  ArrayRef<bool> marks(operands);
  SmallVector<func::FuncOp> callees = calleesOf(op);
  bool isDependent =
      llvm::is_contained(operands, true) || (freshDraws && isa<RngBitsOp>(op));
  RowDependence rows{{}, Mask(op.getNumResults(), isDependent)};
  if (callees.empty())
    return rows;

  auto module = op.getParentOfType<ModuleOp>();
  llvm::TypeSwitch<Operation *>(&op)
      .Case([&](ScanOp scan) {
        Mask arguments(operands);
        rows.results = keepCarried(callees[0], arguments, scan.getInit().size(),
                                   freshDraws);
        rows.callees = {{callees[0], arguments}};
      })
      .Case([&](WhileOp loop) {
        auto cond = module.lookupSymbol<func::FuncOp>(loop.getCond());
        auto body = module.lookupSymbol<func::FuncOp>(loop.getBody());
        size_t carried = loop.getInit().size();
        Mask ofBody(marks.take_front(carried));
        llvm::append_range(ofBody,
                           marks.take_back(loop.getBodyCaptures().size()));
        rows.results = keepCarried(body, ofBody, carried, freshDraws);
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
          auto branch = module.lookupSymbol<func::FuncOp>(symbol.getValue());
          Mask results = rowResults(branch, inputs, freshDraws);
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
        rows.callees = customRows(custom, marks, freshDraws);
        rows.results =
            rowResults(rows.callees[0].function, operands, freshDraws);
      })
      .Case([&](PushforwardOp pushforward) {
        rows.callees = pushforwardRows(pushforward, marks);
      })
      .Case<func::CallOp, CheckpointOp, VmapOp, JvpOp, VjpOp, GradOp, MapOp>(
          [&](auto) {
            Mask arguments(marks.take_front(callees[0].getNumArguments()));
            rows.callees = {{callees[0], arguments}};
            // A derivative returns the function's own results first, but a
            // gradient does not.
            if (isa<GradOp>(op))
              return;
            llvm::copy(rowResults(callees[0], arguments, freshDraws),
                       rows.results.begin());
          })
      .Default([&](Operation *) {
        for (func::FuncOp callee : callees)
          rows.callees.push_back(
              {callee, Mask(callee.getNumArguments(), false)});
        rows.results.assign(op.getNumResults(), false);
      });
  return rows;
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
      RowDependence rows = rowDependence(op, operands);
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
  std::set<std::pair<Operation *, std::vector<bool>>> seen;
};

} // namespace

Operation *xform::findSharedDraw(func::FuncOp function, const Mask &arguments) {
  return SharedDrawSearch().run(function, arguments);
}
