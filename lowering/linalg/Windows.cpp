//===- Windows.cpp - reductions over windows as linalg.generic ------------===//
//
// A window's elements are read where they lie: window s reads element
// s * stride + k * dilation. What lies around and between the elements is made
// first, by a pad of the operand.
//
//===----------------------------------------------------------------------===//

#include "lowering/linalg/Combiners.h"
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

/// The parts of a reduction over the windows of a padded operand.
struct WindowNest {
  RankedTensorType result;
  SmallVector<AffineExpr> outer, read;
  WindowLoops loops;
  View shape;

  WindowNest(ImplicitLocOpBuilder &b, RankedTensorType result,
             ArrayRef<WindowAxis> axes)
      : result(result), outer(exprsUpTo(result.getRank(), b.getContext())),
        read(ArrayRef(outer).drop_back(axes.size())),
        loops(b.getContext(), axes, ArrayRef(outer).take_back(axes.size()),
              result.getRank()) {
    llvm::append_range(read, loops.read);
    // Nothing reads this; it tells the loops how large a window is.
    auto type = RankedTensorType::get(loops.sizes, b.getI8Type());
    Value empty =
        tensor::EmptyOp::create(b, type.getShape(), type.getElementType());
    shape = {type, empty, {}, exprsUpTo(type.getRank(), b.getContext())};
  }

  /// A tensor of the result's shape: `views`, each read at its `indices`,
  /// combined from a start. The body gets the views' elements and then the
  /// accumulator.
  Value reduce(ImplicitLocOpBuilder &b, TypedAttr start,
               ArrayRef<Value> dynamicSizes, ArrayRef<View> views,
               ArrayRef<SmallVector<AffineExpr>> indices,
               ElementFunction body) const {
    Value init = buildFilled(
        b, start, RankedTensorType::get(result.getShape(), start.getType()),
        dynamicSizes);
    SmallVector<View> all(views);
    SmallVector<SmallVector<AffineExpr>> places(indices);
    all.push_back(shape);
    places.push_back(loops.inWindow);
    return buildReduction(b, init, loopsUpTo(result.getRank()), all, places,
                          loops.count,
                          [&](ImplicitLocOpBuilder &inner, ValueRange values) {
                            SmallVector<Value> elements(values.drop_back(2));
                            elements.push_back(values.back());
                            return body(inner, elements);
                          });
  }
};

/// The sizes of the dynamic axes of a result, which are those of `x`.
SmallVector<Value> dynamicSizesOf(ImplicitLocOpBuilder &b,
                                  RankedTensorType result, Value x) {
  SmallVector<Value> sizes;
  for (int64_t axis = 0; axis < result.getRank(); ++axis)
    if (result.isDynamicDim(axis))
      sizes.push_back(b.createOrFold<tensor::DimOp>(x, axis));
  return sizes;
}

/// What a reduction pads its operand with: it starts from there, too.
TypedAttr startOf(const Combiner &combiner, OpBuilder &b, Type element) {
  TypedAttr start = combiner.start(b, element, signlessType(element));
  if (auto number = dyn_cast<IntegerAttr>(start))
    return IntegerAttr::get(element, number.getValue());
  return start;
}

template <typename OpTy>
FailureOr<Value> lowerReduceWindow(ImplicitLocOpBuilder &b, OpTy op,
                                   typename OpTy::Adaptor adaptor,
                                   ConversionPatternRewriter &rewriter,
                                   Combiner combiner) {
  Type element = op.getType().getElementType();
  RankedTensorType type = signlessType(op.getType());
  SmallVector<WindowAxis> axes = withoutRest(windowAxesOf(op), op.getX());
  Value padded = padFor(b, axes, op.getX(), startOf(combiner, b, element));
  WindowNest nest(b, type, axes);
  Value result = nest.reduce(
      b, combiner.start(b, element, arithmeticType(element)),
      dynamicSizesOf(b, type, adaptor.getX()), plainView(padded, rewriter),
      nest.read, [&](ImplicitLocOpBuilder &inner, ValueRange values) {
        return combiner.combine(inner, element, widen(inner, values[0]),
                                values[1]);
      });
  return narrowTensor(b, result, type);
}

//===----------------------------------------------------------------------===//
// Places in windows
//===----------------------------------------------------------------------===//

/// -1 - x, which exchanges places and the keys of NaN.
Value complement(ImplicitLocOpBuilder &b, Value x) {
  return arith::SubIOp::create(b, intConstant(b, b.getI32Type(), -1), x);
}

Value keyOf(ImplicitLocOpBuilder &b, Value x, Value extreme, Value place,
            int64_t none) {
  Value no = intConstant(b, b.getI32Type(), none);
  if (!isa<FloatType>(x.getType()))
    return arith::SelectOp::create(
        b, arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, extreme),
        place, no);
  Value equal = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x, extreme);
  Value isNaN = arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x, x);
  Value found = arith::SelectOp::create(b, equal, place, no);
  return arith::SelectOp::create(b, isNaN, complement(b, place), found);
}

Value placesOf(ImplicitLocOpBuilder &b, Value keys) {
  auto type = cast<RankedTensorType>(keys.getType());
  View view{type, keys, {}, exprsUpTo(type.getRank(), b.getContext())};
  return buildElementwise(
      b, type, view,
      [](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
        return arith::MaxSIOp::create(inner, values[0],
                                      complement(inner, values[0]));
      });
}

/// Finds the place of the extreme that `ReduceOp` computes. The least number
/// wins: an element equal to the extreme has its place, the k-th that is NaN,
/// which is equal to nothing, has -1 - k.
template <typename OpTy, typename ReduceOp>
FailureOr<Value> lowerWindowPlace(ImplicitLocOpBuilder &b, OpTy op,
                                  typename OpTy::Adaptor adaptor,
                                  ConversionPatternRewriter &rewriter,
                                  Combiner combiner) {
  auto xType = cast<RankedTensorType>(op.getX().getType());
  RankedTensorType type = op.getType();
  Value extreme = ReduceOp::create(
      b, op.getX(), op.getWindow(), op.getStrides(), op.getLow(), op.getHigh(),
      op.getBaseDilation(), op.getWindowDilation());
  SmallVector<WindowAxis> axes = withoutRest(windowAxesOf(op), op.getX());
  Value padded =
      padFor(b, axes, op.getX(), startOf(combiner, b, xType.getElementType()));
  WindowNest nest(b, type, axes);
  int64_t none = llvm::product_of(nest.loops.sizes);
  SmallVector<Value> sizes = dynamicSizesOf(b, type, adaptor.getX());
  auto body = [&](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
    Value place = nest.loops.place(inner);
    Value key = keyOf(inner, values[0], values[1], place, none);
    if (Value isElement = nest.loops.isElement(
            inner, axes, xType.getShape().take_back(axes.size())))
      key = arith::SelectOp::create(
          inner, isElement, key, intConstant(inner, inner.getI32Type(), none));
    return arith::MinSIOp::create(inner, key, values[2]);
  };
  Value keys =
      nest.reduce(b, b.getI32IntegerAttr(static_cast<int32_t>(none)), sizes,
                  {plainView(padded, rewriter), plainView(extreme, rewriter)},
                  {nest.read, nest.outer}, body);
  if (isa<FloatType>(xType.getElementType()))
    keys = placesOf(b, keys);
  return keys;
}

/// Of the elements of each window, the sum of those that `isMeant`.
Value sumOfMeant(ImplicitLocOpBuilder &b, const WindowNest &nest,
                 ArrayRef<Value> dynamicSizes, Type element,
                 ArrayRef<View> views,
                 ArrayRef<SmallVector<AffineExpr>> indices,
                 bool countsFromTheEnd) {
  int64_t last = llvm::product_of(nest.loops.sizes) - 1;
  auto body = [&](ImplicitLocOpBuilder &inner, ValueRange values) {
    Value place = nest.loops.place(inner);
    if (countsFromTheEnd)
      place = arith::SubIOp::create(
          inner, intConstant(inner, inner.getI32Type(), last), place);
    Value isMeant = arith::CmpIOp::create(inner, arith::CmpIPredicate::eq,
                                          values[1], place);
    Value x = widen(inner, values[0]);
    Value zero =
        arith::ConstantOp::create(inner, inner.getZeroAttr(x.getType()));
    Value term = arith::SelectOp::create(inner, isMeant, x, zero);
    return summing.combine(inner, element, term, values[2]);
  };
  return nest.reduce(b, b.getZeroAttr(arithmeticType(element)), dynamicSizes,
                     views, indices, body);
}

FailureOr<Value> lowerWindowGather(ImplicitLocOpBuilder &b, WindowGatherOp op,
                                   WindowGatherOp::Adaptor adaptor,
                                   ConversionPatternRewriter &rewriter) {
  Type element = op.getType().getElementType();
  RankedTensorType type = signlessType(op.getType());
  SmallVector<WindowAxis> axes = withoutRest(windowAxesOf(op), op.getX());
  Value padded = padFor(b, axes, op.getX(), numberAttr(b, element, 0));
  WindowNest nest(b, type, axes);
  Value result = sumOfMeant(
      b, nest, dynamicSizesOf(b, type, adaptor.getX()), element,
      {plainView(padded, rewriter), plainView(op.getIndex(), rewriter)},
      {nest.read, nest.outer}, /*countsFromTheEnd=*/false);
  return narrowTensor(b, result, type);
}

/// Whether the windows lie side by side from the first element on.
bool areSideBySide(ArrayRef<WindowAxis> axes) {
  return !axes.empty() && llvm::all_of(axes, [](const WindowAxis &axis) {
    return axis.stride == axis.size && axis.low == 0 &&
           axis.baseDilation == 1 && axis.windowDilation == 1;
  });
}

/// Scatters to windows that lie side by side: each element is its window's
/// where that names it.
Value scatterSideBySide(ImplicitLocOpBuilder &b, WindowScatterOp op,
                        ArrayRef<WindowAxis> axes) {
  RankedTensorType type = op.getType(), xType = op.getX().getType();
  size_t outer = xType.getRank() - axes.size();
  // Each axis of windows, and one of the elements of a window beside it.
  SmallVector<int64_t> shape(xType.getShape().take_front(outer)), whole(shape);
  SmallVector<int64_t> dims = axesUpTo(static_cast<int64_t>(outer));
  SmallVector<int64_t> low(type.getRank(), 0), high(low), interior(low);
  for (auto [i, axis] : llvm::enumerate(axes)) {
    int64_t count = xType.getDimSize(outer + i);
    dims.push_back(static_cast<int64_t>(shape.size()));
    llvm::append_range(shape, ArrayRef<int64_t>{count, axis.size});
    whole.push_back(count * axis.size);
    high[outer + i] = type.getDimSize(outer + i) - whole.back();
  }
  RankedTensorType split = xType.clone(shape),
                   places = split.clone(b.getI32Type());
  Value place;
  for (auto [dim, axis] :
       llvm::zip_equal(ArrayRef(dims).drop_front(outer), axes)) {
    Value own = IotaOp::create(b, places, dim + 1);
    if (place) {
      Value size = ConstantOp::create(
          b, DenseElementsAttr::get(places, static_cast<int32_t>(axis.size)));
      own = AddOp::create(b, MulOp::create(b, place, size), own);
    }
    place = own;
  }
  Value index = BroadcastInDimOp::create(b, places, op.getIndex(), dims);
  Value isNamed = EqOp::create(b, place, index);
  Value x = BroadcastInDimOp::create(b, split, op.getX(), dims);
  TypedAttr zero = numberAttr(b, type.getElementType(), 0);
  Value zeros = ConstantOp::create(
      b, DenseElementsAttr::get(split, ArrayRef<Attribute>(zero)));
  Value number = ConstantOp::create(
      b, DenseElementsAttr::get(split.clone(ArrayRef<int64_t>()),
                                ArrayRef<Attribute>(zero)));
  Value chosen = SelectOp::create(b, isNamed, x, zeros);
  Value result = ReshapeOp::create(b, xType.clone(whole), chosen);
  return PadOp::create(b, result, number, low, high, interior);
}

/// Each element of the result asks the windows that read it, backwards.
FailureOr<Value> lowerWindowScatter(ImplicitLocOpBuilder &b, WindowScatterOp op,
                                    WindowScatterOp::Adaptor adaptor,
                                    ConversionPatternRewriter &rewriter) {
  SmallVector<WindowAxis> plain = windowAxesOf(op);
  if (areSideBySide(plain) && op.getX().getType().hasStaticShape())
    return scatterSideBySide(b, op, plain);

  Type element = op.getType().getElementType();
  RankedTensorType type = signlessType(op.getType());
  SmallVector<WindowAxis> axes;
  for (auto [axis, n] : llvm::zip_equal(windowAxesOf(op), op.getSizes()))
    axes.push_back(axis.backwards(n));
  Value padded = padFor(b, axes, op.getX(), numberAttr(b, element, 0));
  Value index = padFor(b, axes, op.getIndex(), b.getI32IntegerAttr(-1));
  WindowNest nest(b, type, axes);
  Value result =
      sumOfMeant(b, nest, dynamicSizesOf(b, type, adaptor.getX()), element,
                 {plainView(padded, rewriter), plainView(index, rewriter)},
                 {nest.read, nest.read}, /*countsFromTheEnd=*/true);
  return narrowTensor(b, result, type);
}

} // namespace

void xform::populateWindowsToLinalg(const TypeConverter &converter,
                                    RewritePatternSet &patterns) {
  addLowering(converter, patterns, lowerReduceWindow<ReduceWindowSumOp>,
              summing);
  addLowering(converter, patterns, lowerReduceWindow<ReduceWindowMaxOp>,
              maximizing);
  addLowering(converter, patterns, lowerReduceWindow<ReduceWindowMinOp>,
              minimizing);
  addLowering(converter, patterns,
              lowerWindowPlace<WindowArgmaxOp, ReduceWindowMaxOp>, maximizing);
  addLowering(converter, patterns,
              lowerWindowPlace<WindowArgminOp, ReduceWindowMinOp>, minimizing);
  addLowering(converter, patterns, lowerWindowGather);
  addLowering(converter, patterns, lowerWindowScatter);
}
