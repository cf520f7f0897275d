//===- Analyses.h - what Python asks of traced functions --------*- C++ -*-===//

#ifndef XFORM_FRONTEND_EXTENSION_ANALYSES_H
#define XFORM_FRONTEND_EXTENSION_ANALYSES_H

#include "Builder.h"

#include <nanobind/nanobind.h>

namespace xform::python {

/// Adds what tells which results depend on which arguments to the class
/// Function.
void addAnalyses(nanobind::class_<FunctionHandle> &type);

} // namespace xform::python

#endif // XFORM_FRONTEND_EXTENSION_ANALYSES_H
