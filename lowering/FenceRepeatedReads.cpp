//===- FenceRepeatedReads.cpp - --xform-fence-repeated-reads --------------===//

#include "lowering/OptimizationBarrier.h"
#include "lowering/Passes.h"

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

/// What one loop nest reads of values that IREE may compute in its dispatch.
class Reads {
public:
  explicit Reads(llvm::SetVector<Value> &fenced) : fenced(fenced) {}

  /// Notes that the nest reads a value, and what it is computed of element by
  /// element, where a map from the nest's loops says; a null map says that the
  /// place is not known.
  void add(Value value, AffineMap map) {
    Value source = value;
    while (Operation *op = source.getDefiningOp()) {
      if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
        break;
      source = op->getOperand(0);
    }
    auto op = source.getDefiningOp<linalg::LinalgOp>();
    if (!op || fenced.contains(source))
      return;
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
  llvm::SetVector<Value> &fenced;
  /// For each value how it was read first: reshaped to which, and where.
  llvm::DenseMap<Value, std::pair<Value, AffineMap>> reads;
};

struct XformFenceRepeatedReads
    : xform::impl::XformFenceRepeatedReadsBase<XformFenceRepeatedReads> {
  void runOnOperation() override {
    llvm::SetVector<Value> fenced;
    getOperation().walk([&](linalg::LinalgOp user) {
      Reads reads(fenced);
      for (OpOperand *operand : user.getDpsInputOperands())
        reads.add(operand->get(), user.getMatchingIndexingMap(operand));
    });
    fence(fenced);
  }
};

} // namespace
