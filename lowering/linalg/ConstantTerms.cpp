//===- ConstantTerms.cpp - reductions of numbers that are known ----------===//

#include "lowering/linalg/ConstantTerms.h"

#include "dialect/Ops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace xform;

namespace {

/// Looks at the operations behind a value, at so many of them at most.
class Search {
public:
  bool operator()(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return false;
    if (isa<ConstantOp>(op) || left-- == 0)
      return true;
    if (isa<BroadcastInDimOp, ReshapeOp, TransposeOp, SliceOp, ReverseOp,
            ConvertOp, NegOp, NotOp>(op))
      return (*this)(op->getOperand(0));
    if (!op->hasTrait<OpTrait::Elementwise>())
      return false;
    if (auto select = dyn_cast<SelectOp>(op)) {
      bool x = (*this)(select.getX()), y = (*this)(select.getY());
      return (x && y) || ((x || y) && (*this)(select.getPred()));
    }
    // Of floats only constants fold; of integers much, by their ranges.
    if (isa<FloatType>(getElementTypeOrSelf(op->getOperand(0).getType())) ||
        isa<AddOp>(op))
      return llvm::all_of(op->getOperands(),
                          [&](Value operand) { return (*this)(operand); });
    return true;
  }

private:
  unsigned left = 64;
};

} // namespace

bool xform::mayFoldToConstant(Value value) {
  Search search;
  return search(value);
}

Value xform::oneInEachLane(ImplicitLocOpBuilder &b, Value number,
                           unsigned loop) {
  // No index is negative, which the compiler learns from the loops it makes.
  Value index = linalg::IndexOp::create(b, loop);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value never =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, index, zero);
  Value other = arith::ConstantOp::create(b, b.getZeroAttr(number.getType()));
  return arith::SelectOp::create(b, never, other, number);
}
