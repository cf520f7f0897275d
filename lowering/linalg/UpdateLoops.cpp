//===- UpdateLoops.cpp - updates one after another ------------------------===//
//
// Where loops cost nothing, a scatter is one over its index vectors, which
// replaces a window of x in each turn, and a dynamic_update_slice replaces a
// slice. What bufferization then finds to be used by nobody else is updated in
// place.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/Results.h"
#include "lowering/linalg/IndexReading.h"
#include "lowering/linalg/Patterns.h"
#include "lowering/linalg/PrimitiveLowering.h"
#include "lowering/linalg/Scalars.h"
#include "lowering/linalg/Updates.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

namespace {

/// More important than what makes new tensors.
constexpr unsigned kInPlace = 2;

bool isStatic(Operation *op) {
  return llvm::all_of(op->getOperandTypes(), [](Type type) {
    return cast<RankedTensorType>(type).hasStaticShape();
  });
}

/// A part of a tensor: along each axis one place, or all.
struct Part {
  SmallVector<OpFoldResult> offsets, sizes, strides;

  Part(OpBuilder &b, RankedTensorType type)
      : offsets(type.getRank(), b.getIndexAttr(0)),
        sizes(getAsIndexOpFoldResult(b.getContext(), type.getShape())),
        strides(type.getRank(), b.getIndexAttr(1)) {}

  void fix(OpBuilder &b, int64_t axis, Value place) {
    offsets[axis] = place;
    sizes[axis] = b.getIndexAttr(1);
  }

  /// Without the axes that were fixed.
  Value read(ImplicitLocOpBuilder &b, Value x, RankedTensorType window) const {
    return tensor::ExtractSliceOp::create(b, window, x, offsets, sizes,
                                          strides);
  }

  Value write(ImplicitLocOpBuilder &b, Value window, Value x) const {
    return tensor::InsertSliceOp::create(b, window, x, offsets, sizes, strides);
  }
};

/// Elements of two tensors, in the place of the second one.
Value combined(
    ImplicitLocOpBuilder &b, Value update, Value own,
    function_ref<Value(ImplicitLocOpBuilder &, ValueRange)> combine) {
  auto type = cast<RankedTensorType>(own.getType());
  SmallVector<AffineMap> maps(2, b.getMultiDimIdentityMap(type.getRank()));
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  auto body = [&](OpBuilder &outer, Location loc, ValueRange elements) {
    ImplicitLocOpBuilder inner(loc, outer);
    linalg::YieldOp::create(inner, combine(inner, elements));
  };
  return linalg::GenericOp::create(b, TypeRange(type), update, own, maps,
                                   iterators, body)
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// Scatters
//===----------------------------------------------------------------------===//

/// Writes the loops of a scatter.
class ScatterLoops {
public:
  /// Without a combiner, updates replace what they meet.
  template <typename OpTy>
  ScatterLoops(ImplicitLocOpBuilder &b, OpTy op, typename OpTy::Adaptor adaptor,
               const UpdateCombiner *combiner)
      : b(b), dims(IndexingDims::of(op)), x(adaptor.getX()),
        indices(adaptor.getIndices()), updates(adaptor.getUpdates()),
        element(op.getType().getElementType()),
        indexElement(getElementTypeOrSelf(op.getIndices().getType())),
        drops(op.getMode() == "drop"), combiner(combiner) {
    SmallVector<int64_t> shape;
    for (int64_t axis : dims.windowAxes(xType().getRank()))
      shape.push_back(xType().getDimSize(axis));
    window = xType().clone(shape);
  }

  Value write() { return writeLoop(x); }

private:
  RankedTensorType xType() const { return cast<RankedTensorType>(x.getType()); }

  /// A loop along the next axis of the index vectors, over what is in
  /// `carried`.
  Value writeLoop(Value carried) {
    auto shape = cast<RankedTensorType>(indices.getType()).getShape();
    if (turns.size() + 1 == shape.size())
      return writeTurn(carried);
    Value zero = arith::ConstantIndexOp::create(b, 0),
          one = arith::ConstantIndexOp::create(b, 1),
          count = arith::ConstantIndexOp::create(b, shape[turns.size()]);
    if (shape[turns.size()] == 1) {
      turns.push_back(zero);
      return writeLoop(carried);
    }
    auto loop = scf::ForOp::create(b, zero, count, one, carried);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    turns.push_back(loop.getInductionVar());
    scf::YieldOp::create(b, writeLoop(loop.getRegionIterArg(0)));
    return loop.getResult(0);
  }

  Value writeTurn(Value carried) {
    Part place(b, xType());
    for (auto [axis, batch] : llvm::zip(dims.xBatch, dims.indicesBatch))
      place.fix(b, axis, turns[batch]);
    Value isInside;
    for (auto [number, axis] : llvm::enumerate(dims.axes)) {
      SmallVector<Value> at(turns);
      at.push_back(arith::ConstantIndexOp::create(b, number));
      Place found = placeOf(
          b, tensor::ExtractOp::create(b, indices, at), indexElement,
          arith::ConstantIndexOp::create(b, xType().getDimSize(axis)), drops);
      place.fix(b, axis, found.index);
      isInside = isInside ? arith::AndIOp::create(b, isInside, found.isInside)
                          : found.isInside;
    }
    Value update = readUpdate();
    if (!combiner && !drops)
      return place.write(b, update, carried);
    Value own = place.read(b, carried, window);
    return place.write(b, combine(update, own, drops ? isInside : Value()),
                       carried);
  }

  Value readUpdate() {
    auto type = cast<RankedTensorType>(updates.getType());
    Part part(b, type);
    auto rank = cast<RankedTensorType>(indices.getType()).getRank();
    for (auto [dim, turn] : llvm::zip(dims.indexDims(rank), turns))
      part.fix(b, dim, turn);
    return part.read(b, updates, window);
  }

  /// What is to be in a window; its own elements if the index is not inside.
  Value combine(Value update, Value own, Value isInside) {
    return combined(b, update, own, [&](auto &inner, ValueRange both) {
      Value result = combiner
                         ? combiner->combine(inner, element, both[0], both[1])
                         : both[0];
      if (!isInside)
        return result;
      return Value(arith::SelectOp::create(inner, isInside, result, both[1]));
    });
  }

  ImplicitLocOpBuilder &b;
  IndexingDims dims;
  Value x, indices, updates;
  Type element, indexElement;
  bool drops;
  const UpdateCombiner *combiner;
  RankedTensorType window;
  /// Where the loops are along the axes of the index vectors.
  SmallVector<Value> turns;
};

template <typename OpTy>
FailureOr<Value> lowerScatterInPlace(ImplicitLocOpBuilder &b, OpTy op,
                                     typename OpTy::Adaptor adaptor,
                                     ConversionPatternRewriter &,
                                     const UpdateCombiner *combiner) {
  if (!isStatic(op) || isRoundedOnce(op) ||
      !llvm::is_sorted(op.getWindowDims()))
    return failure();
  return ScatterLoops(b, op, adaptor, combiner).write();
}

//===----------------------------------------------------------------------===//
// dynamic_update_slice
//===----------------------------------------------------------------------===//

bool isUpdate(Operation *op) {
  return isa_and_present<DynamicUpdateSliceOp, ScatterOp, ScatterAddOp,
                         ScatterMulOp, ScatterMinOp, ScatterMaxOp>(op);
}

/// Whether it is likely that x is not needed any more when `op` has replaced a
/// part of it: a loop carries or made it, the caller does not want it back, or
/// it is one of several updates in a row. Otherwise what is replaced and x are
/// better read by whoever reads the result.
bool isLikelyInPlace(Operation *op, Value x) {
  if (auto argument = dyn_cast<BlockArgument>(x)) {
    auto function =
        dyn_cast_or_null<func::FuncOp>(argument.getOwner()->getParentOp());
    return !function ||
           function.getArgAttr(argument.getArgNumber(), kDonatedAttr);
  }
  Operation *made = x.getDefiningOp();
  return isUpdate(made) ||
         (x.hasOneUse() && isa_and_present<scf::ForOp, scf::WhileOp>(made)) ||
         (op->hasOneUse() && isUpdate(*op->user_begin()));
}

FailureOr<Value> lowerUpdateSliceInPlace(ImplicitLocOpBuilder &b,
                                         DynamicUpdateSliceOp op,
                                         DynamicUpdateSliceOp::Adaptor adaptor,
                                         ConversionPatternRewriter &) {
  if (!isStatic(op) || !isLikelyInPlace(op, op.getX()))
    return failure();
  RankedTensorType type = signlessType(op.getType());
  auto slice = cast<RankedTensorType>(op.getUpdate().getType()).getShape();
  Part part(b, type);
  part.sizes = getAsIndexOpFoldResult(b.getContext(), slice);
  for (auto [axis, given, start] :
       llvm::enumerate(op.getStarts(), adaptor.getStarts())) {
    int64_t places = type.getDimSize(axis) - slice[axis] + 1;
    if (places == 1)
      continue;
    part.offsets[axis] =
        placeOf(b, tensor::ExtractOp::create(b, start, ValueRange()),
                getElementTypeOrSelf(given),
                arith::ConstantIndexOp::create(b, places),
                /*asksInside=*/false)
            .index;
  }
  return part.write(b, adaptor.getUpdate(), adaptor.getX());
}

//===----------------------------------------------------------------------===//
// Sums with few terms, which come from the transposes of slices
//===----------------------------------------------------------------------===//

/// A tensor of zeros around the elements of another one.
PadOp amongZeros(Value x) {
  auto pad = x.getDefiningOp<PadOp>();
  auto isNegative = [](int64_t size) { return size < 0; };
  bool isPlain = pad && pad->hasOneUse() && isSplat(pad.getValue(), 0) &&
                 !llvm::is_contained(pad.getX().getType().getShape(), 0) &&
                 llvm::none_of(pad.getLow(), isNegative) &&
                 llvm::none_of(pad.getHigh(), isNegative);
  return isPlain ? pad : PadOp();
}

FailureOr<Value> lowerAddInPlace(ImplicitLocOpBuilder &b, AddOp op,
                                 AddOp::Adaptor adaptor,
                                 ConversionPatternRewriter &rewriter) {
  PadOp terms = amongZeros(op.getX());
  unsigned other = terms ? 1 : 0;
  if (!terms)
    terms = amongZeros(op.getY());
  if (!terms || !isStatic(op) || !isLikelyInPlace(op, op->getOperand(other)))
    return failure();
  Value x = adaptor.getOperands()[other],
        added = rewriter.getRemappedValue(terms.getX());
  auto type = cast<RankedTensorType>(added.getType());
  Part part(b, cast<RankedTensorType>(x.getType()));
  part.sizes = getAsIndexOpFoldResult(b.getContext(), type.getShape());
  for (auto [axis, low, interior] :
       llvm::enumerate(terms.getLow(), terms.getInterior())) {
    part.offsets[axis] = b.getIndexAttr(low);
    part.strides[axis] = b.getIndexAttr(interior + 1);
  }
  Type element = op.getType().getElementType();
  Value sum = combined(b, added, part.read(b, x, type),
                       [&](auto &inner, ValueRange both) {
                         return kSum.combine(inner, element, both[0], both[1]);
                       });
  return part.write(b, sum, x);
}

} // namespace

void xform::populateUpdatesInPlace(const TypeConverter &converter,
                                   RewritePatternSet &patterns) {
  auto add = [&](auto build, auto... given) {
    addLowering(converter, patterns, kInPlace, build, given...);
  };
  add(lowerUpdateSliceInPlace);
  add(lowerAddInPlace);
  add(lowerScatterInPlace<ScatterOp>, nullptr);
  add(lowerScatterInPlace<ScatterAddOp>, &kSum);
  add(lowerScatterInPlace<ScatterMulOp>, &kProduct);
  add(lowerScatterInPlace<ScatterMinOp>, &kSmallest);
  add(lowerScatterInPlace<ScatterMaxOp>, &kLargest);
}
