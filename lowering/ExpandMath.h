//===- ExpandMath.h - mathematical functions as arithmetic ----*- C++ -*-===//

#ifndef XFORM_LOWERING_EXPANDMATH_H
#define XFORM_LOWERING_EXPANDMATH_H

#include "mlir/IR/PatternMatch.h"

namespace xform {

/// Patterns that replace each transcendental operation of the `math` dialect on
/// scalars and vectors of f16, bf16, f32 and f64 by `arith` operations and the
/// few `math` operations that every target has.
void populateExpandMathPatterns(mlir::RewritePatternSet &patterns);

} // namespace xform

#endif // XFORM_LOWERING_EXPANDMATH_H
