//===- Analyses.cpp - what Python asks of traced functions ----------------===//

#include "Analyses.h"

#include "dialect/Work.h"
#include "lowering/Sparsity.h"
#include "lowering/transforms/Expander.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
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

/// The operations but the last: file and line of each, and the functions that
/// it names.
nb::list operationsOf(const FunctionHandle &self) {
  nb::list operations;
  func::FuncOp function = self.function;
  for (Operation &op : function.front().without_terminator()) {
    nb::list named;
    std::optional<SymbolTable::UseRange> uses = SymbolTable::getSymbolUses(&op);
    assert(uses && "no operation inside of a function is unknown");
    for (const SymbolTable::SymbolUse &use : *uses)
      named.append(use.getSymbolRef().getRootReference().str());
    FileLineColLoc loc = fileOf(op.getLoc());
    operations.append(
        nb::make_tuple(loc ? loc.getFilename().str() : std::string(),
                       loc ? loc.getLine() : 0u, named));
  }
  return operations;
}

/// A new module with the function up to its operation `count`. It returns what
/// the rest reads of that, or what the last operation left gives.
ModulePtr beginningOf(const FunctionHandle &self, size_t count) {
  ModulePtr whole = self.extract();
  auto function = cast<func::FuncOp>(whole->module->getBody()->front());
  Block &body = function.front();
  Operation *end = body.getTerminator();
  SmallVector<Operation *> kept, rest;
  for (Operation &op : body.without_terminator())
    (kept.size() < count ? kept : rest).push_back(&op);
  DenseSet<Operation *> readers(rest.begin(), rest.end());
  readers.insert(end);
  SmallVector<Value> live;
  for (Operation *op : kept)
    for (Value result : op->getResults())
      if (llvm::any_of(result.getUsers(),
                       [&](Operation *user) { return readers.contains(user); }))
        live.push_back(result);
  if (live.empty() && !kept.empty())
    llvm::append_range(live, kept.back()->getResults());
  end->setOperands(live);
  for (Operation *op : llvm::reverse(rest))
    op->erase();
  function.removeResAttrsAttr();
  function.setFunctionType(FunctionType::get(function.getContext(),
                                             function.getArgumentTypes(),
                                             ValueRange(live).getTypes()));
  // Without the functions that only the rest names.
  return FunctionHandle{whole, function}.extract();
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
      .def_prop_ro("operations", &operationsOf)
      .def("beginning", &beginningOf, nb::arg("count"))
      .def("work", &workOfFunction);
}
