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

LogicalResult expand(Operation *op, PatternRewriter &rewriter,
                     function_ref<Real(Builder &, ArrayRef<Real>)> function) {
  Location loc = op->getLoc();
  Type given = op->getResult(0).getType(), type = computeTypeFor(given);
  if (!type)
    return rewriter.notifyMatchFailure(op, "not a supported float type");
  Builder m(rewriter, loc, type);
  SmallVector<Real> numbers;
  for (Value operand : op->getOperands())
    numbers.push_back(m.wrapReal(convertFloat(rewriter, loc, operand, type)));
  rewriter.replaceOp(
      op, convertFloat(rewriter, loc, function(m, numbers).value, given));
  return success();
}

} // namespace xform::elementary
