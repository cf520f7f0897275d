//===- Target.cpp - processors, and what is kept for each -----------------===//

#include "lowering/codegen/Target.h"
#include "lowering/codegen/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/Triple.h"

#include <map>
#include <mutex>
#include <vector>

using namespace llvm;

namespace xform::codegen {

namespace {

template <typename Entry> bool names(ArrayRef<Entry> table, StringRef name) {
  return llvm::any_of(table,
                      [&](const Entry &entry) { return name == entry.Key; });
}

const llvm::Target &lookUp(const Triple &triple) {
  static std::once_flag once;
  std::call_once(once, [] {
#define XFORM_INITIALIZE(TARGET)                                               \
  LLVMInitialize##TARGET##TargetInfo();                                        \
  LLVMInitialize##TARGET##Target();                                            \
  LLVMInitialize##TARGET##TargetMC();                                          \
  LLVMInitialize##TARGET##AsmPrinter();
    XFORM_INITIALIZE(X86)
    XFORM_INITIALIZE(AArch64)
    XFORM_INITIALIZE(RISCV)
#undef XFORM_INITIALIZE
  });
  std::string error;
  const llvm::Target *found = TargetRegistry::lookupTarget(triple, error);
  if (!found || !triple.isOSBinFormatELF() || !triple.isArch64Bit() ||
      !triple.isLittleEndian())
    throw CodegenError("no machine code is made for the triple '" +
                       triple.str() +
                       "', but for ELF on x86_64, aarch64 and riscv64");
  return *found;
}

std::unique_ptr<MCSubtargetInfo> subtarget(const llvm::Target &target,
                                           const Triple &triple) {
  return std::unique_ptr<MCSubtargetInfo>(
      target.createMCSubtargetInfo(triple, "", ""));
}

/// The features as LLVM is to see them. What it does not know is no matter if
/// it is to be off: IREE's LLVM, which may have made the list, is a later one.
std::string checkedFeatures(const MCSubtargetInfo &info, const Triple &triple,
                            StringRef features) {
  std::vector<std::string> kept;
  std::string unknown;
  for (StringRef feature : llvm::split(features, ',')) {
    feature = feature.trim();
    if (feature.empty())
      continue;
    if (names(info.getAllProcessorFeatures(),
              SubtargetFeatures::StripFlag(feature)))
      kept.push_back(feature.str());
    else if (!feature.starts_with("-"))
      unknown += (unknown.empty() ? "'" : ", '") + feature.str() + "'";
  }
  if (!unknown.empty())
    throw CodegenError("LLVM knows no feature " + unknown + " of " +
                       triple.getArchName().str());
  // The register of the platform, which IREE's loaders leave alone as well.
  if (triple.isAArch64())
    kept.push_back("+reserve-x18");
  return llvm::join(kept, ",");
}

CodeGenOptLevel codegenLevel(int level) { return *CodeGenOpt::getLevel(level); }

struct Pool {
  std::mutex mutex;
  std::map<Target, std::vector<std::unique_ptr<Machine>>> idle;
};

/// Never destroyed: threads may still compile when the process ends.
Pool &pool() {
  static Pool *pool = new Pool;
  return *pool;
}

} // namespace

std::unique_ptr<TargetMachine> makeTargetMachine(const Target &target) {
  throwFatalErrors();
  Triple triple(target.triple);
  const llvm::Target &found = lookUp(triple);
  std::unique_ptr<MCSubtargetInfo> info = subtarget(found, triple);
  if (!target.cpu.empty() && !info->isCPUStringValid(target.cpu))
    throw CodegenError("LLVM knows no processor '" + target.cpu + "' of " +
                       triple.getArchName().str());
  TargetOptions options;
  options.FunctionSections = true; // so that the linker leaves some out
  options.AllowFPOpFusion =
      target.fuse ? FPOpFusion::Fast : FPOpFusion::Standard;
  std::unique_ptr<TargetMachine> machine(found.createTargetMachine(
      triple, target.cpu, checkedFeatures(*info, triple, target.features),
      options, Reloc::PIC_, std::nullopt, codegenLevel(target.level)));
  if (!machine)
    throw CodegenError("no machine code is made for the triple '" +
                       triple.str() + "'");
  return machine;
}

std::unique_ptr<Machine> takeMachine(const Target &target) {
  {
    std::lock_guard<std::mutex> lock(pool().mutex);
    auto found = pool().idle.find(target);
    if (found != pool().idle.end() && !found->second.empty()) {
      std::unique_ptr<Machine> machine = std::move(found->second.back());
      found->second.pop_back();
      return machine;
    }
  }
  return std::make_unique<Machine>(target);
}

void keepMachine(const Target &target, std::unique_ptr<Machine> machine) {
  std::lock_guard<std::mutex> lock(pool().mutex);
  pool().idle[target].push_back(std::move(machine));
}

std::pair<std::string, std::string> hostCpu() {
  Triple triple(sys::getProcessTriple());
  std::unique_ptr<MCSubtargetInfo> info = subtarget(lookUp(triple), triple);
  std::vector<std::string> features;
  for (const auto &feature : sys::getHostCPUFeatures())
    if (names(info->getAllProcessorFeatures(), feature.first()))
      features.push_back((feature.second ? "+" : "-") + feature.first().str());
  llvm::sort(features, [](StringRef a, StringRef b) {
    return a.drop_front() < b.drop_front();
  });
  return {sys::getHostCPUName().str(), llvm::join(features, ",")};
}

} // namespace xform::codegen
