//===- ElementRule.h - from a rule on elements to a loop --------*- C++ -*-===//
//
// A family of elementwise primitives is a table of rules, each of which says
// what an operation does to an element.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_LINALG_ELEMENTRULE_H
#define XFORM_LOWERING_LINALG_ELEMENTRULE_H

#include "lowering/linalg/PrimitiveLowering.h"
#include "lowering/linalg/Scalars.h"
#include "lowering/linalg/Views.h"

#include "mlir/IR/TypeUtilities.h"

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
llvm::FailureOr<mlir::Value>
lowerByElement(mlir::ImplicitLocOpBuilder &b, OpTy op, typename OpTy::Adaptor,
               mlir::ConversionPatternRewriter &rewriter, ElementRule rule) {
  llvm::SmallVector<View> views;
  for (mlir::Value operand : op->getOperands())
    views.push_back(viewOf(operand, rewriter));
  mlir::Type before = mlir::getElementTypeOrSelf(op->getOperand(0));
  mlir::Type after = mlir::getElementTypeOrSelf(op.getType());
  return buildElementwise(
      b, signlessType(op.getType()), views,
      [&](mlir::ImplicitLocOpBuilder &inner, mlir::ValueRange values) {
        llvm::SmallVector<mlir::Value> widened;
        for (mlir::Value value : values)
          widened.push_back(widen(inner, value));
        return narrow(inner, rule({inner, op, before, widened}), after);
      });
}

/// Adds rules, each with an op that stands for its primitive.
struct AddElementRule {
  const mlir::TypeConverter &converter;
  mlir::RewritePatternSet &patterns;

  template <typename OpTy> void operator()(OpTy, ElementRule rule) const {
    addLowering(converter, patterns, lowerByElement<OpTy>, rule);
  }
};

} // namespace xform

#endif // XFORM_LOWERING_LINALG_ELEMENTRULE_H
