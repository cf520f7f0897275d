//===- Elements.h - elements of a tensor and their indices ------*- C++ -*-===//
//
// Elements are numbered in row-major order.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_SPARSITY_ELEMENTS_H
#define XFORM_LOWERING_SPARSITY_ELEMENTS_H

#include "mlir/IR/BuiltinTypes.h"

#include <functional>
#include <numeric>

namespace xform::sparsity {

using Shape = llvm::ArrayRef<int64_t>;
using Index = llvm::SmallVector<int64_t>;

inline Shape shapeOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getShape();
}

inline int64_t countOf(Shape shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1},
                         std::multiplies<>());
}

inline Index indexOf(int64_t element, Shape shape) {
  Index index(shape.size());
  for (size_t axis = shape.size(); axis-- > 0;) {
    index[axis] = element % shape[axis];
    element /= shape[axis];
  }
  return index;
}

inline int64_t elementAt(llvm::ArrayRef<int64_t> index, Shape shape) {
  int64_t element = 0;
  for (auto [place, size] : llvm::zip_equal(index, shape))
    element = element * size + place;
  return element;
}

} // namespace xform::sparsity

#endif // XFORM_LOWERING_SPARSITY_ELEMENTS_H
