//===- ToLinalg.cpp - from primitives to linalg, tensor, arith, math ------===//

#include "dialect/LinearAlgebra.h"
#include "dialect/Ops.h"
#include "lowering/Passes.h"
#include "lowering/cpu/MatrixFunctions.h"
#include "lowering/linalg/Patterns.h"
#include "lowering/linalg/Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace xform {

#define GEN_PASS_DEF_XFORMTOLINALG
#include "lowering/Passes.h.inc"

namespace {

/// Rebuilds an operation around primitives, such as a loop and what moves its
/// rows, with signless types.
struct ConvertTypes : ConversionPattern {
  ConvertTypes(const TypeConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, MatchAnyOpTypeTag(), /*benefit=*/0,
                          context) {}

  LogicalResult
  matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    if (isa_and_present<XformDialect>(op->getDialect()))
      return failure();
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertTypes(op->getResultTypes(), types)))
      return failure();
    OperationState state(op->getLoc(), op->getName(), operands, types,
                         op->getAttrs(), op->getSuccessors());
    for (Region &region : op->getRegions()) {
      Region *converted = state.addRegion();
      rewriter.inlineRegionBefore(region, *converted, converted->begin());
      if (failed(rewriter.convertRegionTypes(converted, *getTypeConverter())))
        return failure();
    }
    rewriter.replaceOp(op, rewriter.create(state));
    return success();
  }
};

/// A result without elements needs no operands: slices and the like, of which
/// some are not allowed to begin where an axis ends, are then never written.
struct EmptyToTensor : ConversionPattern {
  EmptyToTensor(const TypeConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, MatchAnyOpTypeTag(), /*benefit=*/10,
                          context) {}

  LogicalResult
  matchAndRewrite(Operation *op, ArrayRef<Value>,
                  ConversionPatternRewriter &rewriter) const override {
    if (!isa_and_present<XformDialect>(op->getDialect()) ||
        op->getNumResults() != 1)
      return failure();
    auto type =
        cast<RankedTensorType>(signlessType(op->getResult(0).getType()));
    if (!type.hasStaticShape() || type.getNumElements() != 0)
      return failure();
    rewriter.replaceOpWithNewOp<tensor::EmptyOp>(op, type.getShape(),
                                                 type.getElementType());
    return success();
  }
};

class ToLinalg : public impl::XformToLinalgBase<ToLinalg> {
public:
  using XformToLinalgBase::XformToLinalgBase;

private:
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    TypeConverter converter;
    converter.addConversion([](Type type) { return signlessType(type); });

    ConversionTarget target(*context);
    target.addIllegalDialect<XformDialect>();
    // These may stay while what reads through them is converted.
    target.addDynamicallyLegalOp<BroadcastInDimOp, IotaOp, StopGradientOp,
                                 TransposeOp>(
        [](Operation *op) { return hasUnknownSize(op->getResult(0)); });
    // Our machine code has functions for them, as it updates in place.
    if (updatesInPlace)
      target.addDynamicallyLegalOp<CholeskyOp, TriangularSolveOp, LuOp, QrOp,
                                   EighOp, SchurOp, EigOp, SvdOp>(
          isMatrixFunction);
    target.markUnknownOpDynamicallyLegal([&](Operation *op) {
      if (auto function = dyn_cast<func::FuncOp>(op))
        return converter.isSignatureLegal(function.getFunctionType());
      return converter.isLegal(op) &&
             llvm::all_of(op->getRegions(), [&](Region &region) {
               return converter.isLegal(&region);
             });
    });

    RewritePatternSet patterns(context);
    populateBarrierToLinalg(converter, patterns);
    populateElementwiseToLinalg(converter, patterns);
    populateBitsToLinalg(converter, patterns);
    populateSpecialToLinalg(converter, patterns);
    populateCreationToLinalg(converter, patterns);
    populateShapeToLinalg(converter, patterns);
    populateReductionToLinalg(converter, patterns);
    populateContractionToLinalg(converter, patterns);
    populateIndexingToLinalg(converter, patterns);
    populateScatterToLinalg(converter, patterns);
    if (updatesInPlace)
      populateUpdatesInPlace(converter, patterns);
    populateCumulativeToLinalg(converter, patterns);
    populateOrderingToLinalg(converter, patterns);
    populateOpaqueToLinalg(converter, patterns);
    populateConvolutionToLinalg(converter, patterns);
    populateWindowsToLinalg(converter, patterns);
    populateRandomToLinalg(converter, patterns);
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                   converter);
    patterns.add<ConvertTypes, EmptyToTensor>(converter, context);
    if (failed(
            applyFullConversion(getOperation(), target, std::move(patterns))))
      return signalPassFailure();

    // What is left of broadcasts and the like is what someone needs whole.
    IRRewriter rewriter(context);
    (void)runRegionDCE(rewriter, getOperation()->getRegions());
    writeOutSpreadPads(getOperation());
    WalkResult walk = getOperation().walk([](Operation *op) {
      if (!isa_and_present<XformDialect>(op->getDialect()) ||
          isMatrixFunction(op))
        return WalkResult::advance();
      op->emitOpError(
          "has a dynamic size that no operand gives, in its result of type ")
          << op->getResult(0).getType();
      return WalkResult::interrupt();
    });
    if (walk.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace

} // namespace xform
