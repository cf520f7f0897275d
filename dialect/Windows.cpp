//===- Windows.cpp - convolutions and reductions over windows: types ------===//
//
// Their derivative and batching rules are in WindowsRules.cpp.
//
//===----------------------------------------------------------------------===//

#include "dialect/Windows.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Windows.cpp.inc"

//===----------------------------------------------------------------------===//
// Windows along an axis
//===----------------------------------------------------------------------===//

WindowAxis WindowAxis::backwards(int64_t n) const {
  WindowAxis axis{size, /*stride=*/baseDilation, /*low=*/extent() - 1 - low,
                  0,    /*baseDilation=*/stride, windowDilation};
  axis.high = (n - 1) * baseDilation + extent() - axis.padded(count(n));
  return axis;
}

WindowAxis WindowAxis::acrossElements(int64_t n) const {
  WindowAxis axis{count(n),     /*stride=*/windowDilation, low, 0,
                  baseDilation, /*windowDilation=*/stride};
  axis.high = (size - 1) * windowDilation + axis.extent() - axis.padded(n);
  return axis;
}

SmallVector<WindowAxis> xform::windowAxesOf(ConvOp op) {
  auto rhs = cast<RankedTensorType>(op.getRhs().getType());
  return windowAxesOf(op, rhs.getShape().take_back(op.getStrides().size()));
}

SmallVector<int64_t> xform::fieldOf(ArrayRef<WindowAxis> axes,
                                    int64_t WindowAxis::*field) {
  return llvm::map_to_vector(
      axes, [field](const WindowAxis &axis) { return axis.*field; });
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// The attributes that say where windows lie must have one positive entry, or
/// for the padding any, for each axis with windows.
template <typename Adaptor>
static LogicalResult checkPlaces(StringRef name, OptionalLocation loc,
                                 Adaptor op, ArrayRef<int64_t> window,
                                 int64_t rank) {
  auto count = static_cast<int64_t>(op.getStrides().size());
  if (rank < count)
    return emitOptionalError(loc, name, ": ", count,
                             " axes of windows need an "
                             "operand of at least as many axes, got rank ",
                             rank);
  std::tuple<StringRef, ArrayRef<int64_t>, bool> lists[] = {
      {"window", window, true},
      {"strides", op.getStrides(), true},
      {"low", op.getLow(), false},
      {"high", op.getHigh(), false},
      {"base_dilation", op.getBaseDilation(), true},
      {"window_dilation", op.getWindowDilation(), true}};
  for (auto [list, entries, positive] : lists) {
    if (static_cast<int64_t>(entries.size()) != count)
      return emitOptionalError(loc, name, ": ", list, " needs ", count,
                               " entries, one for each of strides, got ",
                               entries.size());
    for (auto [axis, entry] : llvm::enumerate(entries))
      if (positive && entry < 1)
        return emitOptionalError(loc, name, ": ", list, "[", axis,
                                 "] must be positive, got ", entry);
  }
  return success();
}

/// Appends the number of windows along each of the last axes of `x`.
static LogicalResult countWindows(StringRef name, OptionalLocation loc,
                                  RankedTensorType x, ArrayRef<WindowAxis> axes,
                                  SmallVectorImpl<int64_t> &shape) {
  int64_t axis = x.getRank() - static_cast<int64_t>(axes.size());
  for (const WindowAxis &windows : axes) {
    int64_t n = x.getDimSize(axis);
    if (ShapedType::isDynamic(n))
      return emitOptionalError(loc, name, ": axis ", axis, " of ", x,
                               " has windows and needs a static size");
    int64_t padded = windows.padded(n);
    if (padded < 0)
      return emitOptionalError(loc, name, ": axis ", axis, " of ", x,
                               " cannot be padded by ", windows.low, " and ",
                               windows.high);
    if (padded < windows.extent())
      return emitOptionalError(loc, name, ": a window of extent ",
                               windows.extent(), " does not fit into axis ",
                               axis, " of ", x, ", which has size ", padded,
                               " with its padding");
    shape.push_back(windows.count(n));
    ++axis;
  }
  return success();
}

/// The shape of a tensor with an element for each window over `x`.
template <typename Adaptor>
static LogicalResult inferWindows(StringRef name, OptionalLocation loc,
                                  Adaptor op, RankedTensorType x,
                                  SmallVectorImpl<int64_t> &shape) {
  if (failed(checkPlaces(name, loc, op, op.getWindow(), x.getRank())))
    return failure();
  llvm::append_range(shape, x.getShape().drop_back(op.getStrides().size()));
  return countWindows(name, loc, x, windowAxesOf(op), shape);
}

/// What a place in a window is: the window must not have too many.
template <typename Adaptor>
static LogicalResult checkIndex(StringRef name, OptionalLocation loc,
                                Adaptor op, ArrayRef<int64_t> expected) {
  auto index = cast<RankedTensorType>(op.getIndex().getType());
  if (succeeded(verifyCompatibleShape(index.getShape(), expected)))
    return success();
  return emitOptionalError(loc, name, ": index needs the shape [", expected,
                           "] of the windows, got ", index);
}

LogicalResult ConvOp::inferReturnTypes(MLIRContext *, OptionalLocation loc,
                                       Adaptor op,
                                       SmallVectorImpl<Type> &types) {
  auto lhs = cast<RankedTensorType>(op.getLhs().getType());
  auto rhs = cast<RankedTensorType>(op.getRhs().getType());
  if (lhs.getElementType() != rhs.getElementType())
    return emitOptionalError(loc, "conv: operands have different elements, ",
                             lhs, " and ", rhs);
  auto axisCount = static_cast<int64_t>(op.getStrides().size());
  int64_t groupCount = lhs.getRank() - axisCount - 2;
  if (lhs.getRank() != rhs.getRank() || groupCount < 0)
    return emitOptionalError(loc, "conv: windows over ", axisCount,
                             " axes need lhs and rhs of one rank of at least ",
                             axisCount + 2, ", got ", lhs, " and ", rhs);
  ArrayRef<int64_t> window = rhs.getShape().take_back(axisCount);
  for (auto [axis, size] : llvm::enumerate(window))
    if (ShapedType::isDynamic(size))
      return emitOptionalError(loc, "conv: axis ", groupCount + 2 + axis,
                               " of rhs, ", rhs,
                               ", is of windows and needs a static size");
  if (failed(checkPlaces("conv", loc, op, window, lhs.getRank())))
    return failure();
  SmallVector<int64_t> shape;
  for (int64_t axis = 0; axis < groupCount + 2; ++axis) {
    int64_t m = lhs.getDimSize(axis), n = rhs.getDimSize(axis);
    bool isPair = axis != groupCount;
    if (isPair && !sizesFit(m, n))
      return emitOptionalError(
          loc, "conv: ", axis < groupCount ? "group" : "input channel",
          " axis ", axis, " of lhs, ", lhs, ", and of rhs, ", rhs,
          ", have sizes ", m, " and ", n);
    if (axis < groupCount)
      shape.push_back(ShapedType::isDynamic(m) ? n : m);
  }
  shape.push_back(lhs.getDimSize(groupCount));
  shape.push_back(rhs.getDimSize(groupCount));
  if (failed(countWindows("conv", loc, lhs, windowAxesOf(op, window), shape)))
    return failure();
  types.push_back(lhs.clone(shape));
  return success();
}

#define XFORM_REDUCE_WINDOW(OpTy, element)                                     \
  LogicalResult OpTy::inferReturnTypes(MLIRContext *, OptionalLocation loc,    \
                                       Adaptor op,                             \
                                       SmallVectorImpl<Type> &types) {         \
    auto x = cast<RankedTensorType>(op.getX().getType());                      \
    SmallVector<int64_t> shape;                                                \
    if (failed(inferWindows(getOperationName(), loc, op, x, shape)))           \
      return failure();                                                        \
    types.push_back(RankedTensorType::get(shape, element));                    \
    return success();                                                          \
  }
XFORM_REDUCE_WINDOW(ReduceWindowSumOp, x.getElementType())
XFORM_REDUCE_WINDOW(ReduceWindowMaxOp, x.getElementType())
XFORM_REDUCE_WINDOW(ReduceWindowMinOp, x.getElementType())
XFORM_REDUCE_WINDOW(WindowArgmaxOp, IntegerType::get(x.getContext(), 32))
XFORM_REDUCE_WINDOW(WindowArgminOp, IntegerType::get(x.getContext(), 32))
#undef XFORM_REDUCE_WINDOW

LogicalResult WindowGatherOp::inferReturnTypes(MLIRContext *,
                                               OptionalLocation loc, Adaptor op,
                                               SmallVectorImpl<Type> &types) {
  auto x = cast<RankedTensorType>(op.getX().getType());
  SmallVector<int64_t> shape;
  if (failed(inferWindows("window_gather", loc, op, x, shape)) ||
      failed(checkIndex("window_gather", loc, op, shape)))
    return failure();
  types.push_back(x.clone(shape));
  return success();
}

LogicalResult WindowScatterOp::inferReturnTypes(MLIRContext *,
                                                OptionalLocation loc,
                                                Adaptor op,
                                                SmallVectorImpl<Type> &types) {
  auto x = cast<RankedTensorType>(op.getX().getType());
  if (failed(
          checkPlaces("window_scatter", loc, op, op.getWindow(), x.getRank())))
    return failure();
  size_t axisCount = op.getStrides().size();
  bool isSized = op.getSizes().size() == axisCount &&
                 llvm::all_of(op.getSizes(), [](int64_t n) { return n >= 0; });
  if (!isSized)
    return emitOptionalError(loc, "window_scatter: sizes needs ", axisCount,
                             " entries that are not negative, got [",
                             op.getSizes(), "]");
  SmallVector<int64_t> shape(x.getShape().drop_back(axisCount));
  llvm::append_range(shape, op.getSizes());
  RankedTensorType type = x.clone(shape);
  SmallVector<int64_t> windows(x.getShape().drop_back(axisCount));
  if (failed(
          countWindows("window_scatter", loc, type, windowAxesOf(op), windows)))
    return failure();
  if (failed(verifyCompatibleShape(x.getShape(), windows)))
    return emitOptionalError(loc, "window_scatter: x needs the shape [",
                             ArrayRef<int64_t>(windows),
                             "] of the windows, got ", x);
  if (failed(checkIndex("window_scatter", loc, op, windows)))
    return failure();
  types.push_back(type);
  return success();
}

//===----------------------------------------------------------------------===//
// Folding: windows of one element, one at each
//===----------------------------------------------------------------------===//

template <typename OpTy> static OpFoldResult foldReduceWindow(OpTy op) {
  bool isIdentity = llvm::all_of(windowAxesOf(op), [](const WindowAxis &axis) {
    return axis.size == 1 && axis.stride == 1 && axis.isPlain();
  });
  return isIdentity ? OpFoldResult(op.getX()) : OpFoldResult();
}

OpFoldResult ReduceWindowSumOp::fold(FoldAdaptor) {
  return foldReduceWindow(*this);
}
OpFoldResult ReduceWindowMaxOp::fold(FoldAdaptor) {
  return foldReduceWindow(*this);
}
OpFoldResult ReduceWindowMinOp::fold(FoldAdaptor) {
  return foldReduceWindow(*this);
}
