//===- Pattern.cpp - from a function to a rewrite pattern -----------------===//

#include "lowering/math/Pattern.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace xform::elementary {

Type computeTypeFor(Type type) {
  Type element = type;
  auto vector = dyn_cast<VectorType>(type);
  if (vector)
    element = vector.getElementType();
  if (element.isF16() || element.isBF16())
    element = Float32Type::get(type.getContext());
  if (!element.isF32() && !element.isF64())
    return {};
  return vector ? Type(vector.clone(element)) : element;
}

Value convertFloat(OpBuilder &builder, Location loc, Value value, Type type) {
  unsigned from = getElementTypeOrSelf(value.getType()).getIntOrFloatBitWidth();
  unsigned to = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
  if (from < to)
    return arith::ExtFOp::create(builder, loc, type, value);
  if (from > to)
    return arith::TruncFOp::create(builder, loc, type, value);
  return value;
}

} // namespace xform::elementary
