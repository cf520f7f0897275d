//===- Creation.cpp - primitives without operands -------------------------===//

#include "dialect/Ops.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Creation.cpp.inc"
#include "dialect/CreationRules.cpp.inc"

//===----------------------------------------------------------------------===//
// constant
//===----------------------------------------------------------------------===//

LogicalResult ConstantOp::inferReturnTypes(
    MLIRContext *, OptionalLocation loc, ValueRange, DictionaryAttr attributes,
    OpaqueProperties properties, RegionRange, SmallVectorImpl<Type> &types) {
  ElementsAttr value;
  if (properties)
    value = properties.as<Properties *>()->getValue();
  else
    value = attributes.getAs<ElementsAttr>("value");
  if (!value || !isa<RankedTensorType>(value.getType()))
    return emitOptionalError(loc, "constant: value must be a tensor");
  types.push_back(value.getType());
  return success();
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

LogicalResult ConstantOp::buildBatched(RuleBuilder &, ValueRange,
                                       ArrayRef<bool>, int64_t,
                                       SmallVectorImpl<Value> &) {
  return emitOpError("has no operand, so it is never batched");
}

//===----------------------------------------------------------------------===//
// iota
//===----------------------------------------------------------------------===//

LogicalResult IotaOp::verify() {
  int64_t rank = getType().getRank();
  int64_t axis = getAxis();
  if (axis < 0 || axis >= rank)
    return emitOpError("axis ")
           << axis << " is out of range for a result of rank " << rank;
  return success();
}

LogicalResult IotaOp::buildBatched(RuleBuilder &, ValueRange, ArrayRef<bool>,
                                   int64_t, SmallVectorImpl<Value> &) {
  return emitOpError("has no operand, so it is never batched");
}
