//===- ElementRule.h - from a rule on elements to a loop --------*- C++ -*-===//
//
// A family of elementwise primitives is a table of rules, each of which says
// what an operation does to an element.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_LINALG_ELEMENTRULE_H
#define XFORM_LOWERING_LINALG_ELEMENTRULE_H

#include "lowering/linalg/Scalars.h"
#include "lowering/linalg/Views.h"

#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/DialectConversion.h"

namespace xform {

/// What a rule works with: the elements, floats already widened, and the type
/// that the first operand's elements have before conversion.
struct Elements {
  mlir::ImplicitLocOpBuilder &b;
  mlir::Operation *op;
  mlir::Type type;
  mlir::ValueRange values;

  mlir::Value operator[](size_t index) const { return values[index]; }
  bool isFloat() const { return mlir::isa<mlir::FloatType>(type); }
  mlir::Type computedType() const { return values[0].getType(); }
  mlir::Value number(double value) const {
    return isFloat()
               ? floatConstant(b, computedType(), value)
               : intConstant(b, computedType(), static_cast<int64_t>(value));
  }
};

using ElementRule = mlir::Value (*)(const Elements &);

/// The loop around a rule.
template <typename OpTy>
class ElementwiseToGeneric : public mlir::OpConversionPattern<OpTy> {
public:
  ElementwiseToGeneric(const mlir::TypeConverter &converter,
                       mlir::MLIRContext *context, ElementRule rule)
      : mlir::OpConversionPattern<OpTy>(converter, context), rule(rule) {}

  mlir::LogicalResult
  matchAndRewrite(OpTy op, typename OpTy::Adaptor,
                  mlir::ConversionPatternRewriter &rewriter) const override {
    llvm::SmallVector<View> views;
    for (mlir::Value operand : op->getOperands())
      views.push_back(viewOf(operand, rewriter));
    mlir::ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    mlir::Type before = mlir::getElementTypeOrSelf(op->getOperand(0));
    mlir::Type after = mlir::getElementTypeOrSelf(op.getType());
    mlir::Value result = buildElementwise(
        b, mlir::cast<mlir::RankedTensorType>(signlessType(op.getType())),
        views, [&](mlir::ImplicitLocOpBuilder &inner, mlir::ValueRange values) {
          llvm::SmallVector<mlir::Value> widened;
          for (mlir::Value value : values)
            widened.push_back(widen(inner, value));
          return narrow(inner, rule({inner, op, before, widened}), after);
        });
    if (!result)
      return op.emitOpError("has a dynamic size that no operand gives");
    rewriter.replaceOp(op, result);
    return mlir::success();
  }

private:
  ElementRule rule;
};

/// Adds the rule of one primitive.
template <typename OpTy>
void addElementRule(const mlir::TypeConverter &converter,
                    mlir::RewritePatternSet &patterns, ElementRule rule) {
  patterns.add<ElementwiseToGeneric<OpTy>>(converter, patterns.getContext(),
                                           rule);
}

void populateBitsToLinalg(const mlir::TypeConverter &converter,
                          mlir::RewritePatternSet &patterns);
void populateSpecialToLinalg(const mlir::TypeConverter &converter,
                             mlir::RewritePatternSet &patterns);

} // namespace xform

#endif // XFORM_LOWERING_LINALG_ELEMENTRULE_H
