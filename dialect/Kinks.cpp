//===- Kinks.cpp - derivatives of what has a kink -------------------------===//

#include "dialect/Kinks.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Kinks.cpp.inc"
#include "dialect/KinksRules.cpp.inc"

/// Its own transpose, of the same derivative.
LogicalResult ShareOp::buildTranspose(RuleBuilder &b, ArrayRef<bool>,
                                      ValueRange operands,
                                      ValueRange cotangents,
                                      SmallVectorImpl<Value> &results) {
  results.push_back(
      b.fold<ShareOp>(cotangents[0], operands[1], operands[2], getLevels()));
  results.append(2, Value());
  return success();
}
