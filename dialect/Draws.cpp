//===- Draws.cpp - which random draws the rows of a vmap share ------------===//

#include "dialect/Random.h"
#include "dialect/Transforms.h"

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
      bool isDependent = llvm::is_contained(operands, true);
      if (isa<RngBitsOp>(op) && !isDependent)
        return &op;
      for (func::FuncOp callee : calleesOf(op))
        if (Operation *draw = run(callee, argumentsOf(callee, operands)))
          return draw;
      if (!isDependent)
        continue;
      for (auto [result, marked] :
           llvm::zip_equal(op.getResults(), dependentResults(op, operands)))
        if (marked)
          dependent.insert(result);
    }
    return nullptr;
  }

private:
  /// The arguments of every callee are its op's first operands.
  static Mask argumentsOf(func::FuncOp callee, const Mask &operands) {
    return Mask(ArrayRef(operands).take_front(callee.getNumArguments()));
  }

  std::set<std::pair<Operation *, std::vector<bool>>> seen;
};

} // namespace

Operation *xform::findSharedDraw(func::FuncOp function, const Mask &arguments) {
  return SharedDrawSearch().run(function, arguments);
}
