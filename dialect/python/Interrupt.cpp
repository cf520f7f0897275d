//===- Interrupt.cpp - Ctrl-C while passes run ----------------------------===//

#include "Interrupt.h"

#include "mlir/IR/Action.h"
#include "mlir/Rewrite/PatternApplicator.h"

#include <nanobind/nanobind.h>

namespace nb = nanobind;
using namespace xform::python;

constexpr std::chrono::milliseconds kBetween(50);

/// Patterns apply more often than a clock is to be read.
constexpr unsigned kActions = 64;

Interruptible::Interruptible(mlir::MLIRContext *context)
    : context(context), last(std::chrono::steady_clock::now()) {
  context->registerActionHandler(
      [this](llvm::function_ref<void()> run, const mlir::tracing::Action &is) {
        bool isPattern = llvm::isa<mlir::ApplyPatternAction>(is);
        if (!raised && (!isPattern || ++actions % kActions == 0))
          ask();
        if (!raised)
          run();
      });
}

Interruptible::~Interruptible() { context->registerActionHandler(nullptr); }

void Interruptible::ask() {
  auto now = std::chrono::steady_clock::now();
  if (now - last < kBetween)
    return;
  last = now;
  nb::gil_scoped_acquire acquired;
  if (PyErr_CheckSignals() != 0)
    raised = std::make_exception_ptr(nb::python_error());
}

void Interruptible::finish() const {
  if (raised)
    std::rethrow_exception(raised);
}
