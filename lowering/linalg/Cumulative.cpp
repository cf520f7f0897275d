//===- Cumulative.cpp - cumulative operations as recurrences --------------===//

#include "dialect/Cumulative.h"
#include "lowering/linalg/Combiners.h"
#include "lowering/linalg/Patterns.h"
#include "lowering/linalg/PrimitiveLowering.h"
#include "lowering/linalg/Views.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

namespace {

/// A long axis of few rows is cut into pieces that run beside each other.
constexpr int64_t longAxis = 4096;
constexpr int64_t fewRows = 64;

/// The state along `axis` at every place, and at the end.
struct Accumulated {
  Value everywhere;
  Value atEnd;
};

class Recurrence {
public:
  Recurrence(ImplicitLocOpBuilder &b, const Combiner &combiner, Type element)
      : b(b), combiner(combiner), element(element) {}

  /// One linalg.generic whose accumulator is also written out at each place:
  /// the state after that place's element, or, if `exclusive`, before it.
  /// Nothing recognises this as a reduction that may be done in another order
  /// or in vectors, so that the loop along the axis stays one that runs in
  /// sequence. It is the innermost one but for tiling.
  Accumulated run(Value x, int64_t axis, bool exclusive) {
    auto type = cast<RankedTensorType>(x.getType());
    Type computed = arithmeticType(element);
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, b.getLoc(), x);
    Value everywhere = tensor::EmptyOp::create(b, sizes, type.getElementType());
    sizes.erase(sizes.begin() + axis);
    Value empty = tensor::EmptyOp::create(b, sizes, computed);
    Value start =
        arith::ConstantOp::create(b, combiner.start(b, element, computed));
    Value atStart = linalg::FillOp::create(b, start, empty).getResult(0);

    int64_t rank = type.getRank();
    SmallVector<unsigned> loops(rank), others;
    for (int64_t i = 0; i < rank; ++i) {
      loops[i] = i == axis ? rank - 1 : others.size();
      if (i != axis)
        others.push_back(loops[i]);
    }
    auto whole =
        AffineMap::getMultiDimMapWithTargets(rank, loops, b.getContext());
    auto rest =
        AffineMap::getMultiDimMapWithTargets(rank, others, b.getContext());
    SmallVector<AffineMap> maps = {whole, rest, whole};
    SmallVector<utils::IteratorType> iterators(rank,
                                               utils::IteratorType::parallel);
    iterators.back() = utils::IteratorType::reduction;
    SmallVector<Type> types = {atStart.getType(), everywhere.getType()};
    auto buildBody = [&](OpBuilder &builder, Location loc, ValueRange values) {
      ImplicitLocOpBuilder inner(loc, builder);
      Value before = values[1];
      Value after =
          combiner.combine(inner, element, before, widen(inner, values[0]));
      Value written = narrow(inner, exclusive ? before : after, element);
      linalg::YieldOp::create(inner, {after, written});
    };
    auto generic = linalg::GenericOp::create(b, types, ValueRange(x),
                                             ValueRange{atStart, everywhere},
                                             maps, iterators, buildBody);
    return {generic.getResult(1), generic.getResult(0)};
  }

  /// Pieces of the axis one beside the other, then what came before each.
  Value runInPieces(Value x, int64_t axis) {
    auto type = cast<RankedTensorType>(x.getType());
    int64_t size = type.getDimSize(axis);
    int64_t count =
        llvm::PowerOf2Ceil(llvm::APInt(64, size).sqrt().getZExtValue());
    int64_t length = llvm::divideCeil(size, count);

    SmallVector<int64_t> padded(type.getShape()), cut(padded);
    padded[axis] = count * length;
    cut[axis] = length;
    cut.insert(cut.begin() + axis, count);
    SmallVector<ReassociationIndices> groups = groupsOf(type.getRank(), axis);
    Value pieces = tensor::ExpandShapeOp::create(
        b, type.clone(cut), padEnd(x, axis, padded[axis] - size), groups);

    Accumulated within = run(pieces, axis + 1, /*exclusive=*/false);
    Type computed = arithmeticType(element);
    Value carried = Recurrence(b, combiner, computed)
                        .run(within.atEnd, axis, true)
                        .everywhere;
    Value whole = tensor::CollapseShapeOp::create(
        b, type.clone(padded), addCarried(within.everywhere, carried, axis),
        groups);
    SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0));
    SmallVector<OpFoldResult> strides(type.getRank(), b.getIndexAttr(1));
    return tensor::ExtractSliceOp::create(
        b, whole, offsets,
        getAsIndexOpFoldResult(b.getContext(), type.getShape()), strides);
  }

private:
  static SmallVector<ReassociationIndices> groupsOf(int64_t rank,
                                                    int64_t axis) {
    SmallVector<ReassociationIndices> groups;
    for (int64_t i = 0; i < rank; ++i) {
      if (i == axis)
        groups.push_back({i, i + 1});
      else
        groups.push_back({i < axis ? i : i + 1});
    }
    return groups;
  }

  Value padEnd(Value x, int64_t axis, int64_t count) {
    if (count == 0)
      return x;
    auto type = cast<RankedTensorType>(x.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape[axis] += count;
    SmallVector<OpFoldResult> low(type.getRank(), b.getIndexAttr(0));
    SmallVector<OpFoldResult> high(low);
    high[axis] = b.getIndexAttr(count);
    // What is added comes last and is cut off again.
    Value zero =
        arith::ConstantOp::create(b, b.getZeroAttr(type.getElementType()));
    return tensor::PadOp::create(b, type.clone(shape), x, low, high, zero);
  }

  Value addCarried(Value within, Value carried, int64_t axis) {
    auto type = cast<RankedTensorType>(within.getType());
    int64_t rank = type.getRank();
    AffineMap whole = b.getMultiDimIdentityMap(rank);
    SmallVector<AffineMap> maps = {whole, whole.dropResult(axis + 1), whole};
    SmallVector<utils::IteratorType> iterators(rank,
                                               utils::IteratorType::parallel);
    Value empty =
        tensor::EmptyOp::create(b, type.getShape(), type.getElementType());
    auto buildBody = [&](OpBuilder &builder, Location loc, ValueRange values) {
      ImplicitLocOpBuilder inner(loc, builder);
      Value sum =
          combiner.combine(inner, element, values[1], widen(inner, values[0]));
      linalg::YieldOp::create(inner, narrow(inner, sum, element));
    };
    return linalg::GenericOp::create(b, type, ValueRange{within, carried},
                                     empty, maps, iterators, buildBody)
        .getResult(0);
  }

  ImplicitLocOpBuilder &b;
  Combiner combiner;
  Type element;
};

bool isWorthCutting(RankedTensorType type, int64_t axis) {
  return type.hasStaticShape() && type.getDimSize(axis) >= longAxis &&
         type.getNumElements() < fewRows * type.getDimSize(axis);
}

template <typename OpTy>
FailureOr<Value> lowerCumulative(ImplicitLocOpBuilder &b, OpTy op,
                                 typename OpTy::Adaptor adaptor,
                                 ConversionPatternRewriter &,
                                 Combiner combiner) {
  int64_t axis = op.getAxis();
  if (op.getReverse()) {
    Value turned = ReverseOp::create(b, op.getX(), axis);
    Value result = OpTy::create(b, turned, axis, /*reverse=*/false);
    return Value(ReverseOp::create(b, result, axis));
  }
  Recurrence recurrence(b, combiner, op.getType().getElementType());
  if (isWorthCutting(op.getType(), axis))
    return recurrence.runInPieces(adaptor.getX(), axis);
  return recurrence.run(adaptor.getX(), axis, /*exclusive=*/false).everywhere;
}

/// The sum that begins with -0.0 keeps the sign of zeros.
TypedAttr startAtNegativeZero(OpBuilder &b, Type, Type type) {
  if (isa<FloatType>(type))
    return b.getFloatAttr(type, -0.0);
  return b.getIntegerAttr(type, 0);
}

} // namespace

void xform::populateCumulativeToLinalg(const TypeConverter &converter,
                                       RewritePatternSet &patterns) {
  addLowering(converter, patterns, lowerCumulative<CumsumOp>,
              {summing.combine, startAtNegativeZero});
  addLowering(converter, patterns, lowerCumulative<CumprodOp>, multiplying);
  addLowering(converter, patterns, lowerCumulative<CummaxOp>, maximizing);
  addLowering(converter, patterns, lowerCumulative<CumminOp>, minimizing);
}
