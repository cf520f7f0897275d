//===- Optimize.cpp - LLVM's optimisations, set up once for a machine -----===//

#include "lowering/codegen/Error.h"
#include "lowering/codegen/Interrupt.h"
#include "lowering/codegen/Target.h"

#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"

using namespace llvm;

namespace xform::codegen {

std::unique_ptr<TargetMachine> makeTargetMachine(const Target &target);

static ModulePassManager pipelineOf(PassBuilder &builder, int level) {
  switch (level) {
  case 0:
    return builder.buildO0DefaultPipeline(OptimizationLevel::O0);
  case 1:
    return builder.buildPerModuleDefaultPipeline(OptimizationLevel::O1);
  case 2:
    return builder.buildPerModuleDefaultPipeline(OptimizationLevel::O2);
  default:
    return builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3);
  }
}

Machine::Machine(const Target &target)
    : level(target.level), machine(makeTargetMachine(target)),
      functions(
          std::make_unique<TargetLibraryInfoImpl>(machine->getTargetTriple())) {
  // Of a C library there is what Runtime.cpp has, and loops should become no
  // other calls.
  functions->disableAllFunctions();
  for (LibFunc function : {LibFunc_memcpy, LibFunc_memmove, LibFunc_memset})
    functions->setAvailable(function);
  analyses.registerPass([&] { return TargetLibraryAnalysis(*functions); });

  PipelineTuningOptions tuning;
  tuning.LoopVectorization = tuning.SLPVectorization = true;
  constexpr StringRef kSROA = "SROAPass";
  bool scalars = target.scalars;
  callbacks.registerShouldRunOptionalPassCallback(
      [=](StringRef pass, const Any &) { return scalars || pass != kSROA; });
  callbacks.registerAfterPassCallback(
      [=](StringRef pass, const Any &unit, const PreservedAnalyses &) {
        const auto *function = any_cast<const Function *>(&unit);
        if (pass == kSROA && function && verifyFunction(**function))
          throw BrokenBySROA();
      });
  callbacks.registerBeforeNonSkippedPassCallback(
      [](StringRef, const Any &) { Interruptible::poll(); });
  builder = std::make_unique<PassBuilder>(machine.get(), tuning, std::nullopt,
                                          &callbacks);
  builder->registerModuleAnalyses(modules);
  builder->registerCGSCCAnalyses(callGraph);
  builder->registerFunctionAnalyses(analyses);
  builder->registerLoopAnalyses(loops);
  builder->crossRegisterProxies(loops, analyses, callGraph, modules);
}

void Machine::optimize(Module &module) {
  // The inliner's passes can run once only, so the pipeline is made anew.
  pipelineOf(*builder, level).run(module, modules);
  // What was found out about this module is of no use for the next.
  loops.clear();
  analyses.clear();
  callGraph.clear();
  modules.clear();
}

} // namespace xform::codegen
