//===- FenceLoopOperands.cpp - --xform-fence-loop-operands ----------------===//

#include "lowering/OptimizationBarrier.h"
#include "lowering/Passes.h"
#include "lowering/cpu/Contract.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_DEF_XFORMFENCELOOPOPERANDS
#include "lowering/Passes.h.inc"
} // namespace xform

using namespace xform;

namespace {

bool isView(Operation *op) {
  return isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp,
             tensor::ExtractSliceOp, tensor::CastOp>(op);
}

/// What is behind views.
Value sourceOf(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isView(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// Whether an operation beside `loop`, in its block, reads a value or a view.
bool isReadBeside(Value value, Operation *loop) {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    if (user->getBlock() != loop->getBlock() || user == loop)
      return false;
    return isView(user) ? isReadBeside(user->getResult(0), loop)
                        : !user->hasTrait<OpTrait::IsTerminator>();
  });
}

struct XformFenceLoopOperands
    : xform::impl::XformFenceLoopOperandsBase<XformFenceLoopOperands> {
  void runOnOperation() override {
    if (isCompiledHere(getOperation()))
      return;
    llvm::SetVector<Value> fenced;
    getOperation().walk([&](Operation *loop) {
      if (!isa<scf::ForOp, scf::WhileOp, scf::IfOp>(loop))
        return;
      llvm::SetVector<Value> read(loop->operand_begin(), loop->operand_end());
      getUsedValuesDefinedAbove(loop->getRegions(), read);
      for (Value value : read) {
        Value source = sourceOf(value);
        auto op = source.getDefiningOp<linalg::LinalgOp>();
        if (op && !isa<linalg::FillOp>(op) &&
            op->getBlock() == loop->getBlock() && isReadBeside(source, loop))
          fenced.insert(source);
      }
    });
    fence(fenced);
  }
};

} // namespace
