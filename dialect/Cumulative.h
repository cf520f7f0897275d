//===- Cumulative.h - primitives that accumulate along an axis --*- C++ -*-===//

#ifndef XFORM_DIALECT_CUMULATIVE_H
#define XFORM_DIALECT_CUMULATIVE_H

#include "dialect/Ops.h"

#define GET_OP_CLASSES
#include "dialect/Cumulative.h.inc"

#endif // XFORM_DIALECT_CUMULATIVE_H
