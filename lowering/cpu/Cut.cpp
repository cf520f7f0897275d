//===- Cut.cpp - operations in parts --------------------------------------===//

#include "lowering/cpu/Cut.h"

#include "lowering/Work.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace xform;

/// Axes that are shorter than this leave cores without work; half of that does
/// where there is too little work for many of them.
constexpr int64_t kLongAxis = 16;
constexpr double kWorkOfFewCores = 4e6;

/// What the partial results of a reduction may take.
constexpr int64_t kMostPartialElements = 1 << 20;

Value xform::rootOf(Value value) {
  while (auto view = value.getDefiningOp<ViewLikeOpInterface>())
    value = view.getViewSource();
  return value;
}

/// Whether nothing but views of it refers to the buffer's memory.
static bool isOwn(Value root) {
  if (auto argument = dyn_cast<BlockArgument>(root))
    return isa<func::FuncOp>(argument.getOwner()->getParentOp());
  return isa<memref::AllocaOp, memref::GetGlobalOp>(root.getDefiningOp());
}

bool Access::dependsOn(const Access &other) const {
  if ((!isWritten && !other.isWritten) || rootOf(view) != rootOf(other.view))
    return false;
  return view != other.view || !axis || axis != other.axis;
}

namespace {

/// How to cut an operation, if its work can be shared.
class Cutting {
public:
  explicit Cutting(linalg::GenericOp op)
      : op(op), ranges(op.getStaticLoopRanges()),
        maps(op.getIndexingMapsArray()) {}

  std::optional<Cut> find() {
    if (!isKnown())
      return std::nullopt;
    std::optional<unsigned> parallel = longAxis();
    if (Operation *combiner = combinerOf(); combiner && prefersParts(parallel))
      return Cut{op, outermostReduction(), combiner};
    if (parallel && ranges[*parallel] > 1)
      return Cut{op, *parallel, nullptr};
    return std::nullopt;
  }

private:
  /// Whether each operand is a number, or a buffer with a place of its own that
  /// is read at whole axes.
  bool isKnown() {
    bool known = true;
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        known &= !isa<MemRefType>(operand.getType()) || isOwn(rootOf(operand));
    });
    return known && llvm::all_of(maps, [](AffineMap map) {
             return map.isProjectedPermutation(/*allowZeroInResults=*/true);
           });
  }

  /// The outermost long axis that all results have, else the longest.
  std::optional<unsigned> longAxis() {
    int64_t enough = workOf(op) < kWorkOfFewCores ? kLongAxis / 2 : kLongAxis;
    std::optional<unsigned> longest;
    unsigned first = op.getNumDpsInputs();
    for (AffineExpr result : maps[first].getResults()) {
      auto dim = dyn_cast<AffineDimExpr>(result);
      if (!dim ||
          llvm::any_of(llvm::drop_begin(maps, first), [&](AffineMap map) {
            return !map.isFunctionOfDim(dim.getPosition());
          }))
        continue;
      unsigned loop = dim.getPosition();
      if (ranges[loop] >= enough)
        return loop;
      if (!longest || ranges[loop] > ranges[*longest])
        longest = loop;
    }
    return longest;
  }

  Operation *combinerOf() {
    SmallVector<Operation *> combiners;
    if (op.getNumReductionLoops() == 0 || op.getNumDpsInits() != 1 ||
        !matchReduction(op.getRegionOutputArgs(), 0, combiners) ||
        combiners.size() != 1 || !arith::getNeutralElement(combiners[0]))
      return nullptr;
    return combiners[0];
  }

  /// Whether sums of parts are better than parts of the sums: these are few, or
  /// a part of them would be read across memory.
  bool prefersParts(std::optional<unsigned> parallel) {
    int64_t kept = 1, reduced = 1;
    for (auto [range, type] : llvm::zip(ranges, op.getIteratorTypesArray()))
      (type == utils::IteratorType::reduction ? reduced : kept) *= range;
    if (kept * kMostChunks > kMostPartialElements ||
        ranges[outermostReduction()] < 2)
      return false;
    if (!parallel || ranges[*parallel] < kLongAxis / 2)
      return true;
    bool isOutermost = llvm::all_of(
        llvm::seq<unsigned>(0, op.getNumDpsInputs()), [&](unsigned i) {
          return !maps[i].isFunctionOfDim(*parallel) ||
                 maps[i].getResult(0) ==
                     getAffineDimExpr(*parallel, op.getContext());
        });
    return !isOutermost && reduced >= kLongAxis * kept;
  }

  unsigned outermostReduction() {
    SmallVector<unsigned> reductions;
    op.getReductionDims(reductions);
    for (unsigned i = 0; i < op.getNumDpsInputs(); ++i)
      for (AffineExpr result : maps[i].getResults())
        if (auto dim = dyn_cast<AffineDimExpr>(result))
          if (llvm::is_contained(reductions, dim.getPosition()) &&
              ranges[dim.getPosition()] > 1)
            return dim.getPosition();
    return reductions.front();
  }

  linalg::GenericOp op;
  SmallVector<int64_t> ranges;
  SmallVector<AffineMap> maps;
};

} // namespace

std::optional<Cut> xform::findCut(linalg::GenericOp op) {
  return Cutting(op).find();
}

SmallVector<Access> xform::accessesOf(linalg::GenericOp op,
                                      std::optional<unsigned> loop,
                                      bool isReduced) {
  SmallVector<Access> found;
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    bool isWritten = op.isDpsInit(&operand);
    std::optional<unsigned> axis;
    // Partial results are put together behind the loop.
    if (loop && !(isWritten && isReduced))
      axis = op.getMatchingIndexingMap(&operand).getResultPosition(
          getAffineDimExpr(*loop, op.getContext()));
    found.push_back({operand.get(), axis, isWritten});
  }
  op.getRegion().walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      if (isa<MemRefType>(operand.getType()))
        found.push_back({operand, std::nullopt, false});
  });
  return found;
}
