//===- LayOut.cpp - operands of contractions in the order of vectors ------===//

#include "lowering/cpu/LayOut.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

/// The loop whose turns become lanes: the last axis of the result.
static std::optional<unsigned> laneOf(linalg::GenericOp op) {
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (map.getNumResults() == 0)
    return std::nullopt;
  auto last = dyn_cast<AffineDimExpr>(map.getResults().back());
  return last ? std::optional(last.getPosition()) : std::nullopt;
}

/// How often the operation computes an element.
static int64_t pointsOf(linalg::GenericOp op) {
  int64_t points = 1;
  for (int64_t range : op.getStaticLoopRanges())
    points *= range;
  return points;
}

/// Whether a copy of the operand in another order is read several times: in
/// each turn of the loop around the op, or by each of some rows.
static bool isReadOften(OpOperand &operand) {
  constexpr int64_t kOften = 8;
  auto op = cast<linalg::GenericOp>(operand.getOwner());
  auto loop = op->getParentOfType<scf::ForOp>();
  if (loop && !loop->isAncestor(operand.get().getParentBlock()->getParentOp()))
    return true;
  return pointsOf(op) >=
         kOften *
             cast<RankedTensorType>(operand.get().getType()).getNumElements();
}

/// Whether the operand lies beyond a core's own caches, and all of it is read
/// for each of many rows. Then what is read one after another has to lie so:
/// each turn of the loop would be on another page.
static bool isLargeAndReadOften(OpOperand &operand) {
  constexpr int64_t kLargeBytes = 4 << 20, kOften = 64;
  auto type = cast<RankedTensorType>(operand.get().getType());
  return type.getElementType().isIntOrFloat() &&
         type.getNumElements() * type.getElementTypeBitWidth() / 8 >=
             kLargeBytes &&
         pointsOf(cast<linalg::GenericOp>(operand.getOwner())) >=
             kOften * type.getNumElements();
}

/// A copy of the value with its axes in another order.
static Value transposed(IRRewriter &rewriter, Location loc, Value value,
                        ArrayRef<int64_t> order) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape;
  for (int64_t i : order)
    shape.push_back(type.getDimSize(i));
  Value empty =
      tensor::EmptyOp::create(rewriter, loc, shape, type.getElementType());
  return linalg::TransposeOp::create(rewriter, loc, value, empty, order)
      ->getResult(0);
}

/// Reads the operand with this loop's axis last, from a copy that is made where
/// the operand is.
static void moveAxisLast(linalg::GenericOp op, OpOperand &operand,
                         unsigned axis) {
  Value value = operand.get();
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> order;
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (i != axis)
      order.push_back(i);
  order.push_back(axis);
  IRRewriter rewriter(op.getContext());
  rewriter.setInsertionPointAfterValue(value);
  SmallVector<AffineExpr> results;
  AffineMap map = op.getMatchingIndexingMap(&operand);
  for (int64_t i : order)
    results.push_back(map.getResult(i));
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  maps[operand.getOperandNumber()] =
      AffineMap::get(map.getNumDims(), 0, results, op.getContext());
  op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
  operand.set(transposed(rewriter, op.getLoc(), value, order));
}

/// The loop over an axis as one over its blocks and, as the last one, one
/// within a block.
static AffineMap splitLoop(AffineMap map, unsigned loop) {
  MLIRContext *context = map.getContext();
  SmallVector<AffineExpr> results;
  for (AffineExpr result : map.getResults()) {
    results.push_back(result);
    if (result == getAffineDimExpr(loop, context))
      results.push_back(getAffineDimExpr(map.getNumDims(), context));
  }
  return AffineMap::get(map.getNumDims() + 1, 0, results, context);
}

/// The axes of a tensor of this rank, the last of which is two of another one.
static SmallVector<ReassociationIndices> withLastSplit(int64_t rank) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0; i + 1 < rank; ++i)
    groups.push_back({i});
  groups.push_back({rank - 1, rank});
  return groups;
}

/// The value with its last axis split into blocks.
static Value splitLast(IRRewriter &rewriter, Location loc, Value value,
                       int64_t size) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() /= size;
  shape.push_back(size);
  return tensor::ExpandShapeOp::create(
      rewriter, loc, RankedTensorType::get(shape, type.getElementType()), value,
      withLastSplit(type.getRank()));
}

/// Reads the operand, which has the lanes last, from a copy in which the blocks
/// of lanes that are computed at a time lie one behind the other.
static void pack(linalg::GenericOp op, OpOperand &operand, unsigned lane) {
  // Two vectors of the widest kind.
  constexpr int64_t kBlockBytes = 128;
  auto type = cast<RankedTensorType>(operand.get().getType());
  auto result = cast<RankedTensorType>(op.getResultTypes()[0]);
  int64_t block = kBlockBytes * 8 / type.getElementTypeBitWidth();
  if (type.getShape().back() % block || type.getShape().back() == block ||
      op.hasIndexSemantics() || op.getNumDpsInits() != 1)
    return;
  for (auto [i, map] : llvm::enumerate(op.getIndexingMapsArray()))
    if (map.isFunctionOfDim(lane) && i != operand.getOperandNumber() &&
        static_cast<int64_t>(i) != op.getNumDpsInputs())
      return;
  IRRewriter rewriter(op.getContext());
  Location loc = op.getLoc();
  rewriter.setInsertionPointAfterValue(operand.get());
  Value split = splitLast(rewriter, loc, operand.get(), block);
  int64_t rank = type.getRank() + 1;
  SmallVector<int64_t> order{rank - 2};
  for (int64_t i = 0; i < rank; ++i)
    if (i != rank - 2)
      order.push_back(i);
  Value packed = transposed(rewriter, loc, split, order);

  SmallVector<AffineMap> maps =
      llvm::map_to_vector(op.getIndexingMapsArray(),
                          [&](AffineMap map) { return splitLoop(map, lane); });
  AffineMap &own = maps[operand.getOperandNumber()];
  SmallVector<AffineExpr> exprs;
  for (int64_t i : order)
    exprs.push_back(own.getResult(i));
  own = AffineMap::get(own.getNumDims(), 0, exprs, op.getContext());
  SmallVector<utils::IteratorType> iterators(op.getIteratorTypesArray());
  iterators.push_back(utils::IteratorType::parallel);
  rewriter.setInsertionPoint(op);
  SmallVector<Value> inputs(op.getInputs());
  inputs[operand.getOperandNumber()] = packed;
  Value init = splitLast(rewriter, loc, op.getOutputs()[0], block);
  auto blocked = linalg::GenericOp::create(rewriter, loc, init.getType(),
                                           inputs, init, maps, iterators);
  blocked.getRegion().takeBody(op.getRegion());
  rewriter.replaceOpWithNewOp<tensor::CollapseShapeOp>(
      op, result, blocked.getResult(0), withLastSplit(result.getRank()));
}

/// What has no lanes is read along the loops of the sum.
static void readAlongSum(linalg::GenericOp op, OpOperand &operand) {
  AffineMap map = op.getMatchingIndexingMap(&operand);
  auto isReduced = [&](AffineExpr expr) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    return dim && op.getIteratorTypesArray()[dim.getPosition()] ==
                      utils::IteratorType::reduction;
  };
  if (map.getNumResults() < 2 || isReduced(map.getResults().back()))
    return;
  for (auto [axis, expr] : llvm::enumerate(map.getResults()))
    if (isReduced(expr))
      return moveAxisLast(op, operand, axis);
}

void xform::packContractions(func::FuncOp function) {
  SmallVector<linalg::GenericOp> ops;
  function.walk([&](linalg::GenericOp op) {
    if (op.getNumReductionLoops() > 0 && op.getNumDpsInputs() > 1 && laneOf(op))
      ops.push_back(op);
  });
  for (linalg::GenericOp op : ops) {
    unsigned lane = *laneOf(op);
    AffineExpr expr = getAffineDimExpr(lane, op.getContext());
    OpOperand *packed = nullptr;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      AffineMap map = op.getMatchingIndexingMap(operand);
      if (!map.isProjectedPermutation() || !isLargeAndReadOften(*operand))
        continue;
      if (!map.isFunctionOfDim(lane))
        readAlongSum(op, *operand);
      else if (map.getResults().back() == expr)
        packed = operand;
    }
    if (packed)
      pack(op, *packed, lane);
  }
}

void xform::layOutContractions(func::FuncOp function) {
  IRRewriter rewriter(function.getContext());
  SmallVector<linalg::LinalgOp> named;
  function.walk([&](linalg::LinalgOp op) {
    if (op.getNumReductionLoops() > 0 && !isa<linalg::GenericOp>(op))
      named.push_back(op);
  });
  for (linalg::LinalgOp op : named) {
    rewriter.setInsertionPoint(op);
    (void)linalg::generalizeNamedOp(rewriter, op);
  }
  function.walk([&](linalg::GenericOp op) {
    std::optional<unsigned> lane = laneOf(op);
    if (op.getNumReductionLoops() == 0 || !lane)
      return;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      AffineMap map = op.getMatchingIndexingMap(operand);
      std::optional<unsigned> axis =
          map.getResultPosition(rewriter.getAffineDimExpr(*lane));
      if (axis && *axis + 1 < map.getNumResults() &&
          map.isProjectedPermutation() && isReadOften(*operand))
        moveAxisLast(op, *operand, *axis);
    }
  });
}
