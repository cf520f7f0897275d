//===- Contraction.cpp - dot_general as linalg contractions ---------------===//
//
// The loops are the batch axes, lhs's free axes, rhs's free axes, then the
// contracted ones. Operands are read where they lie: a transposed one needs
// no copy, a broadcast one is read again.
//
//===----------------------------------------------------------------------===//

#include "dialect/Ops.h"
#include "lowering/linalg/ConstantTerms.h"
#include "lowering/linalg/Patterns.h"
#include "lowering/linalg/Scalars.h"
#include "lowering/linalg/Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

namespace {

/// The loops of a contraction and which of them run over each operand's axes.
struct LoopNest {
  unsigned batchCount, lhsFree = 0, rhsFree = 0, contractedCount;
  SmallVector<unsigned> lhs, rhs;

  explicit LoopNest(DotGeneralOp op)
      : batchCount(op.getLhsBatch().size()),
        contractedCount(op.getLhsContracting().size()) {
    unsigned lhsRank = cast<RankedTensorType>(op.getLhs().getType()).getRank();
    unsigned rhsRank = cast<RankedTensorType>(op.getRhs().getType()).getRank();
    lhsFree = lhsRank - batchCount - contractedCount;
    rhsFree = rhsRank - batchCount - contractedCount;
    lhs =
        loopsOf(lhsRank, op.getLhsBatch(), op.getLhsContracting(), batchCount);
    rhs = loopsOf(rhsRank, op.getRhsBatch(), op.getRhsContracting(),
                  batchCount + lhsFree);
  }

  unsigned parallelCount() const { return batchCount + lhsFree + rhsFree; }
  unsigned count() const { return parallelCount() + contractedCount; }

private:
  SmallVector<unsigned> loopsOf(unsigned rank, ArrayRef<int64_t> batch,
                                ArrayRef<int64_t> contracted,
                                unsigned free) const {
    SmallVector<unsigned> loops;
    for (int64_t axis = 0; axis < rank; ++axis) {
      auto inBatch = llvm::find(batch, axis);
      auto inContracted = llvm::find(contracted, axis);
      if (inBatch != batch.end())
        loops.push_back(inBatch - batch.begin());
      else if (inContracted != contracted.end())
        loops.push_back(parallelCount() + (inContracted - contracted.begin()));
      else
        loops.push_back(free++);
    }
    return loops;
  }
};

class DotGeneralToLinalg : public OpConversionPattern<DotGeneralOp> {
public:
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(DotGeneralOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    LoopNest nest(op);
    View lhs = viewOf(op.getLhs(), rewriter),
         rhs = viewOf(op.getRhs(), rewriter);
    // Each contracted loop needs an operand that tells its size.
    for (auto [i, j] :
         llvm::zip_equal(op.getLhsContracting(), op.getRhsContracting()))
      if (!lhs.hasAxis(i) && !rhs.hasAxis(j))
        lhs = plainView(op.getLhs(), rewriter);

    auto type = cast<RankedTensorType>(signlessType(op.getType()));
    Type computed = arithmeticType(op.getType().getElementType());
    auto lhsType = cast<RankedTensorType>(op.getLhs().getType());
    int64_t length = 1;
    for (int64_t axis : op.getLhsContracting())
      length = lhsType.isDynamicDim(axis) ? ShapedType::kDynamic
                                          : length * lhsType.getDimSize(axis);

    SmallVector<View> aligned = {inResult(lhs, nest, nest.lhs, type),
                                 inResult(rhs, nest, nest.rhs, type)};
    if (length == 1) {
      rewriter.replaceOp(op, buildProduct(b, type, aligned));
      return success();
    }
    std::optional<SmallVector<Value>> sizes = dynamicSizes(
        b, type,
        {inResult(plainView(op.getLhs(), rewriter), nest, nest.lhs, type),
         inResult(plainView(op.getRhs(), rewriter), nest, nest.rhs, type)});
    Value init =
        buildFilled(b, b.getZeroAttr(computed), type.clone(computed), *sizes);
    Value result = init;
    bool known =
        mayFoldToConstant(op.getLhs()) && mayFoldToConstant(op.getRhs());
    if (length != 0)
      result = buildContraction(b, nest, lhs, rhs, init, known);
    rewriter.replaceOp(op, narrowTensor(b, result, type));
    return success();
  }

private:
  /// A view as a function of the result's axes; contracted ones are at 0.
  static View inResult(View view, const LoopNest &nest,
                       ArrayRef<unsigned> loops, RankedTensorType resultType) {
    MLIRContext *context = resultType.getContext();
    SmallVector<AffineExpr> axes;
    for (unsigned loop : loops)
      axes.push_back(loop < nest.parallelCount()
                         ? getAffineDimExpr(loop, context)
                         : getAffineConstantExpr(0, context));
    for (AffineExpr &index : view.indices)
      index = index.replaceDims(axes);
    view.type = resultType.clone(view.type.getElementType());
    return view;
  }

  /// Where nothing is summed: a loop in the order of the result.
  static Value buildProduct(ImplicitLocOpBuilder &b, RankedTensorType type,
                            ArrayRef<View> views) {
    return buildElementwise(
        b, type, views, [&](ImplicitLocOpBuilder &inner, ValueRange values) {
          return narrow(inner, multiply(inner, values), type.getElementType());
        });
  }

  static Value multiply(ImplicitLocOpBuilder &b, ValueRange values) {
    Value x = widen(b, values[0]), y = widen(b, values[1]);
    return isa<FloatType>(x.getType()) ? Value(arith::MulFOp::create(b, x, y))
                                       : Value(arith::MulIOp::create(b, x, y));
  }

  static Value buildContraction(ImplicitLocOpBuilder &b, const LoopNest &nest,
                                const View &lhs, const View &rhs, Value init,
                                bool known) {
    if (!known && lhs.source && rhs.source && nest.lhsFree == 1 &&
        nest.rhsFree == 1 && nest.contractedCount == 1 && nest.batchCount <= 1)
      if (Value result = buildMatmul(b, nest, lhs, rhs, init))
        return result;
    SmallVector<unsigned> places = placesOf(nest, lhs, rhs);
    auto placed = [&](ArrayRef<unsigned> loops) {
      return llvm::map_to_vector(loops,
                                 [&](unsigned loop) { return places[loop]; });
    };
    // The index along an axis of size 1 would be known.
    unsigned longest = 0;
    int64_t most = -1;
    for (auto [axis, loop] : llvm::enumerate(nest.lhs)) {
      int64_t size = lhs.type.getDimSize(axis);
      if (loop >= nest.parallelCount() && size > most) {
        most = size;
        longest = places[loop];
      }
    }
    return buildReduction(
        b, init, ArrayRef(places).take_front(nest.parallelCount()), {lhs, rhs},
        {SmallVector<unsigned>(placed(nest.lhs)),
         SmallVector<unsigned>(placed(nest.rhs))},
        nest.count(),
        [&](ImplicitLocOpBuilder &inner, ValueRange values) -> Value {
          Value product = multiply(inner, values);
          if (known)
            product = oneInEachLane(inner, product, longest);
          if (isa<FloatType>(product.getType()))
            return arith::AddFOp::create(inner, values[2], product);
          return arith::AddIOp::create(inner, values[2], product);
        });
  }

  /// The order of the loops. A matrix that meets a vector is read once, so
  /// in the order in which it lies; otherwise the contracted loops are
  /// innermost.
  static SmallVector<unsigned> placesOf(const LoopNest &nest, const View &lhs,
                                        const View &rhs) {
    auto places = llvm::to_vector(llvm::seq<unsigned>(0, nest.count()));
    if (nest.lhsFree != 0 && nest.rhsFree != 0)
      return places;
    const View &matrix = nest.rhsFree == 0 ? lhs : rhs;
    ArrayRef<unsigned> loops = nest.rhsFree == 0 ? nest.lhs : nest.rhs;
    for (auto [place, axis] : llvm::enumerate(axesInMemoryOrder(matrix)))
      places[loops[axis]] = place;
    return places;
  }

  /// A linalg.matmul or batch_matmul, either operand perhaps transposed; null
  /// for operands that lie otherwise.
  static Value buildMatmul(ImplicitLocOpBuilder &b, const LoopNest &nest,
                           const View &lhs, const View &rhs, Value init) {
    unsigned batch = nest.batchCount;
    auto mapOf = [&](ArrayRef<unsigned> matrix) {
      SmallVector<unsigned> loops;
      if (batch)
        loops.push_back(0);
      for (unsigned loop : matrix)
        loops.push_back(batch + loop);
      return AffineMap::getMultiDimMapWithTargets(nest.count(), loops,
                                                  b.getContext());
    };
    AffineMap lhsMap = lhs.mapFrom(nest.count(), nest.lhs);
    AffineMap rhsMap = rhs.mapFrom(nest.count(), nest.rhs);
    bool lhsPlain = lhsMap == mapOf({0, 2}), rhsPlain = rhsMap == mapOf({2, 1});
    if (!(lhsPlain || lhsMap == mapOf({2, 0})) ||
        !(rhsPlain || rhsMap == mapOf({1, 2})))
      return {};
    auto finish = [&](auto matmul) -> Value {
      if (!lhsPlain || !rhsPlain)
        matmul.setIndexingMapsAttr(
            b.getAffineMapArrayAttr({lhsMap, rhsMap, mapOf({0, 1})}));
      return matmul.getResult(0);
    };
    ValueRange inits(init);
    SmallVector<Value> inputs = {lhs.source, rhs.source};
    if (batch)
      return finish(
          linalg::BatchMatmulOp::create(b, init.getType(), inputs, inits));
    return finish(linalg::MatmulOp::create(b, init.getType(), inputs, inits));
  }
};

} // namespace

void xform::populateContractionToLinalg(const TypeConverter &converter,
                                        RewritePatternSet &patterns) {
  patterns.add<DotGeneralToLinalg>(converter, patterns.getContext());
}
