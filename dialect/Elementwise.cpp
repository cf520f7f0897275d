//===- Elementwise.cpp - primitives that act element by element -----------===//

#include "dialect/Kinks.h"
#include "dialect/Ops.h"
#include "dialect/Special.h"

#include "mlir/Dialect/CommonFolders.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Elementwise.cpp.inc"
#include "dialect/ElementwiseRules.cpp.inc"

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

static LogicalResult inferComparison(Value x, SmallVectorImpl<Type> &types) {
  auto type = cast<RankedTensorType>(x.getType());
  types.push_back(type.clone(IntegerType::get(type.getContext(), 1)));
  return success();
}

#define XFORM_INFER_COMPARISON(OpTy)                                           \
  LogicalResult OpTy::inferReturnTypes(MLIRContext *, OptionalLocation,        \
                                       Adaptor adaptor,                        \
                                       SmallVectorImpl<Type> &types) {         \
    return inferComparison(adaptor.getX(), types);                             \
  }
XFORM_INFER_COMPARISON(EqOp)
XFORM_INFER_COMPARISON(NeOp)
XFORM_INFER_COMPARISON(LtOp)
XFORM_INFER_COMPARISON(LeOp)
XFORM_INFER_COMPARISON(GtOp)
XFORM_INFER_COMPARISON(GeOp)
#undef XFORM_INFER_COMPARISON

//===----------------------------------------------------------------------===//
// Folding. Only constants with one value in every element are computed:
// folding a large tensor would trade a cheap loop for a large module.
//===----------------------------------------------------------------------===//

using FloatFunction =
    llvm::function_ref<APFloat(const APFloat &, const APFloat &)>;
using IntFunction = llvm::function_ref<APInt(const APInt &, const APInt &)>;

static OpFoldResult foldSplats(Attribute lhs, Attribute rhs,
                               FloatFunction onFloats, IntFunction onInts) {
  DenseElementsAttr x = splatOf(lhs), y = splatOf(rhs);
  if (!x || !y || x.getType() != y.getType())
    return {};
  if (isa<FloatType>(x.getElementType()))
    return DenseElementsAttr::get(
        x.getType(),
        onFloats(x.getSplatValue<APFloat>(), y.getSplatValue<APFloat>()));
  return DenseElementsAttr::get(
      x.getType(), onInts(x.getSplatValue<APInt>(), y.getSplatValue<APInt>()));
}

OpFoldResult NegOp::fold(FoldAdaptor adaptor) {
  if (auto inner = getX().getDefiningOp<NegOp>())
    return inner.getX();
  return foldSplats(
      adaptor.getX(), adaptor.getX(),
      [](const APFloat &x, const APFloat &) { return neg(x); },
      [](const APInt &x, const APInt &) { return -x; });
}

OpFoldResult AddOp::fold(FoldAdaptor adaptor) {
  // x + 0.0 is not x where x is -0.0, so for floats only -0.0 is neutral.
  for (auto [zero, other] : {std::pair(getX(), getY()), {getY(), getX()}})
    if (matchPattern(zero, m_NegZeroFloat()) || matchPattern(zero, m_Zero()))
      return other;
  return foldSplats(
      adaptor.getX(), adaptor.getY(),
      [](const APFloat &x, const APFloat &y) { return x + y; },
      [](const APInt &x, const APInt &y) { return x + y; });
}

OpFoldResult SubOp::fold(FoldAdaptor adaptor) {
  if (matchPattern(getY(), m_PosZeroFloat()) || matchPattern(getY(), m_Zero()))
    return getX();
  return foldSplats(
      adaptor.getX(), adaptor.getY(),
      [](const APFloat &x, const APFloat &y) { return x - y; },
      [](const APInt &x, const APInt &y) { return x - y; });
}

OpFoldResult MulOp::fold(FoldAdaptor adaptor) {
  if (isSplat(getX(), 1))
    return getY();
  if (isSplat(getY(), 1))
    return getX();
  return foldSplats(
      adaptor.getX(), adaptor.getY(),
      [](const APFloat &x, const APFloat &y) { return x * y; },
      [](const APInt &x, const APInt &y) { return x * y; });
}

OpFoldResult DivOp::fold(FoldAdaptor adaptor) {
  if (isSplat(getY(), 1))
    return getX();
  if (!isDifferentiable(getType()))
    return {};
  return foldSplats(
      adaptor.getX(), adaptor.getY(),
      [](const APFloat &x, const APFloat &y) { return x / y; },
      [](const APInt &x, const APInt &) { return x; });
}

OpFoldResult NotOp::fold(FoldAdaptor) {
  auto inner = getX().getDefiningOp<NotOp>();
  return inner ? inner.getX() : OpFoldResult();
}

OpFoldResult SelectOp::fold(FoldAdaptor adaptor) {
  if (getX() == getY())
    return getX();
  if (DenseElementsAttr pred = splatOf(adaptor.getPred()))
    return pred.getSplatValue<bool>() ? getX() : getY();
  return {};
}

/// A number as another type; null where a float becomes an integer, which needs
/// the rules for what does not fit.
static Attribute converted(DenseElementsAttr splat, Type to) {
  Type from = splat.getElementType();
  if (auto floating = dyn_cast<FloatType>(to)) {
    APFloat number(floating.getFloatSemantics());
    bool loses = false;
    if (isa<FloatType>(from)) {
      number = splat.getSplatValue<APFloat>();
      number.convert(floating.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                     &loses);
    } else {
      bool isSigned = !from.isInteger(1) && !from.isUnsignedInteger();
      number.convertFromAPInt(splat.getSplatValue<APInt>(), isSigned,
                              APFloat::rmNearestTiesToEven);
    }
    return FloatAttr::get(to, number);
  }
  if (isa<FloatType>(from) || to.isInteger(1))
    return {};
  APInt number = splat.getSplatValue<APInt>();
  unsigned width = to.getIntOrFloatBitWidth();
  bool isSigned = !from.isInteger(1) && !from.isUnsignedInteger();
  return IntegerAttr::get(to, isSigned ? number.sextOrTrunc(width)
                                       : number.zextOrTrunc(width));
}

OpFoldResult ConvertOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  DenseElementsAttr splat = splatOf(adaptor.getX());
  if (!splat)
    return {};
  Attribute number = converted(splat, getType().getElementType());
  return number ? DenseElementsAttr::get(getType(), number) : OpFoldResult();
}

OpFoldResult IntegerPowOp::fold(FoldAdaptor) {
  if (getExponent() == 1)
    return getX();
  // x ** 0 is 1 for every x, NaN included.
  if (getExponent() != 0 || !getType().hasStaticShape())
    return {};
  Type element = getType().getElementType();
  Builder b(getContext());
  Attribute one = isa<FloatType>(element)
                      ? Attribute(b.getFloatAttr(element, 1))
                      : Attribute(b.getIntegerAttr(element, 1));
  return DenseElementsAttr::get(getType(), one);
}

//===----------------------------------------------------------------------===//
// Canonical forms
//===----------------------------------------------------------------------===//

/// x + (-y) is x - y.
LogicalResult AddOp::canonicalize(AddOp op, PatternRewriter &rewriter) {
  for (auto [x, y] : {std::pair(op.getX(), op.getY()), {op.getY(), op.getX()}})
    if (auto neg = y.getDefiningOp<NegOp>()) {
      rewriter.replaceOpWithNewOp<SubOp>(op, x, neg.getX());
      return success();
    }
  return failure();
}

/// x - (-y) is x + y, and -0.0 - y is -y (0.0 - y is not, where y is 0.0).
LogicalResult SubOp::canonicalize(SubOp op, PatternRewriter &rewriter) {
  if (auto neg = op.getY().getDefiningOp<NegOp>()) {
    rewriter.replaceOpWithNewOp<AddOp>(op, op.getX(), neg.getX());
    return success();
  }
  if (matchPattern(op.getX(), m_NegZeroFloat()) ||
      matchPattern(op.getX(), m_Zero())) {
    rewriter.replaceOpWithNewOp<NegOp>(op, op.getY());
    return success();
  }
  return failure();
}

/// (-x) * (-y) is x * y; x * -1 is -x; (-x) * c is x * (-c).
LogicalResult MulOp::canonicalize(MulOp op, PatternRewriter &rewriter) {
  for (auto [x, y] :
       {std::pair(op.getX(), op.getY()), {op.getY(), op.getX()}}) {
    if (isSplat(y, -1)) {
      rewriter.replaceOpWithNewOp<NegOp>(op, x);
      return success();
    }
    auto neg = x.getDefiningOp<NegOp>();
    if (!neg)
      continue;
    if (auto other = y.getDefiningOp<NegOp>()) {
      rewriter.replaceOpWithNewOp<MulOp>(op, neg.getX(), other.getX());
      return success();
    }
    if (y.getDefiningOp<ConstantOp>()) {
      Value negated = rewriter.createOrFold<NegOp>(op.getLoc(), y);
      rewriter.replaceOpWithNewOp<MulOp>(op, neg.getX(), negated);
      return success();
    }
  }
  return failure();
}

//===----------------------------------------------------------------------===//
// select
//===----------------------------------------------------------------------===//

LogicalResult SelectOp::verify() {
  auto pred = cast<RankedTensorType>(getPred().getType());
  if (failed(verifyCompatibleShape(pred, getX().getType())))
    return emitOpError("pred of type ")
           << pred << " must have the shape of x, of type " << getX().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// convert: linear between floating types, without derivative elsewhere
//===----------------------------------------------------------------------===//

LogicalResult ConvertOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                  SmallVectorImpl<Value> &resultTangents) {
  resultTangents.push_back(isDifferentiable(getType())
                               ? b.fold<ConvertOp>(getType(), tangents[0])
                               : Value());
  return success();
}

bool ConvertOp::isLinearIn(ArrayRef<bool>) {
  return isDifferentiable(getX().getType()) && isDifferentiable(getType());
}

LogicalResult ConvertOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                        ValueRange, ValueRange cotangents,
                                        SmallVectorImpl<Value> &results) {
  results.push_back(b.fold<ConvertOp>(getX().getType(), cotangents[0]));
  return success();
}

LogicalResult ConvertOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                      ArrayRef<bool>, int64_t size,
                                      SmallVectorImpl<Value> &results) {
  results.push_back(
      b.fold<ConvertOp>(batchedType(getType(), size), operands[0]));
  return success();
}

//===----------------------------------------------------------------------===//
// integer_pow
//===----------------------------------------------------------------------===//

LogicalResult IntegerPowOp::verify() {
  if (static_cast<int64_t>(getExponent()) < 0 && !isDifferentiable(getType()))
    return emitOpError("exponent ")
           << static_cast<int64_t>(getExponent())
           << " must not be negative for elements of type "
           << getType().getElementType();
  return success();
}

LogicalResult IntegerPowOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                     SmallVectorImpl<Value> &resultTangents) {
  int64_t n = getExponent();
  if (n == 0) {
    resultTangents.push_back(Value());
    return success();
  }
  Value factor = b.literal(std::to_string(n), getType());
  if (n != 1)
    factor = b.fold<MulOp>(
        factor,
        b.fold<IntegerPowOp>(getType(), getX(), static_cast<uint64_t>(n - 1)));
  resultTangents.push_back(b.fold<MulOp>(tangents[0], factor));
  return success();
}
