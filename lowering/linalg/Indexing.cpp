//===- Indexing.cpp - gathers and dynamic slices as linalg.generic --------===//

#include "lowering/linalg/IndexReading.h"
#include "lowering/linalg/Patterns.h"
#include "lowering/linalg/PrimitiveLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

namespace {

//===----------------------------------------------------------------------===//
// gather: each element reads its indices, then its place in x
//===----------------------------------------------------------------------===//

FailureOr<Value> lowerGather(ImplicitLocOpBuilder &b, GatherOp op,
                             GatherOp::Adaptor adaptor,
                             ConversionPatternRewriter &rewriter) {
  RankedTensorType type = signlessType(op.getType());
  auto indicesType = cast<RankedTensorType>(op.getIndices().getType());
  IndexingDims dims = IndexingDims::of(op);
  int64_t rank = cast<RankedTensorType>(op.getX().getType()).getRank();
  SmallVector<int64_t> indexDims = dims.indexDims(indicesType.getRank());
  SmallVector<int64_t> windowAxes = dims.windowAxes(rank);
  View x = viewOf(op.getX(), rewriter);
  SmallVector<Value> limits;
  for (int64_t axis : dims.axes)
    limits.push_back(b.createOrFold<tensor::DimOp>(adaptor.getX(), axis));
  bool drops = op.getMode() == "drop";

  SmallVector<View> views =
      entriesOf(op.getIndices(), static_cast<int64_t>(dims.axes.size()), type,
                indexDims, rewriter);
  auto read = [&](ImplicitLocOpBuilder &inner, ValueRange entries) {
    SmallVector<Value> coordinates(rank);
    for (auto [axis, dim] : llvm::zip_equal(windowAxes, dims.windowDims))
      coordinates[axis] = linalg::IndexOp::create(inner, dim);
    for (auto [axis, batch] : llvm::zip_equal(dims.xBatch, dims.indicesBatch))
      coordinates[axis] = linalg::IndexOp::create(inner, indexDims[batch]);
    Value isInside;
    for (auto [axis, entry, limit] : llvm::zip(dims.axes, entries, limits)) {
      Place place =
          placeOf(inner, entry, indicesType.getElementType(), limit, drops);
      coordinates[axis] = place.index;
      isInside = isInside && drops
                     ? arith::AndIOp::create(inner, isInside, place.isInside)
                     : place.isInside;
    }
    Value element = readAt(inner, x, coordinates);
    if (!drops)
      return element;
    Value zero = arith::ConstantOp::create(
        inner, inner.getZeroAttr(type.getElementType()));
    return Value(arith::SelectOp::create(inner, isInside, element, zero));
  };
  // Windows of dynamic size have it from x, which the loop need not read.
  if (llvm::any_of(dims.windowDims,
                   [&](int64_t dim) { return type.isDynamicDim(dim); })) {
    SmallVector<int64_t> loops(rank, -1);
    for (auto [axis, dim] : llvm::zip_equal(windowAxes, dims.windowDims))
      loops[axis] = dim;
    views.push_back(spread(plainView(op.getX(), rewriter), type, loops, 0));
  }
  return buildElementwise(b, type, views, read);
}

//===----------------------------------------------------------------------===//
// dynamic_slice, dynamic_update_slice
//===----------------------------------------------------------------------===//

/// Where slices of the given sizes may start at the latest, plus one.
SmallVector<Value> startLimits(ImplicitLocOpBuilder &b, Value x,
                               ArrayRef<int64_t> sizes) {
  SmallVector<Value> limits;
  for (auto [axis, size] : llvm::enumerate(sizes))
    limits.push_back(b.createOrFold<arith::SubIOp>(
        b.createOrFold<tensor::DimOp>(x, axis),
        arith::ConstantIndexOp::create(b, size - 1)));
  return limits;
}

/// The starts as views over all loops.
SmallVector<View> startViews(ValueRange starts, RankedTensorType shape,
                             ConversionPatternRewriter &rewriter) {
  SmallVector<View> views;
  for (Value start : starts)
    views.push_back(spread(viewOf(start, rewriter), shape, {}, 0));
  return views;
}

FailureOr<Value> lowerDynamicSlice(ImplicitLocOpBuilder &b, DynamicSliceOp op,
                                   DynamicSliceOp::Adaptor adaptor,
                                   ConversionPatternRewriter &rewriter) {
  RankedTensorType type = signlessType(op.getType());
  View x = viewOf(op.getX(), rewriter);
  SmallVector<Value> limits = startLimits(b, adaptor.getX(), op.getSizes());
  auto read = [&](ImplicitLocOpBuilder &inner, ValueRange starts) {
    SmallVector<Value> coordinates;
    for (auto [axis, start, limit, given] :
         llvm::enumerate(starts, limits, op.getStarts())) {
      Place place = placeOf(inner, start, getElementTypeOrSelf(given), limit,
                            /*asksInside=*/false);
      coordinates.push_back(arith::AddIOp::create(
          inner, linalg::IndexOp::create(inner, axis), place.index));
    }
    return readAt(inner, x, coordinates);
  };
  return buildElementwise(b, type, startViews(op.getStarts(), type, rewriter),
                          read);
}

/// Each element is its own or that of the update at its place. All are written,
/// as the result is another tensor than x.
FailureOr<Value> lowerDynamicUpdateSlice(ImplicitLocOpBuilder &b,
                                         DynamicUpdateSliceOp op,
                                         DynamicUpdateSliceOp::Adaptor adaptor,
                                         ConversionPatternRewriter &rewriter) {
  RankedTensorType type = signlessType(op.getType());
  auto updateType = cast<RankedTensorType>(op.getUpdate().getType());
  View update = viewOf(op.getUpdate(), rewriter);
  SmallVector<Value> limits =
      startLimits(b, adaptor.getX(), updateType.getShape());
  SmallVector<View> views = startViews(op.getStarts(), type, rewriter);
  views.push_back(viewOf(op.getX(), rewriter));
  auto choose = [&](ImplicitLocOpBuilder &inner, ValueRange elements) {
    SmallVector<Value> coordinates;
    Value isInside;
    Value zero = arith::ConstantIndexOp::create(inner, 0);
    for (auto [axis, start, limit, given, size] :
         llvm::enumerate(elements.drop_back(), limits, op.getStarts(),
                         updateType.getShape())) {
      Value index = linalg::IndexOp::create(inner, axis);
      if (size == type.getDimSize(axis)) {
        coordinates.push_back(index);
        continue;
      }
      Place place = placeOf(inner, start, getElementTypeOrSelf(given), limit,
                            /*asksInside=*/false);
      // Below the start the difference wraps to a large number.
      Value offset = arith::SubIOp::create(inner, index, place.index);
      Value isIn =
          arith::CmpIOp::create(inner, arith::CmpIPredicate::ult, offset,
                                arith::ConstantIndexOp::create(inner, size));
      coordinates.push_back(arith::SelectOp::create(inner, isIn, offset, zero));
      isInside = isInside ? arith::AndIOp::create(inner, isInside, isIn) : isIn;
    }
    Value written = readAt(inner, update, coordinates);
    return isInside ? arith::SelectOp::create(inner, isInside, written,
                                              elements.back())
                    : written;
  };
  return buildElementwise(b, type, views, choose);
}

} // namespace

void xform::populateIndexingToLinalg(const TypeConverter &converter,
                                     RewritePatternSet &patterns) {
  addLowering(converter, patterns, lowerGather);
  addLowering(converter, patterns, lowerDynamicSlice);
  addLowering(converter, patterns, lowerDynamicUpdateSlice);
}
