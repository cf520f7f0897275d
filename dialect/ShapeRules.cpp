//===- ShapeRules.cpp - derivatives and batching of Shape.td --------------===//

#include "dialect/Ops.h"

using namespace mlir;
using namespace xform;

#include "dialect/ShapeRules.cpp.inc"

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

LogicalResult ReshapeOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                  SmallVectorImpl<Value> &resultTangents) {
  resultTangents.push_back(b.fold<ReshapeOp>(getType(), tangents[0]));
  return success();
}

bool ReshapeOp::isLinearIn(ArrayRef<bool>) { return true; }

LogicalResult ReshapeOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                        ValueRange, ValueRange cotangents,
                                        SmallVectorImpl<Value> &results) {
  results.push_back(b.fold<ReshapeOp>(getX().getType(), cotangents[0]));
  return success();
}

LogicalResult ReshapeOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                      ArrayRef<bool>, int64_t size,
                                      SmallVectorImpl<Value> &results) {
  results.push_back(
      b.fold<ReshapeOp>(batchedType(getType(), size), operands[0]));
  return success();
}

//===----------------------------------------------------------------------===//
// broadcast_in_dim: its transpose sums over what it repeated
//===----------------------------------------------------------------------===//

LogicalResult
BroadcastInDimOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                           SmallVectorImpl<Value> &resultTangents) {
  resultTangents.push_back(b.broadcastTo(tangents[0], getType(), getDims()));
  return success();
}

bool BroadcastInDimOp::isLinearIn(ArrayRef<bool>) { return true; }

LogicalResult
BroadcastInDimOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>, ValueRange,
                                 ValueRange cotangents,
                                 SmallVectorImpl<Value> &results) {
  auto source = cast<RankedTensorType>(getX().getType());
  SmallVector<int64_t> axes;
  for (int64_t dim : axesUpTo(getType().getRank())) {
    const int64_t *place = llvm::find(getDims(), dim);
    bool repeated = place == getDims().end() ||
                    source.getDimSize(place - getDims().begin()) !=
                        getType().getDimSize(dim);
    if (repeated)
      axes.push_back(dim);
  }
  Value sum = b.fold<ReduceSumOp>(cotangents[0], axes);
  results.push_back(b.reshapeTo(sum, source.getShape()));
  return success();
}

LogicalResult BroadcastInDimOp::buildBatched(RuleBuilder &b,
                                             ValueRange operands,
                                             ArrayRef<bool>, int64_t size,
                                             SmallVectorImpl<Value> &results) {
  results.push_back(b.broadcastTo(operands[0], batchedType(getType(), size),
                                  withFront(0, shifted(getDims(), 1))));
  return success();
}

//===----------------------------------------------------------------------===//
// transpose
//===----------------------------------------------------------------------===//

LogicalResult TransposeOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                          ValueRange, ValueRange cotangents,
                                          SmallVectorImpl<Value> &results) {
  SmallVector<int64_t> inverse(getPermutation().size());
  for (auto [to, from] : llvm::enumerate(getPermutation()))
    inverse[from] = to;
  results.push_back(b.permute(cotangents[0], inverse));
  return success();
}

LogicalResult TransposeOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                        ArrayRef<bool>, int64_t,
                                        SmallVectorImpl<Value> &results) {
  results.push_back(
      b.permute(operands[0], withFront(0, shifted(getPermutation(), 1))));
  return success();
}

//===----------------------------------------------------------------------===//
// reverse
//===----------------------------------------------------------------------===//

LogicalResult ReverseOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                        ValueRange, ValueRange cotangents,
                                        SmallVectorImpl<Value> &results) {
  results.push_back(b.fold<ReverseOp>(cotangents[0], getAxes()));
  return success();
}

//===----------------------------------------------------------------------===//
// slice: its transpose pads with zeros
//===----------------------------------------------------------------------===//

LogicalResult SliceOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                      ValueRange, ValueRange cotangents,
                                      SmallVectorImpl<Value> &results) {
  auto source = cast<RankedTensorType>(getX().getType());
  SmallVector<int64_t> high, interior;
  for (auto [axis, start, stride] :
       llvm::enumerate(getStarts(), getStrides())) {
    int64_t count = getType().getDimSize(axis);
    int64_t spread = count + std::max<int64_t>(count - 1, 0) * (stride - 1);
    high.push_back(source.getDimSize(axis) - start - spread);
    interior.push_back(stride - 1);
  }
  Value zero = b.zeros(RankedTensorType::get({}, source.getElementType()));
  results.push_back(
      b.fold<PadOp>(cotangents[0], zero, getStarts(), high, interior));
  return success();
}

LogicalResult SliceOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                    ArrayRef<bool>, int64_t size,
                                    SmallVectorImpl<Value> &results) {
  results.push_back(b.fold<SliceOp>(operands[0], withFront(0, getStarts()),
                                    withFront(size, getLimits()),
                                    withFront(1, getStrides())));
  return success();
}

//===----------------------------------------------------------------------===//
// pad: its transpose takes x's elements back; the value gets the others' sum
//===----------------------------------------------------------------------===//

/// Which elements of a pad's result are elements of its operand, which is of
/// the given type.
static Value insideMask(RuleBuilder &b, RankedTensorType operand,
                        ArrayRef<int64_t> low, ArrayRef<int64_t> high,
                        ArrayRef<int64_t> interior) {
  Value inside = b.literal("1", operand.clone(b.getI1Type()));
  Value outside = b.literal("0", RankedTensorType::get({}, b.getI1Type()));
  return b.fold<PadOp>(inside, outside, low, high, interior);
}

LogicalResult PadOp::buildTranspose(RuleBuilder &b, ArrayRef<bool> linear,
                                    ValueRange, ValueRange cotangents,
                                    SmallVectorImpl<Value> &results) {
  auto source = cast<RankedTensorType>(getX().getType());
  Value ct = cotangents[0];
  Value zero = b.zeros(RankedTensorType::get({}, source.getElementType()));
  // Elements that a negative low or high cut away have no cotangent.
  SmallVector<int64_t> low, high, none(source.getRank(), 0);
  for (auto [before, after] : llvm::zip_equal(getLow(), getHigh())) {
    low.push_back(std::max<int64_t>(-before, 0));
    high.push_back(std::max<int64_t>(-after, 0));
  }
  Value whole = b.fold<PadOp>(ct, zero, low, high, none);
  SmallVector<int64_t> starts, limits, strides;
  for (auto [axis, before, interior] :
       llvm::enumerate(getLow(), getInterior())) {
    int64_t size = source.getDimSize(axis);
    int64_t start = std::max<int64_t>(before, 0);
    starts.push_back(start);
    limits.push_back(start + size + std::max<int64_t>(size - 1, 0) * interior);
    strides.push_back(interior + 1);
  }
  Value ofX = b.fold<SliceOp>(whole, starts, limits, strides);
  results.assign({linear[0] ? ofX : Value(), Value()});
  if (linear[1]) {
    // A difference of sums would cancel.
    Value outside = b.fold<SelectOp>(
        insideMask(b, source, getLow(), getHigh(), getInterior()),
        b.zeros(ct.getType()), ct);
    results[1] = b.fold<ReduceSumOp>(outside, axesUpTo(source.getRank()));
  }
  return success();
}

LogicalResult PadOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                  ArrayRef<bool> batched, int64_t size,
                                  SmallVectorImpl<Value> &results) {
  Value x = b.rowsOf(operands[0], batched[0], size);
  SmallVector<int64_t> low = withFront(0, getLow()),
                       high = withFront(0, getHigh()),
                       interior = withFront(0, getInterior());
  if (!batched[1]) {
    results.push_back(b.fold<PadOp>(x, operands[1], low, high, interior));
    return success();
  }
  // One value a row: pad a mask, and choose the row's value outside of it.
  auto type = cast<RankedTensorType>(x.getType());
  Value zero = b.zeros(RankedTensorType::get({}, type.getElementType()));
  Value padded = b.fold<PadOp>(x, zero, low, high, interior);
  Value inside = insideMask(b, type, low, high, interior);
  Value values =
      b.broadcastTo(operands[1], cast<RankedTensorType>(padded.getType()), {0});
  results.push_back(b.fold<SelectOp>(inside, padded, values));
  return success();
}

//===----------------------------------------------------------------------===//
// concatenate: its transpose slices
//===----------------------------------------------------------------------===//

LogicalResult ConcatenateOp::buildTranspose(RuleBuilder &b,
                                            ArrayRef<bool> linear, ValueRange,
                                            ValueRange cotangents,
                                            SmallVectorImpl<Value> &results) {
  int64_t axis = getAxis(), start = 0;
  for (auto [operand, isLinear] : llvm::zip_equal(getXs(), linear)) {
    auto type = cast<RankedTensorType>(operand.getType());
    SmallVector<int64_t> starts(type.getRank(), 0), strides(type.getRank(), 1);
    SmallVector<int64_t> limits(type.getShape());
    starts[axis] = start;
    limits[axis] += start;
    start = limits[axis];
    results.push_back(
        isLinear ? b.fold<SliceOp>(cotangents[0], starts, limits, strides)
                 : Value());
  }
  return success();
}

LogicalResult ConcatenateOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                          ArrayRef<bool> batched, int64_t size,
                                          SmallVectorImpl<Value> &results) {
  results.push_back(b.fold<ConcatenateOp>(
      ValueRange(b.rowsOf(operands, batched, size)), getAxis() + 1));
  return success();
}
