//===- Shape.cpp - moving elements with tensor and linalg -----------------===//

#include "dialect/Ops.h"
#include "lowering/iree/OptimizationBarrier.h"
#include "lowering/linalg/IndexReading.h"
#include "lowering/linalg/Patterns.h"
#include "lowering/linalg/PrimitiveLowering.h"
#include "lowering/linalg/Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;
using namespace xform;

static Value forward(ImplicitLocOpBuilder &, ValueRange elements) {
  return elements[0];
}

namespace {

//===----------------------------------------------------------------------===//
// broadcast_in_dim, transpose: a copy, where no loop reads through them
//===----------------------------------------------------------------------===//

template <typename OpTy>
FailureOr<Value> lowerView(ImplicitLocOpBuilder &b, OpTy op,
                           typename OpTy::Adaptor,
                           ConversionPatternRewriter &rewriter) {
  return buildElementwise(b, signlessType(op.getType()),
                          viewOf(op.getResult(), rewriter), forward);
}

//===----------------------------------------------------------------------===//
// reverse
//===----------------------------------------------------------------------===//

/// Where the element at an index of a slice is in what it is cut from.
Value inSource(ImplicitLocOpBuilder &b, Value index, int64_t start,
               int64_t stride) {
  Value scaled = b.createOrFold<arith::MulIOp>(
      index, arith::ConstantIndexOp::create(b, stride));
  return b.createOrFold<arith::AddIOp>(
      scaled, arith::ConstantIndexOp::create(b, start));
}

/// Reads each element by its index: an indexing map that runs backwards does
/// not survive tiling. A slice is read through too, as `elementAt` does.
FailureOr<Value> lowerReverse(ImplicitLocOpBuilder &b, ReverseOp op,
                              ReverseOp::Adaptor adaptor,
                              ConversionPatternRewriter &rewriter) {
  auto type = cast<RankedTensorType>(adaptor.getX().getType());
  Value one = arith::ConstantIndexOp::create(b, 1);
  SmallVector<Value> lasts(type.getRank());
  for (int64_t axis : op.getAxes())
    lasts[axis] = b.createOrFold<arith::SubIOp>(
        b.createOrFold<tensor::DimOp>(adaptor.getX(), axis), one);
  auto slice = op.getX().getDefiningOp<SliceOp>();
  Value source =
      slice ? rewriter.getRemappedValue(slice.getX()) : adaptor.getX();
  std::optional<SmallVector<Value>> sizes =
      dynamicSizes(b, type, plainView(op.getX(), rewriter));
  Value init = tensor::EmptyOp::create(b, type.getShape(),
                                       type.getElementType(), *sizes);
  SmallVector<AffineMap> maps = {b.getMultiDimIdentityMap(type.getRank())};
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  auto buildBody = [&](OpBuilder &builder, Location loc, ValueRange) {
    ImplicitLocOpBuilder inner(loc, builder);
    SmallVector<Value> indices;
    for (auto [axis, last] : llvm::enumerate(lasts)) {
      Value index = linalg::IndexOp::create(inner, axis);
      if (last)
        index = arith::SubIOp::create(inner, last, index);
      if (slice)
        index = inSource(inner, index, slice.getStarts()[axis],
                         slice.getStrides()[axis]);
      indices.push_back(index);
    }
    linalg::YieldOp::create(inner, elementAt(inner, source, indices));
  };
  return linalg::GenericOp::create(b, type, ValueRange(), init, maps, iterators,
                                   buildBody)
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

/// Casts between static and dynamic sizes where the types differ.
Value castTo(ImplicitLocOpBuilder &b, Value value, RankedTensorType type) {
  return value.getType() == type
             ? value
             : Value(tensor::CastOp::create(b, type, value));
}

ReassociationIndices allAxes(RankedTensorType type) {
  return llvm::to_vector<2>(llvm::seq<int64_t>(0, type.getRank()));
}

/// The elements in one axis.
Value flatten(ImplicitLocOpBuilder &b, Value x) {
  auto type = cast<RankedTensorType>(x.getType());
  if (type.getRank() == 1)
    return x;
  if (type.getRank() == 0)
    return tensor::ExpandShapeOp::create(
        b, RankedTensorType::get({1}, type.getElementType()), x,
        ArrayRef<ReassociationIndices>{});
  SmallVector<ReassociationIndices> groups = {allAxes(type)};
  return tensor::CollapseShapeOp::create(b, x, groups);
}

/// One axis split into the axes of `type`, of which one may be dynamic.
Value unflatten(ImplicitLocOpBuilder &b, Value x, RankedTensorType type) {
  int64_t known = 1;
  for (int64_t size : type.getShape())
    known *= ShapedType::isDynamic(size) ? 1 : size;
  bool isStatic = type.hasStaticShape();
  auto flat = RankedTensorType::get({isStatic ? known : ShapedType::kDynamic},
                                    type.getElementType());
  x = castTo(b, x, flat);
  if (type.getRank() == 1)
    return x;
  if (type.getRank() == 0)
    return tensor::CollapseShapeOp::create(b, type, x,
                                           ArrayRef<ReassociationIndices>{});
  SmallVector<OpFoldResult> sizes;
  for (int64_t size : type.getShape()) {
    if (ShapedType::isDynamic(size)) {
      Value total = tensor::DimOp::create(b, x, 0);
      sizes.push_back(Value(arith::DivUIOp::create(
          b, total, arith::ConstantIndexOp::create(b, known))));
    } else {
      sizes.push_back(b.getIndexAttr(size));
    }
  }
  SmallVector<ReassociationIndices> groups = {allAxes(type)};
  return tensor::ExpandShapeOp::create(b, type, x, groups, sizes);
}

FailureOr<Value> lowerReshape(ImplicitLocOpBuilder &b, ReshapeOp op,
                              ReshapeOp::Adaptor adaptor,
                              ConversionPatternRewriter &) {
  Value x = adaptor.getX();
  auto from = cast<RankedTensorType>(x.getType());
  RankedTensorType to = signlessType(op.getType());
  bool isStatic = from.hasStaticShape() && to.hasStaticShape();
  if (isStatic && to.getNumElements() == 0)
    return Value(tensor::EmptyOp::create(b, to, ValueRange()));
  if (isStatic && from.getRank() != to.getRank()) {
    if (auto groups = getReassociationIndicesForReshape(from, to)) {
      if (from.getRank() > to.getRank())
        return Value(tensor::CollapseShapeOp::create(b, to, x, *groups));
      return Value(tensor::ExpandShapeOp::create(b, to, x, *groups));
    }
  }
  int64_t staticCount = 1, dynamicAxes = 0;
  for (int64_t size : to.getShape()) {
    dynamicAxes += ShapedType::isDynamic(size);
    staticCount *= ShapedType::isDynamic(size) ? 1 : size;
  }
  if (dynamicAxes > 1 || (dynamicAxes == 1 && staticCount == 0))
    return op.emitOpError("cannot tell the dynamic sizes of ")
           << op.getType() << " from those of " << op.getX().getType();
  return unflatten(b, flatten(b, x), to);
}

//===----------------------------------------------------------------------===//
// slice, concatenate
//===----------------------------------------------------------------------===//

SmallVector<OpFoldResult> indexAttrs(OpBuilder &b, ArrayRef<int64_t> numbers) {
  return getAsIndexOpFoldResult(b.getContext(), numbers);
}

/// The sizes of a tensor, static ones as attributes.
SmallVector<OpFoldResult> sizesOf(ImplicitLocOpBuilder &b, Value tensor) {
  return tensor::getMixedSizes(b, b.getLoc(), tensor);
}

FailureOr<Value> lowerSlice(ImplicitLocOpBuilder &b, SliceOp op,
                            SliceOp::Adaptor adaptor,
                            ConversionPatternRewriter &) {
  return Value(tensor::ExtractSliceOp::create(
      b, adaptor.getX(), indexAttrs(b, op.getStarts()),
      indexAttrs(b, op.getType().getShape()), indexAttrs(b, op.getStrides())));
}

FailureOr<Value> lowerConcatenate(ImplicitLocOpBuilder &b, ConcatenateOp op,
                                  ConcatenateOp::Adaptor adaptor,
                                  ConversionPatternRewriter &) {
  RankedTensorType type = signlessType(op.getType());
  int64_t axis = op.getAxis();
  auto sum = [&](OpFoldResult x, OpFoldResult y) -> OpFoldResult {
    auto i = getConstantIntValue(x), j = getConstantIntValue(y);
    if (i && j)
      return b.getIndexAttr(*i + *j);
    return Value(arith::AddIOp::create(
        b, getValueOrCreateConstantIndexOp(b, b.getLoc(), x),
        getValueOrCreateConstantIndexOp(b, b.getLoc(), y)));
  };
  SmallVector<OpFoldResult> starts = {b.getIndexAttr(0)};
  for (Value x : adaptor.getXs())
    starts.push_back(sum(starts.back(), sizesOf(b, x)[axis]));
  SmallVector<OpFoldResult> sizes = sizesOf(b, adaptor.getXs().front());
  sizes[axis] = starts.back();
  Value result = tensor::EmptyOp::create(b, sizes, type.getElementType());
  SmallVector<OpFoldResult> zeros(type.getRank(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> ones(type.getRank(), b.getIndexAttr(1));
  for (auto [x, start] : llvm::zip(adaptor.getXs(), starts)) {
    if (cast<RankedTensorType>(x.getType()).getDimSize(axis) == 0)
      continue;
    SmallVector<OpFoldResult> offsets(zeros);
    offsets[axis] = start;
    result = tensor::InsertSliceOp::create(b, x, result, offsets, sizesOf(b, x),
                                           ones);
  }
  return castTo(b, result, type);
}

//===----------------------------------------------------------------------===//
// pad
//===----------------------------------------------------------------------===//

bool isZero(Value number) {
  return matchPattern(number, m_AnyZeroFloat()) ||
         matchPattern(number, m_Zero());
}

Value pad(ImplicitLocOpBuilder &b, PadOp op, Value x, Value number) {
  RankedTensorType type = signlessType(op.getType());
  return tensor::PadOp::create(b, type.clone(number.getType()), x,
                               indexAttrs(b, op.getLow()),
                               indexAttrs(b, op.getHigh()), number);
}

Value cast16(ImplicitLocOpBuilder &b, Value x, Type element) {
  auto type = cast<RankedTensorType>(x.getType());
  View view{type, x, {}, {}};
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    view.indices.push_back(b.getAffineDimExpr(axis));
  return buildElementwise(
      b, type.clone(element), view,
      [&](ImplicitLocOpBuilder &inner, ValueRange elements) -> Value {
        return arith::BitcastOp::create(inner, element, elements[0]);
      });
}

/// IREE 3.13 makes one array of two pads with one constant that is not zero,
/// and writes both operands into it; so the number is hidden from it. It
/// cannot pass a float of 16 bits to a fill, but its bits.
Value padApart(ImplicitLocOpBuilder &b, PadOp op, Value x, Value number) {
  Type element = number.getType();
  if (!isa<Float16Type, BFloat16Type>(element))
    return pad(b, op, x, createOptimizationBarrier(b, number));
  Type bits = b.getI16Type();
  Value hidden = createOptimizationBarrier(
      b, b.createOrFold<arith::BitcastOp>(bits, number));
  return cast16(b, pad(b, op, cast16(b, x, bits), hidden), element);
}

/// The result with the padding value everywhere.
Value fill(ImplicitLocOpBuilder &b, PadOp op, Value x, const View &value,
           RankedTensorType type) {
  SmallVector<Value> sizes;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.isDynamicDim(axis))
      sizes.push_back(arith::AddIOp::create(
          b, b.createOrFold<tensor::DimOp>(x, axis),
          arith::ConstantIndexOp::create(b, op.getLow()[axis] +
                                                op.getHigh()[axis])));
  if (value.splat)
    return buildFilled(b, value.splat, type, sizes);
  Value empty =
      tensor::EmptyOp::create(b, type.getShape(), type.getElementType(), sizes);
  return linalg::BroadcastOp::create(
             b, value.source, empty,
             llvm::to_vector(llvm::seq<int64_t>(0, type.getRank())))
      ->getResult(0);
}

/// Writes those elements of `x` that stay into their places.
Value place(ImplicitLocOpBuilder &b, Value x, Value into, PadOp op,
            RankedTensorType from) {
  SmallVector<OpFoldResult> sizes = sizesOf(b, x), first, offsets, strides,
                            ones;
  for (auto [axis, low, interior] :
       llvm::enumerate(op.getLow(), op.getInterior())) {
    int64_t step = interior + 1, begin = 0;
    if (!from.isDynamicDim(axis)) {
      // Element i lands on low + i * step, kept where that is in the result.
      int64_t limit = op.getType().getDimSize(axis),
              size = from.getDimSize(axis);
      begin = low < 0 ? llvm::divideCeil(-low, step) : 0;
      int64_t end = limit > low ? llvm::divideCeil(limit - low, step) : 0;
      int64_t count = std::max<int64_t>(std::min(end, size) - begin, 0);
      if (count == 0)
        return into;
      sizes[axis] = b.getIndexAttr(count);
    }
    first.push_back(b.getIndexAttr(begin));
    offsets.push_back(b.getIndexAttr(low + begin * step));
    strides.push_back(b.getIndexAttr(step));
    ones.push_back(b.getIndexAttr(1));
  }
  Value kept = tensor::ExtractSliceOp::create(b, x, first, sizes, ones);
  // Where nothing is added, cutting is all.
  if (kept.getType() == into.getType() && op.getType().hasStaticShape())
    return kept;
  return tensor::InsertSliceOp::create(b, kept, into, offsets, sizes, strides);
}

FailureOr<Value> lowerPad(ImplicitLocOpBuilder &b, PadOp op,
                          PadOp::Adaptor adaptor,
                          ConversionPatternRewriter &rewriter) {
  RankedTensorType type = signlessType(op.getType());
  auto from = cast<RankedTensorType>(op.getX().getType());
  for (auto [axis, low, high, interior] :
       llvm::enumerate(op.getLow(), op.getHigh(), op.getInterior()))
    if (from.isDynamicDim(axis) && (low < 0 || high < 0 || interior != 0))
      return op.emitOpError("cannot cut or spread the dynamic axis ")
             << axis << " of " << from;

  View value = viewOf(op.getValue(), rewriter);
  Value x = adaptor.getX();
  // Nothing can be written next to an axis's last element, not even nothing.
  if (llvm::is_contained(from.getShape(), 0))
    return fill(b, op, x, value, type);
  auto isNegative = [](int64_t n) { return n < 0; };
  if (value.splat && llvm::none_of(op.getLow(), isNegative) &&
      llvm::none_of(op.getHigh(), isNegative) &&
      llvm::all_of(op.getInterior(), [](int64_t n) { return n == 0; })) {
    Value number = arith::ConstantOp::create(b, value.splat);
    return isZero(number) ? pad(b, op, x, number) : padApart(b, op, x, number);
  }
  Value filled = fill(b, op, x, value, type);
  return place(b, x, filled, op, from);
}

} // namespace

/// The pad of which a value is a view, if it is one.
static tensor::PadOp padBehind(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto pad = dyn_cast<tensor::PadOp>(op))
      return pad;
    if (!isa<tensor::ExtractSliceOp, tensor::CastOp, tensor::CollapseShapeOp,
             tensor::ExpandShapeOp>(op))
      break;
    value = op->getOperand(0);
  }
  return {};
}

void xform::writeOutSpreadPads(Operation *root) {
  llvm::SetVector<Operation *> pads;
  root->walk([&](tensor::InsertSliceOp insertion) {
    if (tensor::PadOp pad = padBehind(insertion.getSource());
        pad && !insertion.hasUnitStride() && pad.getType().hasStaticShape())
      pads.insert(pad);
  });
  for (Operation *op : pads) {
    auto pad = cast<tensor::PadOp>(op);
    Value number = pad.getConstantPaddingValue();
    if (!number)
      continue;
    ImplicitLocOpBuilder b(pad.getLoc(), pad);
    Value empty = tensor::EmptyOp::create(b, pad.getType().getShape(),
                                          pad.getType().getElementType());
    Value filled = linalg::FillOp::create(b, number, empty).getResult(0);
    SmallVector<OpFoldResult> ones(pad.getType().getRank(), b.getIndexAttr(1));
    pad.replaceAllUsesWith(tensor::InsertSliceOp::create(
                               b, pad.getSource(), filled, pad.getMixedLowPad(),
                               sizesOf(b, pad.getSource()), ones)
                               .getResult());
    pad.erase();
  }
}

void xform::populateShapeToLinalg(const TypeConverter &converter,
                                  RewritePatternSet &patterns) {
  addLowering(converter, patterns, lowerView<BroadcastInDimOp>);
  addLowering(converter, patterns, lowerView<TransposeOp>);
  addLowering(converter, patterns, lowerReverse);
  addLowering(converter, patterns, lowerReshape);
  addLowering(converter, patterns, lowerSlice);
  addLowering(converter, patterns, lowerConcatenate);
  addLowering(converter, patterns, lowerPad);
}
