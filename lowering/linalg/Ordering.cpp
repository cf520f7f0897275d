//===- Ordering.cpp - sort by merging, argmax and argmin by reducing ------===//

#include "dialect/Ordering.h"
#include "lowering/linalg/Patterns.h"
#include "lowering/linalg/PrimitiveLowering.h"
#include "lowering/linalg/Scalars.h"
#include "lowering/linalg/Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

namespace {

//===----------------------------------------------------------------------===//
// sort: merges of neighbouring runs of length 1, 2, 4, ...
//
// Every place of a merged run finds by bisection how many elements of the left
// run come before it, so a round is one parallel loop over all elements, and
// O(log n) rounds take O(n log^2 n) steps. All rounds share one piece of code.
//===----------------------------------------------------------------------===//

/// Index arithmetic that reads like arithmetic.
struct Index {
  ImplicitLocOpBuilder &b;
  Value constant(int64_t n) { return arith::ConstantIndexOp::create(b, n); }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubIOp::create(b, x, y); }
  Value min(Value x, Value y) { return arith::MinSIOp::create(b, x, y); }
  Value max(Value x, Value y) { return arith::MaxSIOp::create(b, x, y); }
  Value rem(Value x, Value y) { return arith::RemUIOp::create(b, x, y); }
  Value half(Value x) { return arith::ShRUIOp::create(b, x, constant(1)); }
  Value less(Value x, Value y) {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, x, y);
  }
  Value choose(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, condition, x, y);
  }
};

class Merge {
public:
  /// `elements` are the key's types before conversion.
  Merge(int64_t axis, int64_t size, ArrayRef<Type> keyElements)
      : axis(axis), size(size), keyElements(keyElements) {}

  /// Merges each two neighbouring sorted runs of `length` elements.
  SmallVector<Value> build(ImplicitLocOpBuilder &b, ValueRange tensors,
                           ValueRange into, Value length) const {
    auto type = cast<RankedTensorType>(tensors[0].getType());
    int64_t rank = type.getRank();
    SmallVector<AffineMap> maps(tensors.size(), b.getMultiDimIdentityMap(rank));
    SmallVector<utils::IteratorType> iterators(rank,
                                               utils::IteratorType::parallel);
    auto buildBody = [&](OpBuilder &builder, Location loc, ValueRange) {
      ImplicitLocOpBuilder inner(loc, builder);
      SmallVector<Value> place;
      for (int64_t i = 0; i < rank; ++i)
        place.push_back(linalg::IndexOp::create(inner, i));
      place[axis] = sourceOf(inner, tensors, place, length);
      SmallVector<Value> elements;
      for (Value tensor : tensors)
        elements.push_back(tensor::ExtractOp::create(inner, tensor, place));
      linalg::YieldOp::create(inner, elements);
    };
    auto merged = linalg::GenericOp::create(b, tensors.getTypes(), ValueRange(),
                                            into, maps, iterators, buildBody);
    return SmallVector<Value>(merged.getResults());
  }

private:
  /// Where along the axis the element comes from that a place receives.
  Value sourceOf(ImplicitLocOpBuilder &b, ValueRange tensors,
                 ArrayRef<Value> place, Value length) const {
    Index i{b};
    Value end = i.constant(size);
    Value both = i.add(length, length);
    Value offset = i.rem(place[axis], both);
    Value left = i.sub(place[axis], offset);
    Value right = i.min(i.add(left, length), end);
    Value limit = i.min(i.add(left, both), end);

    auto comesAfter = [&](Value x, Value y) {
      return isGreater(b, tensors, place, x, y);
    };
    // Of the elements before the place, `taken` are of the left run: as few as
    // leave none of the right run that has to come later.
    Value fewest = i.max(i.sub(offset, i.sub(limit, right)), i.constant(0));
    Value most = i.min(offset, i.sub(right, left));
    SmallVector<Type> types(2, b.getIndexType());
    auto search = scf::WhileOp::create(
        b, types, ValueRange{fewest, most},
        [&](OpBuilder &builder, Location loc, ValueRange bounds) {
          ImplicitLocOpBuilder inner(loc, builder);
          scf::ConditionOp::create(
              inner, Index{inner}.less(bounds[0], bounds[1]), bounds);
        },
        [&](OpBuilder &builder, Location loc, ValueRange bounds) {
          ImplicitLocOpBuilder inner(loc, builder);
          Index j{inner};
          Value middle = j.half(j.add(bounds[0], bounds[1]));
          Value ofLeft = j.add(left, middle);
          Value beyond = j.add(middle, j.constant(1));
          Value ofRight = j.sub(j.add(right, offset), beyond);
          Value enough = isGreater(inner, tensors, place, ofLeft, ofRight);
          scf::YieldOp::create(inner, {j.choose(enough, bounds[0], beyond),
                                       j.choose(enough, middle, bounds[1])});
        });
    Value taken = search.getResult(0);
    Value ofLeft = i.add(left, taken);
    Value ofRight = i.sub(i.add(right, offset), taken);
    // At the end of a run the other's element is compared with itself.
    Value x = i.choose(i.less(ofLeft, right), ofLeft, ofRight);
    Value y = i.choose(i.less(ofRight, limit), ofRight, ofLeft);
    return i.choose(comesAfter(x, y), y, x);
  }

  /// Whether the keys at x along the axis come after those at y.
  Value isGreater(ImplicitLocOpBuilder &b, ValueRange tensors,
                  ArrayRef<Value> place, Value x, Value y) const {
    Value result;
    for (int64_t key = static_cast<int64_t>(keyElements.size()); key-- > 0;) {
      Value atX = read(b, tensors[key], place, x);
      Value atY = read(b, tensors[key], place, y);
      Value greater = isGreater(b, atX, atY, keyElements[key]);
      if (result) {
        // Where this key decides nothing, the later ones do.
        Value less = isGreater(b, atY, atX, keyElements[key]);
        Value undecided = arith::SelectOp::create(
            b, less, arith::ConstantIntOp::create(b, 0, 1), result);
        greater = arith::OrIOp::create(b, greater, undecided);
      }
      result = greater;
    }
    return result;
  }

  Value read(ImplicitLocOpBuilder &b, Value tensor, ArrayRef<Value> place,
             Value along) const {
    SmallVector<Value> indices(place);
    indices[axis] = along;
    return widen(b, tensor::ExtractOp::create(b, tensor, indices));
  }

  /// The order of numbers with NaN last.
  static Value isGreater(ImplicitLocOpBuilder &b, Value x, Value y,
                         Type element) {
    if (!isa<FloatType>(element))
      return arith::CmpIOp::create(b,
                                   isUnsigned(element)
                                       ? arith::CmpIPredicate::ugt
                                       : arith::CmpIPredicate::sgt,
                                   x, y);
    Value greater = arith::CmpFOp::create(b, arith::CmpFPredicate::UGT, x, y);
    Value isNumber = arith::CmpFOp::create(b, arith::CmpFPredicate::ORD, y, y);
    return arith::AndIOp::create(b, greater, isNumber);
  }

  int64_t axis;
  int64_t size;
  ArrayRef<Type> keyElements;
};

struct SortToMerges : OpConversionPattern<SortOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(SortOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    int64_t axis = op.getAxis();
    auto type = cast<RankedTensorType>(op.getXs()[0].getType());
    if (type.isDynamicDim(axis))
      return op.emitOpError("needs an axis of static size, got axis ")
             << axis << " of " << type;
    int64_t size = type.getDimSize(axis);
    if (size <= 1 || (type.hasStaticShape() && type.getNumElements() == 0)) {
      rewriter.replaceOp(op, adaptor.getXs());
      return success();
    }
    SmallVector<Type> keyElements;
    for (Value key : op.getXs().take_front(op.getNumKeys()))
      keyElements.push_back(getElementTypeOrSelf(key.getType()));
    Merge merge(axis, size, keyElements);

    SmallVector<Value> into;
    for (Value x : adaptor.getXs())
      into.push_back(
          tensor::EmptyOp::create(b, tensor::getMixedSizes(b, b.getLoc(), x),
                                  getElementTypeOrSelf(x.getType())));
    Value one = arith::ConstantIndexOp::create(b, 1);
    // A loop of one round would not stay a loop. IREE 3.13 merges transposes of
    // what a loop does not hold with it, and then loses all results but one.
    int64_t count = std::max(llvm::Log2_64_Ceil(size), 2u);
    auto rounds = scf::ForOp::create(
        b, arith::ConstantIndexOp::create(b, 0),
        arith::ConstantIndexOp::create(b, count), one, adaptor.getXs(),
        [&](OpBuilder &builder, Location loc, Value round, ValueRange sorted) {
          ImplicitLocOpBuilder inner(loc, builder);
          Value length = arith::ShLIOp::create(inner, one, round);
          scf::YieldOp::create(inner, merge.build(inner, sorted, into, length));
        });
    rewriter.replaceOp(op, rounds.getResults());
    return success();
  }
};

//===----------------------------------------------------------------------===//
// argmax, argmin: the least index of an extreme
//===----------------------------------------------------------------------===//

template <typename OpTy, typename ReduceOp>
FailureOr<Value> lowerPlace(ImplicitLocOpBuilder &at, OpTy op,
                            typename OpTy::Adaptor,
                            ConversionPatternRewriter &) {
  RuleBuilder b(op.getLoc(), at, nullptr);
  Value x = op.getX();
  int64_t axis = op.getAxis();
  auto type = cast<RankedTensorType>(x.getType());
  if (type.isDynamicDim(axis))
    return op.emitOpError("needs an axis of static size, got axis ")
           << axis << " of " << type;
  if (type.getElementType().isInteger(1)) {
    type = type.clone(b.getIntegerType(8));
    x = ConvertOp::create(b, type, x);
  }
  Value extreme = ReduceOp::create(b, x, axis);
  Value chosen = EqOp::create(
      b, x, b.broadcastTo(extreme, type, otherAxes(type.getRank(), axis)));
  // A NaN is the extreme, and equal to nothing.
  if (isa<FloatType>(type.getElementType()))
    chosen = OrOp::create(b, chosen, NeOp::create(b, x, x));
  int64_t size = type.getDimSize(axis);
  // Half as wide, indices are found twice as fast.
  auto indices =
      type.clone(size <= INT32_MAX ? b.getI32Type() : b.getI64Type());
  Value beyond = b.literal(std::to_string(size), indices);
  Value candidates =
      SelectOp::create(b, chosen, IotaOp::create(b, indices, axis), beyond);
  Value place = ReduceMinOp::create(b, candidates, axis);
  if (place.getType() != op.getType())
    place = ConvertOp::create(b, op.getType(), place);
  return place;
}

} // namespace

void xform::populateOrderingToLinalg(const TypeConverter &converter,
                                     RewritePatternSet &patterns) {
  patterns.add<SortToMerges>(converter, patterns.getContext());
  addLowering(converter, patterns, lowerPlace<ArgmaxOp, ReduceMaxOp>);
  addLowering(converter, patterns, lowerPlace<ArgminOp, ReduceMinOp>);
}
