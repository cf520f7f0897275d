//===- LayOut.cpp - operands of contractions in the order of vectors ------===//

#include "lowering/kernels/Kernels.h"

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

/// Whether a copy of the operand in another order is read several times: in
/// each turn of the loop around the op, or by each of some rows.
static bool isReadOften(OpOperand &operand) {
  constexpr int64_t kOften = 8;
  auto op = cast<linalg::GenericOp>(operand.getOwner());
  auto loop = op->getParentOfType<scf::ForOp>();
  if (loop && !loop->isAncestor(operand.get().getParentBlock()->getParentOp()))
    return true;
  int64_t points = 1;
  for (int64_t range : op.getStaticLoopRanges())
    points *= range;
  return points >=
         kOften *
             cast<RankedTensorType>(operand.get().getType()).getNumElements();
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
  SmallVector<int64_t> shape;
  SmallVector<AffineExpr> results;
  AffineMap map = op.getMatchingIndexingMap(&operand);
  for (int64_t i : order) {
    shape.push_back(type.getDimSize(i));
    results.push_back(map.getResult(i));
  }
  Value empty = tensor::EmptyOp::create(rewriter, op.getLoc(), shape,
                                        type.getElementType());
  auto moved =
      linalg::TransposeOp::create(rewriter, op.getLoc(), value, empty, order);
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  maps[operand.getOperandNumber()] =
      AffineMap::get(map.getNumDims(), 0, results, op.getContext());
  op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
  operand.set(moved->getResult(0));
}

void xform::layOutContractions(func::FuncOp kernel) {
  IRRewriter rewriter(kernel.getContext());
  SmallVector<linalg::LinalgOp> named;
  kernel.walk([&](linalg::LinalgOp op) {
    if (op.getNumReductionLoops() > 0 && !isa<linalg::GenericOp>(op))
      named.push_back(op);
  });
  for (linalg::LinalgOp op : named) {
    rewriter.setInsertionPoint(op);
    (void)linalg::generalizeNamedOp(rewriter, op);
  }
  kernel.walk([&](linalg::GenericOp op) {
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
