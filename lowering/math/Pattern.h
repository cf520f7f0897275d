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

/// Replaces an operation on floats by what `function` makes of its operands.
llvm::LogicalResult
expand(mlir::Operation *op, mlir::PatternRewriter &rewriter,
       llvm::function_ref<Real(Builder &, llvm::ArrayRef<Real>)> function);

inline Real apply(UnaryFunction function, Builder &m, llvm::ArrayRef<Real> x) {
  return function(m, x[0]);
}
inline Real apply(BinaryFunction function, Builder &m, llvm::ArrayRef<Real> x) {
  return function(m, x[0], x[1]);
}

/// Replaces the operation `Op` by what `function` writes.
template <typename Op, typename Function, Function function>
struct Expand : mlir::OpRewritePattern<Op> {
  using mlir::OpRewritePattern<Op>::OpRewritePattern;
  mlir::LogicalResult
  matchAndRewrite(Op op, mlir::PatternRewriter &rewriter) const override {
    return expand(op, rewriter, [](Builder &m, llvm::ArrayRef<Real> x) {
      return apply(function, m, x);
    });
  }
};

template <typename Op, UnaryFunction function>
using ExpandUnary = Expand<Op, UnaryFunction, function>;
template <typename Op, BinaryFunction function>
using ExpandBinary = Expand<Op, BinaryFunction, function>;

} // namespace xform::elementary

#endif // XFORM_LOWERING_MATH_PATTERN_H
