//===- Ordering.cpp - primitives that compare elements along an axis ------===//

#include "dialect/Ordering.h"
#include "dialect/OperandGroups.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Ordering.cpp.inc"
#include "dialect/OrderingRules.cpp.inc"

//===----------------------------------------------------------------------===//
// sort: types, folding
//===----------------------------------------------------------------------===//

LogicalResult SortOp::inferReturnTypes(MLIRContext *, OptionalLocation loc,
                                       Adaptor op,
                                       SmallVectorImpl<Type> &types) {
  ValueRange operands = op.getXs();
  int64_t axis = op.getAxis(), keys = op.getNumKeys();
  if (keys < 1 || keys > static_cast<int64_t>(operands.size()))
    return emitOptionalError(loc, "sort: num_keys ", keys,
                             " is out of range for ", operands.size(),
                             " operands");
  auto first = cast<RankedTensorType>(operands[0].getType());
  if (failed(checkAxis("sort", loc, axis, first.getRank(), "operands")))
    return failure();
  for (auto [index, operand] : llvm::enumerate(operands)) {
    auto type = cast<RankedTensorType>(operand.getType());
    if (type.getShape() != first.getShape())
      return emitOptionalError(loc, "sort: shape of operand ", index, ", ",
                               type, ", must be that of operand 0, ", first);
    types.push_back(type);
  }
  return success();
}

LogicalResult SortOp::fold(FoldAdaptor,
                           SmallVectorImpl<OpFoldResult> &results) {
  int64_t size =
      cast<RankedTensorType>(getXs()[0].getType()).getDimSize(getAxis());
  if (size != 0 && size != 1)
    return failure();
  llvm::append_range(results, getXs());
  return success();
}

/// What nobody reads of the operands that are no keys is not moved.
static LogicalResult dropUnusedOperands(SortOp op, PatternRewriter &rewriter) {
  SmallVector<Value> operands, used;
  for (auto [index, operand] : llvm::enumerate(op.getXs())) {
    Value result = op.getResult(index);
    if (index >= op.getNumKeys() && result.use_empty())
      continue;
    operands.push_back(operand);
    used.push_back(result);
  }
  if (used.size() == op.getNumResults())
    return failure();
  auto narrow = SortOp::create(rewriter, op.getLoc(), operands, op.getAxis(),
                               op.getNumKeys());
  for (auto [from, to] : llvm::zip_equal(used, narrow.getResults()))
    rewriter.replaceAllUsesWith(from, to);
  rewriter.eraseOp(op);
  return success();
}

static bool haveSameKeys(SortOp x, SortOp y) {
  int64_t keys = x.getNumKeys();
  return y.getNumKeys() == x.getNumKeys() && x.getAxis() == y.getAxis() &&
         x.getXs().take_front(keys) == y.getXs().take_front(keys);
}

static bool comesBefore(Value value, Operation *op) {
  Operation *definition = value.getDefiningOp();
  return !definition || definition->getBlock() != op->getBlock() ||
         definition->isBeforeInBlock(op);
}

/// The sort that such a one joins, if there is one.
static SortOp findEarlier(SortOp op) {
  for (Operation *user : op.getXs()[0].getUsers()) {
    auto other = dyn_cast<SortOp>(user);
    if (other && other != op && other->getBlock() == op->getBlock() &&
        other->isBeforeInBlock(op) && haveSameKeys(op, other) &&
        llvm::all_of(op.getXs().drop_front(op.getNumKeys()),
                     [&](Value operand) {
                       return comesBefore(operand, other) ||
                              operand.getDefiningOp()->getNumOperands() == 0;
                     }))
      return other;
  }
  return {};
}

/// Two sorts by the same keys are one: a derivative's sort joins the one of
/// the values.
static LogicalResult mergeWithEarlierSort(SortOp op,
                                          PatternRewriter &rewriter) {
  SortOp earlier = findEarlier(op);
  if (!earlier)
    return failure();
  rewriter.setInsertionPoint(earlier);
  int64_t keys = op.getNumKeys();
  SmallVector<Value> operands(earlier.getXs());
  for (Value operand : op.getXs().drop_front(keys))
    operands.push_back(
        comesBefore(operand, earlier)
            ? operand
            : rewriter.clone(*operand.getDefiningOp())->getResult(0));
  auto merged =
      SortOp::create(rewriter, earlier.getLoc(), operands, op.getAxis(), keys);
  ResultRange results = merged.getResults();
  SmallVector<Value> ofOp(results.take_front(keys));
  llvm::append_range(ofOp, results.drop_front(earlier.getNumResults()));
  rewriter.replaceOp(op, ofOp);
  rewriter.replaceOp(earlier, results.take_front(earlier.getNumResults()));
  return success();
}

void SortOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *) {
  patterns.add(dropUnusedOperands).add(mergeWithEarlierSort);
}

//===----------------------------------------------------------------------===//
// sort: derivatives
//===----------------------------------------------------------------------===//

LogicalResult SortOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                               SmallVectorImpl<Value> &resultTangents) {
  auto sorted = SortOp::create(b, joined({getXs(), present(tangents)}),
                               getAxis(), getNumKeys());
  llvm::append_range(resultTangents,
                     spread(presenceOf(tangents),
                            sorted.getResults().drop_front(getNumResults())));
  // The values come with their tangents.
  llvm::append_range(resultTangents,
                     sorted.getResults().take_front(getNumResults()));
  return success();
}

LogicalResult SortOp::buildPrimal(RuleBuilder &b, ArrayRef<bool>,
                                  ValueRange operands,
                                  SmallVectorImpl<Value> &primalResults,
                                  SmallVectorImpl<Value> &residuals) {
  auto sorted = SortOp::create(b, present(operands), getAxis(), getNumKeys());
  llvm::append_range(primalResults,
                     spread(presenceOf(operands), sorted.getResults()));
  llvm::append_range(residuals, operands.take_front(getNumKeys()));
  return success();
}

LogicalResult SortOp::buildLinear(RuleBuilder &b, ArrayRef<bool> linear,
                                  ValueRange residuals, ValueRange operands,
                                  SmallVectorImpl<Value> &results) {
  auto sorted = SortOp::create(b, joined({residuals, present(operands)}),
                               getAxis(), getNumKeys());
  llvm::append_range(
      results, spread(linear, sorted.getResults().drop_front(getNumKeys())));
  return success();
}

/// What is not marked is sorted as before, by the same keys.
bool SortOp::isLinearIn(ArrayRef<bool> linear) {
  return llvm::none_of(linear.take_front(getNumKeys()),
                       [](bool marked) { return marked; });
}

/// Element j of a sorted operand comes from place p[j]; sorting by p brings
/// each cotangent back to its place.
LogicalResult SortOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                     ValueRange operands, ValueRange cotangents,
                                     SmallVectorImpl<Value> &results) {
  auto type = cast<RankedTensorType>(getXs()[0].getType());
  SmallVector<Value> keys(operands.take_front(getNumKeys()));
  keys.push_back(
      IotaOp::create(b, type.clone(b.getI32Type()), getAxis()).getResult());
  auto places = SortOp::create(b, keys, getAxis(), getNumKeys());
  SmallVector<Value> moved{places.getResults().back()};
  ValueRange given = cotangents.drop_front(getNumKeys());
  llvm::append_range(moved, present(given));
  auto back = SortOp::create(b, moved, getAxis(), /*num_keys=*/1);
  results.assign(getNumKeys(), Value());
  llvm::append_range(results,
                     spread(presenceOf(given), back.getResults().drop_front()));
  return success();
}

LogicalResult SortOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                   ArrayRef<bool> batched, int64_t size,
                                   SmallVectorImpl<Value> &results) {
  auto sorted = SortOp::create(b, b.rowsOf(operands, batched, size),
                               getAxis() + 1, getNumKeys());
  llvm::append_range(results, sorted.getResults());
  return success();
}

//===----------------------------------------------------------------------===//
// argmax, argmin
//===----------------------------------------------------------------------===//

template <typename OpTy> static LogicalResult verifyPlace(OpTy op) {
  auto type = cast<RankedTensorType>(op.getX().getType());
  int64_t axis = op.getAxis();
  if (axis < 0 || axis >= type.getRank())
    return op.emitOpError("axis ")
           << axis << " is out of range for an operand of rank "
           << type.getRank();
  if (type.getDimSize(axis) == 0)
    return op.emitOpError("axis ")
           << axis << " of x has no elements, x is of " << type;
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + axis);
  if (op.getType().getShape() != ArrayRef(shape))
    return op.emitOpError("result of ")
           << type << " along axis " << axis << " must be of "
           << op.getType().clone(shape) << ", got " << op.getType();
  return success();
}

LogicalResult ArgmaxOp::verify() { return verifyPlace(*this); }
LogicalResult ArgminOp::verify() { return verifyPlace(*this); }
