//===- Conditional.cpp - xform.switch as scf.if ---------------------------===//
//
// Many branches are a tree of ifs: IREE 3.13 cannot compile scf.index_switch.
//
//===----------------------------------------------------------------------===//

#include "lowering/control/Lowerings.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

namespace {

class SwitchLowering {
public:
  explicit SwitchLowering(SwitchOp op) : op(op) {}

  /// The chosen one of some branches, the first of which has this number. What
  /// lies outside takes the nearest.
  SmallVector<Value> build(OpBuilder &builder, Value index, int64_t number,
                           ArrayRef<func::FuncOp> branches) {
    if (branches.size() == 1)
      return inlineBody(builder, branches[0], op.getInputs());
    size_t half = branches.size() / 2;
    int64_t middle = number + static_cast<int64_t>(half);
    ImplicitLocOpBuilder b(op.getLoc(), builder);
    Value isAbove = index;
    if (!index.getType().isInteger(1)) {
      Value bound = arith::ConstantIntOp::create(b, index.getType(), middle);
      isAbove =
          arith::CmpIOp::create(b, arith::CmpIPredicate::sge, index, bound);
    }
    auto choice = scf::IfOp::create(
        b, isAbove,
        [&](OpBuilder &inner, Location loc) {
          scf::YieldOp::create(
              inner, loc,
              build(inner, index, middle, branches.drop_front(half)));
        },
        [&](OpBuilder &inner, Location loc) {
          scf::YieldOp::create(
              inner, loc,
              build(inner, index, number, branches.take_front(half)));
        });
    return SmallVector<Value>(choice.getResults());
  }

private:
  SwitchOp op;
};

} // namespace

LogicalResult xform::lower(SwitchOp op, ArrayRef<func::FuncOp> callees) {
  OpBuilder builder(op);
  Value index =
      tensor::ExtractOp::create(builder, op.getLoc(), op.getIndex(), {});
  op->replaceAllUsesWith(SwitchLowering(op).build(builder, index, 0, callees));
  op.erase();
  return success();
}
