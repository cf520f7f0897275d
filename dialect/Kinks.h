//===- Kinks.h - derivatives of what has a kink -----------------*- C++ -*-===//

#ifndef XFORM_DIALECT_KINKS_H
#define XFORM_DIALECT_KINKS_H

#include "dialect/Ops.h"

#define GET_OP_CLASSES
#include "dialect/Kinks.h.inc"

#endif // XFORM_DIALECT_KINKS_H
