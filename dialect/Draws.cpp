//===- Draws.cpp - which random draws the rows of a vmap share ------------===//
//
// A draw that counts as one of each row's own although some rows share it would
// be a silent error, so only what surely differs from row to row counts.
//
//===----------------------------------------------------------------------===//

#include "dialect/Random.h"
#include "dialect/Transforms.h"

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
  Mask results(func::FuncOp function, const Mask &arguments);
  void keepCarried(func::FuncOp step, const FunctionRun &run, Mask &operands);

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

/// A cotangent is one of each row's own, and a tangent is if its primal is.
static Mask argumentsOf(const FunctionRun &run, const Mask &operands,
                        const Mask &residuals = {}) {
  return run.argumentsOf<bool>(operands, residuals, /*given=*/true);
}

/// Takes the marks from the operands that a step carries and does not return
/// marked, until none is left.
void RowSearch::keepCarried(func::FuncOp step, const FunctionRun &run,
                            Mask &operands) {
  bool changed = run.carried > 0;
  while (changed) {
    Mask results = this->results(step, argumentsOf(run, operands));
    changed = false;
    for (size_t i = 0; i < run.carried; ++i) {
      bool &operand = operands[run.arguments[i].number];
      changed |= operand && !results[i];
      operand &= results[i];
    }
  }
}

RowDependence RowSearch::ofOp(Operation &op, const Mask &marks) {
  bool isDependent =
      llvm::is_contained(marks, true) || (freshDraws && isa<RngBitsOp>(op));
  RowDependence rows{{}, Mask(op.getNumResults(), isDependent)};
  auto runner = dyn_cast<HigherOrderOpInterface>(op);
  // A rule runs outside of the rows, so nothing in it is shared.
  if (!runner || runner.rowsByRules(marks))
    return rows;

  SmallVector<FunctionRun> runs = runner.functionRuns();
  SmallVector<func::FuncOp> functions;
  Mask operands(marks);
  for (const FunctionRun &run : runs) {
    functions.push_back(
        symbols.lookupNearestSymbolFrom<func::FuncOp>(&op, run.function));
    if (!functions.back() || functions.back().isExternal())
      return rows;
    if (run.givesResults)
      keepCarried(functions.back(), run, operands);
  }
  Mask returned;
  bool isFirst = true;
  for (auto [run, function] : llvm::zip_equal(runs, functions)) {
    Mask arguments = argumentsOf(run, operands, returned);
    returned = results(function, arguments);
    if (run.givesResults) {
      // A loop of no steps returns what came in.
      std::copy_n(arguments.begin(), run.carried, returned.begin());
      // Rows that choose the same branch share what it returns.
      for (auto [result, marked] : llvm::zip(rows.results, returned))
        result = marked && (isFirst || result);
      isFirst = false;
    }
    rows.callees.push_back({function, std::move(arguments)});
  }
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
