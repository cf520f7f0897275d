//===- Convolution.cpp - conv as linalg.generic ---------------------------===//
//
// A window's elements are read where they lie, in the padded operand: nothing
// like a matrix of windows is made.
//
//===----------------------------------------------------------------------===//

#include "lowering/linalg/Patterns.h"
#include "lowering/linalg/PrimitiveLowering.h"
#include "lowering/linalg/Scalars.h"
#include "lowering/linalg/Views.h"
#include "lowering/linalg/WindowLoops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

namespace {

/// The order in which the axes of a convolution's operands and result are
/// laid out and looped over.
///
/// What is vectorized should lie innermost in rhs and result, so output
/// channels do where there are several. Where there are few, or one a group (a
/// depthwise convolution), the line of windows stays innermost. The copies cost
/// little: 3x3 windows over 64 channels run 4 times as fast.
struct ConvLayout {
  SmallVector<int64_t> lhs, rhs, result;
  bool isGiven = true;

  ConvLayout(ConvOp op, int64_t groupCount) {
    constexpr int64_t few = 4;
    RankedTensorType type = op.getType();
    int64_t rank = type.getRank(), output = groupCount + 1;
    isGiven = type.getDimSize(output) < few;
    if (isGiven) {
      lhs = rhs = result = axesUpTo(rank);
      return;
    }
    SmallVector<int64_t> spatial =
        shifted(axesUpTo(rank - groupCount - 2), groupCount + 2);
    auto layOut = [&](bool hasRows, ArrayRef<int64_t> inner) {
      SmallVector<int64_t> axes = axesUpTo(groupCount + (hasRows ? 1 : 0));
      llvm::append_range(axes, spatial);
      llvm::append_range(axes, inner);
      return axes;
    };
    lhs = layOut(/*hasRows=*/true, output);
    rhs = layOut(/*hasRows=*/false, {groupCount + 1, groupCount});
    result = layOut(/*hasRows=*/true, output);
  }
};

template <typename T>
SmallVector<T> permuted(ArrayRef<T> entries, ArrayRef<int64_t> permutation) {
  return llvm::map_to_vector(permutation,
                             [&](int64_t place) { return entries[place]; });
}

/// An operand that lies in memory, in a layout or as it is given; `indices`
/// become those of the layout.
View layOut(ImplicitLocOpBuilder &b, Value value, bool isGiven,
            ArrayRef<int64_t> layout, SmallVectorImpl<AffineExpr> &indices,
            ConversionPatternRewriter &rewriter) {
  if (isGiven) {
    View view = viewOf(value, rewriter);
    return view.source ? view : plainView(value, rewriter);
  }
  View view = plainView(TransposeOp::create(b, value, layout), rewriter);
  indices = permuted<AffineExpr>(indices, layout);
  return view;
}

/// Groups, rows, output channels and windows; within those, the input
/// channels and the elements of a window are summed over.
Value buildLoops(ImplicitLocOpBuilder &b, ConvOp op, int64_t groupCount,
                 const ConvLayout &layout, Value init,
                 ConversionPatternRewriter &rewriter) {
  MLIRContext *context = op.getContext();
  unsigned rank = op.getType().getRank();
  SmallVector<WindowAxis> axes = withoutRest(windowAxesOf(op), op.getLhs());
  // Axis i of the result runs with loop `outer[i]`.
  SmallVector<AffineExpr> outer(rank);
  for (auto [loop, axis] : llvm::enumerate(layout.result))
    outer[axis] = getAffineDimExpr(loop, context);
  // The channels are summed first as given, last when they lie innermost; one
  // needs no loop.
  auto rhsType = cast<RankedTensorType>(op.getRhs().getType());
  bool hasChannels = rhsType.getDimSize(groupCount + 1) != 1;
  unsigned first = layout.isGiven && hasChannels ? 1 : 0;
  WindowLoops loops(context, axes, ArrayRef(outer).drop_front(groupCount + 2),
                    rank + first);
  AffineExpr channel = getAffineConstantExpr(0, context);
  if (hasChannels)
    channel = getAffineDimExpr(first ? rank : loops.count++, context);

  SmallVector<AffineExpr> lhs(outer), rhs(outer);
  lhs[groupCount + 1] = rhs[groupCount + 1] = channel;
  rhs[groupCount] = outer[groupCount + 1];
  llvm::copy(loops.read, lhs.begin() + groupCount + 2);
  llvm::copy(loops.inWindow, rhs.begin() + groupCount + 2);

  Value padded = padFor(b, axes, op.getLhs(),
                        numberAttr(b, op.getType().getElementType(), 0));
  View lhsView = layOut(b, padded, layout.isGiven, layout.lhs, lhs, rewriter),
       rhsView =
           layOut(b, op.getRhs(), layout.isGiven, layout.rhs, rhs, rewriter);
  // rhs tells the sizes of what is summed over.
  for (int64_t axis = groupCount + 1; axis < rhsType.getRank(); ++axis)
    if (rhsType.getDimSize(axis) != 1 && !rhsView.hasAxis(axis))
      rhsView = plainView(op.getRhs(), rewriter);
  return buildReduction(
      b, init, loopsUpTo(rank), {lhsView, rhsView}, {lhs, rhs}, loops.count,
      [](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
        Value x = widen(inner, values[0]), y = widen(inner, values[1]);
        if (isa<FloatType>(x.getType()))
          return arith::AddFOp::create(inner, values[2],
                                       arith::MulFOp::create(inner, x, y));
        return arith::AddIOp::create(inner, values[2],
                                     arith::MulIOp::create(inner, x, y));
      });
}

FailureOr<Value> lowerConv(ImplicitLocOpBuilder &b, ConvOp op,
                           ConvOp::Adaptor adaptor,
                           ConversionPatternRewriter &rewriter) {
  RankedTensorType type = signlessType(op.getType());
  int64_t groupCount =
      type.getRank() - static_cast<int64_t>(op.getStrides().size()) - 2;
  ConvLayout layout(op, groupCount);
  RankedTensorType laidOut =
      type.clone(permuted(type.getShape(), layout.result));
  Type computed = arithmeticType(op.getType().getElementType());
  SmallVector<Value> sizes;
  for (int64_t axis : layout.result)
    if (type.isDynamicDim(axis)) {
      bool isOutput = axis == groupCount + 1;
      sizes.push_back(b.createOrFold<tensor::DimOp>(
          isOutput ? adaptor.getRhs() : adaptor.getLhs(),
          isOutput ? groupCount : axis));
    }
  Value result =
      buildFilled(b, b.getZeroAttr(computed), laidOut.clone(computed), sizes);
  auto rhs = cast<RankedTensorType>(op.getRhs().getType());
  if (rhs.getDimSize(groupCount + 1) != 0)
    result = buildLoops(b, op, groupCount, layout, result, rewriter);
  if (layout.isGiven)
    return narrowTensor(b, result, type);
  SmallVector<AffineExpr> indices = permuted<AffineExpr>(
      exprsUpTo(type.getRank(), op.getContext()), layout.result);
  View view{type.clone(computed), result, {}, indices};
  return buildElementwise(
      b, type, view, [&](ImplicitLocOpBuilder &inner, ValueRange values) {
        return narrow(inner, values[0], type.getElementType());
      });
}

} // namespace

void xform::populateConvolutionToLinalg(const TypeConverter &converter,
                                        RewritePatternSet &patterns) {
  addLowering(converter, patterns, lowerConv);
}
