//===- Contraction.h - where products and sums may be fused -----*- C++ -*-===//
//
// As in NumPy, what a user writes as a product and a sum is rounded twice.
// Where the order of a sum is ours to choose, and in mathematical functions,
// whose errors are bounded either way, LLVM may round once.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_CPU_CONTRACTION_H
#define XFORM_LOWERING_CPU_CONTRACTION_H

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace xform {

/// Lets products and sums within an operation be fused.
inline void allowFusedProducts(mlir::Operation *op) {
  using namespace mlir;
  op->walk([](arith::ArithFastMathInterface inner) {
    if (isa<arith::MulFOp, arith::AddFOp, arith::SubFOp>(inner))
      inner->setAttr(inner.getFastMathAttrName(),
                     arith::FastMathFlagsAttr::get(
                         inner->getContext(), arith::FastMathFlags::contract));
  });
}

} // namespace xform

#endif // XFORM_LOWERING_CPU_CONTRACTION_H
