//===- FenceRepeatedReads.cpp - --xform-fence-repeated-reads --------------===//

#include "lowering/Passes.h"
#include "lowering/cpu/Contract.h"
#include "lowering/iree/OptimizationBarrier.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_DEF_XFORMFENCEREPEATEDREADS
#include "lowering/Passes.h.inc"
} // namespace xform

using namespace xform;

namespace {

/// What is behind reshapes.
Value sourceOf(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// What one loop nest reads of values that IREE may compute in its dispatch.
class Reads {
public:
  explicit Reads(llvm::SetVector<Value> &fenced) : fenced(fenced) {}

  /// Notes that the nest reads a value, and what it is computed of element by
  /// element, where a map from the nest's loops says; a null map says that the
  /// place is not known.
  void add(Value value, AffineMap map) {
    Value source = sourceOf(value);
    auto op = source.getDefiningOp<linalg::LinalgOp>();
    if (!op || fenced.contains(source))
      return;
    // Where too much is behind a value to be followed, it is kept apart.
    if (reads.size() == kMost) {
      fenced.insert(source);
      return;
    }
    auto [first, isNew] = reads.try_emplace(source, value, map);
    if (!isNew) {
      if (!map || first->second != std::make_pair(value, map))
        fenced.insert(source);
      return;
    }
    OpOperand *init =
        op.getDpsInitOperand(cast<OpResult>(source).getResultNumber());
    AffineMap written = op.getMatchingIndexingMap(init);
    if (op.getNumReductionLoops() != 0 || !written.isPermutation())
      return;
    AffineMap loops;
    if (map && source == value)
      loops = inversePermutation(written).compose(map);
    for (OpOperand *operand : op.getDpsInputOperands())
      add(operand->get(),
          loops ? op.getMatchingIndexingMap(operand).compose(loops)
                : AffineMap());
  }

private:
  static constexpr unsigned kMost = 64;

  llvm::SetVector<Value> &fenced;
  /// For each value how it was read first: reshaped to which, and where.
  llvm::DenseMap<Value, std::pair<Value, AffineMap>> reads;
};

struct XformFenceRepeatedReads
    : xform::impl::XformFenceRepeatedReadsBase<XformFenceRepeatedReads> {
  void runOnOperation() override {
    if (isCompiledHere(getOperation()))
      return;
    llvm::SetVector<Value> fenced;
    // Values that are computed, as far as a dispatch may reach, of elements at
    // their own place only: loops that read such values alike are left out, so
    // that a long program is not followed to its beginning from each loop.
    llvm::DenseSet<Value> inPlace;
    getOperation().walk([&](linalg::LinalgOp user) {
      SmallVector<OpOperand *> computed;
      for (OpOperand *operand : user.getDpsInputOperands()) {
        Value source = sourceOf(operand->get());
        if (source.getDefiningOp<linalg::LinalgOp>() &&
            !fenced.contains(source))
          computed.push_back(operand);
      }
      auto mapOf = [&](OpOperand *operand) {
        return user.getMatchingIndexingMap(operand);
      };
      bool areInPlace = llvm::all_of(computed, [&](OpOperand *operand) {
        return inPlace.contains(operand->get());
      });
      bool areAlike = llvm::all_of(computed, [&](OpOperand *operand) {
        return mapOf(operand) == mapOf(computed.front());
      });
      if (computed.size() > 1 && !(areInPlace && areAlike)) {
        Reads reads(fenced);
        for (OpOperand *operand : computed)
          reads.add(operand->get(), mapOf(operand));
      }
      bool isIdentity = areInPlace && llvm::all_of(user.getIndexingMapsArray(),
                                                   [](AffineMap map) {
                                                     return map.isIdentity();
                                                   });
      if (user.getNumReductionLoops() != 0 || computed.empty() || isIdentity)
        inPlace.insert(user->result_begin(), user->result_end());
    });
    fence(fenced);
  }
};

} // namespace
