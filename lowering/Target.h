//===- Target.h - what passes know of a machine -----------------*- C++ -*-===//

#ifndef XFORM_LOWERING_TARGET_H
#define XFORM_LOWERING_TARGET_H

#include "llvm/Support/CommandLine.h"

#include <string>

namespace xform {

/// What to compile for, as options of pipelines name it: "cpu", "vulkan" or
/// "cuda", a colon, and the processor. A CPU of another kind of machine is
/// named by a triple, with the processor behind a slash.
struct Target {
  enum class Device { CPU, Vulkan, CUDA };

  std::string text = "cpu";
  Device device = Device::CPU;

  /// The size of a vector register of a CPU, as far as it is known.
  int64_t vectorBytes = 16;

  /// Whether math.fma is rounded once, for all that is known of the processor.
  /// IREE makes a product and a sum of it on CPUs without the instruction, and
  /// Mesa on those that stand for a GPU.
  bool fusesMultiplyAdd = false;

  /// Whether IREE makes pairs of 32-bit integers of those of 64 bits.
  bool emulatesInt64 = false;

  /// Reads a target; false if there is no such device.
  static bool parse(llvm::StringRef text, Target &target);
};

llvm::raw_ostream &operator<<(llvm::raw_ostream &os, const Target &target);

} // namespace xform

namespace llvm::cl {

extern template class basic_parser<xform::Target>;

template <> class parser<xform::Target> : public basic_parser<xform::Target> {
public:
  parser(Option &option) : basic_parser(option) {}
  bool parse(Option &option, StringRef name, StringRef text,
             xform::Target &target);
  void printOptionDiff(const Option &option, const xform::Target &target,
                       const OptionValue<xform::Target> &other,
                       size_t width) const {}
  void anchor() override;
};

} // namespace llvm::cl

#endif // XFORM_LOWERING_TARGET_H
