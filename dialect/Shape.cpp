//===- Shape.cpp - primitives that move elements: types and folding -------===//
//
// Their derivative and batching rules are in ShapeRules.cpp.
//
//===----------------------------------------------------------------------===//

#include "dialect/Ops.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Shape.cpp.inc"

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

LogicalResult ReshapeOp::verify() {
  auto from = cast<RankedTensorType>(getX().getType());
  RankedTensorType to = getType();
  if (from.getElementType() != to.getElementType())
    return emitOpError("element type ")
           << to.getElementType() << " of the result must be that of x, "
           << from.getElementType();
  if (from.hasStaticShape() && to.hasStaticShape() &&
      from.getNumElements() != to.getNumElements())
    return emitOpError("cannot reshape ")
           << from << " with " << from.getNumElements() << " elements to " << to
           << " with " << to.getNumElements();
  return success();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  if (auto elements = dyn_cast_or_null<DenseElementsAttr>(adaptor.getX()))
    return elements.reshape(getType());
  if (auto inner = getX().getDefiningOp<ReshapeOp>()) {
    if (inner.getX().getType() == getType())
      return inner.getX();
    getXMutable().assign(inner.getX());
    return getResult();
  }
  return {};
}

namespace {

/// A reshape that only adds axes of size 1 to a broadcast, or removes such,
/// is a broadcast itself.
struct ReshapeOfBroadcast : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto broadcast = op.getX().getDefiningOp<BroadcastInDimOp>();
    if (!broadcast || !op.getType().hasStaticShape())
      return failure();
    auto source = cast<RankedTensorType>(broadcast.getX().getType());
    if (source.getRank() != 0)
      return failure();
    rewriter.replaceOpWithNewOp<BroadcastInDimOp>(
        op, op.getType(), broadcast.getX(), ArrayRef<int64_t>{});
    return success();
  }
};

} // namespace

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<ReshapeOfBroadcast>(context);
}

//===----------------------------------------------------------------------===//
// broadcast_in_dim
//===----------------------------------------------------------------------===//

LogicalResult BroadcastInDimOp::verify() {
  auto from = cast<RankedTensorType>(getX().getType());
  RankedTensorType to = getType();
  if (from.getElementType() != to.getElementType())
    return emitOpError("element type ")
           << to.getElementType() << " of the result must be that of x, "
           << from.getElementType();
  if (static_cast<int64_t>(getDims().size()) != from.getRank())
    return emitOpError("dims has ")
           << getDims().size() << " entries for an operand of rank "
           << from.getRank();
  for (auto [axis, dim] : llvm::enumerate(getDims())) {
    if (dim < 0 || dim >= to.getRank())
      return emitOpError("dims[")
             << axis << "] = " << dim
             << " is out of range for a result of rank " << to.getRank();
    if (axis && dim <= getDims()[axis - 1])
      return emitOpError("dims must increase, got ")
             << dim << " after " << getDims()[axis - 1];
    int64_t size = from.getDimSize(axis);
    if (size != 1 && size != to.getDimSize(dim) && !from.isDynamicDim(axis) &&
        !to.isDynamicDim(dim))
      return emitOpError("axis ")
             << axis << " of size " << size << " cannot be broadcast to size "
             << to.getDimSize(dim) << " (" << from << " to " << to << ")";
  }
  return success();
}

OpFoldResult BroadcastInDimOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  auto elements = dyn_cast_or_null<DenseElementsAttr>(adaptor.getX());
  if (elements && elements.isSplat() && getType().hasStaticShape())
    return elements.resizeSplat(getType());
  if (auto inner = getX().getDefiningOp<BroadcastInDimOp>()) {
    SmallVector<int64_t> dims;
    for (int64_t dim : inner.getDims())
      dims.push_back(getDims()[dim]);
    setDims(dims);
    getXMutable().assign(inner.getX());
    return getResult();
  }
  return {};
}

namespace {

/// A broadcast of a reshape that only adds axes of size 1 is a broadcast.
struct BroadcastOfReshape : OpRewritePattern<BroadcastInDimOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BroadcastInDimOp op,
                                PatternRewriter &rewriter) const override {
    auto reshape = op.getX().getDefiningOp<ReshapeOp>();
    if (!reshape)
      return failure();
    auto from = cast<RankedTensorType>(reshape.getX().getType());
    auto to = reshape.getType();
    if (!from.hasStaticShape() || !to.hasStaticShape() ||
        from.getRank() > to.getRank())
      return failure();
    SmallVector<int64_t> dims;
    int64_t axis = 0;
    for (int64_t i = 0; i < to.getRank(); ++i) {
      if (axis < from.getRank() && from.getDimSize(axis) == to.getDimSize(i)) {
        dims.push_back(op.getDims()[i]);
        ++axis;
      } else if (to.getDimSize(i) != 1) {
        return failure();
      }
    }
    if (axis != from.getRank())
      return failure();
    rewriter.replaceOpWithNewOp<BroadcastInDimOp>(op, op.getType(),
                                                  reshape.getX(), dims);
    return success();
  }
};

} // namespace

void BroadcastInDimOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                                   MLIRContext *context) {
  patterns.add<BroadcastOfReshape>(context);
}

//===----------------------------------------------------------------------===//
// transpose
//===----------------------------------------------------------------------===//

LogicalResult
TransposeOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                              ValueRange operands, DictionaryAttr attributes,
                              OpaqueProperties properties, RegionRange regions,
                              SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto type = cast<RankedTensorType>(adaptor.getX().getType());
  ArrayRef<int64_t> permutation = adaptor.getPermutation();
  SmallVector<int64_t> sorted(permutation);
  llvm::sort(sorted);
  if (sorted != axesUpTo(type.getRank()))
    return emitOptionalError(loc, "transpose: permutation [", permutation,
                             "] must name each axis of ", type, " once");
  SmallVector<int64_t> shape;
  for (int64_t axis : permutation)
    shape.push_back(type.getDimSize(axis));
  types.push_back(type.clone(shape));
  return success();
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (llvm::equal(getPermutation(), axesUpTo(getType().getRank())))
    return getX();
  auto elements = dyn_cast_or_null<DenseElementsAttr>(adaptor.getX());
  if (elements && elements.isSplat())
    return elements.resizeSplat(getType());
  if (auto inner = getX().getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> permutation;
    for (int64_t axis : getPermutation())
      permutation.push_back(inner.getPermutation()[axis]);
    setPermutation(permutation);
    getXMutable().assign(inner.getX());
    return getResult();
  }
  return {};
}

namespace {

/// A transpose of a broadcast whose axes keep their order is a broadcast.
struct TransposeOfBroadcast : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto broadcast = op.getX().getDefiningOp<BroadcastInDimOp>();
    if (!broadcast)
      return failure();
    SmallVector<int64_t> dims;
    for (int64_t dim : broadcast.getDims())
      dims.push_back(llvm::find(op.getPermutation(), dim) -
                     op.getPermutation().begin());
    if (!llvm::is_sorted(dims))
      return failure();
    rewriter.replaceOpWithNewOp<BroadcastInDimOp>(op, op.getType(),
                                                  broadcast.getX(), dims);
    return success();
  }
};

} // namespace

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<TransposeOfBroadcast>(context);
}

//===----------------------------------------------------------------------===//
// reverse
//===----------------------------------------------------------------------===//

LogicalResult
ReverseOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                            ValueRange operands, DictionaryAttr attributes,
                            OpaqueProperties properties, RegionRange regions,
                            SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto type = cast<RankedTensorType>(adaptor.getX().getType());
  for (auto [index, axis] : llvm::enumerate(adaptor.getAxes())) {
    if (axis < 0 || axis >= type.getRank())
      return emitOptionalError(loc, "reverse: axis ", axis,
                               " is out of range for an operand of rank ",
                               type.getRank());
    if (index && axis <= adaptor.getAxes()[index - 1])
      return emitOptionalError(loc, "reverse: axes must increase, got ", axis,
                               " after ", adaptor.getAxes()[index - 1]);
  }
  types.push_back(type);
  return success();
}

OpFoldResult ReverseOp::fold(FoldAdaptor adaptor) {
  auto elements = dyn_cast_or_null<DenseElementsAttr>(adaptor.getX());
  if (getAxes().empty() || (elements && elements.isSplat()))
    return getX();
  auto inner = getX().getDefiningOp<ReverseOp>();
  if (inner && inner.getAxes() == getAxes())
    return inner.getX();
  return {};
}

//===----------------------------------------------------------------------===//
// slice
//===----------------------------------------------------------------------===//

LogicalResult
SliceOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                          ValueRange operands, DictionaryAttr attributes,
                          OpaqueProperties properties, RegionRange regions,
                          SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto type = cast<RankedTensorType>(adaptor.getX().getType());
  size_t rank = type.getRank();
  if (adaptor.getStarts().size() != rank ||
      adaptor.getLimits().size() != rank || adaptor.getStrides().size() != rank)
    return emitOptionalError(
        loc, "slice: starts, limits and strides need ", rank,
        " entries each, got ", adaptor.getStarts().size(), ", ",
        adaptor.getLimits().size(), " and ", adaptor.getStrides().size());
  SmallVector<int64_t> shape;
  for (auto [axis, start, limit, stride] : llvm::enumerate(
           adaptor.getStarts(), adaptor.getLimits(), adaptor.getStrides())) {
    int64_t size = type.getDimSize(axis);
    if (start < 0 || limit < start || stride < 1 ||
        (!type.isDynamicDim(axis) && limit > size))
      return emitOptionalError(loc, "slice: ", start, " to ", limit, " by ",
                               stride, " does not lie in axis ", axis, " of ",
                               type);
    shape.push_back((limit - start + stride - 1) / stride);
  }
  types.push_back(type.clone(shape));
  return success();
}

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType() && getType().hasStaticShape())
    return getX();
  auto elements = dyn_cast_or_null<DenseElementsAttr>(adaptor.getX());
  if (elements && elements.isSplat())
    return elements.resizeSplat(getType());
  return {};
}

//===----------------------------------------------------------------------===//
// pad
//===----------------------------------------------------------------------===//

LogicalResult
PadOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                        ValueRange operands, DictionaryAttr attributes,
                        OpaqueProperties properties, RegionRange regions,
                        SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto type = cast<RankedTensorType>(adaptor.getX().getType());
  auto value = cast<RankedTensorType>(adaptor.getValue().getType());
  size_t rank = type.getRank();
  if (value != RankedTensorType::get({}, type.getElementType()))
    return emitOptionalError(loc, "pad: value must be a scalar of type ",
                             type.getElementType(), ", got ", value);
  if (adaptor.getLow().size() != rank || adaptor.getHigh().size() != rank ||
      adaptor.getInterior().size() != rank)
    return emitOptionalError(loc, "pad: low, high and interior need ", rank,
                             " entries each, got ", adaptor.getLow().size(),
                             ", ", adaptor.getHigh().size(), " and ",
                             adaptor.getInterior().size());
  SmallVector<int64_t> shape;
  for (auto [axis, low, high, interior] : llvm::enumerate(
           adaptor.getLow(), adaptor.getHigh(), adaptor.getInterior())) {
    if (type.isDynamicDim(axis)) {
      shape.push_back(ShapedType::kDynamic);
      continue;
    }
    int64_t size = type.getDimSize(axis);
    int64_t padded =
        low + size + std::max<int64_t>(size - 1, 0) * interior + high;
    if (interior < 0 || padded < 0)
      return emitOptionalError(loc, "pad: axis ", axis, " of ", type,
                               " cannot be padded by ", low, ", ", high,
                               " and ", interior, " between elements");
    shape.push_back(padded);
  }
  types.push_back(type.clone(shape));
  return success();
}

OpFoldResult PadOp::fold(FoldAdaptor) {
  auto none = [](ArrayRef<int64_t> counts) {
    return llvm::all_of(counts, [](int64_t n) { return n == 0; });
  };
  return none(getLow()) && none(getHigh()) && none(getInterior())
             ? getX()
             : OpFoldResult();
}

//===----------------------------------------------------------------------===//
// concatenate
//===----------------------------------------------------------------------===//

LogicalResult ConcatenateOp::inferReturnTypes(
    MLIRContext *, std::optional<Location> loc, ValueRange operands,
    DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
    SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  if (operands.empty())
    return emitOptionalError(loc, "concatenate: needs at least one operand");
  auto first = cast<RankedTensorType>(operands[0].getType());
  int64_t axis = adaptor.getAxis();
  if (axis < 0 || axis >= first.getRank())
    return emitOptionalError(loc, "concatenate: axis ", axis,
                             " is out of range for operands of rank ",
                             first.getRank());
  SmallVector<int64_t> shape(first.getShape());
  shape[axis] = 0;
  for (Value operand : operands) {
    auto type = cast<RankedTensorType>(operand.getType());
    bool fits = type.getRank() == first.getRank() &&
                type.getElementType() == first.getElementType();
    for (int64_t i = 0; fits && i < type.getRank(); ++i)
      fits = i == axis || type.getDimSize(i) == first.getDimSize(i);
    if (!fits)
      return emitOptionalError(loc, "concatenate: ", type, " does not fit ",
                               first, " in the axes besides ", axis);
    if (shape[axis] == ShapedType::kDynamic || type.isDynamicDim(axis))
      shape[axis] = ShapedType::kDynamic;
    else
      shape[axis] += type.getDimSize(axis);
  }
  types.push_back(first.clone(shape));
  return success();
}

OpFoldResult ConcatenateOp::fold(FoldAdaptor) {
  return getXs().size() == 1 ? getXs()[0] : OpFoldResult();
}
