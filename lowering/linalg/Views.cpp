//===- Views.cpp - where an operand's elements lie ------------------------===//

#include "lowering/linalg/Views.h"

#include "dialect/Ops.h"
#include "lowering/linalg/Scalars.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace xform;

Type xform::signlessType(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return RankedTensorType::get(tensor.getShape(),
                                 signlessType(tensor.getElementType()),
                                 tensor.getEncoding());
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || integer.isSignless())
    return type;
  return IntegerType::get(type.getContext(), integer.getWidth());
}

TypedAttr xform::signlessAttr(TypedAttr attr) {
  Type type = signlessType(attr.getType());
  if (type == attr.getType())
    return attr;
  return IntegerAttr::get(type, cast<IntegerAttr>(attr).getValue());
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

static SmallVector<AffineExpr> exprsOf(ArrayRef<unsigned> loops,
                                       MLIRContext *context) {
  return llvm::map_to_vector(loops, [context](unsigned loop) {
    return getAffineDimExpr(loop, context);
  });
}

AffineMap View::mapFrom(unsigned loopCount, ArrayRef<unsigned> loops) const {
  return mapFrom(loopCount, exprsOf(loops, type.getContext()));
}

AffineMap View::mapFrom(unsigned loopCount, ArrayRef<AffineExpr> axes) const {
  SmallVector<AffineExpr> results;
  for (AffineExpr index : indices)
    results.push_back(index.replaceDims(axes));
  return AffineMap::get(loopCount, 0, results, type.getContext());
}

bool View::hasAxis(unsigned axis) const {
  return source &&
         llvm::is_contained(indices, getAffineDimExpr(axis, type.getContext()));
}

/// The indices into the operand of a reshape that only adds or removes axes of
/// size 1; failure for any other.
static LogicalResult
indexThroughUnitAxes(ReshapeOp op, SmallVectorImpl<AffineExpr> &indices) {
  auto from = cast<RankedTensorType>(op.getX().getType());
  RankedTensorType to = op.getType();
  if (!from.hasStaticShape() || !to.hasStaticShape())
    return failure();
  SmallVector<AffineExpr> inner;
  int64_t axis = 0;
  auto skipUnits = [&] {
    while (axis < to.getRank() && to.getDimSize(axis) == 1)
      ++axis;
  };
  for (int64_t size : from.getShape()) {
    if (size == 1) {
      inner.push_back(getAffineConstantExpr(0, op.getContext()));
      continue;
    }
    skipUnits();
    if (axis == to.getRank() || to.getDimSize(axis) != size)
      return failure();
    inner.push_back(indices[axis++]);
  }
  skipUnits();
  if (axis != to.getRank())
    return failure();
  indices = std::move(inner);
  return success();
}

/// Steps from a value to the operand it only rearranges.
static LogicalResult stepThrough(Value &value,
                                 SmallVectorImpl<AffineExpr> &indices) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return failure();
  if (auto stop = dyn_cast<StopGradientOp>(op)) {
    value = stop.getX();
    return success();
  }
  if (auto reshape = dyn_cast<ReshapeOp>(op)) {
    if (failed(indexThroughUnitAxes(reshape, indices)))
      return failure();
    value = reshape.getX();
    return success();
  }
  if (auto transpose = dyn_cast<TransposeOp>(op)) {
    SmallVector<AffineExpr> inner(indices.begin(), indices.end());
    for (auto [axis, sourceAxis] : llvm::enumerate(transpose.getPermutation()))
      inner[sourceAxis] = indices[axis];
    indices = std::move(inner);
    value = transpose.getX();
    return success();
  }
  auto broadcast = dyn_cast<BroadcastInDimOp>(op);
  if (!broadcast)
    return failure();
  auto from = cast<RankedTensorType>(broadcast.getX().getType());
  SmallVector<AffineExpr> inner;
  for (auto [axis, dim] : llvm::enumerate(broadcast.getDims())) {
    bool repeated =
        from.getDimSize(axis) == 1 && broadcast.getType().getDimSize(dim) != 1;
    inner.push_back(repeated ? getAffineConstantExpr(0, op->getContext())
                             : indices[dim]);
  }
  indices = std::move(inner);
  value = broadcast.getX();
  return success();
}

static SmallVector<AffineExpr> identityIndices(RankedTensorType type) {
  SmallVector<AffineExpr> indices;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    indices.push_back(getAffineDimExpr(axis, type.getContext()));
  return indices;
}

View xform::plainView(Value value, ConversionPatternRewriter &rewriter) {
  auto type = cast<RankedTensorType>(value.getType());
  return {type, rewriter.getRemappedValue(value), {}, identityIndices(type)};
}

View xform::viewOf(Value value, ConversionPatternRewriter &rewriter) {
  View view{cast<RankedTensorType>(value.getType()), {}, {}, {}};
  view.indices = identityIndices(view.type);
  while (succeeded(stepThrough(value, view.indices)))
    continue;
  if (auto iota = value.getDefiningOp<IotaOp>()) {
    view.indices = {view.indices[iota.getAxis()]};
    return view;
  }
  DenseElementsAttr elements;
  if (matchPattern(value, m_Constant(&elements)) && elements.isSplat()) {
    view.splat = signlessAttr(elements.getSplatValue<TypedAttr>());
    view.indices.clear();
    return view;
  }
  view.source = rewriter.getRemappedValue(value);
  return view;
}

bool xform::hasUnknownSize(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.hasStaticShape())
    return false;
  SmallVector<AffineExpr> indices = identityIndices(type);
  while (succeeded(stepThrough(value, indices)))
    continue;
  if (value.getDefiningOp<IotaOp>())
    return true;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.isDynamicDim(axis) &&
        !llvm::is_contained(indices, getAffineDimExpr(axis, type.getContext())))
      return true;
  return false;
}

std::optional<SmallVector<Value>> xform::dynamicSizes(ImplicitLocOpBuilder &b,
                                                      RankedTensorType type,
                                                      ArrayRef<View> views) {
  SmallVector<Value> sizes;
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    if (!type.isDynamicDim(axis))
      continue;
    AffineExpr dim = getAffineDimExpr(axis, b.getContext());
    Value size;
    for (const View &view : views) {
      if (!view.hasAxis(axis))
        continue;
      int64_t place = llvm::find(view.indices, dim) - view.indices.begin();
      size = b.createOrFold<tensor::DimOp>(view.source, place);
      break;
    }
    if (!size)
      return std::nullopt;
    sizes.push_back(size);
  }
  return sizes;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

SmallVector<unsigned> xform::axesInMemoryOrder(const View &view) {
  SmallVector<unsigned> order;
  for (unsigned axis = 0; axis < view.type.getRank(); ++axis)
    if (!view.hasAxis(axis))
      order.push_back(axis);
  for (AffineExpr index : view.indices)
    if (auto dim = dyn_cast<AffineDimExpr>(index); dim && view.source)
      order.push_back(dim.getPosition());
  return order;
}

/// One linalg.generic. The body gets an element a view, then, if `accumulates`,
/// init's.
static Value buildGeneric(ImplicitLocOpBuilder &b, Value init,
                          ArrayRef<unsigned> resultLoops, ArrayRef<View> views,
                          ArrayRef<SmallVector<AffineExpr>> axes,
                          unsigned loopCount, bool accumulates,
                          ElementFunction body) {
  auto type = cast<RankedTensorType>(init.getType());
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  SmallVector<std::optional<unsigned>> inputOf;
  for (auto [view, viewAxes] : llvm::zip_equal(views, axes)) {
    inputOf.emplace_back();
    if (!view.source)
      continue;
    AffineMap map = view.mapFrom(loopCount, viewAxes);
    unsigned place = 0;
    while (place < inputs.size() &&
           (inputs[place] != view.source || maps[place] != map))
      ++place;
    if (place == inputs.size()) {
      inputs.push_back(view.source);
      maps.push_back(map);
    }
    inputOf.back() = place;
  }
  maps.push_back(AffineMap::getMultiDimMapWithTargets(loopCount, resultLoops,
                                                      b.getContext()));
  SmallVector<utils::IteratorType> iterators(loopCount,
                                             utils::IteratorType::reduction);
  for (unsigned loop : resultLoops)
    iterators[loop] = utils::IteratorType::parallel;

  auto buildBody = [&](OpBuilder &builder, Location loc, ValueRange arguments) {
    ImplicitLocOpBuilder inner(loc, builder);
    SmallVector<Value> elements;
    for (auto [view, viewAxes, input] : llvm::zip_equal(views, axes, inputOf)) {
      if (input) {
        elements.push_back(arguments[*input]);
      } else if (view.splat) {
        elements.push_back(arith::ConstantOp::create(inner, view.splat));
      } else {
        AffineExpr index = view.mapFrom(loopCount, viewAxes).getResult(0);
        Value number;
        if (auto dim = dyn_cast<AffineDimExpr>(index))
          number = linalg::IndexOp::create(inner, dim.getPosition());
        else
          number = arith::ConstantIndexOp::create(inner, 0);
        elements.push_back(
            indexToElement(inner, number, view.type.getElementType()));
      }
    }
    if (accumulates)
      elements.push_back(arguments.back());
    linalg::YieldOp::create(inner, body(inner, elements));
  };
  return linalg::GenericOp::create(b, type, inputs, init, maps, iterators,
                                   buildBody)
      .getResult(0);
}

Value xform::buildElementwise(ImplicitLocOpBuilder &b, RankedTensorType type,
                              ArrayRef<View> views, ElementFunction body) {
  std::optional<SmallVector<Value>> sizes = dynamicSizes(b, type, views);
  if (!sizes)
    return {};
  Value init = tensor::EmptyOp::create(b, type.getShape(),
                                       type.getElementType(), *sizes);
  auto loops = llvm::to_vector(llvm::seq<unsigned>(0, type.getRank()));
  SmallVector<SmallVector<AffineExpr>> axes(views.size(),
                                            exprsOf(loops, b.getContext()));
  return buildGeneric(b, init, loops, views, axes, type.getRank(),
                      /*accumulates=*/false, body);
}

Value xform::buildReduction(ImplicitLocOpBuilder &b, Value init,
                            ArrayRef<unsigned> resultLoops,
                            ArrayRef<View> views,
                            ArrayRef<SmallVector<unsigned>> loops,
                            unsigned loopCount, ElementFunction body) {
  SmallVector<SmallVector<AffineExpr>> axes;
  for (ArrayRef<unsigned> viewLoops : loops)
    axes.push_back(exprsOf(viewLoops, b.getContext()));
  return buildReduction(b, init, resultLoops, views, axes, loopCount, body);
}

Value xform::buildReduction(ImplicitLocOpBuilder &b, Value init,
                            ArrayRef<unsigned> resultLoops,
                            ArrayRef<View> views,
                            ArrayRef<SmallVector<AffineExpr>> indices,
                            unsigned loopCount, ElementFunction body) {
  return buildGeneric(b, init, resultLoops, views, indices, loopCount,
                      /*accumulates=*/true, body);
}

Value xform::narrowTensor(ImplicitLocOpBuilder &b, Value value,
                          RankedTensorType type) {
  type = cast<RankedTensorType>(signlessType(type));
  auto wide = cast<RankedTensorType>(value.getType());
  if (wide == type)
    return value;
  View view{wide, value, {}, identityIndices(wide)};
  return buildElementwise(
      b, type, view, [&](ImplicitLocOpBuilder &inner, ValueRange values) {
        return narrow(inner, values[0], type.getElementType());
      });
}

Value xform::buildFilled(ImplicitLocOpBuilder &b, TypedAttr number,
                         RankedTensorType type, ValueRange sizes) {
  Value empty =
      tensor::EmptyOp::create(b, type.getShape(), type.getElementType(), sizes);
  Value scalar = arith::ConstantOp::create(b, number);
  return linalg::FillOp::create(b, scalar, empty).getResult(0);
}
