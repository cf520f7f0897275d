//===- ExpandMath.cpp - mathematical functions as arithmetic --------------===//

#include "lowering/Passes.h"
#include "lowering/cpu/Contract.h"
#include "lowering/math/Expansions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace xform {

#define GEN_PASS_DEF_XFORMEXPANDMATH
#include "lowering/Passes.h.inc"

namespace {

struct ExpandMath : impl::XformExpandMathBase<ExpandMath> {
  using XformExpandMathBase::XformExpandMathBase;

  void runOnOperation() override {
    // There they stay operations until it is known how many lanes they have.
    if (auto module = mlir::dyn_cast<mlir::ModuleOp>(getOperation()))
      if (isCompiledHere(module))
        return;
    mlir::RewritePatternSet patterns(&getContext());
    elementary::populateExponentialPatterns(patterns);
    elementary::populateLogarithmPatterns(patterns);
    elementary::populateTrigonometricPatterns(patterns);
    elementary::populateInverseTrigonometricPatterns(patterns);
    elementary::populateHyperbolicPatterns(patterns);
    elementary::populateErrorFunctionPatterns(patterns);
    elementary::populatePowerPatterns(patterns);
    elementary::populateRemainderPatterns(patterns, fusedMultiplyAdd);
    if (emulatedInt64)
      elementary::populateDivisionPatterns(patterns);
    if (mlir::failed(
            mlir::applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

} // namespace xform
