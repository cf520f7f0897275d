//===- Observation.cpp - passes, watched at their work --------------------===//

#include "Observation.h"

#include "Structure.h"

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassInstrumentation.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <chrono>

namespace nb = nanobind;
using namespace mlir;
using namespace xform;
using namespace xform::python;

namespace {

/// A pass over a whole module, or several over its functions.
struct PassRun {
  std::string name;
  double seconds;
  /// How often each op stands in the module afterwards.
  std::map<std::string, int64_t> ops;
  /// The module afterwards; empty where it was not asked for.
  std::string text, structure;
};

using Clock = std::chrono::steady_clock;

class Observer : public PassInstrumentation {
public:
  Observer(std::vector<PassRun> &runs, std::vector<std::string> kept)
      : runs(runs), kept(std::move(kept)) {}

  void runBeforePass(Pass *pass, Operation *op) override {
    if (isa<ModuleOp>(op))
      starts.push_back(Clock::now());
    else
      names.insert(pass->getArgument());
  }

  void runAfterPass(Pass *pass, Operation *op) override {
    auto module = dyn_cast<ModuleOp>(op);
    if (!module)
      return;
    std::chrono::duration<double> spent = Clock::now() - starts.pop_back_val();
    // What a pass runs within is a part of it.
    if (!starts.empty())
      return;
    // Those over functions are run by one that has no name.
    std::string name = pass->getArgument().str();
    if (name.empty())
      name = llvm::join(names, ", ");
    names.clear();
    PassRun run{name, spent.count(), {}, {}, {}};
    module.walk([&](Operation *inner) {
      ++run.ops[inner->getName().getStringRef().str()];
    });
    if (llvm::is_contained(kept, name)) {
      llvm::raw_string_ostream(run.text) << *module;
      run.structure = structureOf(module);
    }
    runs.push_back(std::move(run));
  }

private:
  std::vector<PassRun> &runs;
  std::vector<std::string> kept;
  SmallVector<Clock::time_point> starts;
  /// Of passes over functions; they live as long as the passes.
  llvm::SetVector<StringRef> names;
};

std::vector<PassRun> observe(ModuleState &self, const std::string &pipeline,
                             const std::vector<std::string> &kept) {
  std::vector<PassRun> runs;
  self.run(pipeline, std::make_unique<Observer>(runs, kept));
  return runs;
}

} // namespace

void python::addObservation(nb::module_ &m, nb::class_<ModuleState> &type) {
  nb::class_<PassRun>(m, "PassRun")
      .def_ro("name", &PassRun::name)
      .def_ro("seconds", &PassRun::seconds)
      .def_ro("ops", &PassRun::ops)
      .def_ro("text", &PassRun::text)
      .def_ro("structure", &PassRun::structure);
  type.def("observe", &observe, nb::arg("pipeline"), nb::arg("kept"),
           nb::call_guard<nb::gil_scoped_release>())
      .def("structure",
           [](ModuleState &self) { return structureOf(*self.module); });
}
