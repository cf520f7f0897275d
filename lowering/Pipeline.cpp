//===- Pipeline.cpp - the sequence of all passes --------------------------===//

#include "lowering/Passes.h"

#include "dialect/Ops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_REGISTRATION
#include "lowering/Passes.h.inc"
} // namespace xform

void xform::buildPipeline(OpPassManager &manager) {
  manager.addPass(createXformExpandTransforms());
  manager.addPass(createXformSimplify());
  manager.addPass(createXformLowerLinearAlgebra());
  manager.addPass(createXformLowerLoops());
  manager.addPass(createXformToLinalg());
  manager.addPass(createXformFuseElementwise());
  manager.addPass(createXformExpandMath());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}

void xform::registerPasses() {
  registerXformPasses();
  PassPipelineRegistration<>("xform-pipeline",
                             "from transform operations to linalg for IREE",
                             buildPipeline);
}

void xform::registerDialects(DialectRegistry &registry) {
  registry.insert<XformDialect, func::FuncDialect, arith::ArithDialect,
                  math::MathDialect, tensor::TensorDialect,
                  linalg::LinalgDialect, scf::SCFDialect>();
}
