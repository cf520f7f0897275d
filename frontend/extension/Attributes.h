//===- Attributes.h - Python values as MLIR attributes ----------*- C++ -*-===//

#ifndef XFORM_FRONTEND_EXTENSION_ATTRIBUTES_H
#define XFORM_FRONTEND_EXTENSION_ATTRIBUTES_H

#include "Builder.h"

#include <nanobind/nanobind.h>

namespace xform::python {

/// int, bool and str become scalars, sequences of ints become i64 arrays.
mlir::NamedAttrList attributesOf(mlir::MLIRContext *context,
                                 const nanobind::dict &entries);

/// xform.constant of a NumPy array.
ValueHandle emitConstant(FunctionHandle &function,
                         const nanobind::object &array,
                         const SourceLocation &location);

/// xform.constant with one number in every element.
ValueHandle emitSplat(FunctionHandle &function, const nanobind::object &value,
                      const TypeSpec &type, const SourceLocation &location);

} // namespace xform::python

#endif // XFORM_FRONTEND_EXTENSION_ATTRIBUTES_H
