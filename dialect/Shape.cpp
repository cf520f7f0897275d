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

/// The elements of the result must be of the type that those of x are of.
static LogicalResult checkElementType(Operation *op, RankedTensorType from,
                                      RankedTensorType to) {
  if (from.getElementType() == to.getElementType())
    return success();
  return op->emitOpError("element type ")
         << to.getElementType() << " of the result must be that of x, "
         << from.getElementType();
}

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

LogicalResult ReshapeOp::verify() {
  RankedTensorType from = tensorType(getX()), to = getType();
  if (failed(checkElementType(*this, from, to)))
    return failure();
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

/// A reshape that only adds axes of size 1 to a broadcast, or removes such,
/// is a broadcast itself.
LogicalResult ReshapeOp::canonicalize(ReshapeOp op, PatternRewriter &rewriter) {
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

//===----------------------------------------------------------------------===//
// broadcast_in_dim
//===----------------------------------------------------------------------===//

LogicalResult BroadcastInDimOp::verify() {
  RankedTensorType from = tensorType(getX()), to = getType();
  if (failed(checkElementType(*this, from, to)))
    return failure();
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
  DenseElementsAttr splat = splatOf(adaptor.getX());
  if (splat && getType().hasStaticShape())
    return splat.resizeSplat(getType());
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

/// A broadcast of a reshape that only adds axes of size 1 is a broadcast.
LogicalResult BroadcastInDimOp::canonicalize(BroadcastInDimOp op,
                                             PatternRewriter &rewriter) {
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

//===----------------------------------------------------------------------===//
// transpose
//===----------------------------------------------------------------------===//

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *, OptionalLocation loc,
                                            Adaptor op,
                                            SmallVectorImpl<Type> &types) {
  auto type = cast<RankedTensorType>(op.getX().getType());
  ArrayRef<int64_t> permutation = op.getPermutation();
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
  if (DenseElementsAttr splat = splatOf(adaptor.getX()))
    return splat.resizeSplat(getType());
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

/// A transpose of a broadcast whose axes keep their order is a broadcast.
LogicalResult TransposeOp::canonicalize(TransposeOp op,
                                        PatternRewriter &rewriter) {
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

//===----------------------------------------------------------------------===//
// reverse
//===----------------------------------------------------------------------===//

LogicalResult ReverseOp::inferReturnTypes(MLIRContext *, OptionalLocation loc,
                                          Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  auto type = cast<RankedTensorType>(op.getX().getType());
  if (failed(checkIncreasingAxes("reverse", loc, op.getAxes(), type.getRank())))
    return failure();
  types.push_back(type);
  return success();
}

OpFoldResult ReverseOp::fold(FoldAdaptor adaptor) {
  if (getAxes().empty() || splatOf(adaptor.getX()))
    return getX();
  auto inner = getX().getDefiningOp<ReverseOp>();
  if (inner && inner.getAxes() == getAxes())
    return inner.getX();
  return {};
}

//===----------------------------------------------------------------------===//
// slice
//===----------------------------------------------------------------------===//

/// Whether three lists have an entry for each axis.
static LogicalResult checkEntries(OptionalLocation loc, StringRef lists,
                                  size_t rank, ArrayRef<int64_t> first,
                                  ArrayRef<int64_t> second,
                                  ArrayRef<int64_t> third) {
  if (first.size() == rank && second.size() == rank && third.size() == rank)
    return success();
  return emitOptionalError(loc, lists, " need ", rank, " entries each, got ",
                           first.size(), ", ", second.size(), " and ",
                           third.size());
}

LogicalResult SliceOp::inferReturnTypes(MLIRContext *, OptionalLocation loc,
                                        Adaptor op,
                                        SmallVectorImpl<Type> &types) {
  auto type = cast<RankedTensorType>(op.getX().getType());
  size_t rank = type.getRank();
  if (failed(checkEntries(loc, "slice: starts, limits and strides", rank,
                          op.getStarts(), op.getLimits(), op.getStrides())))
    return failure();
  SmallVector<int64_t> shape;
  for (auto [axis, start, limit, stride] :
       llvm::enumerate(op.getStarts(), op.getLimits(), op.getStrides())) {
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
  if (DenseElementsAttr splat = splatOf(adaptor.getX()))
    return splat.resizeSplat(getType());
  return {};
}

//===----------------------------------------------------------------------===//
// pad
//===----------------------------------------------------------------------===//

LogicalResult PadOp::inferReturnTypes(MLIRContext *, OptionalLocation loc,
                                      Adaptor op,
                                      SmallVectorImpl<Type> &types) {
  auto type = cast<RankedTensorType>(op.getX().getType());
  auto value = cast<RankedTensorType>(op.getValue().getType());
  size_t rank = type.getRank();
  if (value != RankedTensorType::get({}, type.getElementType()))
    return emitOptionalError(loc, "pad: value must be a scalar of type ",
                             type.getElementType(), ", got ", value);
  if (failed(checkEntries(loc, "pad: low, high and interior", rank, op.getLow(),
                          op.getHigh(), op.getInterior())))
    return failure();
  SmallVector<int64_t> shape;
  for (auto [axis, low, high, interior] :
       llvm::enumerate(op.getLow(), op.getHigh(), op.getInterior())) {
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

static bool isSameNumber(Value x, Value y) {
  Attribute number, other;
  return x == y || (matchPattern(x, m_Constant(&number)) &&
                    matchPattern(y, m_Constant(&other)) && number == other);
}

/// One pad in place of two with one value, of which the inner cuts nothing.
LogicalResult PadOp::canonicalize(PadOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<PadOp>();
  if (!inner || !isSameNumber(inner.getValue(), op.getValue()) ||
      !inner.getX().getType().hasStaticShape() ||
      llvm::any_of(llvm::concat<const int64_t>(inner.getLow(), inner.getHigh()),
                   [](int64_t count) { return count < 0; }))
    return failure();
  SmallVector<int64_t> lows, highs, interiors;
  for (auto [axis, low, interior, size] : llvm::enumerate(
           op.getLow(), op.getInterior(), op.getType().getShape())) {
    int64_t step = interior + 1,
            elements = inner.getX().getType().getDimSize(axis),
            between = step * (inner.getInterior()[axis] + 1) - 1,
            first = low + step * inner.getLow()[axis];
    lows.push_back(first);
    interiors.push_back(between);
    highs.push_back(size - first - elements -
                    std::max<int64_t>(elements - 1, 0) * between);
  }
  rewriter.replaceOpWithNewOp<PadOp>(op, inner.getX(), op.getValue(), lows,
                                     highs, interiors);
  return success();
}

//===----------------------------------------------------------------------===//
// concatenate
//===----------------------------------------------------------------------===//

LogicalResult ConcatenateOp::inferReturnTypes(MLIRContext *,
                                              OptionalLocation loc, Adaptor op,
                                              SmallVectorImpl<Type> &types) {
  if (op.getXs().empty())
    return emitOptionalError(loc, "concatenate: needs at least one operand");
  auto first = cast<RankedTensorType>(op.getXs()[0].getType());
  int64_t axis = op.getAxis();
  if (failed(checkAxis("concatenate", loc, axis, first.getRank(), "operands")))
    return failure();
  SmallVector<int64_t> shape(first.getShape());
  shape[axis] = 0;
  for (Value operand : op.getXs()) {
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
