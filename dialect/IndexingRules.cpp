//===- IndexingRules.cpp - derivatives and batching of Indexing.td --------===//

#include "dialect/Indexing.h"

using namespace mlir;
using namespace xform;

#include "dialect/IndexingRules.cpp.inc"

/// What some rules write depends on all sizes.
static LogicalResult requireStatic(Operation *op, StringRef what,
                                   RankedTensorType type) {
  if (type.hasStaticShape())
    return success();
  return op->emitOpError("has ")
         << what << " for static shapes only, got " << type;
}

static bool isEmpty(Value value) {
  return llvm::is_contained(tensorType(value).getShape(), 0);
}

//===----------------------------------------------------------------------===//
// Gathers and scatters with the dims of another
//===----------------------------------------------------------------------===//

namespace {

/// What a gather and a scatter at the same indices have in common.
struct Indexing {
  IndexingDims dims;
  StringRef mode;
  bool unique;

  template <typename OpTy> static Indexing of(OpTy op) {
    IndexingDims dims = IndexingDims::of(op);
    RankedTensorType indices = tensorType(op.getIndices());
    bool isOne = llvm::all_of(axesUpTo(indices.getRank() - 1), [&](int64_t i) {
      return indices.getDimSize(i) == 1 ||
             llvm::is_contained(dims.indicesBatch, i);
    });
    return {std::move(dims), op.getMode(), op.getUnique() || isOne};
  }

  Value gather(RuleBuilder &b, Value x, Value indices) const {
    return b.fold<GatherOp>(x, indices, dims.axes, dims.xBatch,
                            dims.indicesBatch, dims.windowDims, mode, unique);
  }

  template <typename OpTy>
  Value scatter(RuleBuilder &b, Value x, Value indices, Value updates) const {
    return b.fold<OpTy>(x, indices, updates, dims.axes, dims.xBatch,
                        dims.indicesBatch, dims.windowDims, mode, unique);
  }

  /// Updates added to zeros of a type.
  Value accumulate(RuleBuilder &b, Type type, Value indices,
                   Value updates) const {
    return scatter<ScatterAddOp>(b, b.zeros(type), indices, updates);
  }

  /// The same with x and the windows batched, indices shared: the batch is one
  /// more axis of every window.
  Indexing withBatchedWindows() const {
    return {{shifted(dims.axes, 1), shifted(dims.xBatch, 1), dims.indicesBatch,
             withFront(0, shifted(dims.windowDims, 1))},
            mode,
            unique};
  }

  /// The same with indices batched, and x or not.
  Indexing withBatchedIndices(bool batchedX) const {
    int64_t by = batchedX ? 1 : 0;
    IndexingDims moved{shifted(dims.axes, by), shifted(dims.xBatch, by),
                       shifted(dims.indicesBatch, 1),
                       shifted(dims.windowDims, 1)};
    if (batchedX) {
      moved.xBatch = withFront(0, moved.xBatch);
      moved.indicesBatch = withFront(0, moved.indicesBatch);
    }
    // Rows that share x may name the same window.
    return {std::move(moved), mode, unique && batchedX};
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// gather: its transpose is one scatter_add
//===----------------------------------------------------------------------===//

LogicalResult GatherOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                       ValueRange operands,
                                       ValueRange cotangents,
                                       SmallVectorImpl<Value> &results) {
  RankedTensorType type = tensorType(getX());
  if (failed(requireStatic(*this, "a transpose", type)))
    return failure();
  results.assign(
      {Indexing::of(*this).accumulate(b, type, operands[1], cotangents[0]),
       Value()});
  return success();
}

LogicalResult GatherOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                     ArrayRef<bool> batched, int64_t,
                                     SmallVectorImpl<Value> &results) {
  Indexing indexing = Indexing::of(*this);
  indexing = batched[1] ? indexing.withBatchedIndices(batched[0])
                        : indexing.withBatchedWindows();
  results.push_back(indexing.gather(b, operands[0], operands[1]));
  return success();
}

//===----------------------------------------------------------------------===//
// Batches of scatters
//===----------------------------------------------------------------------===//

/// Each row has an x of its own, which its updates go to.
template <typename OpTy>
static void batchScatter(OpTy op, RuleBuilder &b, ValueRange operands,
                         ArrayRef<bool> batched, int64_t size,
                         SmallVectorImpl<Value> &results) {
  auto row = [&](int index) {
    return b.rowsOf(operands[index], batched[index], size);
  };
  Indexing indexing = Indexing::of(op);
  indexing = batched[1] ? indexing.withBatchedIndices(/*batchedX=*/true)
                        : indexing.withBatchedWindows();
  results.push_back(
      indexing.template scatter<OpTy>(b, row(0), operands[1], row(2)));
}

#define XFORM_SCATTER(OpTy)                                                    \
  LogicalResult OpTy::buildBatched(RuleBuilder &b, ValueRange operands,        \
                                   ArrayRef<bool> batched, int64_t size,       \
                                   SmallVectorImpl<Value> &results) {          \
    batchScatter(*this, b, operands, batched, size, results);                  \
    return success();                                                          \
  }
XFORM_SCATTER(ScatterOp)
XFORM_SCATTER(ScatterAddOp)
XFORM_SCATTER(ScatterMulOp)
XFORM_SCATTER(ScatterMinOp)
XFORM_SCATTER(ScatterMaxOp)
#undef XFORM_SCATTER

//===----------------------------------------------------------------------===//
// scatter: x loses its cotangent where it was replaced, and among updates of
// one window the last has it
//===----------------------------------------------------------------------===//

/// For each index vector whether no later one names the same window, as a mask
/// over the updates.
static Value lastWrites(RuleBuilder &b, const Indexing &indexing,
                        RankedTensorType x, Value indices,
                        RankedTensorType updates) {
  ArrayRef<int64_t> shape = tensorType(indices).getShape().drop_back();
  int64_t count = ShapedType::getNumElements(shape);
  Type number = b.getIntegerType(count <= INT32_MAX ? 32 : 64);

  // The same indexing of a tensor without window axes.
  Indexing narrow = indexing;
  narrow.dims.windowDims.clear();
  SmallVector<int64_t> windowAxes = indexing.dims.windowAxes(x.getRank());
  auto place = [&](int64_t &axis) {
    axis -= llvm::count_if(windowAxes, [&](int64_t w) { return w < axis; });
  };
  llvm::for_each(narrow.dims.axes, place);
  llvm::for_each(narrow.dims.xBatch, place);
  SmallVector<int64_t> sizes;
  for (int64_t axis : axesUpTo(x.getRank()))
    if (!llvm::is_contained(windowAxes, axis))
      sizes.push_back(x.getDimSize(axis));

  Value order = b.reshapeTo(
      b.create<IotaOp>(RankedTensorType::get({count}, number), 0), shape);
  Value none = b.zeros(RankedTensorType::get(sizes, number));
  Value written = narrow.scatter<ScatterOp>(b, none, indices, order);
  Value isLast = b.fold<EqOp>(narrow.gather(b, written, indices), order);
  return b.broadcastTo(
      isLast, updates.clone(b.getI1Type()),
      indexing.dims.indexDims(static_cast<int64_t>(shape.size()) + 1));
}

LogicalResult ScatterOp::buildTranspose(RuleBuilder &b, ArrayRef<bool> linear,
                                        ValueRange operands,
                                        ValueRange cotangents,
                                        SmallVectorImpl<Value> &results) {
  RankedTensorType updates = tensorType(getUpdates());
  Indexing indexing = Indexing::of(*this);
  Value indices = operands[1], ct = cotangents[0];
  if (!getType().hasStaticShape() || !updates.hasStaticShape())
    return emitOpError("has a transpose for static shapes only, got ")
           << getType() << " and " << updates;
  results.assign({Value(), Value(), Value()});
  if (linear[2] && isEmpty(getUpdates())) {
    results[2] = b.zeros(updates);
  } else if (linear[2]) {
    results[2] = indexing.gather(b, ct, indices);
    if (!indexing.unique)
      results[2] =
          b.fold<SelectOp>(lastWrites(b, indexing, getType(), indices, updates),
                           results[2], b.zeros(updates));
  }
  // Last, so that it may be done in place.
  if (linear[0])
    results[0] = indexing.scatter<ScatterOp>(b, ct, indices, b.zeros(updates));
  return success();
}

//===----------------------------------------------------------------------===//
// scatter_add
//===----------------------------------------------------------------------===//

LogicalResult ScatterAddOp::buildTranspose(RuleBuilder &b,
                                           ArrayRef<bool> linear,
                                           ValueRange operands,
                                           ValueRange cotangents,
                                           SmallVectorImpl<Value> &results) {
  Value ct = cotangents[0];
  results.assign({linear[0] ? ct : Value(), Value(), Value()});
  if (linear[2])
    results[2] = isEmpty(getUpdates())
                     ? b.zeros(getUpdates().getType())
                     : Indexing::of(*this).gather(b, ct, operands[1]);
  return success();
}

//===----------------------------------------------------------------------===//
// scatter_mul: the product rule
//===----------------------------------------------------------------------===//

/// The derivative of x times the product of all updates u of a window by the
/// updates, where several may meet. With P the product of x and those that are
/// not zero, and Q that of the others, the tangent is P (S Q + dQ) with
/// S = sum du / u over the former. Q is 1, the sum or the second elementary
/// symmetric polynomial of none, one or two zeros, which the next derivative
/// can see through; with more zeros it and its derivative are 0.
static Value productTangent(RuleBuilder &b, const Indexing &indexing, Value x,
                            Value indices, Value updates, Value tangent) {
  Type type = updates.getType();
  Value zeros = b.zeros(type), ones = b.literal("1", type);
  auto sum = [&](Value terms) {
    return indexing.accumulate(b, x.getType(), indices, terms);
  };
  auto product = [&](Value u, Value v) { return b.fold<MulOp>(u, v); };
  Value isZero = b.fold<EqOp>(updates, zeros);
  auto ofZeros = [&](Value terms) {
    return b.fold<SelectOp>(isZero, terms, zeros);
  };
  Value nonzero = b.fold<SelectOp>(isZero, ones, updates);
  Value rest = indexing.scatter<ScatterMulOp>(b, x, indices, nonzero);
  Value quotients =
      b.fold<SelectOp>(isZero, zeros, b.fold<DivOp>(tangent, nonzero));
  Value none = sum(quotients);
  Value first = sum(ofZeros(updates)), dFirst = sum(ofZeros(tangent));
  Value one = b.fold<AddOp>(product(none, first), dFirst);
  Value two = b.fold<SubOp>(product(first, dFirst),
                            sum(ofZeros(product(updates, tangent))));

  Value count = sum(ofZeros(ones));
  Value factor = b.zeros(x.getType());
  for (auto [number, value] :
       {std::pair("2", two), std::pair("1", one), std::pair("0", none)})
    factor = b.fold<SelectOp>(
        b.fold<EqOp>(count, b.literal(number, x.getType())), value, factor);
  return product(rest, factor);
}

LogicalResult ScatterMulOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                     SmallVectorImpl<Value> &resultTangents) {
  if (failed(requireStatic(*this, "a derivative", getType())))
    return failure();
  Indexing indexing = Indexing::of(*this);
  Value x = getX(), indices = getIndices(), updates = getUpdates();
  Value byX, byUpdates;
  if (tangents[0])
    byX = indexing.scatter<ScatterMulOp>(b, tangents[0], indices, updates);
  if (tangents[2] && !isEmpty(updates)) {
    if (getUnique()) {
      Value terms = b.fold<MulOp>(indexing.gather(b, x, indices), tangents[2]);
      byUpdates = indexing.accumulate(b, getType(), indices, terms);
    } else {
      byUpdates = productTangent(b, indexing, x, indices, updates, tangents[2]);
    }
  }
  resultTangents.push_back(b.accumulate(byX, byUpdates));
  return success();
}

bool ScatterMulOp::isLinearIn(ArrayRef<bool> linear) {
  return RuleBuilder::linearIn(*this, linear, {true, false, false},
                               /*together=*/true);
}

LogicalResult ScatterMulOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                           ValueRange operands,
                                           ValueRange cotangents,
                                           SmallVectorImpl<Value> &results) {
  results.assign({Indexing::of(*this).scatter<ScatterMulOp>(
                      b, cotangents[0], operands[1], operands[2]),
                  Value(), Value()});
  return success();
}

//===----------------------------------------------------------------------===//
// scatter_min, scatter_max: the tangents of the extremes, averaged
//===----------------------------------------------------------------------===//

template <typename OpTy>
static LogicalResult extremeJvp(OpTy op, RuleBuilder &b, ValueRange tangents,
                                SmallVectorImpl<Value> &resultTangents) {
  if (failed(requireStatic(op, "a derivative", op.getType())))
    return failure();
  Indexing indexing = Indexing::of(op);
  Value x = op.getX(), indices = op.getIndices(), updates = op.getUpdates();
  if (isEmpty(updates)) {
    resultTangents.push_back(tangents[0]);
    return success();
  }
  Type type = x.getType(), updatesType = updates.getType();
  Value ofX = b.fold<EqOp>(x, op.getResult());
  Value ofUpdates =
      b.fold<EqOp>(updates, indexing.gather(b, op.getResult(), indices));
  auto total = [&](Value own, Value others) {
    Value sum;
    if (own)
      sum = b.fold<SelectOp>(ofX, own, b.zeros(type));
    if (!others)
      return sum;
    Value chosen = b.fold<SelectOp>(ofUpdates, others, b.zeros(updatesType));
    return indexing.scatter<ScatterAddOp>(b, sum ? sum : b.zeros(type), indices,
                                          chosen);
  };
  Value count = total(b.literal("1", type), b.literal("1", updatesType));
  resultTangents.push_back(
      b.fold<DivOp>(total(tangents[0], tangents[2]), count));
  return success();
}

LogicalResult ScatterMinOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                     SmallVectorImpl<Value> &resultTangents) {
  return extremeJvp(*this, b, tangents, resultTangents);
}

LogicalResult ScatterMaxOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                     SmallVectorImpl<Value> &resultTangents) {
  return extremeJvp(*this, b, tangents, resultTangents);
}

//===----------------------------------------------------------------------===//
// dynamic_slice and dynamic_update_slice are each other's transposes
//===----------------------------------------------------------------------===//

LogicalResult DynamicSliceOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                       SmallVectorImpl<Value> &resultTangents) {
  resultTangents.push_back(
      tangents[0] ? b.fold<DynamicSliceOp>(tangents[0], getStarts(), getSizes())
                  : Value());
  return success();
}

bool DynamicSliceOp::isLinearIn(ArrayRef<bool> linear) {
  return linear[0] && !llvm::is_contained(linear.drop_front(), true);
}

LogicalResult DynamicSliceOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                             ValueRange operands,
                                             ValueRange cotangents,
                                             SmallVectorImpl<Value> &results) {
  RankedTensorType type = tensorType(getX());
  if (failed(requireStatic(*this, "a transpose", type)))
    return failure();
  results.assign(operands.size(), Value());
  results[0] = b.fold<DynamicUpdateSliceOp>(b.zeros(type), cotangents[0],
                                            operands.drop_front());
  return success();
}

LogicalResult
DynamicUpdateSliceOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                               SmallVectorImpl<Value> &resultTangents) {
  auto orZeros = [&](Value tangent, Value primal) {
    return tangent ? tangent : b.zeros(primal.getType());
  };
  resultTangents.push_back(b.fold<DynamicUpdateSliceOp>(
      orZeros(tangents[0], getX()), orZeros(tangents[1], getUpdate()),
      getStarts()));
  return success();
}

bool DynamicUpdateSliceOp::isLinearIn(ArrayRef<bool> linear) {
  SmallVector<bool> allowed(linear.size(), false);
  allowed[0] = allowed[1] = true;
  return RuleBuilder::linearIn(*this, linear, allowed, /*together=*/true);
}

LogicalResult
DynamicUpdateSliceOp::buildTranspose(RuleBuilder &b, ArrayRef<bool> linear,
                                     ValueRange operands, ValueRange cotangents,
                                     SmallVectorImpl<Value> &results) {
  RankedTensorType update = tensorType(getUpdate());
  ValueRange starts = operands.drop_front(2);
  results.assign(operands.size(), Value());
  if (linear[0])
    results[0] =
        b.fold<DynamicUpdateSliceOp>(cotangents[0], b.zeros(update), starts);
  if (linear[1])
    results[1] =
        b.fold<DynamicSliceOp>(cotangents[0], starts, update.getShape());
  return success();
}

//===----------------------------------------------------------------------===//
// Batches of dynamic slices: one gather or scatter where starts differ
//===----------------------------------------------------------------------===//

/// Starts of a batch of slices that all rows share.
static SmallVector<Value> withZeroStart(RuleBuilder &b, ValueRange starts) {
  SmallVector<Value> whole{b.zeros(starts.front().getType())};
  llvm::append_range(whole, starts);
  return whole;
}

/// A start as a signed number that keeps the slice inside of an axis.
static Value clamped(RuleBuilder &b, Value start, int64_t last,
                     IntegerType type) {
  RankedTensorType given = tensorType(start);
  if (given.getElementType().isUnsignedInteger(64))
    start = b.fold<MinOp>(start, b.literal(std::to_string(INT64_MAX), given));
  auto wide = given.clone(b.getI64Type());
  if (given != wide)
    start = b.fold<ConvertOp>(wide, start);
  start = b.fold<MaxOp>(start, b.zeros(wide));
  start = b.fold<MinOp>(start, b.literal(std::to_string(last), wide));
  return type.getWidth() == 64 ? start
                               : b.fold<ConvertOp>(given.clone(type), start);
}

/// The elements of the slices of all rows as indices into x, along the axes
/// that the slices do not take whole, which go to `axes`; null without any.
static Value sliceIndices(RuleBuilder &b, RankedTensorType x,
                          ArrayRef<int64_t> sizes, ValueRange starts,
                          ArrayRef<bool> batched, int64_t size,
                          SmallVectorImpl<int64_t> &axes) {
  SmallVector<int64_t> shape{size};
  int64_t longest = 0;
  for (auto [axis, count] : llvm::enumerate(sizes))
    if (count != x.getDimSize(axis)) {
      axes.push_back(axis);
      shape.push_back(count);
      longest = std::max(longest, x.getDimSize(axis));
    }
  auto number = b.getIntegerType(longest <= INT32_MAX ? 32 : 64);
  shape.push_back(1);
  auto type = RankedTensorType::get(shape, number);
  SmallVector<Value> columns;
  for (auto [place, axis] : llvm::enumerate(axes)) {
    Value start =
        clamped(b, starts[axis], x.getDimSize(axis) - sizes[axis], number);
    SmallVector<int64_t> dims;
    if (batched[axis])
      dims.push_back(0);
    Value offset = b.create<IotaOp>(type, static_cast<int64_t>(place) + 1);
    columns.push_back(b.fold<AddOp>(b.broadcastTo(start, type, dims), offset));
  }
  if (columns.empty())
    return {};
  return b.fold<ConcatenateOp>(ValueRange(columns), shape.size() - 1);
}

/// How slices that differ from row to row are gathered from x, or written.
static Indexing sliceIndexing(ArrayRef<int64_t> axes, int64_t rank,
                              bool batchedX) {
  Indexing indexing{{SmallVector<int64_t>(axes), {}, {}, {}},
                    "clip",
                    /*unique=*/batchedX};
  for (int64_t axis : indexing.dims.windowAxes(rank))
    indexing.dims.windowDims.push_back(axis + 1);
  if (batchedX) {
    indexing.dims.axes = shifted(axes, 1);
    indexing.dims.xBatch = indexing.dims.indicesBatch = {0};
  }
  return indexing;
}

LogicalResult DynamicSliceOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                           ArrayRef<bool> batched, int64_t size,
                                           SmallVectorImpl<Value> &results) {
  ValueRange starts = operands.drop_front();
  RankedTensorType x = tensorType(getX());
  if (!llvm::is_contained(batched.drop_front(), true)) {
    results.push_back(b.fold<DynamicSliceOp>(
        operands[0], withZeroStart(b, starts), withFront(size, getSizes())));
    return success();
  }
  if (failed(requireStatic(*this, "batches of starts", x)))
    return failure();
  SmallVector<int64_t> axes;
  Value indices =
      sliceIndices(b, x, getSizes(), starts, batched.drop_front(), size, axes);
  if (axes.empty())
    results.push_back(b.rowsOf(operands[0], batched[0], size));
  else
    results.push_back(sliceIndexing(axes, x.getRank(), batched[0])
                          .gather(b, operands[0], indices));
  return success();
}

LogicalResult
DynamicUpdateSliceOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                   ArrayRef<bool> batched, int64_t size,
                                   SmallVectorImpl<Value> &results) {
  ValueRange starts = operands.drop_front(2);
  RankedTensorType x = tensorType(getX());
  RankedTensorType update = tensorType(getUpdate());
  auto row = [&](int index) {
    return b.rowsOf(operands[index], batched[index], size);
  };
  if (!llvm::is_contained(batched.drop_front(2), true)) {
    results.push_back(
        b.fold<DynamicUpdateSliceOp>(row(0), row(1), withZeroStart(b, starts)));
    return success();
  }
  if (failed(requireStatic(*this, "batches of starts", x)))
    return failure();
  SmallVector<int64_t> axes;
  Value indices = sliceIndices(b, x, update.getShape(), starts,
                               batched.drop_front(2), size, axes);
  if (axes.empty())
    results.push_back(row(1));
  else
    results.push_back(sliceIndexing(axes, x.getRank(), /*batchedX=*/true)
                          .scatter<ScatterOp>(b, row(0), indices, row(1)));
  return success();
}
