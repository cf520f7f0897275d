//===- Expansions.h - the families of elementary functions ----*- C++ -*-===//
//
// One file per family; each registers its patterns with `populate...`. The
// functions declared here are those that another family builds on.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_MATH_EXPANSIONS_H
#define XFORM_LOWERING_MATH_EXPANSIONS_H

#include "lowering/math/Builder.h"

#include "mlir/IR/PatternMatch.h"

namespace xform::elementary {

/// exp(x) = 2^n (1 + r + tail), |r| <= ln(2)/2.
struct ReducedExp {
  Int n;
  Real r;
  Real tail;
};

/// Reduces high + low, |high| < 2^12, for a table of exp(r) - 1 - r.
ReducedExp reduceExp(Builder &m, Pair x, const Polynomial &table);
ReducedExp reduceExp(Builder &m, Real x, const Polynomial &table);

/// The integer that a constant float or splat holds, if powers with it are
/// written as a few products.
std::optional<int64_t> smallExponent(mlir::Value value);

/// x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2), for finite x > 0.
struct ReducedLog {
  Real k;
  Real f;
};
ReducedLog reduceLog(Builder &m, Real x);

/// log(x) for finite x > 0, good to a sixteenth of the last digit of
/// max(1, |result|); the high part has half a mantissa.
Pair logPair(Builder &m, Real x);

/// log(1 + high + low) + shift ln(2) for high > -1; `low` is a correction of a
/// few units in the last place of `high`. The low part and the shift may be
/// missing.
Real log1p(Builder &m, Real high, Real low, Real shift);

void populateExponentialPatterns(mlir::RewritePatternSet &patterns);
void populateLogarithmPatterns(mlir::RewritePatternSet &patterns);
void populateTrigonometricPatterns(mlir::RewritePatternSet &patterns);
void populateInverseTrigonometricPatterns(mlir::RewritePatternSet &patterns);
void populateHyperbolicPatterns(mlir::RewritePatternSet &patterns);
void populateErrorFunctionPatterns(mlir::RewritePatternSet &patterns);
void populatePowerPatterns(mlir::RewritePatternSet &patterns);
/// `fused`: whether the target rounds a multiply-add only once.
void populateRemainderPatterns(mlir::RewritePatternSet &patterns, bool fused);
/// Quotients and rests of integers of 64 bits, where the target has none.
void populateDivisionPatterns(mlir::RewritePatternSet &patterns);

} // namespace xform::elementary

#endif // XFORM_LOWERING_MATH_EXPANSIONS_H
