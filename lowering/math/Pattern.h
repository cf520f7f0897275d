//===- Pattern.h - from a function to a rewrite pattern -------*- C++ -*-===//
//
// An expansion is a plain function from numbers to a number; the templates
// below make a pattern of it. float16 and bfloat16 are computed in float32.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_MATH_PATTERN_H
#define XFORM_LOWERING_MATH_PATTERN_H

#include "lowering/math/Builder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/PatternMatch.h"

namespace xform::elementary {

/// The type in which a function on `type` is computed, or null where it is
/// not a scalar or vector of a known float type.
mlir::Type computeTypeFor(mlir::Type type);

/// `value` converted to float type `type`, wider, narrower or the same.
mlir::Value convertFloat(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value value, mlir::Type type);

using UnaryFunction = Real (*)(Builder &, Real);
using BinaryFunction = Real (*)(Builder &, Real, Real);

/// Replaces the operation `Op` by what `function` writes.
template <typename Op, UnaryFunction function>
struct ExpandUnary : mlir::OpRewritePattern<Op> {
  using mlir::OpRewritePattern<Op>::OpRewritePattern;

  mlir::LogicalResult
  matchAndRewrite(Op op, mlir::PatternRewriter &rewriter) const override {
    mlir::Type type = computeTypeFor(op.getType());
    if (!type)
      return rewriter.notifyMatchFailure(op, "not a supported float type");
    Builder m(rewriter, op.getLoc(), type);
    Real x =
        m.wrapReal(convertFloat(rewriter, op.getLoc(), op.getOperand(), type));
    rewriter.replaceOp(op, convertFloat(rewriter, op.getLoc(),
                                        function(m, x).value, op.getType()));
    return mlir::success();
  }
};

/// The same for functions of two numbers.
template <typename Op, BinaryFunction function>
struct ExpandBinary : mlir::OpRewritePattern<Op> {
  using mlir::OpRewritePattern<Op>::OpRewritePattern;

  mlir::LogicalResult
  matchAndRewrite(Op op, mlir::PatternRewriter &rewriter) const override {
    mlir::Type type = computeTypeFor(op.getType());
    if (!type)
      return rewriter.notifyMatchFailure(op, "not a supported float type");
    Builder m(rewriter, op.getLoc(), type);
    Real x = m.wrapReal(convertFloat(rewriter, op.getLoc(), op.getLhs(), type));
    Real y = m.wrapReal(convertFloat(rewriter, op.getLoc(), op.getRhs(), type));
    rewriter.replaceOp(op, convertFloat(rewriter, op.getLoc(),
                                        function(m, x, y).value, op.getType()));
    return mlir::success();
  }
};

} // namespace xform::elementary

#endif // XFORM_LOWERING_MATH_PATTERN_H
