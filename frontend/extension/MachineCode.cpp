//===- MachineCode.cpp - what Python asks of compiled modules -------------===//

#include "MachineCode.h"

#include "lowering/cpu/Translate.h"

#include <nanobind/stl/map.h>
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

void xform::python::addMachineCode(nb::module_ &m,
                                   nb::class_<ModuleState> &type) {
  nb::class_<Needs>(m, "Needs")
      .def_ro("scratch", &Needs::scratch)
      .def_ro("is_shared", &Needs::isShared)
      .def_ro("is_stoppable", &Needs::isStoppable)
      .def_prop_ro("donors", [](const Needs &self) {
        nb::list donors;
        for (int64_t donor : self.donors)
          donors.append(donor < 0 ? nb::none() : nb::object(nb::int_(donor)));
        return nb::tuple(donors);
      });
  type.def("reflections", &reflectionsOf)
      .def(
          "llvm_ir",
          [](const ModuleState &self) { return toLLVMIR(*self.module); },
          nb::call_guard<nb::gil_scoped_release>())
      .def("needs",
           [](const ModuleState &self) { return needsOf(*self.module); });
}
