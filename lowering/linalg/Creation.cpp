//===- Creation.cpp - constants and iotas ---------------------------------===//

#include "dialect/Ops.h"
#include "lowering/linalg/Patterns.h"
#include "lowering/linalg/Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace xform;

namespace {

struct ConstantToArith : OpConversionPattern<ConstantOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ConstantOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(signlessType(op.getType()));
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
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, type, value);
    return success();
  }
};

struct IotaToGeneric : OpConversionPattern<IotaOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(IotaOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Value result =
        buildElementwise(b, cast<RankedTensorType>(signlessType(op.getType())),
                         viewOf(op.getResult(), rewriter),
                         [](ImplicitLocOpBuilder &, ValueRange elements) {
                           return elements[0];
                         });
    if (!result)
      return op.emitOpError("has a dynamic size that no operand gives");
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

void xform::populateCreationToLinalg(const TypeConverter &converter,
                                     RewritePatternSet &patterns) {
  patterns.add<ConstantToArith, IotaToGeneric>(converter,
                                               patterns.getContext());
}
