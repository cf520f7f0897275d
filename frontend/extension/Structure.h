//===- Structure.h - a module as data ---------------------------*- C++ -*-===//
//
// What explains a program to people reads it in this form, at any stage.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_FRONTEND_EXTENSION_STRUCTURE_H
#define XFORM_FRONTEND_EXTENSION_STRUCTURE_H

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace xform::python {

/// The functions of a module and their operations as JSON: what they read and
/// give, where the user wrote them, what they run and what they cost. Throws
/// Diagnostic if a function calls itself.
std::string structureOf(mlir::ModuleOp module);

} // namespace xform::python

#endif // XFORM_FRONTEND_EXTENSION_STRUCTURE_H
