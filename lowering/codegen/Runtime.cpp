//===- Runtime.cpp - functions that LLVM calls of itself ------------------===//

#include "lowering/codegen/Runtime.h"
#include "lowering/codegen/Emit.h"
#include "lowering/codegen/Error.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/TargetParser/Triple.h"

#include <map>
#include <mutex>
#include <set>

using namespace llvm;

namespace xform::codegen {

namespace {

// Whose lengths a compiler need not count.
const char *const kModules[] = {
#include "Runtime.inc"
};

/// The number of the module that defines the function, or -1.
int moduleOf(StringRef function) {
  std::string name = (" @" + function + "(").str();
  for (auto [index, module] : llvm::enumerate(kModules))
    for (StringRef line : llvm::split(StringRef(module), '\n'))
      if (line.starts_with("define hidden") && line.contains(name))
        return static_cast<int>(index);
  return -1;
}

/// The module's text, with the target's word for PAUSE: the core waits, which
/// the other thread on it may make use of.
std::string textOf(int module, const Target &target) {
  Triple triple(target.triple);
  StringRef pause = triple.isX86()       ? "@llvm.x86.sse2.pause()"
                    : triple.isAArch64() ? "@llvm.aarch64.hint(i32 1)"
                                         : "@llvm.riscv.pause()";
  std::string text = kModules[module];
  size_t place = 0;
  while ((place = text.find("PAUSE", place)) != std::string::npos)
    text.replace(place, 5, pause);
  return text;
}

std::shared_ptr<const Object> compiled(int module, const Target &target) {
  using Key = std::pair<Target, int>;
  static std::mutex *mutex = new std::mutex;
  static auto *known = new std::map<Key, std::shared_ptr<const Object>>;
  // The functions mean what they say: no product and sum is to be fused.
  Target exact = target;
  exact.fuse = false;
  exact.level = 2;
  Key key(exact, module);
  {
    std::lock_guard<std::mutex> lock(*mutex);
    auto found = known->find(key);
    if (found != known->end())
      return found->second;
  }
  // Two threads may both compile it; what they get is the same.
  auto object = std::make_shared<const Object>(
      emit(textOf(module, target), exact, Output::Object, {}, ""));
  std::lock_guard<std::mutex> lock(*mutex);
  return known->emplace(key, object).first->second;
}

} // namespace

StringSet<> undefinedFunctions(ArrayRef<const Object *> objects) {
  StringSet<> used, defined;
  for (const Object *object : objects) {
    auto file = object::ObjectFile::createObjectFile(
        MemoryBufferRef(StringRef(object->data(), object->size()), "object"));
    if (!file)
      throw CodegenError("no object was made: " + toString(file.takeError()));
    for (const object::SymbolRef &symbol : (*file)->symbols()) {
      Expected<uint32_t> flags = symbol.getFlags();
      Expected<StringRef> name = symbol.getName();
      if (!flags || !name)
        throw CodegenError("the object has a symbol without a name");
      bool isUndefined = *flags & object::SymbolRef::SF_Undefined;
      // The first symbol of a file is none; the table of addresses is the
      // linker's.
      if (!name->empty() && *name != "_GLOBAL_OFFSET_TABLE_")
        (isUndefined ? used : defined).insert(*name);
    }
  }
  for (const auto &name : defined)
    used.erase(name.first());
  return used;
}

std::vector<std::shared_ptr<const Object>>
runtimeFor(ArrayRef<const Object *> objects, const Target &target) {
  std::vector<std::shared_ptr<const Object>> runtime;
  SmallVector<const Object *> all(objects);
  std::set<int> taken;
  while (true) {
    StringSet<> missing = undefinedFunctions(all);
    if (missing.empty())
      return runtime;
    std::set<std::string> unknown;
    size_t before = all.size();
    for (const auto &function : missing) {
      int module = moduleOf(function.first());
      if (module < 0) {
        unknown.insert("'" + function.first().str() + "'");
      } else if (taken.insert(module).second) {
        runtime.push_back(compiled(module, target));
        all.push_back(runtime.back().get());
      }
    }
    if (!unknown.empty() || all.size() == before)
      throw CodegenError("the code calls what a library may not import: " +
                         llvm::join(unknown, ", "));
  }
}

} // namespace xform::codegen
