//===- Analyses.cpp - what Python asks of traced functions ----------------===//

#include "Analyses.h"

#include "dialect/Work.h"
#include "lowering/Sparsity.h"
#include "lowering/transforms/Expander.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace mlir;
using namespace xform;
using namespace xform::python;

namespace {

/// A NumPy array that owns the vector's elements.
template <typename T> nb::object arrayOf(std::vector<T> elements) {
  auto *kept = new std::vector<T>(std::move(elements));
  nb::capsule owner(kept, [](void *pointer) noexcept {
    delete static_cast<std::vector<T> *>(pointer);
  });
  return nb::cast(nb::ndarray<nb::numpy, T, nb::ndim<1>>(
      kept->data(), {kept->size()}, owner));
}

std::vector<bool> dependentOf(const FunctionHandle &self,
                              const std::vector<bool> &arguments, bool rows,
                              bool freshDraws) {
  Mask mask(arguments.begin(), arguments.end());
  Mask results = dependentResults(self.function, mask, {rows, freshDraws});
  return std::vector<bool>(results.begin(), results.end());
}

/// The pattern of each result as (offsets, columns), NumPy arrays.
nb::list sparsityOf(const FunctionHandle &self,
                    const std::vector<bool> &arguments,
                    const ArgumentIntegers &known) {
  DiagnosticScope scope(self.owner->context.get());
  Mask mask(arguments.begin(), arguments.end());
  FailureOr<SmallVector<SparsityPattern>> patterns =
      dependencePattern(self.function, mask, known);
  if (failed(patterns))
    scope.raise("the sizes are not static");
  nb::list result;
  for (SparsityPattern &pattern : *patterns)
    result.append(nb::make_tuple(arrayOf(std::move(pattern.offsets)),
                                 arrayOf(std::move(pattern.columns))));
  return result;
}

/// Where a draw is made whose key does not depend on the marked arguments.
std::optional<std::pair<std::string, unsigned>>
sharedDrawOf(const FunctionHandle &self, const std::vector<bool> &arguments) {
  Operation *draw =
      findSharedDraw(self.function, Mask(arguments.begin(), arguments.end()));
  if (!draw)
    return std::nullopt;
  FileLineColLoc loc = fileOf(draw->getLoc());
  if (!loc)
    return std::pair(std::string(), 0u);
  return std::pair(loc.getFilename().str(), loc.getLine());
}

nb::dict workOfFunction(const FunctionHandle &self) {
  Work work = workOf(self.function);
  nb::dict entries;
  entries["flops"] = work.flops;
  entries["additions"] = work.additions;
  entries["bytes"] = work.bytes;
  return entries;
}

} // namespace

void xform::python::addAnalyses(nb::class_<FunctionHandle> &type) {
  type.def("sparsity", &sparsityOf, nb::arg("arguments"), nb::arg("known"))
      .def(
          "known_results",
          [](const FunctionHandle &self, const ArgumentIntegers &known) {
            return knownResults(self.function, known);
          },
          nb::arg("known"))
      .def("dependent_results", &dependentOf, nb::arg("arguments"),
           nb::arg("rows") = false, nb::arg("fresh_draws") = false)
      .def("shared_draw", &sharedDrawOf, nb::arg("arguments"))
      .def("work", &workOfFunction);
}
