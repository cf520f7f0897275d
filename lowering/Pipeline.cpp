//===- Pipeline.cpp - the sequence of all passes --------------------------===//

#include "lowering/Passes.h"

#include "dialect/Ops.h"
#include "lowering/Target.h"
#include "lowering/cpu/MatrixFunctions.h"
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

/// Who makes machine code of programs for CPUs.
enum class Compiler { Xform, IREE };

struct PipelineOptions : PassPipelineOptions<PipelineOptions> {
  Option<xform::Target> target{
      *this, "target",
      llvm::cl::desc("cpu, vulkan or cuda, or one of them, a colon and a "
                     "processor")};
  Option<Compiler> compiler{
      *this, "compiler", llvm::cl::desc("who makes machine code for CPUs"),
      llvm::cl::init(Compiler::Xform),
      llvm::cl::values(clEnumValN(Compiler::Xform, "xform",
                                  "xform-cpu-pipeline, where it can"),
                       clEnumValN(Compiler::IREE, "iree", "iree-compile"))};
  Option<bool> isOpen{
      *this, "open",
      llvm::cl::desc("end where --xform-generalize-sizes begins: at linalg for "
                     "one of the sizes that a program is for"),
      llvm::cl::init(false)};
};

} // namespace

using namespace xform;

/// From linalg, as it comes out of the primitives, to what IREE compiles well;
/// little of it concerns modules that are marked.
static void addForIREE(OpPassManager &manager, const xform::Target &target) {
  manager.addPass(createXformUnrollLoops());
  manager.addPass(createXformFuseElementwise());
  manager.addPass(
      createXformExpandMath({target.fusesMultiplyAdd, target.emulatesInt64}));
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  if (target.device == xform::Target::Device::Vulkan)
    manager.addPass(createXformKeepNotFinite());
  manager.addPass(createXformFenceRepeatedReads());
  manager.addPass(createXformFenceAcrossLoops());
  manager.addPass(createXformProtectArguments());
  manager.addPass(createXformFenceTransposes());
  if (target.device == xform::Target::Device::Vulkan)
    manager.addPass(createXformFenceReductions());
  if (target.device != xform::Target::Device::CPU)
    manager.addPass(createXformWaitForTurns());
}

static void buildPipeline(OpPassManager &manager,
                          const PipelineOptions &options) {
  const xform::Target &target = options.target.getValue();
  bool isOwn = target.device == xform::Target::Device::CPU &&
               options.compiler == Compiler::Xform && !options.isOpen;
  manager.addPass(createXformExpandTransforms());
  manager.addPass(createXformSimplify());
  manager.addPass(createXformLowerLinearAlgebra({/*callsFunctions=*/isOwn}));
  manager.addPass(createXformLowerLoops());
  manager.addPass(createXformToLinalg({/*updatesInPlace=*/isOwn}));
  if (isOwn)
    manager.addPass(createXformCpuSelect());
  if (!options.isOpen)
    addForIREE(manager, target);
}

/// The rest of it, once there is one program for all sizes.
static void buildOpenPipeline(OpPassManager &manager,
                              const PipelineOptions &options) {
  manager.addPass(createXformGeneralizeSizes());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  addForIREE(manager, options.target.getValue());
}

/// Hands a marked module to IREE after all.
static void buildIREEPipeline(OpPassManager &manager,
                              const PipelineOptions &options) {
  manager.addPass(createXformCpuSelect({/*explain=*/false, /*none=*/true}));
  // Functions of our runtime become what IREE can compile.
  manager.addPass(createXformLowerLinearAlgebra());
  manager.addPass(createXformToLinalg());
  addForIREE(manager, options.target.getValue());
}

namespace {

struct CpuPipelineOptions : PassPipelineOptions<CpuPipelineOptions> {
  Option<xform::Target> target{*this, "target",
                               llvm::cl::desc("cpu, a colon and a processor")};
  Option<bool> plain{*this, "plain",
                     llvm::cl::desc("one number at a time, as far as it has 64 "
                                    "bits, on one core"),
                     llvm::cl::init(false)};
};

} // namespace

static void buildCpuPipeline(OpPassManager &manager,
                             const CpuPipelineOptions &options) {
  const xform::Target &target = options.target.getValue();
  int64_t vectorBytes = options.plain ? 8 : target.vectorBytes;
  auto cleanUp = [&] {
    manager.addNestedPass<func::FuncOp>(createCanonicalizerPass());
    manager.addNestedPass<func::FuncOp>(createCSEPass());
  };
  manager.addPass(createXformCpuBufferize());
  cleanUp();
  if (!options.plain)
    manager.addPass(createXformCpuShare());
  manager.addPass(createXformCpuSplit());
  manager.addPass(createXformCpuLoops({vectorBytes}));
  cleanUp();
  manager.addPass(createXformCpuStop());
  manager.addPass(createXformCpuMath({vectorBytes}));
  manager.addNestedPass<func::FuncOp>(
      createXformExpandMath({target.fusesMultiplyAdd,
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
      "xform-open-pipeline",
      "from what a program is for some sizes to linalg for all of them",
      buildOpenPipeline);
  PassPipelineRegistration<PipelineOptions>(
      "xform-pipeline", "from transform operations to linalg", buildPipeline);
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
  registerMatrixFunctions(registry);
  registerTranslation(registry);
}
