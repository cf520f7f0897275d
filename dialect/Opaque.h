//===- Opaque.h - calls of what was compiled before -------------*- C++ -*-===//

#ifndef XFORM_DIALECT_OPAQUE_H
#define XFORM_DIALECT_OPAQUE_H

#include "dialect/Ops.h"

#define GET_OP_CLASSES
#include "dialect/Opaque.h.inc"

#endif // XFORM_DIALECT_OPAQUE_H
