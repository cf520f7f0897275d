//===- Extension.cpp - the Python module xform._codegen -------------------===//
//
// Its interface is described in frontend/xform/_codegen.pyi.
//
//===----------------------------------------------------------------------===//

#include "lowering/codegen/Emit.h"
#include "lowering/codegen/Error.h"
#include "lowering/codegen/Interrupt.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace xform::codegen;

namespace {

/// A library that was made, and what it was made of.
struct Library {
  nb::bytes ir;
  Target target;
  std::vector<Entry> entries;
  std::string name;
  nb::bytes elf;

  llvm::StringRef text() const { return {ir.c_str(), ir.size()}; }
};

nb::bytes bytesOf(const Object &object) {
  return nb::bytes(object.data(), object.size());
}

/// Lets Ctrl-C and other signals of Python end what LLVM does on this thread.
void askPython() {
  nb::gil_scoped_acquire acquired;
  if (PyErr_CheckSignals() != 0)
    throw nb::python_error();
}

Library emitPythonLibrary(nb::bytes ir, std::vector<Entry> entries,
                          std::string name, std::string triple, std::string cpu,
                          std::string features, int level, bool fuse,
                          bool strip) {
  if (level < 0 || level > 3)
    throw nb::value_error("the level of optimisation is one of 0 to 3");
  Library library{
      std::move(ir),
      {std::move(triple), std::move(cpu), std::move(features), level, fuse},
      std::move(entries),
      std::move(name),
      nb::bytes("")};
  Object elf;
  {
    llvm::StringRef text = library.text();
    nb::gil_scoped_release released;
    Interruptible asking(askPython);
    elf =
        emitLibrary(text, library.target, library.entries, library.name, strip);
  }
  library.elf = bytesOf(elf);
  return library;
}

std::string textOf(const Library &library, Output output) {
  llvm::StringRef text = library.text();
  nb::gil_scoped_release released;
  Interruptible asking(askPython);
  Object made =
      emit(text, library.target, output, library.entries, library.name);
  return {made.data(), made.size()};
}

} // namespace

NB_MODULE(_codegen, m) {
  nb::exception<CodegenError> error(m, "CodegenError", PyExc_RuntimeError);

  nb::class_<Entry>(m, "Entry")
      .def(
          "__init__",
          [](Entry *self, std::string name, unsigned bindings,
             unsigned constants, std::array<uint32_t, 3> workgroupSize,
             uint32_t localMemory) {
            new (self) Entry{std::move(name), bindings, constants,
                             workgroupSize, localMemory};
          },
          nb::arg("name"), nb::arg("bindings"), nb::arg("constants") = 0,
          nb::arg("workgroup_size") = std::array<uint32_t, 3>{1, 1, 1},
          nb::arg("local_memory") = 0)
      .def_ro("name", &Entry::name)
      .def_ro("bindings", &Entry::bindings)
      .def_ro("constants", &Entry::constants)
      .def_ro("workgroup_size", &Entry::workgroupSize)
      .def_ro("local_memory", &Entry::localMemory);

  nb::class_<Library>(m, "Library")
      .def_ro("elf", &Library::elf)
      .def(
          "optimized_ir",
          [](const Library &self) { return textOf(self, Output::OptimizedIR); })
      .def("assembly",
           [](const Library &self) { return textOf(self, Output::Assembly); });

  m.def("emit_library", &emitPythonLibrary, nb::arg("ir"), nb::kw_only(),
        nb::arg("entries"), nb::arg("name"), nb::arg("triple"), nb::arg("cpu"),
        nb::arg("features"), nb::arg("level") = 2, nb::arg("fuse") = true,
        nb::arg("strip") = false);
  m.def("host_cpu", &hostCpu);
}
