//===- Observation.h - passes, watched at their work ------------*- C++ -*-===//

#ifndef XFORM_FRONTEND_EXTENSION_OBSERVATION_H
#define XFORM_FRONTEND_EXTENSION_OBSERVATION_H

#include "Builder.h"

#include <nanobind/nanobind.h>

namespace xform::python {

/// Adds `observe` and `structure` to the class of modules.
void addObservation(nanobind::module_ &m, nanobind::class_<ModuleState> &type);

} // namespace xform::python

#endif // XFORM_FRONTEND_EXTENSION_OBSERVATION_H
