//===- Target.cpp - what passes know of a machine -------------------------===//

#include "lowering/Target.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace llvm;
using namespace xform;

/// LLVM does not list what other features of a processor imply.
static void readX86(function_ref<bool(StringRef)> has, Target &target) {
  target.vectorBytes = has("avx512f") || has("avx512vl") ? 64
                       : has("avx2")                     ? 32
                                                         : 16;
  target.fusesMultiplyAdd = has("fma");
}

static void readProcessor(StringRef machine, StringRef processor,
                          Target &target) {
  if (machine.starts_with("aarch64")) {
    target.fusesMultiplyAdd = true;
  } else if (processor == "host") {
    StringMap<bool> features = sys::getHostCPUFeatures();
    readX86([&](StringRef name) { return features.lookup(name); }, target);
  } else if (X86::parseArchX86(processor) != X86::CK_None) {
    SmallVector<StringRef> features;
    X86::getFeaturesForCPU(processor, features);
    readX86([&](StringRef name) { return is_contained(features, name); },
            target);
  }
}

bool Target::parse(StringRef text, Target &target) {
  target = Target();
  target.text = text.str();
  auto [device, rest] = text.split(':');
  if (device == "cpu") {
    Triple host(sys::getProcessTriple());
    auto [triple, processor] = rest.split('/');
    // "x86-64-v3" has as many dashes as a triple.
    bool isLevel = rest.starts_with("x86-64-v");
    if (!processor.empty() || (triple.count('-') > 1 && !isLevel))
      readProcessor(triple, processor, target);
    else
      readProcessor(host.getArchName(), rest.empty() ? "host" : rest, target);
    return true;
  }
  if (device == "vulkan") {
    target.device = Device::Vulkan;
    target.emulatesInt64 =
        rest.empty() || rest == "portable" || rest.starts_with("adreno") ||
        rest.starts_with("valhall") || rest.starts_with("mali");
    return true;
  }
  target.device = Device::CUDA;
  target.fusesMultiplyAdd = true;
  return device == "cuda";
}

raw_ostream &xform::operator<<(raw_ostream &os, const Target &target) {
  return os << target.text;
}

template class cl::basic_parser<Target>;

bool cl::parser<Target>::parse(Option &option, StringRef, StringRef text,
                               Target &target) {
  if (Target::parse(text, target))
    return false;
  return option.error("'" + text +
                      "' is no target: expected cpu, vulkan or cuda, and a "
                      "colon before the processor");
}

void cl::parser<Target>::anchor() {}
