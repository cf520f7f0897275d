//===- Reduction.cpp - reductions as linalg.generic -----------------------===//

#include "dialect/Ops.h"
#include "lowering/linalg/Combiners.h"
#include "lowering/linalg/ConstantTerms.h"
#include "lowering/linalg/Patterns.h"
#include "lowering/linalg/PrimitiveLowering.h"
#include "lowering/linalg/Scalars.h"
#include "lowering/linalg/Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

namespace {

/// Whether a sum over several axes may become a vector.contract that IREE 3.13
/// makes invalid: a product one factor of which is repeated along some of them.
bool sumsRepeatedProduct(Operation *op, Value x, ArrayRef<int64_t> axes) {
  if (!isa<ReduceSumOp>(op) || axes.size() < 2 ||
      !isa<Float32Type, Float64Type>(getElementTypeOrSelf(x.getType())))
    return false;
  auto product = x.getDefiningOp<MulOp>();
  return product && llvm::any_of(product->getOperands(), [](Value factor) {
           return isa_and_present<BroadcastInDimOp, ReshapeOp, TransposeOp>(
               factor.getDefiningOp());
         });
}

/// The value itself, in a form that only LLVM sees through: x * 1 + -0 rounds
/// to x, -0 and NaN included, and is no product to the vectorizer.
Value opaque(ImplicitLocOpBuilder &b, Value x) {
  auto constant = [&](double number) {
    return arith::ConstantOp::create(b, b.getFloatAttr(x.getType(), number));
  };
  return math::FmaOp::create(b, x, constant(1), constant(-0.0));
}

/// The operand's view if it tells the size of every reduced axis.
template <typename OpTy>
View readableView(OpTy op, ConversionPatternRewriter &rewriter) {
  View view = viewOf(op.getX(), rewriter);
  for (int64_t axis : op.getAxes())
    if (!view.hasAxis(axis))
      return plainView(op.getX(), rewriter);
  return view;
}

template <typename OpTy>
FailureOr<Value>
lowerReduction(ImplicitLocOpBuilder &b, OpTy op, typename OpTy::Adaptor,
               ConversionPatternRewriter &rewriter, Combiner combiner) {
  RankedTensorType type = signlessType(op.getType());
  Type element = op.getType().getElementType();
  Type computed = arithmeticType(element);
  View view = readableView(op, rewriter);

  SmallVector<unsigned> order = axesInMemoryOrder(view);
  SmallVector<unsigned> loops(order.size()), resultLoops;
  for (auto [loop, axis] : llvm::enumerate(order))
    loops[axis] = loop;
  SmallVector<Value> sizes;
  for (auto [axis, loop] : llvm::enumerate(loops)) {
    if (llvm::is_contained(op.getAxes(), static_cast<int64_t>(axis)))
      continue;
    if (type.isDynamicDim(resultLoops.size()))
      sizes.push_back(b.createOrFold<tensor::DimOp>(
          rewriter.getRemappedValue(op.getX()), axis));
    resultLoops.push_back(loop);
  }
  Value init = buildFilled(b, combiner.start(b, element, computed),
                           type.clone(computed), sizes);
  bool hides = sumsRepeatedProduct(op, op.getX(), op.getAxes());
  bool known = isa<ReduceSumOp, ReduceProdOp>(op.getOperation()) &&
               mayFoldToConstant(op.getX());
  // The index along an axis of size 1 would be known, too.
  auto xType = cast<RankedTensorType>(op.getX().getType());
  int64_t longest = 0;
  for (int64_t axis : op.getAxes())
    if (xType.getDimSize(axis) != 1)
      longest = axis;
  Value result = buildReduction(
      b, init, resultLoops, view, loops, loops.size(),
      [&](ImplicitLocOpBuilder &inner, ValueRange values) {
        Value term = widen(inner, values[0]);
        if (known)
          term = oneInEachLane(inner, term, loops[longest]);
        return combiner.combine(inner, element,
                                hides ? opaque(inner, term) : term, values[1]);
      });
  return narrowTensor(b, result, op.getType());
}

} // namespace

void xform::populateReductionToLinalg(const TypeConverter &converter,
                                      RewritePatternSet &patterns) {
  addLowering(converter, patterns, lowerReduction<ReduceSumOp>, summing);
  addLowering(converter, patterns, lowerReduction<ReduceProdOp>, multiplying);
  addLowering(converter, patterns, lowerReduction<ReduceMaxOp>, maximizing);
  addLowering(converter, patterns, lowerReduction<ReduceMinOp>, minimizing);
  addLowering(converter, patterns, lowerReduction<ReduceAndOp>,
              {combineBits<arith::AndIOp>, startAt<1>});
  addLowering(converter, patterns, lowerReduction<ReduceOrOp>,
              {combineBits<arith::OrIOp>, startAt<0>});
}
