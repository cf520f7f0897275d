//===- Dependence.cpp - which results depend on which arguments -----------===//

#include "dialect/CallGraph.h"
#include "dialect/Random.h"
#include "dialect/Transforms.h"

#include <map>

using namespace mlir;
using namespace xform;

namespace {

/// Goes through functions, each once for each way in which its arguments are
/// marked.
class DependenceSearch {
public:
  explicit DependenceSearch(Dependence kind) : onDraws(kind.onDraws) {}

  Mask ofFunction(func::FuncOp function, const Mask &arguments, bool ofRows) {
    std::tuple<Operation *, std::vector<bool>, bool> key{
        function, std::vector<bool>(arguments.begin(), arguments.end()),
        ofRows};
    // Until it is known, as much as can be.
    auto [found, isNew] =
        known.try_emplace(key, Mask(function.getNumResults(), true));
    if (!isNew)
      return found->second;
    llvm::DenseSet<Value> dependent;
    for (auto [argument, marked] :
         llvm::zip_equal(function.getArguments(), arguments))
      if (marked)
        dependent.insert(argument);
    auto isDependent = [&](Value value) { return dependent.contains(value); };
    for (Operation &op : function.front()) {
      Mask operands = llvm::map_to_vector(op.getOperands(), isDependent);
      if (!llvm::is_contained(operands, true) && !(onDraws && draws(op)))
        continue;
      for (auto [result, marked] :
           llvm::zip_equal(op.getResults(), ofOp(op, operands, ofRows)))
        if (marked)
          dependent.insert(result);
    }
    return known[key] = llvm::map_to_vector(
               function.front().getTerminator()->getOperands(), isDependent);
  }

  /// Where the op calls a function, the function's body tells.
  Mask ofOp(Operation &op, const Mask &operands, bool ofRows) {
    Mask all(op.getNumResults(), true);
    auto runner = dyn_cast<HigherOrderOpInterface>(op);
    if (!runner)
      return all;
    if (ofRows)
      if (std::optional<Mask> rows = runner.rowsByRules(operands))
        return *rows;
    SmallVector<FunctionRun> runs = runner.functionRuns();
    if (runs.empty() || !runs[0].givesResults)
      return all;
    using Frequency = FunctionRun::Frequency;
    Frequency frequency = runs[0].frequency;
    auto callee =
        symbols.lookupNearestSymbolFrom<func::FuncOp>(&op, runs[0].function);
    if ((frequency != Frequency::kOnce &&
         frequency != Frequency::kTransformed) ||
        !callee || callee.isExternal())
      return all;
    // Of a function whose own rows are another vmap's, or whose derivative is
    // taken, the vmap rules say nothing. A derivative also gives the function's
    // own results, which do not depend on tangents and cotangents.
    Mask arguments = runs[0].argumentsOf<bool>(operands, {}, /*given=*/true);
    Mask results =
        ofFunction(callee, arguments, ofRows && frequency == Frequency::kOnce);
    llvm::copy(ArrayRef(results).take_front(all.size()), all.begin());
    return all;
  }

private:
  bool draws(Operation &op) {
    return isa<RngBitsOp>(op) ||
           llvm::any_of(calleesOf(op, symbols), [&](func::FuncOp callee) {
             auto [found, isNew] = drawing.try_emplace(callee, false);
             if (isNew) {
               bool any = llvm::any_of(callee.front(), [&](Operation &inner) {
                 return draws(inner);
               });
               drawing[callee] = any;
               return any;
             }
             return found->second;
           });
  }

  bool onDraws;
  SymbolTableCollection symbols;
  std::map<std::tuple<Operation *, std::vector<bool>, bool>, Mask> known;
  llvm::DenseMap<Operation *, bool> drawing;
};

} // namespace

Mask xform::dependentResults(Operation &op, const Mask &operands,
                             Dependence kind) {
  return DependenceSearch(kind).ofOp(op, operands, kind.ofRows);
}

Mask xform::dependentResults(func::FuncOp function, const Mask &arguments,
                             Dependence kind) {
  return DependenceSearch(kind).ofFunction(function, arguments, kind.ofRows);
}
