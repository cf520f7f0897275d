//===- EvenPowers.h - powers that undo a root or a magnitude ----*- C++ -*-===//

#ifndef XFORM_LOWERING_EVENPOWERS_H
#define XFORM_LOWERING_EVENPOWERS_H

#include "mlir/IR/PatternMatch.h"

namespace xform {

/// Patterns that write even functions of what has a kink without it.
void populateEvenPowerPatterns(mlir::RewritePatternSet &patterns);

} // namespace xform

#endif // XFORM_LOWERING_EVENPOWERS_H
