//===- WindowsRules.cpp - derivatives and batching of Windows.td ----------===//

#include "dialect/Windows.h"

using namespace mlir;
using namespace xform;

#include "dialect/WindowsRules.cpp.inc"

/// An op with windows of its own kind: `arguments` come before the attributes
/// that say where the windows lie.
template <typename OpTy, typename... Args>
static Value buildWindows(RuleBuilder &b, ArrayRef<WindowAxis> axes,
                          Args &&...arguments) {
  return b.fold<OpTy>(
      std::forward<Args>(arguments)..., fieldOf(axes, &WindowAxis::stride),
      fieldOf(axes, &WindowAxis::low), fieldOf(axes, &WindowAxis::high),
      fieldOf(axes, &WindowAxis::baseDilation),
      fieldOf(axes, &WindowAxis::windowDilation));
}

/// The sizes of the last axes, over which windows run.
static ArrayRef<int64_t> windowedSizes(RankedTensorType type, size_t count) {
  return type.getShape().take_back(count);
}

//===----------------------------------------------------------------------===//
// conv: its transposes are convolutions with the other operand
//===----------------------------------------------------------------------===//

/// The value with axes `first` and `first + 1` exchanged.
static Value swapAxes(RuleBuilder &b, Value value, int64_t first) {
  SmallVector<int64_t> permutation = axesUpTo(tensorType(value).getRank());
  std::swap(permutation[first], permutation[first + 1]);
  return b.permute(value, permutation);
}

/// Cotangents go from each window to what it read: rhs backwards, with its
/// input and output channels exchanged.
static Value lhsCotangent(RuleBuilder &b, ConvOp op, Value rhs, Value ct) {
  auto lhs = tensorType(op.getLhs());
  auto axisCount = static_cast<int64_t>(op.getStrides().size());
  ArrayRef<int64_t> sizes = windowedSizes(lhs, axisCount);
  if (llvm::is_contained(sizes, 0))
    return b.zeros(lhs);
  SmallVector<WindowAxis> axes;
  for (auto [axis, n] : llvm::zip_equal(windowAxesOf(op), sizes))
    axes.push_back(axis.backwards(n));
  int64_t groupCount = lhs.getRank() - axisCount - 2;
  Value reversed = b.fold<ReverseOp>(
      rhs, shifted(axesUpTo(axisCount), lhs.getRank() - axisCount));
  return buildWindows<ConvOp>(b, axes, ct, swapAxes(b, reversed, groupCount));
}

/// An element of rhs meets elements of lhs, one a window: these are windows
/// over lhs themselves, and the rows of the batch are what is summed over.
static Value rhsCotangent(RuleBuilder &b, ConvOp op, Value lhs, Value ct) {
  auto axisCount = static_cast<int64_t>(op.getStrides().size());
  SmallVector<WindowAxis> axes;
  for (auto [axis, n] : llvm::zip_equal(
           windowAxesOf(op), windowedSizes(tensorType(lhs), axisCount)))
    axes.push_back(axis.acrossElements(n));
  int64_t groupCount = tensorType(lhs).getRank() - axisCount - 2;
  Value product = buildWindows<ConvOp>(b, axes, swapAxes(b, lhs, groupCount),
                                       swapAxes(b, ct, groupCount));
  return swapAxes(b, product, groupCount);
}

LogicalResult ConvOp::buildTranspose(RuleBuilder &b, ArrayRef<bool> linear,
                                     ValueRange operands, ValueRange cotangents,
                                     SmallVectorImpl<Value> &results) {
  Value ct = cotangents[0];
  if (linear[0])
    results.assign({lhsCotangent(b, *this, operands[1], ct), Value()});
  else
    results.assign({Value(), rhsCotangent(b, *this, operands[0], ct)});
  return success();
}

//===----------------------------------------------------------------------===//
// conv: a batch of both operands is one more group axis; a batch of one of
// them lies beside its own rows or output channels
//===----------------------------------------------------------------------===//

/// The value with its two leading axes as one.
static Value joinLeading(RuleBuilder &b, Value value) {
  ArrayRef<int64_t> shape = tensorType(value).getShape();
  bool isDynamic =
      ShapedType::isDynamic(shape[0]) || ShapedType::isDynamic(shape[1]);
  SmallVector<int64_t> joined{isDynamic ? ShapedType::kDynamic
                                        : shape[0] * shape[1]};
  llvm::append_range(joined, shape.drop_front(2));
  return b.reshapeTo(value, joined);
}

LogicalResult ConvOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                   ArrayRef<bool> batched, int64_t size,
                                   SmallVectorImpl<Value> &results) {
  SmallVector<WindowAxis> axes = windowAxesOf(*this);
  RankedTensorType type = getType();
  bool hasGroups = type.getRank() > static_cast<int64_t>(axes.size()) + 2;
  if (hasGroups || (batched[0] && batched[1])) {
    auto rows = [&](int index) {
      return b.rowsOf(operands[index], batched[index], size);
    };
    results.push_back(buildWindows<ConvOp>(b, axes, rows(0), rows(1)));
    return success();
  }
  if (batched[0]) {
    Value product =
        buildWindows<ConvOp>(b, axes, joinLeading(b, operands[0]), operands[1]);
    results.push_back(b.reshapeTo(product, batchedType(type, size).getShape()));
    return success();
  }
  Value product =
      buildWindows<ConvOp>(b, axes, operands[0], joinLeading(b, operands[1]));
  // [n, batch * o, y...] to [batch, n, o, y...].
  SmallVector<int64_t> shape(type.getShape());
  shape.insert(shape.begin() + 1, size);
  results.push_back(swapAxes(b, b.reshapeTo(product, shape), 0));
  return success();
}

//===----------------------------------------------------------------------===//
// reduce_window_sum: its transpose is one
//===----------------------------------------------------------------------===//

LogicalResult
ReduceWindowSumOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>, ValueRange,
                                  ValueRange cotangents,
                                  SmallVectorImpl<Value> &results) {
  auto x = tensorType(getX());
  ArrayRef<int64_t> sizes = windowedSizes(x, getStrides().size());
  if (llvm::is_contained(sizes, 0)) {
    results.push_back(b.zeros(x));
    return success();
  }
  SmallVector<WindowAxis> axes;
  for (auto [axis, n] : llvm::zip_equal(windowAxesOf(*this), sizes))
    axes.push_back(axis.backwards(n));
  results.push_back(
      buildWindows<ReduceWindowSumOp>(b, axes, cotangents[0], getWindow()));
  return success();
}

//===----------------------------------------------------------------------===//
// reduce_window_max, reduce_window_min: the tangent of the extreme element
//===----------------------------------------------------------------------===//

template <typename ArgOp, typename OpTy>
static LogicalResult extremeJvp(RuleBuilder &b, OpTy op, Value tangent,
                                SmallVectorImpl<Value> &resultTangents) {
  SmallVector<WindowAxis> axes = windowAxesOf(op);
  Value index = buildWindows<ArgOp>(b, axes, op.getX(), op.getWindow());
  resultTangents.push_back(
      buildWindows<WindowGatherOp>(b, axes, tangent, index, op.getWindow()));
  return success();
}

LogicalResult
ReduceWindowMaxOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                            SmallVectorImpl<Value> &resultTangents) {
  return extremeJvp<WindowArgmaxOp>(b, *this, tangents[0], resultTangents);
}

LogicalResult
ReduceWindowMinOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                            SmallVectorImpl<Value> &resultTangents) {
  return extremeJvp<WindowArgminOp>(b, *this, tangents[0], resultTangents);
}

//===----------------------------------------------------------------------===//
// window_gather, window_scatter: each other's transpose
//===----------------------------------------------------------------------===//

LogicalResult WindowGatherOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                             ValueRange operands,
                                             ValueRange cotangents,
                                             SmallVectorImpl<Value> &results) {
  ArrayRef<int64_t> sizes =
      windowedSizes(tensorType(getX()), getStrides().size());
  results.assign(
      {buildWindows<WindowScatterOp>(b, windowAxesOf(*this), cotangents[0],
                                     operands[1], sizes, getWindow()),
       Value()});
  return success();
}

LogicalResult WindowScatterOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                              ValueRange operands,
                                              ValueRange cotangents,
                                              SmallVectorImpl<Value> &results) {
  results.assign(
      {buildWindows<WindowGatherOp>(b, windowAxesOf(*this), cotangents[0],
                                    operands[1], getWindow()),
       Value()});
  return success();
}
