//===- MachineCode.h - what Python asks of compiled modules -----*- C++ -*-===//

#ifndef XFORM_FRONTEND_EXTENSION_MACHINECODE_H
#define XFORM_FRONTEND_EXTENSION_MACHINECODE_H

#include "Builder.h"

#include <nanobind/nanobind.h>

namespace xform::python {

/// Adds what leads from a module of linalg to machine code to the class Module,
/// `type`, and the class Needs to the module.
void addMachineCode(nanobind::module_ &m, nanobind::class_<ModuleState> &type);

} // namespace xform::python

#endif // XFORM_FRONTEND_EXTENSION_MACHINECODE_H
