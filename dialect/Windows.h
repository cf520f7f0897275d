//===- Windows.h - convolutions and reductions over windows -----*- C++ -*-===//

#ifndef XFORM_DIALECT_WINDOWS_H
#define XFORM_DIALECT_WINDOWS_H

#include "dialect/Ops.h"

#define GET_OP_CLASSES
#include "dialect/Windows.h.inc"

namespace xform {

/// The windows along one axis.
struct WindowAxis {
  int64_t size, stride, low, high, baseDilation, windowDilation;

  /// From a window's first element to behind its last.
  int64_t extent() const { return (size - 1) * windowDilation + 1; }
  /// The size of an axis of `n` elements with its dilation and padding.
  int64_t padded(int64_t n) const { return low + spread(n) + high; }
  /// How many windows lie in an axis of `n` elements.
  int64_t count(int64_t n) const { return (padded(n) - extent()) / stride + 1; }
  /// Whether the windows read just the elements, with nothing around them.
  bool isPlain() const { return low == 0 && high == 0 && baseDilation == 1; }

  /// The windows that add up what the windows over an axis of `n` elements
  /// read of each: their elements run backwards.
  WindowAxis backwards(int64_t n) const;
  /// The windows, one an element of the original ones, that read what each
  /// element meets in an axis of `n` elements.
  WindowAxis acrossElements(int64_t n) const;

private:
  int64_t spread(int64_t n) const {
    return n == 0 ? 0 : (n - 1) * baseDilation + 1;
  }
};

/// The windows of an op, or of its adaptor, with the sizes given that are not
/// an attribute of every such op.
template <typename OpTy>
SmallVector<WindowAxis> windowAxesOf(OpTy op, ArrayRef<int64_t> window) {
  SmallVector<WindowAxis> axes;
  for (auto [axis, size] : llvm::enumerate(window))
    axes.push_back({size, op.getStrides()[axis], op.getLow()[axis],
                    op.getHigh()[axis], op.getBaseDilation()[axis],
                    op.getWindowDilation()[axis]});
  return axes;
}
template <typename OpTy> SmallVector<WindowAxis> windowAxesOf(OpTy op) {
  return windowAxesOf(op, op.getWindow());
}
SmallVector<WindowAxis> windowAxesOf(ConvOp op);

/// One field of all axes: an attribute.
SmallVector<int64_t> fieldOf(ArrayRef<WindowAxis> axes,
                             int64_t WindowAxis::*field);

} // namespace xform

#endif // XFORM_DIALECT_WINDOWS_H
