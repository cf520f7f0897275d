//===- Simplify.cpp - --xform-simplify ------------------------------------===//
//
// The canonical forms of single operations are with the operations; here are
// those that look at several.
//
//===----------------------------------------------------------------------===//

#include "lowering/Simplify.h"

#include "dialect/Ops.h"
#include "lowering/EvenPowers.h"
#include "lowering/KinkProducts.h"
#include "lowering/Passes.h"

#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_DEF_XFORMSIMPLIFY
#include "lowering/Passes.h.inc"
} // namespace xform

using namespace xform;

static int64_t rankOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getRank();
}

static DenseElementsAttr splatOf(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  auto elements =
      constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : nullptr;
  return elements && elements.isSplat() ? elements : DenseElementsAttr();
}

namespace {

/// An elementwise op on broadcasts of one shape is a broadcast of the op: it
/// then runs once an element and not once a repetition.
struct SinkBroadcast : OpTraitRewritePattern<OpTrait::Elementwise> {
  using OpTraitRewritePattern::OpTraitRewritePattern;
  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (op->getNumResults() != 1 || op->getNumOperands() == 0)
      return failure();
    BroadcastInDimOp model;
    for (Value operand : op->getOperands()) {
      if (auto broadcast = operand.getDefiningOp<BroadcastInDimOp>()) {
        if (model && (model.getDims() != broadcast.getDims() ||
                      shapeOf(model.getX()) != shapeOf(broadcast.getX())))
          return failure();
        model = broadcast;
      } else if (!splatOf(operand)) {
        return failure();
      }
    }
    if (!model)
      return failure();
    ArrayRef<int64_t> shape = shapeOf(model.getX());
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      if (auto broadcast = operand.getDefiningOp<BroadcastInDimOp>()) {
        operands.push_back(broadcast.getX());
        continue;
      }
      DenseElementsAttr splat = splatOf(operand);
      operands.push_back(
          ConstantOp::create(rewriter, op->getLoc(),
                             splat.resizeSplat(splat.getType().clone(shape))));
    }
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    OperationState state(op->getLoc(), op->getName(), operands,
                         {type.clone(shape)},
                         op->getAttrDictionary().getValue());
    Value narrow = rewriter.create(state)->getResult(0);
    rewriter.replaceOpWithNewOp<BroadcastInDimOp>(op, type, narrow,
                                                  model.getDims());
    return success();
  }

  static ArrayRef<int64_t> shapeOf(Value value) {
    return cast<RankedTensorType>(value.getType()).getShape();
  }
};

/// Square matrices that are zero off their diagonal by the way they are
/// written: the seed of a Jacobian, an identity, and what elementwise
/// operations make of it.
struct Diagonal {
  static bool is(Value value) { return is(value, /*depth=*/0); }

  static bool isIdentity(Value value) {
    // convert(iota 0 == iota 1), the form in which a basis is written.
    auto convert = value.getDefiningOp<ConvertOp>();
    auto eq = convert ? convert.getX().getDefiningOp<EqOp>() : EqOp();
    auto x = eq ? eq.getX().getDefiningOp<IotaOp>() : IotaOp();
    auto y = eq ? eq.getY().getDefiningOp<IotaOp>() : IotaOp();
    if (!x || !y || x.getAxis() == y.getAxis())
      return false;
    ArrayRef<int64_t> shape = convert.getType().getShape();
    return shape.size() == 2 && shape[0] == shape[1];
  }

  /// The elements on the diagonal of such a matrix.
  static Value elements(OpBuilder &builder, Location loc, Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    auto line = type.clone(type.getShape().take_front());
    if (isIdentity(value))
      return ConstantOp::create(
          builder, loc,
          DenseElementsAttr::get(
              line, builder.getFloatAttr(type.getElementType(), 1)));
    if (auto broadcast = value.getDefiningOp<BroadcastInDimOp>()) {
      Value x = broadcast.getX();
      if (x.getType() == line)
        return x;
      return BroadcastInDimOp::create(builder, loc, line, x,
                                      ArrayRef<int64_t>());
    }
    if (DenseElementsAttr constant = splatOf(value))
      return ConstantOp::create(builder, loc, constant.resizeSplat(line));
    SmallVector<Value> operands;
    Operation *op = value.getDefiningOp();
    for (Value operand : op->getOperands())
      operands.push_back(elements(builder, loc, operand));
    OperationState state(loc, op->getName(), operands, {line});
    return builder.create(state)->getResult(0);
  }

private:
  static bool is(Value value, unsigned depth) {
    constexpr unsigned kDeepest = 8;
    if (depth > kDeepest)
      return false;
    if (isIdentity(value))
      return isa<FloatType>(getElementTypeOrSelf(value.getType()));
    Operation *op = value.getDefiningOp();
    if (isa_and_nonnull<AddOp, SubOp, NegOp>(op))
      return llvm::all_of(op->getOperands(),
                          [&](Value x) { return is(x, depth + 1); });
    if (auto mul = value.getDefiningOp<MulOp>())
      return (is(mul.getX(), depth + 1) && isLine(mul.getY())) ||
             (isLine(mul.getX()) && is(mul.getY(), depth + 1));
    return false;
  }

  /// Whether all rows or all columns of a matrix are alike.
  static bool isLine(Value value) {
    auto broadcast = value.getDefiningOp<BroadcastInDimOp>();
    return (broadcast && broadcast.getDims().size() <= 1 &&
            broadcast.getType().getRank() == 2) ||
           splatOf(value);
  }
};

} // namespace

/// A contraction with a diagonal matrix scales the other operand along the
/// contracted axis and moves that to the matrix's free one.
static LogicalResult dotOfDiagonal(DotGeneralOp op, PatternRewriter &rewriter) {
  if (!op.getLhsBatch().empty() || op.getLhsContracting().size() != 1)
    return failure();
  bool ofLhs = Diagonal::is(op.getLhs());
  if (!ofLhs && !Diagonal::is(op.getRhs()))
    return failure();
  Value diagonal = ofLhs ? op.getLhs() : op.getRhs();
  Value other = ofLhs ? op.getRhs() : op.getLhs();
  int64_t axis = ofLhs ? op.getRhsContracting()[0] : op.getLhsContracting()[0];
  int64_t rank = rankOf(other);
  SmallVector<int64_t> permutation = otherAxes(rank, axis);
  permutation.insert(ofLhs ? permutation.begin() : permutation.end(), axis);
  Value moved = TransposeOp::create(rewriter, op.getLoc(), other, permutation);
  if (Diagonal::isIdentity(diagonal)) {
    rewriter.replaceOp(op, moved);
    return success();
  }
  Value scale = BroadcastInDimOp::create(
      rewriter, op.getLoc(), op.getType(),
      Diagonal::elements(rewriter, op.getLoc(), diagonal),
      ArrayRef<int64_t>(ofLhs ? 0 : rank - 1));
  rewriter.replaceOpWithNewOp<MulOp>(op, moved, scale);
  return success();
}

/// A diagonal matrix is its own transpose.
static LogicalResult transposeOfDiagonal(TransposeOp op,
                                         PatternRewriter &rewriter) {
  if (!Diagonal::is(op.getX()))
    return failure();
  rewriter.replaceOp(op, op.getX());
  return success();
}

/// A transposed contraction takes its operands in the order in which the last
/// axis of the transpose is the contraction's last, so lines stay lines.
static LogicalResult transposeOfDot(TransposeOp op, PatternRewriter &rewriter) {
  auto dot = op.getX().getDefiningOp<DotGeneralOp>();
  ArrayRef<int64_t> permutation = op.getPermutation();
  int64_t rank = permutation.size();
  if (!dot || !dot->hasOneUse() || permutation.back() == rank - 1)
    return failure();
  int64_t batchCount = dot.getLhsBatch().size();
  int64_t rhsFree = rankOf(dot.getRhs()) - batchCount -
                    static_cast<int64_t>(dot.getRhsContracting().size());
  int64_t lhsFree = rank - batchCount - rhsFree;
  SmallVector<int64_t> exchanged;
  for (int64_t axis : permutation) {
    if (axis >= batchCount + lhsFree)
      axis -= lhsFree;
    else if (axis >= batchCount)
      axis += rhsFree;
    exchanged.push_back(axis);
  }
  if (exchanged.back() != rank - 1)
    return failure();
  Value swapped = DotGeneralOp::create(
      rewriter, dot.getLoc(), dot.getRhs(), dot.getLhs(), dot.getRhsBatch(),
      dot.getLhsBatch(), dot.getRhsContracting(), dot.getLhsContracting());
  rewriter.replaceOpWithNewOp<TransposeOp>(op, swapped, exchanged);
  return success();
}

/// Whether the axes of a transpose that are left lie as in its operand.
static bool keepsOrder(TransposeOp transpose, ArrayRef<int64_t> axes) {
  SmallVector<int64_t> left;
  for (auto [place, axis] : llvm::enumerate(transpose.getPermutation()))
    if (!llvm::is_contained(axes, static_cast<int64_t>(place)))
      left.push_back(axis);
  return llvm::is_sorted(left);
}

/// The operand summed over those of its free axes, which are the
/// contraction's from `place` on, that `axes` names; its other axes move up.
static Value sumOver(PatternRewriter &rewriter, Value operand,
                     ArrayRef<int64_t> axes, int64_t &place,
                     SmallVectorImpl<int64_t> &batch,
                     SmallVectorImpl<int64_t> &contracting) {
  SmallVector<int64_t> gone, places;
  for (int64_t axis : axesUpTo(rankOf(operand))) {
    places.push_back(axis - static_cast<int64_t>(gone.size()));
    if (!llvm::is_contained(batch, axis) &&
        !llvm::is_contained(contracting, axis) &&
        llvm::is_contained(axes, place++))
      gone.push_back(axis);
  }
  if (gone.empty())
    return operand;
  for (SmallVectorImpl<int64_t> *named : {&batch, &contracting})
    for (int64_t &axis : *named)
      axis = places[axis];
  return ReduceSumOp::create(rewriter, operand.getLoc(), operand, gone);
}

/// A sum over free axes of a contraction is the contraction of the sum: of a
/// batch of cotangents, only their sum meets the matrix.
static LogicalResult sumOfDot(ReduceSumOp op, PatternRewriter &rewriter) {
  SmallVector<int64_t> axes(op.getAxes());
  Value summed = op.getX();
  if (auto transpose = summed.getDefiningOp<TransposeOp>()) {
    if (!transpose->hasOneUse() || !keepsOrder(transpose, axes))
      return failure();
    for (int64_t &axis : axes)
      axis = transpose.getPermutation()[axis];
    llvm::sort(axes);
    summed = transpose.getX();
  }
  auto dot = summed.getDefiningOp<DotGeneralOp>();
  if (!dot || !dot->hasOneUse() || axes.empty())
    return failure();
  // The sum over an operand may leave the range of 16 bits.
  if (getElementTypeOrSelf(op.getType()).getIntOrFloatBitWidth() == 16)
    return failure();
  int64_t batchCount = dot.getLhsBatch().size();
  if (axes.front() < batchCount)
    return failure();
  SmallVector<int64_t> lhsBatch(dot.getLhsBatch()), rhsBatch(dot.getRhsBatch()),
      lhsContracting(dot.getLhsContracting()),
      rhsContracting(dot.getRhsContracting());
  int64_t place = batchCount;
  Value lhs =
      sumOver(rewriter, dot.getLhs(), axes, place, lhsBatch, lhsContracting);
  Value rhs =
      sumOver(rewriter, dot.getRhs(), axes, place, rhsBatch, rhsContracting);
  rewriter.replaceOpWithNewOp<DotGeneralOp>(op, lhs, rhs, lhsBatch, rhsBatch,
                                            lhsContracting, rhsContracting);
  return success();
}

static FrozenRewritePatternSet collectPatterns(MLIRContext *context) {
  RewritePatternSet patterns(context);
  patterns.add<SinkBroadcast>(context);
  patterns.add(dotOfDiagonal).add(transposeOfDiagonal);
  patterns.add(transposeOfDot).add(sumOfDot);
  populateEvenPowerPatterns(patterns);
  StringRef dialect = XformDialect::getDialectNamespace();
  for (RegisteredOperationName name :
       context->getRegisteredOperationsByDialect(dialect))
    name.getCanonicalizationPatterns(patterns, context);
  return FrozenRewritePatternSet(std::move(patterns));
}

Simplifier::Simplifier(MLIRContext *context)
    : patterns(collectPatterns(context)) {}

void Simplifier::run(func::FuncOp function) const {
  rewrite(function);
  if (multiplyKinks(function))
    rewrite(function);
}

void Simplifier::rewrite(func::FuncOp function) const {
  GreedyRewriteConfig config;
  config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
  // Not converging only means that there is more to simplify.
  (void)applyPatternsGreedily(function, patterns, config);
  IRRewriter rewriter(function.getContext());
  DominanceInfo dominance(function);
  eliminateCommonSubExpressions(rewriter, dominance, function);
}

namespace {

struct XformSimplify : xform::impl::XformSimplifyBase<XformSimplify> {
  void runOnOperation() override {
    Simplifier simplifier(&getContext());
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal())
        simplifier.run(function);
  }
};

} // namespace
