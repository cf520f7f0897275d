//===- Axes.cpp - lists of axes -------------------------------------------===//

#include "dialect/Axes.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace xform;

SmallVector<int64_t> xform::axesUpTo(int64_t n) {
  return llvm::to_vector(llvm::seq<int64_t>(0, n));
}

SmallVector<int64_t> xform::shifted(ArrayRef<int64_t> axes, int64_t by) {
  return llvm::map_to_vector(axes, [by](int64_t axis) { return axis + by; });
}

SmallVector<int64_t> xform::withFront(int64_t value, ArrayRef<int64_t> rest) {
  SmallVector<int64_t> list{value};
  llvm::append_range(list, rest);
  return list;
}

SmallVector<int64_t> xform::otherAxes(int64_t rank, ArrayRef<int64_t> axes) {
  return llvm::filter_to_vector(axesUpTo(rank), [&](int64_t axis) {
    return !llvm::is_contained(axes, axis);
  });
}

bool xform::sizesFit(int64_t m, int64_t n) {
  return m == n || ShapedType::isDynamic(m) || ShapedType::isDynamic(n);
}

LogicalResult xform::checkAxis(StringRef name, OptionalLocation loc,
                               int64_t axis, int64_t rank, StringRef whose) {
  if (axis >= 0 && axis < rank)
    return success();
  return emitOptionalError(loc, name, ": axis ", axis, " is out of range for ",
                           whose, " of rank ", rank);
}

LogicalResult xform::checkIncreasingAxes(StringRef name, OptionalLocation loc,
                                         ArrayRef<int64_t> axes, int64_t rank) {
  for (auto [index, axis] : llvm::enumerate(axes)) {
    if (failed(checkAxis(name, loc, axis, rank, "an operand")))
      return failure();
    if (index && axis <= axes[index - 1])
      return emitOptionalError(loc, name, ": axes must increase, got ", axis,
                               " after ", axes[index - 1]);
  }
  return success();
}
