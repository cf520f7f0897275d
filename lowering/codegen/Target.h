//===- Target.h - processors, and what is kept for each ---------*- C++ -*-===//

#ifndef XFORM_LOWERING_CODEGEN_TARGET_H
#define XFORM_LOWERING_CODEGEN_TARGET_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Analysis/CGSCCPassManager.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/PassInstrumentation.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"

#include <memory>
#include <string>
#include <tuple>
#include <utility>

namespace xform::codegen {

/// What code is made for, and how.
struct Target {
  std::string triple, cpu, features;
  int level; ///< Of optimisation, 0 to 3.
  bool fuse; ///< Products and sums to fused ones, whatever their flags say.
  /// Whether small memory becomes registers; see `BrokenBySROA`.
  bool scalars = true;

  bool operator<(const Target &other) const {
    return std::tie(triple, cpu, features, level, fuse, scalars) <
           std::tie(other.triple, other.cpu, other.features, other.level,
                    other.fuse, other.scalars);
  }
};

using Object = llvm::SmallVector<char, 0>;

/// LLVM's machinery for one target. It is used by one thread at a time.
class Machine {
public:
  /// Throws where LLVM knows no such target, processor or feature.
  explicit Machine(const Target &target);

  llvm::TargetMachine &get() { return *machine; }
  const llvm::TargetLibraryInfoImpl &libraryFunctions() const {
    return *functions;
  }

  void optimize(llvm::Module &module);

private:
  int level;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::TargetLibraryInfoImpl> functions;
  llvm::PassInstrumentationCallbacks callbacks;
  std::unique_ptr<llvm::PassBuilder> builder;
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager analyses;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
};

/// A machine from those that are kept, or a new one.
std::unique_ptr<Machine> takeMachine(const Target &target);
/// Keeps a machine for the next that takes one.
void keepMachine(const Target &target, std::unique_ptr<Machine> machine);

/// The name of this computer's processor, and what it has and has not:
/// "+avx2,-avx512f,...".
std::pair<std::string, std::string> hostCpu();

} // namespace xform::codegen

#endif // XFORM_LOWERING_CODEGEN_TARGET_H
