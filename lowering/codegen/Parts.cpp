//===- Parts.cpp - one module as several ----------------------------------===//

#include "lowering/codegen/Parts.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace xform::codegen {

/// The only function that calls this one, if it is likely to be inlined there.
static const Function *onlyCaller(const Function &function) {
  const Function *caller = nullptr;
  if (function.hasFnAttribute(Attribute::NoInline))
    return nullptr;
  for (const User *user : function.users()) {
    auto *call = dyn_cast<CallBase>(user);
    if (!call || (caller && caller != call->getFunction()))
      return nullptr;
    caller = call->getFunction();
  }
  return caller;
}

/// The number of a part for each function: the largest first, each to the part
/// that is the smallest so far, with what is inlined into it.
static DenseMap<const GlobalValue *, size_t> numbersOf(const Module &module,
                                                       size_t count) {
  std::vector<std::pair<size_t, const Function *>> sizes;
  std::vector<const Function *> inlined;
  for (const Function &function : module) {
    if (function.isDeclaration())
      continue;
    if (onlyCaller(function))
      inlined.push_back(&function);
    else
      sizes.push_back({function.getInstructionCount(), &function});
  }
  llvm::sort(sizes, [](auto &a, auto &b) {
    return std::pair(b.first, a.second->getName()) <
           std::pair(a.first, b.second->getName());
  });
  DenseMap<const GlobalValue *, size_t> numbers;
  std::vector<size_t> total(count, 0);
  for (auto [size, function] : sizes) {
    size_t smallest =
        std::min_element(total.begin(), total.end()) - total.begin();
    numbers[function] = smallest;
    total[smallest] += size;
  }
  for (const Function *function : inlined) {
    const Function *outermost = function;
    // A function that calls itself has no caller beside itself.
    for (size_t depth = 0; depth < inlined.size(); ++depth)
      if (const Function *caller = onlyCaller(*outermost))
        outermost = caller;
    numbers[function] = numbers.lookup(outermost);
  }
  return numbers;
}

std::vector<Object> takeParts(Module &module, size_t count) {
  std::vector<Object> parts;
  if (count < 2)
    return parts;
  for (GlobalValue &value : module.global_values())
    if (value.hasLocalLinkage()) {
      if (!value.hasName())
        value.setName("xform.global");
      value.setLinkage(GlobalValue::ExternalLinkage);
      value.setVisibility(GlobalValue::HiddenVisibility);
    }
  DenseMap<const GlobalValue *, size_t> numbers = numbersOf(module, count);
  for (size_t part = 1; part < count; ++part) {
    ValueToValueMapTy mapping;
    std::unique_ptr<Module> taken =
        CloneModule(module, mapping, [&](const GlobalValue *value) {
          return numbers.lookup(value) == part;
        });
    raw_svector_ostream stream(parts.emplace_back());
    WriteBitcodeToFile(*taken, stream);
  }
  for (Function &function : module)
    if (numbers.lookup(&function) != 0)
      function.deleteBody();
  return parts;
}

} // namespace xform::codegen
