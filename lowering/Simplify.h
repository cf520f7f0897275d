//===- Simplify.h - algebraic clean-up of one function ----------*- C++ -*-===//

#ifndef XFORM_LOWERING_SIMPLIFY_H
#define XFORM_LOWERING_SIMPLIFY_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Rewrite/FrozenRewritePatternSet.h"

namespace xform {

/// Canonical forms, common subexpressions and dead code, to a fixed point. The
/// patterns are collected once, for many functions.
class Simplifier {
public:
  explicit Simplifier(mlir::MLIRContext *context);
  void run(mlir::func::FuncOp function) const;

private:
  void rewrite(mlir::func::FuncOp function) const;

  mlir::FrozenRewritePatternSet patterns;
};

} // namespace xform

#endif // XFORM_LOWERING_SIMPLIFY_H
