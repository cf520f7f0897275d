//===- FenceOperations.cpp - --xform-fence-operations ---------------------===//

#include "lowering/Passes.h"
#include "lowering/iree/Ops.h"
#include "lowering/iree/OptimizationBarrier.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_DEF_XFORMFENCEOPERATIONS
#include "lowering/Passes.h.inc"
} // namespace xform

/// Whether an operation computes elements, in a dispatch: constants, empty
/// tensors and what is the same everywhere are better written where they are
/// read, and some patterns need to see that a destination is such.
static bool computes(Operation *op) {
  if (isa<linalg::FillOp>(op))
    return false;
  return isa<linalg::LinalgOp, tensor::PadOp, tensor::InsertSliceOp,
             tensor::ConcatOp>(op) ||
         op->getName().getStringRef() == xform::kScatterName;
}

namespace {

struct XformFenceOperations
    : xform::impl::XformFenceOperationsBase<XformFenceOperations> {
  void runOnOperation() override {
    llvm::SetVector<Value> fenced;
    getOperation().walk([&](Operation *op) {
      if (!computes(op))
        return;
      for (Value result : op->getResults())
        if (isa<RankedTensorType>(result.getType()) && !result.use_empty())
          fenced.insert(result);
    });
    xform::fence(fenced);
  }
};

} // namespace
