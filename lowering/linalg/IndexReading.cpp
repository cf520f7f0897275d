//===- IndexReading.cpp - elements at computed places ---------------------===//

#include "lowering/linalg/IndexReading.h"

#include "lowering/linalg/Scalars.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

/// The slice that axes of one element were taken from, with the indices in it,
/// as the parts of complex arrays are; null if `source` is nothing like that.
static tensor::ExtractSliceOp wholeSlice(ImplicitLocOpBuilder &b, Value source,
                                         SmallVector<Value> &indices) {
  auto collapse = source.getDefiningOp<tensor::CollapseShapeOp>();
  if (!collapse)
    return source.getDefiningOp<tensor::ExtractSliceOp>();
  auto slice = collapse.getSrc().getDefiningOp<tensor::ExtractSliceOp>();
  RankedTensorType type = collapse.getSrcType();
  SmallVector<Value> whole(type.getRank());
  for (auto [index, group] :
       llvm::zip(indices, collapse.getReassociationIndices())) {
    bool isTaken = false;
    for (int64_t axis : group) {
      if (type.getDimSize(axis) == 1)
        continue;
      if (isTaken)
        return nullptr;
      whole[axis] = index;
      isTaken = true;
    }
  }
  if (!slice)
    return nullptr;
  for (Value &index : whole)
    if (!index)
      index = arith::ConstantIndexOp::create(b, 0);
  indices = std::move(whole);
  return slice;
}

Value xform::elementAt(ImplicitLocOpBuilder &b, Value source,
                       SmallVector<Value> indices) {
  while (tensor::ExtractSliceOp slice = wholeSlice(b, source, indices)) {
    if (slice.getSourceType().getRank() != slice.getType().getRank()) {
      source = slice;
      break;
    }
    auto value = [&](OpFoldResult number) {
      return getValueOrCreateConstantIndexOp(b, b.getLoc(), number);
    };
    for (auto [index, offset, stride] : llvm::zip_equal(
             indices, slice.getMixedOffsets(), slice.getMixedStrides())) {
      index = b.createOrFold<arith::MulIOp>(index, value(stride));
      index = b.createOrFold<arith::AddIOp>(index, value(offset));
    }
    source = slice.getSource();
  }
  return tensor::ExtractOp::create(b, source, indices);
}

Value xform::readAt(ImplicitLocOpBuilder &b, const View &view,
                    ArrayRef<Value> coordinates) {
  if (view.splat)
    return arith::ConstantOp::create(b, view.splat);
  SmallVector<Value> indices;
  for (AffineExpr index : view.indices) {
    if (auto dim = dyn_cast<AffineDimExpr>(index))
      indices.push_back(coordinates[dim.getPosition()]);
    else
      indices.push_back(arith::ConstantIndexOp::create(
          b, cast<AffineConstantExpr>(index).getValue()));
  }
  if (!view.source)
    return indexToElement(b, indices[0], view.type.getElementType());
  return elementAt(b, view.source, indices);
}

View xform::spread(const View &view, RankedTensorType shape,
                   ArrayRef<int64_t> loops, int64_t fixed) {
  MLIRContext *context = shape.getContext();
  SmallVector<AffineExpr> dims;
  for (int64_t loop : loops)
    dims.push_back(loop < 0 ? getAffineConstantExpr(fixed, context)
                            : getAffineDimExpr(loop, context));
  View result = view;
  result.type = shape.clone(view.type.getElementType());
  for (AffineExpr &index : result.indices)
    index = index.replaceDims(dims);
  return result;
}

Place xform::placeOf(ImplicitLocOpBuilder &b, Value number, Type element,
                     Value size, bool asksInside) {
  // 32 bits hold the size too: an axis of more elements has 64-bit indices.
  bool isUnsignedIndex = isUnsigned(element);
  unsigned width = std::max(32u, element.getIntOrFloatBitWidth());
  if (std::optional<int64_t> known = getConstantIntValue(size))
    width = *known > INT32_MAX ? 64 : width;
  Type type = b.getIntegerType(width);
  if (number.getType() != type)
    number = isUnsignedIndex ? Value(arith::ExtUIOp::create(b, type, number))
                             : arith::ExtSIOp::create(b, type, number);
  Value limit = b.createOrFold<arith::IndexCastOp>(type, size);
  Value zero = intConstant(b, type, 0), one = intConstant(b, type, 1);
  Value last = b.createOrFold<arith::SubIOp>(limit, one);
  Place place;
  if (asksInside) // As an unsigned number, a negative one is too large.
    place.isInside =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, number, limit);
  if (isUnsignedIndex) {
    number = b.createOrFold<arith::MinUIOp>(number, last);
  } else {
    number = b.createOrFold<arith::MaxSIOp>(number, zero);
    number = b.createOrFold<arith::MinSIOp>(number, last);
  }
  place.index = arith::IndexCastOp::create(b, b.getIndexType(), number);
  return place;
}

SmallVector<View> xform::entriesOf(Value indices, int64_t length,
                                   RankedTensorType shape,
                                   ArrayRef<int64_t> indexDims,
                                   ConversionPatternRewriter &rewriter) {
  View view = viewOf(indices, rewriter);
  // An iota along the vectors would stand at another index than 0.
  if (!view.source && !view.splat && length > 1)
    view = plainView(indices, rewriter);
  SmallVector<int64_t> loops(indexDims);
  loops.push_back(-1);
  SmallVector<View> entries;
  for (int64_t k = 0; k < length; ++k)
    entries.push_back(spread(view, shape, loops, k));
  return entries;
}
