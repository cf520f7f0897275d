//===- Contraction.cpp - sums of products ---------------------------------===//

#include "dialect/Ops.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Contraction.cpp.inc"
#include "dialect/ContractionRules.cpp.inc"

namespace {

/// One operand of a contraction: which axes are batch, contracted, free.
struct Side {
  RankedTensorType type;
  SmallVector<int64_t> batch, contracting, free;

  Side(Value value, ArrayRef<int64_t> batchAxes,
       ArrayRef<int64_t> contractingAxes)
      : type(cast<RankedTensorType>(value.getType())), batch(batchAxes),
        contracting(contractingAxes) {
    SmallVector<int64_t> named(batch);
    llvm::append_range(named, contracting);
    free = otherAxes(type.getRank(), named);
  }
};

} // namespace

static Side lhsOf(DotGeneralOp op) {
  return Side(op.getLhs(), op.getLhsBatch(), op.getLhsContracting());
}

static Side rhsOf(DotGeneralOp op) {
  return Side(op.getRhs(), op.getRhsBatch(), op.getRhsContracting());
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static LogicalResult checkAxes(OptionalLocation loc, const Side &side,
                               StringRef name) {
  llvm::SmallDenseSet<int64_t> seen;
  for (int64_t axis : llvm::concat<const int64_t>(side.batch, side.contracting))
    if (axis < 0 || axis >= side.type.getRank() || !seen.insert(axis).second)
      return emitOptionalError(loc, "dot_general: axis ", axis, " of ", name,
                               " is out of range or named twice, for ",
                               side.type);
  return success();
}

static LogicalResult checkPairs(OptionalLocation loc, const Side &lhs,
                                const Side &rhs, ArrayRef<int64_t> lhsAxes,
                                ArrayRef<int64_t> rhsAxes, StringRef kind) {
  if (lhsAxes.size() != rhsAxes.size())
    return emitOptionalError(loc, "dot_general: lhs has ", lhsAxes.size(), " ",
                             kind, " axes, rhs has ", rhsAxes.size());
  for (auto [i, j] : llvm::zip_equal(lhsAxes, rhsAxes)) {
    int64_t m = lhs.type.getDimSize(i), n = rhs.type.getDimSize(j);
    if (!sizesFit(m, n))
      return emitOptionalError(loc, "dot_general: ", kind, " axis ", i,
                               " of lhs, ", lhs.type, ", and axis ", j,
                               " of rhs, ", rhs.type, ", have sizes ", m,
                               " and ", n);
  }
  return success();
}

LogicalResult DotGeneralOp::inferReturnTypes(MLIRContext *,
                                             OptionalLocation loc, Adaptor op,
                                             SmallVectorImpl<Type> &types) {
  Side lhs(op.getLhs(), op.getLhsBatch(), op.getLhsContracting());
  Side rhs(op.getRhs(), op.getRhsBatch(), op.getRhsContracting());
  if (lhs.type.getElementType() != rhs.type.getElementType())
    return emitOptionalError(loc,
                             "dot_general: operands have different elements, ",
                             lhs.type, " and ", rhs.type);
  if (failed(checkAxes(loc, lhs, "lhs")) ||
      failed(checkAxes(loc, rhs, "rhs")) ||
      failed(checkPairs(loc, lhs, rhs, lhs.batch, rhs.batch, "batch")) ||
      failed(checkPairs(loc, lhs, rhs, lhs.contracting, rhs.contracting,
                        "contracting")))
    return failure();
  SmallVector<int64_t> shape;
  for (int64_t axis : llvm::concat<int64_t>(lhs.batch, lhs.free))
    shape.push_back(lhs.type.getDimSize(axis));
  for (int64_t axis : rhs.free)
    shape.push_back(rhs.type.getDimSize(axis));
  types.push_back(lhs.type.clone(shape));
  return success();
}

//===----------------------------------------------------------------------===//
// Transpose: the cotangent contracted with the other operand
//===----------------------------------------------------------------------===//

LogicalResult DotGeneralOp::buildTranspose(RuleBuilder &b,
                                           ArrayRef<bool> linear,
                                           ValueRange operands,
                                           ValueRange cotangents,
                                           SmallVectorImpl<Value> &results) {
  bool ofLhs = linear[0];
  Side self = ofLhs ? lhsOf(*this) : rhsOf(*this);
  Side other = ofLhs ? rhsOf(*this) : lhsOf(*this);
  Value otherValue = operands[ofLhs ? 1 : 0];
  int64_t batchCount = self.batch.size();
  int64_t lhsFree = lhsOf(*this).free.size();

  // In the result, the other operand's free axes follow lhs's, or come first.
  SmallVector<int64_t> ctBatch = axesUpTo(batchCount);
  SmallVector<int64_t> ctContracting =
      shifted(axesUpTo(other.free.size()), batchCount + (ofLhs ? lhsFree : 0));
  // ct . other has axes (batch, self.free, other.contracting in its own order).
  Value product = b.fold<DotGeneralOp>(cotangents[0], otherValue, ctBatch,
                                       other.batch, ctContracting, other.free);
  SmallVector<int64_t> sortedContracting(other.contracting);
  llvm::sort(sortedContracting);
  SmallVector<int64_t> permutation(self.type.getRank());
  for (auto [place, axis] : llvm::enumerate(self.batch))
    permutation[axis] = place;
  for (auto [place, axis] : llvm::enumerate(self.free))
    permutation[axis] = batchCount + place;
  for (auto [axis, otherAxis] :
       llvm::zip_equal(self.contracting, other.contracting))
    permutation[axis] =
        batchCount + self.free.size() +
        (llvm::find(sortedContracting, otherAxis) - sortedContracting.begin());
  Value cotangent = b.permute(product, permutation);
  results.assign({ofLhs ? cotangent : Value(), ofLhs ? Value() : cotangent});
  return success();
}

//===----------------------------------------------------------------------===//
// Batching
//===----------------------------------------------------------------------===//

LogicalResult DotGeneralOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                         ArrayRef<bool> batched, int64_t,
                                         SmallVectorImpl<Value> &results) {
  SmallVector<int64_t> lhsBatch = shifted(getLhsBatch(), batched[0]);
  SmallVector<int64_t> rhsBatch = shifted(getRhsBatch(), batched[1]);
  bool both = batched[0] && batched[1];
  if (both) {
    lhsBatch.insert(lhsBatch.begin(), 0);
    rhsBatch.insert(rhsBatch.begin(), 0);
  }
  Value product =
      b.fold<DotGeneralOp>(operands[0], operands[1], lhsBatch, rhsBatch,
                           shifted(getLhsContracting(), batched[0]),
                           shifted(getRhsContracting(), batched[1]));
  // With one operand batched, its rows are a free axis: the first of them.
  int64_t rank = cast<RankedTensorType>(product.getType()).getRank();
  int64_t place = both ? 0 : getLhsBatch().size();
  if (!batched[0])
    place += lhsOf(*this).free.size();
  results.push_back(
      b.permute(product, withFront(place, otherAxes(rank, place))));
  return success();
}

//===----------------------------------------------------------------------===//
// Canonical forms
//===----------------------------------------------------------------------===//

/// Looks through the transpose of an operand, if it may.
static bool look(Value &operand, SmallVector<int64_t> &batch,
                 SmallVector<int64_t> &contracting, const Side &side) {
  auto transpose = operand.getDefiningOp<TransposeOp>();
  if (!transpose)
    return false;
  ArrayRef<int64_t> permutation = transpose.getPermutation();
  auto source = [&](int64_t axis) { return permutation[axis]; };
  if (!llvm::is_sorted(llvm::map_to_vector(side.free, source)))
    return false;
  operand = transpose.getX();
  batch = llvm::map_to_vector(side.batch, source);
  contracting = llvm::map_to_vector(side.contracting, source);
  return true;
}

/// A contraction of a transposed operand reads the operand as it lies, where
/// that leaves the order of the free axes alone.
static LogicalResult dotOfTranspose(DotGeneralOp op,
                                    PatternRewriter &rewriter) {
  SmallVector<Value> operands(op->getOperands());
  SmallVector<int64_t> lhsBatch(op.getLhsBatch()), rhsBatch(op.getRhsBatch()),
      lhsContracting(op.getLhsContracting()),
      rhsContracting(op.getRhsContracting());
  bool changed = look(operands[0], lhsBatch, lhsContracting, lhsOf(op));
  changed |= look(operands[1], rhsBatch, rhsContracting, rhsOf(op));
  if (!changed)
    return failure();
  rewriter.replaceOpWithNewOp<DotGeneralOp>(op, operands[0], operands[1],
                                            lhsBatch, rhsBatch, lhsContracting,
                                            rhsContracting);
  return success();
}

/// A contraction with a number is a product, which folds where the number is 1,
/// the seed of a gradient.
static LogicalResult dotOfNumber(DotGeneralOp op, PatternRewriter &rewriter) {
  auto isNumber = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getRank() == 0;
  };
  if (!isNumber(op.getLhs()) && !isNumber(op.getRhs()))
    return failure();
  auto everywhere = [&](Value value) -> Value {
    if (value.getType() == op.getType())
      return value;
    return BroadcastInDimOp::create(rewriter, op.getLoc(), op.getType(), value,
                                    ArrayRef<int64_t>());
  };
  rewriter.replaceOpWithNewOp<MulOp>(op, everywhere(op.getLhs()),
                                     everywhere(op.getRhs()));
  return success();
}

void DotGeneralOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                               MLIRContext *) {
  patterns.add(dotOfTranspose).add(dotOfNumber);
}
