//===- Creation.cpp - constants and iotas ---------------------------------===//

#include "dialect/Ops.h"
#include "lowering/linalg/Patterns.h"
#include "lowering/linalg/PrimitiveLowering.h"
#include "lowering/linalg/Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace xform;

namespace {

FailureOr<Value> lowerConstant(ImplicitLocOpBuilder &b, ConstantOp op,
                               ConstantOp::Adaptor,
                               ConversionPatternRewriter &) {
  RankedTensorType type = signlessType(op.getType());
  ElementsAttr value = op.getValue();
  if (value.getType() != type) {
    if (auto dense = dyn_cast<DenseElementsAttr>(value))
      value = dense.bitcast(type.getElementType());
    else if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
      value = DenseResourceElementsAttr::get(type, resource.getRawHandle());
    else
      return op.emitOpError("has a value of a kind that cannot be lowered, ")
             << value;
  }
  return Value(arith::ConstantOp::create(b, type, value));
}

FailureOr<Value> lowerIota(ImplicitLocOpBuilder &b, IotaOp op, IotaOp::Adaptor,
                           ConversionPatternRewriter &rewriter) {
  return buildElementwise(
      b, signlessType(op.getType()), viewOf(op.getResult(), rewriter),
      [](ImplicitLocOpBuilder &, ValueRange elements) { return elements[0]; });
}

} // namespace

void xform::populateCreationToLinalg(const TypeConverter &converter,
                                     RewritePatternSet &patterns) {
  addLowering(converter, patterns, lowerConstant);
  addLowering(converter, patterns, lowerIota);
}
