//===- KnownIntegers.h - integers known before a program runs ---*- C++ -*-===//

#ifndef XFORM_LOWERING_SPARSITY_KNOWNINTEGERS_H
#define XFORM_LOWERING_SPARSITY_KNOWNINTEGERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include "llvm/ADT/DenseMap.h"

#include <vector>

namespace xform::sparsity {

/// The elements of integer and bool tensors that follow from some of a
/// function's arguments: the indices that a function closes over, and what it
/// computes from them by moving elements and by arithmetic.
class KnownIntegers {
public:
  /// Says what the elements of a value are.
  void set(mlir::Value value, std::vector<int64_t> elements) {
    elementsOf[value] = std::move(elements);
  }

  /// Evaluates the operations of a flat function whose operands are known.
  void propagate(mlir::func::FuncOp function);

  /// The elements of a value; null if they are not known.
  const std::vector<int64_t> *lookup(mlir::Value value) const {
    auto found = elementsOf.find(value);
    return found == elementsOf.end() ? nullptr : &found->second;
  }

private:
  void visit(mlir::Operation &op);

  llvm::DenseMap<mlir::Value, std::vector<int64_t>> elementsOf;
};

} // namespace xform::sparsity

#endif // XFORM_LOWERING_SPARSITY_KNOWNINTEGERS_H
