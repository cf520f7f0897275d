//===- Random.cpp - primitives that draw random bits ----------------------===//

#include "dialect/Random.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace xform;

#define GET_OP_CLASSES
#include "dialect/Random.cpp.inc"
#include "dialect/RandomRules.cpp.inc"

/// The number of 32-bit words in a key.
static constexpr int64_t kKeyWords = 2;

/// Whether the last axis of a tensor of keys holds the words of a key.
static LogicalResult checkKey(llvm::function_ref<InFlightDiagnostic()> emit,
                              RankedTensorType key) {
  if (key.getRank() > 0 && key.getShape().back() == kKeyWords)
    return success();
  return emit() << "key must have a last axis of size " << kKeyWords << ", got "
                << key;
}

//===----------------------------------------------------------------------===//
// rng_bits
//===----------------------------------------------------------------------===//

LogicalResult RngBitsOp::verify() {
  RankedTensorType key = getKey().getType(), result = getType();
  if (failed(checkKey([&] { return emitOpError(); }, key)))
    return failure();
  ArrayRef<int64_t> keys = key.getShape().drop_back();
  if (result.getRank() < static_cast<int64_t>(keys.size()) ||
      result.getShape().take_front(keys.size()) != keys)
    return emitOpError() << "must have a result whose shape begins with that "
                            "of the batch of keys, "
                         << key << ", got " << result;
  if (ShapedType::isDynamicShape(result.getShape().drop_front(keys.size())))
    return emitOpError()
           << "must know how much each key draws, but its result is " << result;
  return success();
}

//===----------------------------------------------------------------------===//
// fold_in
//===----------------------------------------------------------------------===//

LogicalResult FoldInOp::inferReturnTypes(MLIRContext *, OptionalLocation loc,
                                         Adaptor op,
                                         SmallVectorImpl<Type> &types) {
  auto key = cast<RankedTensorType>(op.getKey().getType());
  auto data = cast<RankedTensorType>(op.getData().getType());
  Location place = loc.value_or(UnknownLoc::get(key.getContext()));
  if (failed(checkKey([&] { return mlir::emitError(place); }, key)))
    return failure();
  if (key.getShape().drop_back() != data.getShape())
    return emitOptionalError(
        loc, "data must have the shape of the batch of keys, ",
        key.clone(key.getShape().drop_back()), ", got ", data);
  types.push_back(key);
  return success();
}

//===----------------------------------------------------------------------===//
// unit_float
//===----------------------------------------------------------------------===//

LogicalResult UnitFloatOp::verify() {
  Type bits = getBits().getType().getElementType();
  Type result = getType().getElementType();
  if (bits.getIntOrFloatBitWidth() == result.getIntOrFloatBitWidth())
    return success();
  return emitOpError() << "needs bits and a result of one width, got " << bits
                       << " and " << result;
}
