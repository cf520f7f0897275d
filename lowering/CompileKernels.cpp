//===- CompileKernels.cpp - --xform-compile-kernels -----------------------===//

#include "lowering/Passes.h"
#include "lowering/kernels/Kernels.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMCOMPILEKERNELS
#include "lowering/Passes.h.inc"
} // namespace xform

namespace {

struct XformCompileKernels
    : xform::impl::XformCompileKernelsBase<XformCompileKernels> {
  using XformCompileKernelsBase::XformCompileKernelsBase;

  void runOnOperation() override {
    OpPassManager cleanUp(func::FuncOp::getOperationName());
    cleanUp.addPass(createCanonicalizerPass());
    cleanUp.addPass(createCSEPass());
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp kernel : functions) {
      if (!kernel->hasAttr(kKernelAttr))
        continue;
      layOutContractions(kernel);
      if (failed(bufferizeKernel(kernel)) ||
          failed(runPipeline(cleanUp, kernel)) ||
          failed(writeLoops(kernel, vectorBytes)) ||
          failed(runPipeline(cleanUp, kernel)))
        return signalPassFailure();
      moveToScratch(kernel);
      wrapKernel(kernel);
    }
  }
};

} // namespace
