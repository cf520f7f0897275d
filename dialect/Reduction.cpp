//===- Reduction.cpp - primitives that remove axes ------------------------===//

#include "dialect/Ops.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Reduction.cpp.inc"
#include "dialect/ReductionRules.cpp.inc"

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// The axes must increase and lie in the operand; the result has the others.
static LogicalResult inferReduction(StringRef name, OptionalLocation loc,
                                    Value x, ArrayRef<int64_t> axes,
                                    SmallVectorImpl<Type> &types) {
  auto type = cast<RankedTensorType>(x.getType());
  if (failed(checkIncreasingAxes(name, loc, axes, type.getRank())))
    return failure();
  SmallVector<int64_t> shape;
  for (int64_t axis : otherAxes(type.getRank(), axes))
    shape.push_back(type.getDimSize(axis));
  types.push_back(type.clone(shape));
  return success();
}

/// Without axes there is nothing to reduce.
template <typename OpTy> static OpFoldResult foldReduction(OpTy op) {
  return op.getAxes().empty() ? OpFoldResult(op.getX()) : OpFoldResult();
}

#define XFORM_REDUCTION(OpTy)                                                  \
  LogicalResult OpTy::inferReturnTypes(MLIRContext *, OptionalLocation loc,    \
                                       Adaptor adaptor,                        \
                                       SmallVectorImpl<Type> &types) {         \
    return inferReduction(getOperationName(), loc, adaptor.getX(),             \
                          adaptor.getAxes(), types);                           \
  }                                                                            \
  OpFoldResult OpTy::fold(FoldAdaptor) { return foldReduction(*this); }
XFORM_REDUCTION(ReduceSumOp)
XFORM_REDUCTION(ReduceProdOp)
XFORM_REDUCTION(ReduceMaxOp)
XFORM_REDUCTION(ReduceMinOp)
XFORM_REDUCTION(ReduceAndOp)
XFORM_REDUCTION(ReduceOrOp)
#undef XFORM_REDUCTION

/// The result of a reduction repeated along the axes it removed.
static Value broadcastBack(RuleBuilder &b, Value reduced, Value x,
                           ArrayRef<int64_t> axes) {
  RankedTensorType type = tensorType(x);
  RankedTensorType target = type.clone(tensorType(reduced).getElementType());
  return b.broadcastTo(reduced, target, otherAxes(type.getRank(), axes));
}

//===----------------------------------------------------------------------===//
// reduce_sum: its transpose is a broadcast
//===----------------------------------------------------------------------===//

LogicalResult ReduceSumOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                          ValueRange, ValueRange cotangents,
                                          SmallVectorImpl<Value> &results) {
  results.push_back(broadcastBack(b, cotangents[0], getX(), getAxes()));
  return success();
}

/// A sum over a broadcast axis is a product with its size; a sum over sums is
/// one sum.
static LogicalResult sumOfBroadcast(ReduceSumOp op, PatternRewriter &rewriter) {
  auto broadcast = op.getX().getDefiningOp<BroadcastInDimOp>();
  if (!broadcast || !op.getType().hasStaticShape() ||
      !isDifferentiable(op.getType()))
    return failure();
  auto source = cast<RankedTensorType>(broadcast.getX().getType());
  auto wide = broadcast.getType();
  if (!source.hasStaticShape() || !wide.hasStaticShape())
    return failure();
  // Every reduced axis must be one that the broadcast made.
  int64_t count = 1;
  for (int64_t axis : op.getAxes()) {
    if (llvm::is_contained(broadcast.getDims(), axis))
      return failure();
    count *= wide.getDimSize(axis);
  }
  SmallVector<int64_t> dims;
  for (int64_t dim : broadcast.getDims())
    dims.push_back(dim - llvm::count_if(op.getAxes(), [dim](int64_t axis) {
                     return axis < dim;
                   }));
  RuleBuilder b(op.getLoc(), rewriter, nullptr);
  if (count == 0) {
    // Not a product with 0, which infinity has none of.
    rewriter.replaceOp(op, b.zeros(op.getType()));
    return success();
  }
  // 16 bits hold neither large counts nor, perhaps, what the sum of a
  // product needs on the way: sums of them are computed in 32.
  Type element = op.getType().getElementType();
  bool isHalf = element.getIntOrFloatBitWidth() == 16;
  auto type = op.getType().clone(isHalf ? Type(b.getF32Type()) : element);
  Value narrow = b.broadcastTo(broadcast.getX(), op.getType(), dims);
  Value size = b.literal(std::to_string(count), type);
  Value product = b.fold<MulOp>(b.fold<ConvertOp>(type, narrow), size);
  rewriter.replaceOp(op, b.fold<ConvertOp>(op.getType(), product));
  return success();
}

static LogicalResult sumOfSum(ReduceSumOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<ReduceSumOp>();
  if (!inner || !inner->hasOneUse())
    return failure();
  auto rank = cast<RankedTensorType>(inner.getX().getType()).getRank();
  SmallVector<int64_t> kept = otherAxes(rank, inner.getAxes());
  SmallVector<int64_t> axes(inner.getAxes());
  for (int64_t axis : op.getAxes())
    axes.push_back(kept[axis]);
  llvm::sort(axes);
  rewriter.replaceOpWithNewOp<ReduceSumOp>(op, inner.getX(), axes);
  return success();
}

void ReduceSumOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *) {
  patterns.add(sumOfBroadcast).add(sumOfSum);
}

//===----------------------------------------------------------------------===//
// reduce_max, reduce_min: the tangents at the extremes, averaged
//===----------------------------------------------------------------------===//

static LogicalResult extremeJvp(RuleBuilder &b, Value x, Value result,
                                ArrayRef<int64_t> axes, Value tangent,
                                SmallVectorImpl<Value> &resultTangents) {
  Type type = x.getType();
  Value extreme = b.fold<EqOp>(x, broadcastBack(b, result, x, axes));
  Value ones = b.fold<SelectOp>(extreme, b.literal("1", type), b.zeros(type));
  Value count = b.fold<ReduceSumOp>(ones, axes);
  Value chosen = b.fold<SelectOp>(extreme, tangent, b.zeros(type));
  Value total = b.fold<ReduceSumOp>(chosen, axes);
  resultTangents.push_back(b.fold<DivOp>(total, count));
  return success();
}

LogicalResult ReduceMaxOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                    SmallVectorImpl<Value> &resultTangents) {
  return extremeJvp(b, getX(), getResult(), getAxes(), tangents[0],
                    resultTangents);
}

LogicalResult ReduceMinOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                    SmallVectorImpl<Value> &resultTangents) {
  return extremeJvp(b, getX(), getResult(), getAxes(), tangents[0],
                    resultTangents);
}

//===----------------------------------------------------------------------===//
// reduce_prod: the product rule on a balanced tree of pairs
//
// Dividing the product by each factor would fail at zeros, and patching the
// zeros would be wrong one derivative later. A tree of products costs
// O(log n) ops and is exact to every order.
//===----------------------------------------------------------------------===//

LogicalResult ReduceProdOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                     SmallVectorImpl<Value> &resultTangents) {
  auto type = cast<RankedTensorType>(getX().getType());
  if (!type.hasStaticShape())
    return emitOpError("has a derivative for static shapes only, got ") << type;
  SmallVector<int64_t> permutation(getAxes());
  llvm::append_range(permutation, otherAxes(type.getRank(), getAxes()));
  int64_t n = 1;
  for (int64_t axis : getAxes())
    n *= type.getDimSize(axis);
  if (n == 0) {
    resultTangents.push_back(Value());
    return success();
  }
  SmallVector<int64_t> shape = withFront(n, getType().getShape());
  Value x = b.reshapeTo(b.permute(getX(), permutation), shape);
  Value t = b.reshapeTo(b.permute(tangents[0], permutation), shape);

  auto rows = [&](Value value, int64_t start, int64_t limit) {
    SmallVector<int64_t> starts(shape.size(), 0), limits(shape),
        strides(shape.size(), 1);
    starts[0] = start;
    limits[0] = limit;
    return b.fold<SliceOp>(value, starts, limits, strides);
  };
  while (n > 1) {
    int64_t half = n / 2;
    Value x0 = rows(x, 0, half), x1 = rows(x, half, 2 * half);
    Value t0 = rows(t, 0, half), t1 = rows(t, half, 2 * half);
    Value product = b.fold<MulOp>(x0, x1);
    Value tangent = b.fold<AddOp>(b.fold<MulOp>(t0, x1), b.fold<MulOp>(t1, x0));
    if (n % 2) {
      product = b.fold<ConcatenateOp>(ValueRange{product, rows(x, n - 1, n)},
                                      static_cast<uint64_t>(0));
      tangent = b.fold<ConcatenateOp>(ValueRange{tangent, rows(t, n - 1, n)},
                                      static_cast<uint64_t>(0));
    }
    x = product;
    t = tangent;
    n = half + n % 2;
    shape[0] = n;
  }
  resultTangents.push_back(b.reshapeTo(t, getType().getShape()));
  return success();
}
