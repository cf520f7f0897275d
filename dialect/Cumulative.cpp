//===- Cumulative.cpp - primitives that accumulate along an axis ----------===//

#include "dialect/Cumulative.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Cumulative.cpp.inc"
#include "dialect/CumulativeRules.cpp.inc"

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static LogicalResult inferCumulative(StringRef name, OptionalLocation loc,
                                     Value x, int64_t axis,
                                     SmallVectorImpl<Type> &types) {
  auto type = cast<RankedTensorType>(x.getType());
  if (failed(checkAxis(name, loc, axis, type.getRank(), "an operand")))
    return failure();
  types.push_back(type);
  return success();
}

/// Along an axis of one element there is nothing to accumulate.
template <typename OpTy> static OpFoldResult foldCumulative(OpTy op) {
  int64_t size = op.getType().getDimSize(op.getAxis());
  return size == 0 || size == 1 ? OpFoldResult(op.getX()) : OpFoldResult();
}

namespace {

/// Axes are put in another order before, where a transpose may be read through,
/// and not behind, where the recurrence would have to be stored first.
template <typename OpTy> struct TransposeFirst : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp transpose,
                                PatternRewriter &rewriter) const override {
    auto op = transpose.getX().getDefiningOp<OpTy>();
    if (!op || !op->hasOneUse())
      return failure();
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    Value x = TransposeOp::create(rewriter, transpose.getLoc(), op.getX(),
                                  permutation);
    int64_t axis = llvm::find(permutation, op.getAxis()) - permutation.begin();
    rewriter.replaceOpWithNewOp<OpTy>(transpose, x, axis, op.getReverse());
    return success();
  }
};

} // namespace

template <typename OpTy>
static void addTransposeFirst(OpTy, RewritePatternSet &patterns,
                              MLIRContext *context) {
  patterns.add<TransposeFirst<OpTy>>(context);
}

#define XFORM_CUMULATIVE(OpTy)                                                 \
  LogicalResult OpTy::inferReturnTypes(MLIRContext *, OptionalLocation loc,    \
                                       Adaptor adaptor,                        \
                                       SmallVectorImpl<Type> &types) {         \
    return inferCumulative(getOperationName(), loc, adaptor.getX(),            \
                           adaptor.getAxis(), types);                          \
  }                                                                            \
  OpFoldResult OpTy::fold(FoldAdaptor) { return foldCumulative(*this); }       \
  void OpTy::getCanonicalizationPatterns(RewritePatternSet &patterns,          \
                                         MLIRContext *context) {               \
    addTransposeFirst(OpTy(), patterns, context);                              \
  }
XFORM_CUMULATIVE(CumsumOp)
XFORM_CUMULATIVE(CumprodOp)
XFORM_CUMULATIVE(CummaxOp)
XFORM_CUMULATIVE(CumminOp)
#undef XFORM_CUMULATIVE

//===----------------------------------------------------------------------===//
// cumsum: its transpose is the sum from the other end
//===----------------------------------------------------------------------===//

LogicalResult CumsumOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                       ValueRange, ValueRange cotangents,
                                       SmallVectorImpl<Value> &results) {
  results.push_back(b.fold<CumsumOp>(cotangents[0], getAxis(), !getReverse()));
  return success();
}

//===----------------------------------------------------------------------===//
// Steps of doubling distance
//
// The derivatives below are recurrences of two values. Combining each place
// with the one 1, 2, 4, ... places before it takes O(log n) ops, and being
// made of primitives it has derivatives of every order.
//===----------------------------------------------------------------------===//

namespace {

class Doubling {
public:
  Doubling(RuleBuilder &b, RankedTensorType type, int64_t axis, bool reverse)
      : b(b), type(type), axis(axis), reverse(reverse) {}

  /// Calls `step` with a function that moves a tensor forward along the axis,
  /// by 1, 2, 4, ... places, filling up with a number.
  using Shift = llvm::function_ref<Value(Value value, StringRef fill)>;
  void run(llvm::function_ref<void(Shift)> step) {
    int64_t size = type.getDimSize(axis);
    for (int64_t distance = 1; distance < size; distance *= 2)
      step([&](Value value, StringRef fill) {
        return shifted(value, fill, distance);
      });
  }

private:
  Value shifted(Value value, StringRef fill, int64_t distance) {
    SmallVector<int64_t> starts(type.getRank(), 0), ones(type.getRank(), 1),
        limits(type.getShape()), gap(limits);
    (reverse ? starts : limits)[axis] =
        reverse ? distance : limits[axis] - distance;
    gap[axis] = distance;
    Value kept = b.fold<SliceOp>(value, starts, limits, ones);
    Type element = cast<RankedTensorType>(value.getType()).getElementType();
    SmallVector<Value> parts = {
        b.literal(fill, RankedTensorType::get(gap, element)), kept};
    if (reverse)
      std::swap(parts[0], parts[1]);
    return b.fold<ConcatenateOp>(ValueRange(parts), axis);
  }

  RuleBuilder &b;
  RankedTensorType type;
  int64_t axis;
  bool reverse;
};

} // namespace

/// The recurrences need to know how many steps there are.
template <typename OpTy> static LogicalResult requireStaticAxis(OpTy op) {
  if (!op.getType().isDynamicDim(op.getAxis()))
    return success();
  return op.emitOpError("has a derivative for a static axis only, got axis ")
         << op.getAxis() << " of " << op.getType();
}

//===----------------------------------------------------------------------===//
// cumprod: the product rule on runs of growing length, right at zeros too
//===----------------------------------------------------------------------===//

LogicalResult CumprodOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                  SmallVectorImpl<Value> &resultTangents) {
  if (failed(requireStaticAxis(*this)))
    return failure();
  Value product = getX(), tangent = tangents[0];
  Doubling(b, getType(), getAxis(), getReverse())
      .run([&](Doubling::Shift shift) {
        Value before = shift(product, "1");
        Value byTangent = b.fold<MulOp>(tangent, before);
        Value byProduct = b.fold<MulOp>(product, shift(tangent, "0"));
        tangent = b.fold<AddOp>(byTangent, byProduct);
        product = b.fold<MulOp>(product, before);
      });
  resultTangents.push_back(tangent);
  return success();
}

//===----------------------------------------------------------------------===//
// cummax, cummin: the tangent of the last element that was an extreme
//===----------------------------------------------------------------------===//

template <typename OpTy>
static LogicalResult extremeJvp(OpTy op, RuleBuilder &b, Value tangent,
                                SmallVectorImpl<Value> &resultTangents) {
  if (failed(requireStaticAxis(op)))
    return failure();
  Value x = op.getX(), result = op.getResult();
  // An element that is not NaN is no extreme after one that is.
  Value found = b.fold<OrOp>(b.fold<EqOp>(x, result), b.fold<NeOp>(x, x));
  Doubling(b, op.getType(), op.getAxis(), op.getReverse())
      .run([&](Doubling::Shift shift) {
        tangent = b.fold<SelectOp>(found, tangent, shift(tangent, "0"));
        found = b.fold<OrOp>(found, shift(found, "0"));
      });
  resultTangents.push_back(tangent);
  return success();
}

LogicalResult CummaxOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                 SmallVectorImpl<Value> &resultTangents) {
  return extremeJvp(*this, b, tangents[0], resultTangents);
}

LogicalResult CumminOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                 SmallVectorImpl<Value> &resultTangents) {
  return extremeJvp(*this, b, tangents[0], resultTangents);
}
