//===- Pipeline.cpp - the sequence of all passes --------------------------===//

#include "lowering/Passes.h"

#include "dialect/Ops.h"
#include "lowering/cpu/Translate.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Linalg/Transforms/SubsetInsertionOpInterfaceImpl.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/Transforms/SubsetInsertionOpInterfaceImpl.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_REGISTRATION
#include "lowering/Passes.h.inc"
} // namespace xform

namespace {

struct PipelineOptions : PassPipelineOptions<PipelineOptions> {
  Option<int64_t> vectorBytes{
      *this, "vector-bytes",
      llvm::cl::desc("the size of a vector register, where loops can be "
                     "kernels; 0 where they cannot"),
      llvm::cl::init(0)};
  Option<bool> cpu{
      *this, "cpu",
      llvm::cl::desc("whether programs may become machine code here"),
      llvm::cl::init(false)};
  Option<bool> fusedMultiplyAdd{
      *this, "fused-multiply-add",
      llvm::cl::desc("whether the target rounds math.fma once"),
      llvm::cl::init(false)};
  Option<bool> emulatedInt64{
      *this, "emulated-int64",
      llvm::cl::desc("whether the target has no integers of 64 bits"),
      llvm::cl::init(false)};
};

} // namespace

using namespace xform;

/// From linalg, as it comes out of the primitives, to what IREE compiles well;
/// little of it concerns modules that are marked.
static void addForIREE(OpPassManager &manager, const PipelineOptions &options) {
  manager.addPass(createXformFormLoops({options.vectorBytes > 0}));
  manager.addPass(createXformFuseElementwise());
  manager.addPass(
      createXformExpandMath({options.fusedMultiplyAdd, options.emulatedInt64}));
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createXformFenceRepeatedReads());
  manager.addPass(createXformFenceAcrossLoops());
  manager.addPass(createXformProtectArguments());
  if (options.vectorBytes > 0)
    manager.addPass(createXformCompileKernels({options.vectorBytes}));
}

static void buildPipeline(OpPassManager &manager,
                          const PipelineOptions &options) {
  manager.addPass(createXformExpandTransforms());
  manager.addPass(createXformSimplify());
  manager.addPass(createXformLowerLinearAlgebra());
  manager.addPass(createXformLowerLoops());
  manager.addPass(createXformToLinalg({/*updatesInPlace=*/options.cpu}));
  if (options.cpu)
    manager.addPass(createXformCpuSelect());
  addForIREE(manager, options);
}

/// Hands a marked module to IREE after all.
static void buildIREEPipeline(OpPassManager &manager,
                              const PipelineOptions &options) {
  manager.addPass(createXformCpuSelect({/*explain=*/false, /*none=*/true}));
  addForIREE(manager, options);
}

namespace {

struct CpuPipelineOptions : PassPipelineOptions<CpuPipelineOptions> {
  Option<int64_t> vectorBytes{*this, "vector-bytes",
                              llvm::cl::desc("the size of a vector register"),
                              llvm::cl::init(64)};
  Option<bool> share{*this, "share",
                     llvm::cl::desc("whether cores share large operations"),
                     llvm::cl::init(true)};
  Option<bool> fusedMultiplyAdd{
      *this, "fused-multiply-add",
      llvm::cl::desc("whether the target has an instruction for math.fma"),
      llvm::cl::init(false)};
};

} // namespace

static void buildCpuPipeline(OpPassManager &manager,
                             const CpuPipelineOptions &options) {
  auto cleanUp = [&] {
    manager.addNestedPass<func::FuncOp>(createCanonicalizerPass());
    manager.addNestedPass<func::FuncOp>(createCSEPass());
  };
  manager.addPass(createXformCpuBufferize());
  cleanUp();
  if (options.share)
    manager.addPass(createXformCpuShare());
  manager.addPass(createXformCpuSplit());
  manager.addPass(createXformCpuLoops({options.vectorBytes}));
  cleanUp();
  manager.addPass(createXformCpuStop());
  manager.addPass(createXformCpuMath({options.vectorBytes}));
  manager.addNestedPass<func::FuncOp>(
      createXformExpandMath({options.fusedMultiplyAdd,
                             /*emulatedInt64=*/false}));
  manager.addPass(createXformCpuToLLVM());
  manager.addPass(createCanonicalizerPass());
}

void xform::registerPasses() {
  registerXformPasses();
  PassPipelineRegistration<CpuPipelineOptions>(
      "xform-cpu-pipeline", "from marked modules of linalg to LLVM's dialect",
      buildCpuPipeline);
  PassPipelineRegistration<PipelineOptions>(
      "xform-iree-pipeline", "from marked modules of linalg to linalg for IREE",
      buildIREEPipeline);
  PassPipelineRegistration<PipelineOptions>(
      "xform-pipeline", "from transform operations to linalg for IREE",
      buildPipeline);
}

void xform::registerDialects(DialectRegistry &registry) {
  registry.insert<XformDialect, func::FuncDialect, arith::ArithDialect,
                  math::MathDialect, tensor::TensorDialect,
                  linalg::LinalgDialect, scf::SCFDialect,
                  bufferization::BufferizationDialect, memref::MemRefDialect,
                  vector::VectorDialect, affine::AffineDialect,
                  cf::ControlFlowDialect, LLVM::LLVMDialect>();
  arith::registerBufferizableOpInterfaceExternalModels(registry);
  linalg::registerBufferizableOpInterfaceExternalModels(registry);
  linalg::registerSubsetOpInterfaceExternalModels(registry);
  scf::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerSubsetOpInterfaceExternalModels(registry);
  registerTranslation(registry);
}
