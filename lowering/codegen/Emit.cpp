//===- Emit.cpp - from LLVM's IR to machine code --------------------------===//

#include "lowering/codegen/Emit.h"
#include "lowering/codegen/Copies.h"
#include "lowering/codegen/Divisions.h"
#include "lowering/codegen/Error.h"
#include "lowering/codegen/Extracts.h"
#include "lowering/codegen/Interrupt.h"
#include "lowering/codegen/Parts.h"
#include "lowering/codegen/Runtime.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

#include <atomic>
#include <future>
#include <thread>

using namespace llvm;

namespace xform::codegen {

namespace {

/// Everything that LLVM works on for one module, in the order in which it may
/// be destroyed from the end.
struct Job {
  explicit Job(std::unique_ptr<Machine> machine)
      : machine(std::move(machine)), diagnostics(context) {}

  std::unique_ptr<Machine> machine;
  LLVMContext context;
  Diagnostics diagnostics;
  std::unique_ptr<Module> module;
  legacy::PassManager passes;
  Object result;
  raw_svector_ostream stream{result};
};

/// Asks at each function whether to go on.
struct PollPass : FunctionPass {
  static char ID; // NOLINT(readability-identifier-naming): LLVM's name
  PollPass() : FunctionPass(ID) {}

  bool runOnFunction(Function &) override {
    Interruptible::poll();
    return false;
  }
  void getAnalysisUsage(AnalysisUsage &usage) const override {
    usage.setPreservesAll();
  }
};

char PollPass::ID = 0;

void read(Job &job, StringRef ir) {
  SMDiagnostic error;
  job.module = parseIR(MemoryBufferRef(ir, "ir"), error, job.context);
  job.diagnostics.check("invalid IR");
  std::string message;
  raw_string_ostream os(message);
  if (!job.module) {
    error.print("", os, /*ShowColors=*/false);
    throw CodegenError("invalid IR: " + StringRef(message).trim().str());
  }
  if (verifyModule(*job.module, &os))
    throw CodegenError("invalid IR: " + StringRef(message).trim().str());
  DataLayout layout = job.machine->get().createDataLayout();
  if (!job.module->getDataLayoutStr().empty() &&
      job.module->getDataLayout() != layout)
    throw CodegenError("the IR is laid out as '" +
                       job.module->getDataLayoutStr() + "', the target as '" +
                       layout.getStringRepresentation() + "'");
  job.module->setDataLayout(layout);
  job.module->setTargetTriple(job.machine->get().getTargetTriple());
}

void compile(Job &job, Output output) {
  job.machine->optimize(*job.module);
  job.diagnostics.check("the code cannot be optimised");
  if (output == Output::OptimizedIR) {
    job.module->print(job.stream, nullptr);
    return;
  }
  copyAsIntegers(*job.module);
  hideSourcesOfExtracts(*job.module);
  hideDivisors(*job.module);
  job.passes.add(
      new TargetLibraryInfoWrapperPass(job.machine->libraryFunctions()));
  job.passes.add(new PollPass);
  auto type = output == Output::Object ? CodeGenFileType::ObjectFile
                                       : CodeGenFileType::AssemblyFile;
  if (job.machine->get().addPassesToEmitFile(job.passes, job.stream,
                                             /*DwoOut=*/nullptr, type))
    throw CodegenError("the target makes no machine code");
  job.passes.run(*job.module);
  job.diagnostics.check("no machine code can be made");
}

Object runOnce(StringRef ir, const Target &target, Output output,
               function_ref<void(Module &)> prepare) {
  auto job = std::make_unique<Job>(takeMachine(target));
  try {
    read(*job, ir);
    prepare(*job->module);
    compile(*job, output);
  } catch (const FatalError &) {
    [[maybe_unused]] Job *lost = job.release(); // nothing in it is sound
    throw;
  } catch (const CodegenError &) {
    throw;
  } catch (...) {
    [[maybe_unused]] Job *lost = job.release(); // it was interrupted
    throw;
  }
  std::unique_ptr<Machine> machine = std::move(job->machine);
  Object result = std::move(job->result);
  job.reset();
  keepMachine(target, std::move(machine));
  return result;
}

Object run(StringRef ir, const Target &target, Output output,
           function_ref<void(Module &)> prepare) {
  try {
    return runOnce(ir, target, output, prepare);
  } catch (const BrokenBySROA &) {
    Target slower = target;
    slower.scalars = false;
    return runOnce(ir, slower, output, prepare);
  }
}

/// How many threads share the work of a module. A part takes some twentieth of
/// a second, and to make and read one a twentieth of that.
size_t countOfParts(StringRef ir) {
  constexpr size_t kPart = size_t(64) << 10, kMost = 8;
  return std::min({ir.size() / kPart + 1, kMost,
                   size_t(std::max(1u, std::thread::hardware_concurrency()))});
}

} // namespace

Object emit(StringRef ir, const Target &target, Output output,
            ArrayRef<Entry> entries, StringRef name) {
  return run(ir, target, output, [&](Module &module) {
    if (!entries.empty())
      addLibraryQuery(module, entries, name);
  });
}

Object emitLibrary(StringRef ir, const Target &target, ArrayRef<Entry> entries,
                   StringRef name, bool strip) {
  if (entries.empty())
    throw CodegenError("a library needs at least one entry");
  std::vector<Object> parts, objects;
  std::atomic<bool> isOver = false;
  std::vector<std::future<Object>> others;
  // Without this thread, the others need not go on.
  scope_exit end([&] { isOver = true; });
  objects.push_back(run(ir, target, Output::Object, [&](Module &module) {
    addLibraryQuery(module, entries, name);
    others.clear();
    parts = takeParts(module, countOfParts(ir));
    for (const Object &part : parts)
      others.push_back(std::async(std::launch::async, [&] {
        Interruptible asking([&] {
          if (isOver)
            throw FatalError("interrupted");
        });
        return emit(StringRef(part.data(), part.size()), target, Output::Object,
                    {}, "");
      }));
  }));
  for (std::future<Object> &other : others) {
    while (other.wait_for(std::chrono::milliseconds(50)) !=
           std::future_status::ready)
      Interruptible::poll();
    objects.push_back(other.get());
  }
  SmallVector<const Object *> all;
  for (const Object &object : objects)
    all.push_back(&object);
  std::vector<std::shared_ptr<const Object>> runtime = runtimeFor(all, target);
  for (const auto &module : runtime)
    all.push_back(module.get());
  return linkShared(all, strip);
}

} // namespace xform::codegen
