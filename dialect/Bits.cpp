//===- Bits.cpp - primitives on bit patterns and whole numbers ------------===//

#include "dialect/Bits.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Bits.cpp.inc"
#include "dialect/BitsRules.cpp.inc"

LogicalResult BitcastOp::verify() {
  Type from = getX().getType().getElementType();
  Type to = getType().getElementType();
  if (from.getIntOrFloatBitWidth() != to.getIntOrFloatBitWidth())
    return emitOpError("result element type ")
           << to << " must have the width of x's element type " << from;
  return success();
}

OpFoldResult BitcastOp::fold(FoldAdaptor) {
  if (getX().getType() == getType())
    return getX();
  auto inner = getX().getDefiningOp<BitcastOp>();
  if (inner && inner.getX().getType() == getType())
    return inner.getX();
  return {};
}
