//===- Indexing.cpp - reading and writing by indices: types and folding ---===//
//
// Their derivative and batching rules are in IndexingRules.cpp.
//
//===----------------------------------------------------------------------===//

#include "dialect/Indexing.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Indexing.cpp.inc"

//===----------------------------------------------------------------------===//
// Which axes belong together
//===----------------------------------------------------------------------===//

SmallVector<int64_t> IndexingDims::windowAxes(int64_t xRank) const {
  SmallVector<int64_t> named(axes);
  llvm::append_range(named, xBatch);
  return otherAxes(xRank, named);
}

SmallVector<int64_t> IndexingDims::indexDims(int64_t indicesRank) const {
  return otherAxes(indicesRank - 1 + static_cast<int64_t>(windowDims.size()),
                   windowDims);
}

/// Whether the entries are axes of a tensor of this rank, each named once.
static bool nameAxesOnce(ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> sorted(axes);
  llvm::sort(sorted);
  return llvm::all_of(sorted,
                      [&](int64_t axis) { return axis >= 0 && axis < rank; }) &&
         std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
}

/// Checks the operands and dims of a gather or scatter, and finds the shape of
/// the windows of all index vectors.
template <typename Adaptor>
static LogicalResult inferWindows(StringRef name, OptionalLocation loc,
                                  Adaptor op, SmallVectorImpl<int64_t> &shape) {
  auto x = cast<RankedTensorType>(op.getX().getType());
  auto indices = cast<RankedTensorType>(op.getIndices().getType());
  IndexingDims dims = IndexingDims::of(op);
  StringRef mode = op.getMode();
  int64_t rank = x.getRank(), vectors = indices.getRank() - 1;
  SmallVector<int64_t> named(dims.axes);
  llvm::append_range(named, dims.xBatch);
  if (dims.axes.empty() || !nameAxesOnce(named, rank))
    return emitOptionalError(loc, name, ": axes [", dims.axes, "] and batch [",
                             dims.xBatch, "] must name different axes of ", x,
                             ", at least one of them in axes");
  int64_t length = static_cast<int64_t>(dims.axes.size());
  if (vectors < 0 || !sizesFit(indices.getDimSize(vectors), length))
    return emitOptionalError(loc, name, ": indices needs a last axis of size ",
                             length, ", an entry for each indexed axis, got ",
                             indices);
  if (dims.xBatch.size() != dims.indicesBatch.size() ||
      !nameAxesOnce(dims.indicesBatch, vectors))
    return emitOptionalError(loc, name, ": the batch axes [", dims.indicesBatch,
                             "] of indices must be ", dims.xBatch.size(),
                             " different axes before the last of ", indices);
  for (auto [xAxis, indicesAxis] :
       llvm::zip_equal(dims.xBatch, dims.indicesBatch))
    if (!sizesFit(x.getDimSize(xAxis), indices.getDimSize(indicesAxis)))
      return emitOptionalError(loc, name, ": batch axis ", indicesAxis, " of ",
                               indices, " must have the size of axis ", xAxis,
                               " of ", x);
  SmallVector<int64_t> windowAxes = dims.windowAxes(rank);
  int64_t resultRank = vectors + static_cast<int64_t>(windowAxes.size());
  if (dims.windowDims.size() != windowAxes.size() ||
      !llvm::is_sorted(dims.windowDims) ||
      !nameAxesOnce(dims.windowDims, resultRank))
    return emitOptionalError(loc, name, ": window [", dims.windowDims,
                             "] must be ", windowAxes.size(),
                             " increasing axes of ", resultRank);
  if (mode != "clip" && mode != "drop")
    return emitOptionalError(loc, name, ": mode must be clip or drop, got \"",
                             mode, "\"");
  shape.assign(resultRank, 0);
  for (auto [dim, axis] : llvm::zip_equal(dims.windowDims, windowAxes))
    shape[dim] = x.getDimSize(axis);
  for (auto [axis, dim] : llvm::enumerate(dims.indexDims(indices.getRank())))
    shape[dim] = indices.getDimSize(axis);
  return success();
}

//===----------------------------------------------------------------------===//
// gather
//===----------------------------------------------------------------------===//

LogicalResult GatherOp::inferReturnTypes(MLIRContext *, OptionalLocation loc,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &types) {
  auto x = cast<RankedTensorType>(op.getX().getType());
  SmallVector<int64_t> shape;
  if (failed(inferWindows("gather", loc, op, shape)))
    return failure();
  for (int64_t axis : op.getAxes())
    if (x.getDimSize(axis) == 0 && !llvm::is_contained(shape, 0))
      return emitOptionalError(loc, "gather: axis ", axis, " of ", x,
                               " has no elements to read");
  types.push_back(x.clone(shape));
  return success();
}

OpFoldResult GatherOp::fold(FoldAdaptor adaptor) {
  // Whatever is read is the one element, or 0.
  DenseElementsAttr splat = splatOf(adaptor.getX());
  if (!splat || !getType().hasStaticShape())
    return {};
  bool allEqual = getMode() == "clip" || isSplat(getX(), 0);
  return allEqual ? splat.resizeSplat(getType()) : OpFoldResult();
}

namespace {

/// Indices that run evenly upwards along one axis.
struct Progression {
  int64_t start, step, count;
};

} // namespace

/// What a rank one or zero list of single indices runs through, if it is known
/// and increases evenly.
static std::optional<Progression> progressionOf(Value indices) {
  while (auto reshape = indices.getDefiningOp<ReshapeOp>())
    indices = reshape.getX();
  auto type = cast<RankedTensorType>(indices.getType());
  if (!type.hasStaticShape())
    return std::nullopt;
  int64_t count = type.getNumElements();
  if (auto iota = indices.getDefiningOp<IotaOp>()) {
    if (type.getDimSize(iota.getAxis()) == count)
      return Progression{0, 1, count};
    return std::nullopt;
  }
  DenseIntElementsAttr elements;
  if (!matchPattern(indices, m_Constant(&elements)) || count == 0)
    return std::nullopt;
  SmallVector<APInt> numbers(elements.getValues<APInt>());
  bool isUnsigned = type.getElementType().isUnsignedInteger();
  auto number = [&](int64_t i) {
    return isUnsigned ? static_cast<int64_t>(numbers[i].getZExtValue())
                      : numbers[i].getSExtValue();
  };
  int64_t start = number(0), step = count > 1 ? number(1) - start : 1;
  for (int64_t i = 1; i < count; ++i)
    if (number(i) - number(i - 1) != step)
      return std::nullopt;
  if (start < 0 || step < 1)
    return std::nullopt;
  return Progression{start, step, count};
}

/// Reading along one axis at known, evenly increasing indices is a slice.
LogicalResult GatherOp::canonicalize(GatherOp op, PatternRewriter &rewriter) {
  auto x = cast<RankedTensorType>(op.getX().getType());
  auto indices = cast<RankedTensorType>(op.getIndices().getType());
  if (!x.hasStaticShape() || op.getAxes().size() != 1 ||
      !op.getXBatch().empty() || indices.getRank() > 2)
    return failure();
  int64_t axis = op.getAxes()[0];
  std::optional<Progression> run = progressionOf(op.getIndices());
  if (!run)
    return failure();
  int64_t limit =
      run->count ? run->start + (run->count - 1) * run->step + 1 : run->start;
  if (limit > x.getDimSize(axis))
    return failure();
  SmallVector<int64_t> starts(x.getRank(), 0), strides(x.getRank(), 1),
      limits(x.getShape());
  starts[axis] = run->start;
  limits[axis] = limit;
  strides[axis] = run->step;
  RuleBuilder b(op.getLoc(), rewriter, nullptr);
  Value part = b.fold<SliceOp>(op.getX(), starts, limits, strides);
  // The axis goes to the place that the indices have among the windows.
  IndexingDims dims = IndexingDims::of(op);
  SmallVector<int64_t> permutation = dims.windowAxes(x.getRank());
  SmallVector<int64_t> places = dims.indexDims(indices.getRank());
  permutation.insert(permutation.begin() + (places.empty() ? 0 : places[0]),
                     axis);
  part = b.permute(part, permutation);
  rewriter.replaceOp(op, b.reshapeTo(part, op.getType().getShape()));
  return success();
}

//===----------------------------------------------------------------------===//
// scatter and its kin
//===----------------------------------------------------------------------===//

template <typename Adaptor>
static LogicalResult inferScatter(StringRef name, OptionalLocation loc,
                                  Adaptor op, SmallVectorImpl<Type> &types) {
  auto x = cast<RankedTensorType>(op.getX().getType());
  auto updates = cast<RankedTensorType>(op.getUpdates().getType());
  SmallVector<int64_t> shape;
  if (failed(inferWindows(name, loc, op, shape)))
    return failure();
  RankedTensorType expected = x.clone(shape);
  bool fits =
      updates.getElementType() == x.getElementType() &&
      updates.getRank() == expected.getRank() &&
      llvm::all_of(llvm::zip(updates.getShape(), shape), [](auto sizes) {
        auto [m, n] = sizes;
        return sizesFit(m, n);
      });
  if (!fits)
    return emitOptionalError(loc, name, ": updates must be of type ", expected,
                             ", got ", updates);
  types.push_back(x);
  return success();
}

/// Without updates nothing is written.
template <typename OpTy> static OpFoldResult foldScatter(OpTy op) {
  auto updates = cast<RankedTensorType>(op.getUpdates().getType());
  return llvm::is_contained(updates.getShape(), 0) ? OpFoldResult(op.getX())
                                                   : OpFoldResult();
}

#define XFORM_SCATTER(OpTy)                                                    \
  LogicalResult OpTy::inferReturnTypes(MLIRContext *, OptionalLocation loc,    \
                                       Adaptor adaptor,                        \
                                       SmallVectorImpl<Type> &types) {         \
    return inferScatter(getOperationName().substr(StringRef("xform.").size()), \
                        loc, adaptor, types);                                  \
  }                                                                            \
  OpFoldResult OpTy::fold(FoldAdaptor) { return foldScatter(*this); }
XFORM_SCATTER(ScatterOp)
XFORM_SCATTER(ScatterAddOp)
XFORM_SCATTER(ScatterMulOp)
XFORM_SCATTER(ScatterMinOp)
XFORM_SCATTER(ScatterMaxOp)
#undef XFORM_SCATTER

/// The sum that is all the use of a value, and what else it adds.
static std::pair<AddOp, Value> onlySum(Value part) {
  if (!part.hasOneUse())
    return {};
  auto sum = dyn_cast<AddOp>(*part.user_begin());
  if (!sum)
    return {};
  return {sum, sum.getX() == part ? sum.getY() : sum.getX()};
}

/// y + scatter_add(0, i, u) is scatter_add(y, i, u): what reads few elements
/// has a cotangent of few.
LogicalResult ScatterAddOp::canonicalize(ScatterAddOp op,
                                         PatternRewriter &rewriter) {
  if (!isSplat(op.getX(), 0))
    return failure();
  auto [sum, other] = onlySum(op);
  if (!sum)
    return failure();
  rewriter.setInsertionPoint(sum);
  rewriter.replaceOpWithNewOp<ScatterAddOp>(
      sum, sum.getType(), ValueRange{other, op.getIndices(), op.getUpdates()},
      op->getAttrDictionary().getValue());
  return success();
}

/// y + dynamic_update_slice(0, u, i) has other elements than y in the slice
/// only.
LogicalResult DynamicUpdateSliceOp::canonicalize(DynamicUpdateSliceOp op,
                                                 PatternRewriter &rewriter) {
  auto update = cast<RankedTensorType>(op.getUpdate().getType());
  if (!isSplat(op.getX(), 0) || !update.hasStaticShape())
    return failure();
  auto [sum, other] = onlySum(op);
  if (!sum)
    return failure();
  rewriter.setInsertionPoint(sum);
  Value own = DynamicSliceOp::create(rewriter, op.getLoc(), other,
                                     op.getStarts(), update.getShape());
  Value replaced = AddOp::create(rewriter, op.getLoc(), own, op.getUpdate());
  rewriter.replaceOpWithNewOp<DynamicUpdateSliceOp>(sum, other, replaced,
                                                    op.getStarts());
  return success();
}

//===----------------------------------------------------------------------===//
// dynamic_slice, dynamic_update_slice
//===----------------------------------------------------------------------===//

/// One start for each axis of `x`, and sizes that fit into it.
static LogicalResult checkDynamicSlice(StringRef name, OptionalLocation loc,
                                       RankedTensorType x, ValueRange starts,
                                       ArrayRef<int64_t> sizes) {
  auto rank = static_cast<size_t>(x.getRank());
  if (rank == 0)
    return emitOptionalError(loc, name, ": x must have an axis, got ", x);
  if (starts.size() != rank)
    return emitOptionalError(loc, name, ": needs ", rank, " starts for ", x,
                             ", got ", starts.size());
  for (auto [axis, start] : llvm::enumerate(starts))
    if (cast<RankedTensorType>(start.getType()).getRank() != 0)
      return emitOptionalError(loc, name, ": start ", axis,
                               " must be a scalar, got ", start.getType());
  if (sizes.size() != rank)
    return emitOptionalError(loc, name, ": needs ", rank, " sizes for ", x,
                             ", got ", sizes.size());
  for (auto [axis, size] : llvm::enumerate(sizes))
    if (size < 0 || (!x.isDynamicDim(axis) && size > x.getDimSize(axis)))
      return emitOptionalError(loc, name, ": a slice of size ", size,
                               " does not fit into axis ", axis, " of ", x);
  return success();
}

LogicalResult DynamicSliceOp::inferReturnTypes(MLIRContext *,
                                               OptionalLocation loc, Adaptor op,
                                               SmallVectorImpl<Type> &types) {
  auto x = cast<RankedTensorType>(op.getX().getType());
  types.push_back(x.clone(op.getSizes()));
  return checkDynamicSlice("dynamic_slice", loc, x, op.getStarts(),
                           op.getSizes());
}

OpFoldResult DynamicSliceOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  if (DenseElementsAttr splat = splatOf(adaptor.getX()))
    return splat.resizeSplat(getType());
  return {};
}

/// With known starts it is a slice.
LogicalResult DynamicSliceOp::canonicalize(DynamicSliceOp op,
                                           PatternRewriter &rewriter) {
  auto x = cast<RankedTensorType>(op.getX().getType());
  SmallVector<int64_t> starts, limits, strides(x.getRank(), 1);
  for (auto [axis, start, size] :
       llvm::enumerate(op.getStarts(), op.getSizes())) {
    DenseIntElementsAttr number;
    if (x.isDynamicDim(axis) || !matchPattern(start, m_Constant(&number)))
      return failure();
    APInt bits = number.getSplatValue<APInt>();
    bool isUnsigned = getElementTypeOrSelf(start).isUnsignedInteger();
    int64_t last = x.getDimSize(axis) - size;
    int64_t at = isUnsigned ? static_cast<int64_t>(bits.getLimitedValue(last))
                            : bits.getSExtValue();
    starts.push_back(std::clamp<int64_t>(at, 0, last));
    limits.push_back(starts.back() + size);
  }
  rewriter.replaceOpWithNewOp<SliceOp>(op, op.getX(), starts, limits, strides);
  return success();
}

LogicalResult
DynamicUpdateSliceOp::inferReturnTypes(MLIRContext *, OptionalLocation loc,
                                       Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  auto x = cast<RankedTensorType>(adaptor.getX().getType());
  auto update = cast<RankedTensorType>(adaptor.getUpdate().getType());
  if (update.getElementType() != x.getElementType())
    return emitOptionalError(
        loc, "dynamic_update_slice: element type ", update.getElementType(),
        " of update must be that of x, ", x.getElementType());
  if (!update.hasStaticShape())
    return emitOptionalError(
        loc, "dynamic_update_slice: update must have a static shape, got ",
        update);
  types.push_back(x);
  return checkDynamicSlice("dynamic_update_slice", loc, x, adaptor.getStarts(),
                           update.getShape());
}

OpFoldResult DynamicUpdateSliceOp::fold(FoldAdaptor) {
  auto update = cast<RankedTensorType>(getUpdate().getType());
  if (update == getType() && update.hasStaticShape())
    return getUpdate();
  return update.getNumElements() == 0 ? getX() : OpFoldResult();
}
