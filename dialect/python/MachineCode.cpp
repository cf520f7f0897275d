//===- MachineCode.cpp - what Python asks of compiled modules -------------===//

#include "MachineCode.h"

#include "lowering/cpu/Translate.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace mlir;

namespace {

using Texts = std::map<std::string, std::string>;

/// What is kept with each function, by the function's name.
std::map<std::string, Texts>
reflectionsOf(const xform::python::ModuleState &self) {
  std::map<std::string, Texts> reflections;
  for (auto function : (*self.module).getOps<func::FuncOp>()) {
    Texts &texts = reflections[function.getName().str()];
    if (auto kept = function->getAttrOfType<DictionaryAttr>("iree.reflection"))
      for (NamedAttribute entry : kept)
        texts[entry.getName().str()] = cast<StringAttr>(entry.getValue()).str();
  }
  return reflections;
}

} // namespace

void xform::python::addMachineCode(nb::class_<ModuleState> &type) {
  type.def("reflections", &reflectionsOf)
      .def(
          "llvm_ir",
          [](const ModuleState &self) { return toLLVMIR(*self.module); },
          nb::call_guard<nb::gil_scoped_release>())
      .def("needs", [](const ModuleState &self) {
        std::map<std::string, std::pair<int64_t, bool>> needs;
        for (const auto &[name, of] : needsOf(*self.module))
          needs[name] = {of.scratch, of.isShared};
        return needs;
      });
}
