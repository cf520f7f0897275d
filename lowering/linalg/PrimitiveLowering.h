//===- PrimitiveLowering.h - from a function to a pattern -------*- C++ -*-===//
//
// A primitive is lowered by a function that builds its result. Families of them
// share one, which is given what they differ in.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_LINALG_PRIMITIVELOWERING_H
#define XFORM_LOWERING_LINALG_PRIMITIVELOWERING_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/DialectConversion.h"

namespace xform {

/// Builds what is to replace a primitive, with `b` at its place; null where a
/// size is dynamic that no operand gives.
template <typename OpTy, typename... Given>
using BuildResult = llvm::FailureOr<mlir::Value> (*)(
    mlir::ImplicitLocOpBuilder &b, OpTy op, typename OpTy::Adaptor adaptor,
    mlir::ConversionPatternRewriter &rewriter, Given... given);

template <typename OpTy, typename... Given>
class PrimitiveLowering : public mlir::OpConversionPattern<OpTy> {
public:
  PrimitiveLowering(const mlir::TypeConverter &converter,
                    mlir::MLIRContext *context, mlir::PatternBenefit benefit,
                    BuildResult<OpTy, Given...> build, Given... given)
      : mlir::OpConversionPattern<OpTy>(converter, context, benefit),
        build(build), given(given...) {
    // Some are lowered by way of another one of their kind.
    this->setHasBoundedRewriteRecursion();
  }

  mlir::LogicalResult
  matchAndRewrite(OpTy op, typename OpTy::Adaptor adaptor,
                  mlir::ConversionPatternRewriter &rewriter) const override {
    mlir::ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    llvm::FailureOr<mlir::Value> result = std::apply(
        [&](auto... values) {
          return build(b, op, adaptor, rewriter, values...);
        },
        given);
    if (failed(result))
      return mlir::failure();
    if (!*result)
      return op.emitOpError("has a dynamic size that no operand gives");
    rewriter.replaceOp(op, *result);
    return mlir::success();
  }

private:
  BuildResult<OpTy, Given...> build;
  std::tuple<Given...> given;
};

/// Adds the lowering of one primitive. Of several, the one of the largest
/// benefit is tried first.
template <typename OpTy, typename... Given>
void addLowering(const mlir::TypeConverter &converter,
                 mlir::RewritePatternSet &patterns,
                 mlir::PatternBenefit benefit,
                 BuildResult<OpTy, Given...> build,
                 llvm::type_identity_t<Given>... given) {
  patterns.add<PrimitiveLowering<OpTy, Given...>>(
      converter, patterns.getContext(), benefit, build, given...);
}
template <typename OpTy, typename... Given>
void addLowering(const mlir::TypeConverter &converter,
                 mlir::RewritePatternSet &patterns,
                 BuildResult<OpTy, Given...> build,
                 llvm::type_identity_t<Given>... given) {
  addLowering<OpTy, Given...>(converter, patterns, /*benefit=*/1, build,
                              given...);
}

} // namespace xform

#endif // XFORM_LOWERING_LINALG_PRIMITIVELOWERING_H
