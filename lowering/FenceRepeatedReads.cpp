//===- FenceRepeatedReads.cpp - --xform-fence-repeated-reads --------------===//

#include "lowering/OptimizationBarrier.h"
#include "lowering/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

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
  /// element, where a map from the nest's loops says.
  void add(Value value, AffineMap map) {
    auto op = value.getDefiningOp<linalg::LinalgOp>();
    if (!op || fenced.contains(value))
      return;
    auto [first, isNew] = maps.try_emplace(value, map);
    if (!isNew) {
      if (first->second != map)
        fenced.insert(value);
      return;
    }
    OpOperand *init =
        op.getDpsInitOperand(cast<OpResult>(value).getResultNumber());
    AffineMap written = op.getMatchingIndexingMap(init);
    if (op.getNumReductionLoops() != 0 || !written.isPermutation())
      return;
    AffineMap loops = inversePermutation(written).compose(map);
    for (OpOperand *operand : op.getDpsInputOperands())
      add(operand->get(), op.getMatchingIndexingMap(operand).compose(loops));
  }

private:
  llvm::SetVector<Value> &fenced;
  llvm::DenseMap<Value, AffineMap> maps;
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
