//===- SameComputation.cpp - values that are computed alike ---------------===//

#include "dialect/SameComputation.h"

#include "mlir/IR/OperationSupport.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "llvm/ADT/DenseSet.h"

using namespace mlir;

bool xform::areComputedAlike(Value x, Value y, size_t limit) {
  SmallVector<std::pair<Value, Value>> pairs{{x, y}};
  DenseSet<std::pair<Value, Value>> seen;
  while (!pairs.empty()) {
    auto [left, right] = pairs.pop_back_val();
    if (left == right || !seen.insert({left, right}).second)
      continue;
    auto first = dyn_cast<OpResult>(left), second = dyn_cast<OpResult>(right);
    if (seen.size() > limit || !first || !second ||
        first.getResultNumber() != second.getResultNumber() ||
        !isPure(first.getOwner()) ||
        !OperationEquivalence::isEquivalentTo(
            first.getOwner(), second.getOwner(),
            OperationEquivalence::ignoreValueEquivalence, nullptr,
            OperationEquivalence::IgnoreLocations))
      return false;
    for (auto [one, other] : llvm::zip_equal(first.getOwner()->getOperands(),
                                             second.getOwner()->getOperands()))
      pairs.push_back({one, other});
  }
  return true;
}
