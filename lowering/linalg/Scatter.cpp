//===- Scatter.cpp - writing at computed places ---------------------------===//
//
// A sum, product or extreme over updates becomes one iree_linalg_ext.scatter of
// rows: the axes that index vectors and batches name are one leading axis, the
// windows lie along the other, and an index vector is one number. It runs
// through the updates in order, so that results are deterministic.
//
// Replacing is done in parallel instead: the largest position of an update is
// scattered to each window, and every element of the result reads that update,
// or x where there is none.
//
//===----------------------------------------------------------------------===//

#include "lowering/iree/Ops.h"
#include "lowering/linalg/Combiners.h"
#include "lowering/linalg/IndexReading.h"
#include "lowering/linalg/Patterns.h"
#include "lowering/linalg/PrimitiveLowering.h"
#include "lowering/linalg/Scalars.h"
#include "lowering/linalg/Updates.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;
using namespace xform;

namespace {

template <typename FloatOp, typename SignedOp, typename UnsignedOp = SignedOp>
Value combineWide(ImplicitLocOpBuilder &b, Type element, Value update,
                  Value own) {
  if (isa<FloatType>(element))
    return narrow(b, FloatOp::create(b, widen(b, own), widen(b, update)),
                  element);
  return isUnsigned(element) ? Value(UnsignedOp::create(b, own, update))
                             : Value(SignedOp::create(b, own, update));
}

TypedAttr zeroOf(OpBuilder &b, Type element) {
  // 0.0 would change the sign of -0.0.
  if (isa<FloatType>(element))
    return b.getFloatAttr(element, -0.0);
  return b.getIntegerAttr(signlessType(element), 0);
}

TypedAttr oneOf(OpBuilder &b, Type element) {
  if (isa<FloatType>(element))
    return b.getFloatAttr(element, 1.0);
  return b.getIntegerAttr(signlessType(element), 1);
}

template <bool least> TypedAttr endOf(OpBuilder &b, Type element) {
  return startAtEnd<least>(b, element, signlessType(element));
}

} // namespace

const UpdateCombiner xform::kSum{combineWide<arith::AddFOp, arith::AddIOp>,
                                 zeroOf};
const UpdateCombiner xform::kProduct{combineWide<arith::MulFOp, arith::MulIOp>,
                                     oneOf};
const UpdateCombiner xform::kSmallest{
    combineWide<arith::MinimumFOp, arith::MinSIOp, arith::MinUIOp>,
    endOf<false>};
const UpdateCombiner xform::kLargest{
    combineWide<arith::MaximumFOp, arith::MaxSIOp, arith::MaxUIOp>,
    endOf<true>};

bool xform::isRoundedOnce(Operation *scatter) {
  Type element = getElementTypeOrSelf(scatter->getResult(0).getType());
  return isa<ScatterAddOp, ScatterMulOp>(scatter) && isa<FloatType>(element) &&
         arithmeticType(element) != element;
}

namespace {

//===----------------------------------------------------------------------===//
// The updates and where they go
//===----------------------------------------------------------------------===//

/// What the loops over the updates of a scatter need.
class Updates {
public:
  template <typename OpTy>
  Updates(ImplicitLocOpBuilder &b, OpTy op, Value x,
          ConversionPatternRewriter &rewriter)
      : b(b), rewriter(rewriter), dims(IndexingDims::of(op)),
        indices(op.getIndices()), drops(op.getMode() == "drop") {
    auto type = cast<RankedTensorType>(op.getX().getType());
    auto indicesType = cast<RankedTensorType>(indices.getType());
    indexElement = indicesType.getElementType();
    windowAxes = dims.windowAxes(type.getRank());
    indexDims = dims.indexDims(indicesType.getRank());
    indexShape = SmallVector<int64_t>(indicesType.getShape().drop_back());
    rowAxes = dims.xBatch;
    llvm::append_range(rowAxes, dims.axes);
    rowCount = 1;
    for (int64_t axis : rowAxes) {
      rowCount = ShapedType::isDynamic(rowCount) || type.isDynamicDim(axis)
                     ? ShapedType::kDynamic
                     : rowCount * type.getDimSize(axis);
      rowSizes.push_back(b.createOrFold<tensor::DimOp>(x, axis));
    }
  }

  /// The number of the window that each index vector names, clipped, along the
  /// axes of the indices but the last.
  Value rows() const {
    return overVectors(rowType(), [&](ImplicitLocOpBuilder &inner,
                                      ValueRange entries) {
      Value row;
      auto append = [&](Value index, Value size) {
        row = row ? Value(arith::AddIOp::create(
                        inner, arith::MulIOp::create(inner, row, size), index))
                  : index;
      };
      ArrayRef<Value> sizes(rowSizes);
      size_t batches = dims.xBatch.size();
      for (auto [axis, size] :
           llvm::zip(dims.indicesBatch, sizes.take_front(batches)))
        append(linalg::IndexOp::create(inner, axis), size);
      for (auto [entry, size] : llvm::zip(entries, sizes.drop_front(batches)))
        append(placeOf(inner, entry, indexElement, size, false).index, size);
      return arith::IndexCastOp::create(inner, rowType(), row);
    });
  }

  /// The position of each index vector among all, -1 for a dropped one.
  Value positions() const {
    return overVectors(positionType(), [&](ImplicitLocOpBuilder &inner,
                                           ValueRange entries) {
      Value position = arith::ConstantIndexOp::create(inner, 0);
      for (auto [axis, size] : llvm::enumerate(indexSizes())) {
        position = inner.createOrFold<arith::MulIOp>(position, size);
        position = inner.createOrFold<arith::AddIOp>(
            position, linalg::IndexOp::create(inner, axis));
      }
      position = arith::IndexCastOp::create(inner, positionType(), position);
      if (!drops)
        return position;
      return Value(
          arith::SelectOp::create(inner, isInside(inner, entries), position,
                                  intConstant(inner, positionType(), -1)));
    });
  }

  /// The updates with their windows last, and `neutral` in place of dropped
  /// ones.
  Value inOrder(Value given, TypedAttr neutral) const {
    auto type = cast<RankedTensorType>(signlessType(given.getType()));
    SmallVector<int64_t> order(indexDims);
    llvm::append_range(order, dims.windowDims);
    if (!drops && llvm::is_sorted(order))
      return rewriter.getRemappedValue(given);
    SmallVector<int64_t> shape, loops(order.size());
    for (auto [loop, axis] : llvm::enumerate(order)) {
      shape.push_back(type.getDimSize(axis));
      loops[axis] = loop;
    }
    RankedTensorType ordered = type.clone(shape);
    SmallVector<View> views;
    if (drops)
      views = entriesOf(indices, dims.axes.size(), ordered,
                        axesUpTo(indexDims.size()), rewriter);
    views.push_back(spread(viewOf(given, rewriter), ordered, loops, 0));
    // A number for all has no size to tell.
    views.push_back(spread(plainView(given, rewriter), ordered, loops, 0));
    return buildElementwise(
        b, ordered, views,
        [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> Value {
          elements = elements.drop_back();
          if (!drops)
            return elements.back();
          return arith::SelectOp::create(
              inner, isInside(inner, elements.drop_back()), elements.back(),
              arith::ConstantOp::create(inner, neutral));
        });
  }

  /// The sizes of the axes of the index vectors.
  SmallVector<Value> indexSizes() const {
    SmallVector<Value> sizes;
    Value converted = rewriter.getRemappedValue(indices);
    for (int64_t axis : axesUpTo(indexShape.size()))
      sizes.push_back(b.createOrFold<tensor::DimOp>(converted, axis));
    return sizes;
  }

  Type positionType() const {
    int64_t count = 1;
    for (int64_t size : indexShape)
      count = ShapedType::isDynamic(size) ? INT64_MAX : count * size;
    return b.getIntegerType(count <= INT32_MAX ? 32 : 64);
  }

  ImplicitLocOpBuilder &b;
  ConversionPatternRewriter &rewriter;
  IndexingDims dims;
  Value indices;
  bool drops;
  Type indexElement;
  /// The axes of x that windows lie along, and the others, batches first.
  SmallVector<int64_t> windowAxes, rowAxes;
  /// The axes of the updates that are not those of windows.
  SmallVector<int64_t> indexDims;
  SmallVector<int64_t> indexShape;
  SmallVector<Value> rowSizes;
  int64_t rowCount;

private:
  Type rowType() const {
    bool isSmall = !ShapedType::isDynamic(rowCount) && rowCount <= INT32_MAX;
    return b.getIntegerType(isSmall ? 32 : 64);
  }

  Value isInside(ImplicitLocOpBuilder &inner, ValueRange entries) const {
    Value all;
    for (auto [entry, size] : llvm::zip(
             entries, ArrayRef(rowSizes).drop_front(dims.xBatch.size()))) {
      Value one = placeOf(inner, entry, indexElement, size, true).isInside;
      all = all ? Value(arith::AndIOp::create(inner, all, one)) : one;
    }
    return all;
  }

  /// A loop over all index vectors.
  Value overVectors(Type element, ElementFunction body) const {
    auto type = RankedTensorType::get(indexShape, element);
    return buildElementwise(b, type,
                            entriesOf(indices, dims.axes.size(), type,
                                      axesUpTo(indexShape.size()), rewriter),
                            body);
  }
};

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

SmallVector<ReassociationIndices> grouped(int64_t leading, int64_t rank) {
  SmallVector<ReassociationIndices> groups;
  if (leading > 0)
    groups.push_back(llvm::to_vector<2>(llvm::seq<int64_t>(0, leading)));
  if (rank > leading)
    groups.push_back(llvm::to_vector<2>(llvm::seq<int64_t>(leading, rank)));
  return groups;
}

/// The first `leading` axes as one, the others, if any, as another.
Value asRows(ImplicitLocOpBuilder &b, Value x, int64_t leading) {
  auto type = cast<RankedTensorType>(x.getType());
  if (leading == 0) {
    SmallVector<ReassociationIndices> groups;
    SmallVector<int64_t> shape{1};
    for (auto [axis, size] : llvm::enumerate(type.getShape())) {
      groups.push_back({static_cast<int64_t>(axis) + 1});
      shape.push_back(size);
    }
    if (!groups.empty())
      groups.front().insert(groups.front().begin(), 0);
    SmallVector<OpFoldResult> sizes = {b.getIndexAttr(1)};
    llvm::append_range(sizes, tensor::getMixedSizes(b, b.getLoc(), x));
    Value expanded =
        tensor::ExpandShapeOp::create(b, type.clone(shape), x, groups, sizes);
    return asRows(b, expanded, 1);
  }
  SmallVector<ReassociationIndices> groups = grouped(leading, type.getRank());
  if (static_cast<int64_t>(groups.size()) == type.getRank())
    return x;
  return tensor::CollapseShapeOp::create(b, x, groups);
}

/// What asRows took apart, put together.
Value fromRows(ImplicitLocOpBuilder &b, Value rows, RankedTensorType type,
               ArrayRef<OpFoldResult> sizes, int64_t leading) {
  SmallVector<ReassociationIndices> groups = grouped(leading, type.getRank());
  if (static_cast<int64_t>(groups.size()) == type.getRank())
    return rows;
  return tensor::ExpandShapeOp::create(b, type, rows, groups, sizes);
}

/// Whether each thread of a GPU gets other elements of the updates. IREE 3.13
/// has all threads of a workgroup run the scatter of one element if its index
/// is said to be unique, so that it is added as often as there are threads.
bool isDistributed(Value updates) {
  int64_t last = cast<RankedTensorType>(updates.getType()).getShape().back();
  return last != 1 && !ShapedType::isDynamic(last);
}

/// iree_linalg_ext.scatter, which is not known here, by name.
Value buildScatter(ImplicitLocOpBuilder &b, Value x, Value rows, Value updates,
                   bool unique, Type element, const UpdateCombiner &combiner) {
  OperationState state(b.getLoc(), kScatterName);
  state.addOperands({updates, rows, x});
  state.addTypes(x.getType());
  state.addAttribute("dimension_map", b.getDenseI64ArrayAttr({0}));
  state.addAttribute("operandSegmentSizes", b.getDenseI32ArrayAttr({2, 1}));
  state.addAttribute("unique_indices",
                     b.getBoolAttr(unique && isDistributed(updates)));
  state.addRegion();
  Operation *op = b.create(state);
  Type computed = getElementTypeOrSelf(x);
  OpBuilder::InsertionGuard guard(b);
  Block *block = b.createBlock(&op->getRegion(0), {}, {computed, computed},
                               {b.getLoc(), b.getLoc()});
  Value combined = combiner.combine(b, element, block->getArgument(0),
                                    block->getArgument(1));
  OperationState yield(b.getLoc(), "iree_linalg_ext.yield");
  yield.addOperands(combined);
  b.create(yield);
  return op->getResult(0);
}

/// x with its axes in another order; one number everywhere is made where it is
/// needed.
Value permuted(ImplicitLocOpBuilder &b, Value x, ArrayRef<int64_t> order,
               ConversionPatternRewriter &rewriter) {
  auto type = cast<RankedTensorType>(signlessType(x.getType()));
  View view = viewOf(x, rewriter);
  SmallVector<int64_t> shape, loops(order.size());
  for (auto [loop, axis] : llvm::enumerate(order)) {
    shape.push_back(type.getDimSize(axis));
    loops[axis] = loop;
  }
  RankedTensorType result = type.clone(shape);
  if (view.splat && type.hasStaticShape())
    return buildFilled(b, view.splat, result, {});
  if (llvm::is_sorted(order))
    return rewriter.getRemappedValue(x);
  return buildElementwise(
      b, result, spread(plainView(x, rewriter), result, loops, 0),
      [](ImplicitLocOpBuilder &, ValueRange elements) { return elements[0]; });
}

template <typename OpTy>
FailureOr<Value> lowerAccumulation(ImplicitLocOpBuilder &b, OpTy op,
                                   typename OpTy::Adaptor adaptor,
                                   ConversionPatternRewriter &rewriter,
                                   UpdateCombiner combiner) {
  Type element = op.getType().getElementType();
  if (isRoundedOnce(op)) {
    // As any other sum of many.
    auto widened = [&](Value x) -> Value {
      auto type = cast<RankedTensorType>(x.getType());
      return ConvertOp::create(b, type.clone(arithmeticType(element)), x);
    };
    Value x = widened(op.getX()), updates = widened(op.getUpdates());
    OperationState state(op.getLoc(), op->getName(),
                         {x, op.getIndices(), updates}, {x.getType()},
                         op->getAttrDictionary().getValue());
    return Value(
        ConvertOp::create(b, op.getType(), b.create(state)->getResult(0)));
  }
  Updates updates(b, op, adaptor.getX(), rewriter);
  auto leading = static_cast<int64_t>(updates.rowAxes.size());
  auto vectors = static_cast<int64_t>(updates.indexShape.size());
  SmallVector<int64_t> order(updates.rowAxes);
  llvm::append_range(order, updates.windowAxes);

  Value x = permuted(b, op.getX(), order, rewriter);
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, b.getLoc(), x);
  Value given = updates.inOrder(op.getUpdates(), combiner.neutral(b, element));
  Value rows = updates.rows();
  if (!given || !rows)
    return Value();
  // A dropped update goes to the row of its clipped index, as a valid one
  // may.
  bool unique = op.getUnique() && !updates.drops;
  // Rows of one element are elements.
  if (llvm::all_of(type.getShape().drop_front(leading),
                   [](int64_t size) { return size == 1; })) {
    leading = type.getRank();
    vectors = cast<RankedTensorType>(given.getType()).getRank();
  }
  Value whole = asRows(b, x, leading);
  rows = asRows(b, rows, updates.indexShape.size());
  given = asRows(b, given, vectors);
  Value result = buildScatter(b, whole, rows, given, unique, element, combiner);
  result = fromRows(b, result, type, sizes, leading);
  if (!llvm::is_sorted(order)) {
    View view{op.getType().clone(type.getShape()), result, {}, {}};
    for (int64_t axis : axesUpTo(type.getRank()))
      view.indices.push_back(b.getAffineDimExpr(axis));
    RankedTensorType back = signlessType(op.getType());
    result = buildElementwise(b, back, spread(view, back, order, 0),
                              [](ImplicitLocOpBuilder &, ValueRange elements) {
                                return elements[0];
                              });
  }
  return result;
}

//===----------------------------------------------------------------------===//
// scatter
//===----------------------------------------------------------------------===//

/// The coordinates of a position, counted in row-major order.
SmallVector<Value> coordinatesOf(ImplicitLocOpBuilder &b, Value position,
                                 ArrayRef<Value> sizes) {
  SmallVector<Value> coordinates(sizes.size());
  for (int64_t axis = sizes.size() - 1; axis > 0; --axis) {
    coordinates[axis] = arith::RemUIOp::create(b, position, sizes[axis]);
    position = arith::DivUIOp::create(b, position, sizes[axis]);
  }
  if (!coordinates.empty())
    coordinates[0] = position;
  return coordinates;
}

/// For each window the position of the last index vector that names it, or
/// -1; along the axes of x that no window has.
Value lastPositions(ImplicitLocOpBuilder &b, const Updates &updates,
                    RankedTensorType type) {
  Value rows = updates.rows();
  Value positions = updates.positions();
  if (!rows || !positions)
    return {};
  SmallVector<int64_t> shape;
  for (int64_t axis : updates.rowAxes)
    shape.push_back(type.getDimSize(axis));
  Type number = updates.positionType();
  auto whole = RankedTensorType::get(shape, number);
  SmallVector<OpFoldResult> sizes = getAsOpFoldResult(updates.rowSizes);
  SmallVector<Value> dynamic;
  for (auto [axis, size] : llvm::enumerate(updates.rowSizes))
    if (whole.isDynamicDim(axis))
      dynamic.push_back(size);
  Value none = buildFilled(b, b.getIntegerAttr(number, -1), whole, dynamic);
  auto leading = static_cast<int64_t>(shape.size());
  auto vectors = static_cast<int64_t>(updates.indexShape.size());
  none = asRows(b, none, leading);
  rows = asRows(b, rows, vectors);
  positions = asRows(b, positions, vectors);
  Value last = buildScatter(b, none, rows, positions, /*unique=*/false, number,
                            kLargest);
  return fromRows(b, last, whole, sizes, leading);
}

FailureOr<Value> lowerScatter(ImplicitLocOpBuilder &b, ScatterOp op,
                              ScatterOp::Adaptor adaptor,
                              ConversionPatternRewriter &rewriter) {
  RankedTensorType type = signlessType(op.getType());
  Updates updates(b, op, adaptor.getX(), rewriter);
  Value last = lastPositions(b, updates, type);
  if (!last)
    return Value();

  SmallVector<int64_t> loops;
  View position{cast<RankedTensorType>(last.getType()), last, {}, {}};
  for (int64_t axis : axesUpTo(position.type.getRank()))
    position.indices.push_back(b.getAffineDimExpr(axis));
  SmallVector<View> views = {spread(position, type, updates.rowAxes, 0),
                             viewOf(op.getX(), rewriter)};
  if (!type.hasStaticShape())
    views.push_back(plainView(op.getX(), rewriter));
  View written = viewOf(op.getUpdates(), rewriter);
  SmallVector<Value> sizes = updates.indexSizes();
  auto choose = [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> Value {
    Value found = elements[0];
    Value zero = intConstant(inner, found.getType(), 0);
    Value isWritten =
        arith::CmpIOp::create(inner, arith::CmpIPredicate::sge, found, zero);
    Value index =
        arith::IndexCastOp::create(inner, inner.getIndexType(),
                                   arith::MaxSIOp::create(inner, found, zero));
    SmallVector<Value> coordinates(type.getRank() + updates.indexDims.size() -
                                   updates.rowAxes.size());
    for (auto [dim, coordinate] :
         llvm::zip(updates.indexDims, coordinatesOf(inner, index, sizes)))
      coordinates[dim] = coordinate;
    for (auto [dim, axis] :
         llvm::zip(updates.dims.windowDims, updates.windowAxes))
      coordinates[dim] = linalg::IndexOp::create(inner, axis);
    return arith::SelectOp::create(
        inner, isWritten, readAt(inner, written, coordinates), elements[1]);
  };
  return buildElementwise(b, type, views, choose);
}

} // namespace

void xform::populateScatterToLinalg(const TypeConverter &converter,
                                    RewritePatternSet &patterns) {
  addLowering(converter, patterns, lowerScatter);
  addLowering(converter, patterns, lowerAccumulation<ScatterAddOp>, kSum);
  addLowering(converter, patterns, lowerAccumulation<ScatterMulOp>, kProduct);
  addLowering(converter, patterns, lowerAccumulation<ScatterMinOp>, kSmallest);
  addLowering(converter, patterns, lowerAccumulation<ScatterMaxOp>, kLargest);
}
