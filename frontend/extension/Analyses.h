//===- Analyses.h - what Python asks of traced functions --------*- C++ -*-===//

#ifndef XFORM_FRONTEND_EXTENSION_ANALYSES_H
#define XFORM_FRONTEND_EXTENSION_ANALYSES_H

#include "Builder.h"

#include <nanobind/nanobind.h>

namespace xform::python {

/// Adds to the class Function what tells which results depend on which
/// arguments, what a call costs, and which operations and beginnings there are.
void addAnalyses(nanobind::class_<FunctionHandle> &type);

} // namespace xform::python

#endif // XFORM_FRONTEND_EXTENSION_ANALYSES_H
