//===- Dependence.cpp - which results depend on which arguments -----------===//

#include "dialect/CallGraph.h"
#include "dialect/Checkpoint.h"
#include "dialect/Custom.h"
#include "dialect/Random.h"
#include "dialect/Transforms.h"

#include <map>

using namespace mlir;
using namespace xform;

/// Which results a call's vmap rules return as rows where its marked inputs are
/// rows.
static Mask rowsOfRules(CustomOp op, ArrayRef<bool> inputs) {
  auto module = op->getParentOfType<ModuleOp>();
  Mask rows(op.getNumResults(), false);
  for (auto symbol : op.getVmapAttr().getAsRange<FlatSymbolRefAttr>()) {
    auto rule = module.lookupSymbol<func::FuncOp>(symbol.getValue());
    if (!rule)
      continue;
    auto differs = [](TypeRange given, TypeRange row) {
      Mask mask;
      for (auto [a, b] : llvm::zip_equal(given, row))
        mask.push_back(a != b);
      return mask;
    };
    TypeRange types = op.getInputs().getTypes();
    if (ArrayRef<bool>(differs(rule.getArgumentTypes().take_front(types.size()),
                               types)) != inputs)
      continue;
    Mask found = differs(rule.getResultTypes(), op.getResultTypes());
    for (auto [row, isRow] : llvm::zip_equal(rows, found))
      row |= isRow;
  }
  return rows;
}

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
    auto ofCallee = [&](FlatSymbolRefAttr symbol, size_t count, bool ofRows) {
      auto callee = symbols.lookupNearestSymbolFrom<func::FuncOp>(&op, symbol);
      if (!callee || callee.isExternal())
        return Mask(op.getNumResults(), true);
      return ofFunction(callee, Mask(ArrayRef(operands).take_front(count)),
                        ofRows);
    };
    if (auto call = dyn_cast<func::CallOp>(op))
      return ofCallee(call.getCalleeAttr(), operands.size(), ofRows);
    if (auto custom = dyn_cast<CustomOp>(op)) {
      if (ofRows && custom.getVmap())
        return rowsOfRules(
            custom, ArrayRef(operands).take_front(custom.getInputs().size()));
      return ofCallee(custom.getCalleeAttr(), operands.size(), ofRows);
    }
    if (auto checkpoint = dyn_cast<CheckpointOp>(op))
      return ofCallee(checkpoint.getCalleeAttr(), operands.size(), ofRows);
    // Of a function whose own rows are another vmap's, or whose derivative is
    // taken, the vmap rules say nothing.
    constexpr bool kInside = false;
    if (auto vmap = dyn_cast<VmapOp>(op))
      return ofCallee(vmap.getCalleeAttr(), vmap.getInputs().size(), kInside);
    // A derivative also gives the function's own results, which do not depend
    // on tangents and cotangents.
    auto primalsOf = [&](FlatSymbolRefAttr symbol, size_t count) {
      Mask results = ofCallee(symbol, count, kInside);
      llvm::copy(ArrayRef(results).take_front(all.size()), all.begin());
      return all;
    };
    if (auto jvp = dyn_cast<JvpOp>(op))
      return primalsOf(jvp.getCalleeAttr(), jvp.getPrimals().size());
    if (auto vjp = dyn_cast<VjpOp>(op))
      return primalsOf(vjp.getCalleeAttr(), vjp.getPrimals().size());
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
