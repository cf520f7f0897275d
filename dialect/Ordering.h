//===- Ordering.h - primitives that compare elements ------------*- C++ -*-===//

#ifndef XFORM_DIALECT_ORDERING_H
#define XFORM_DIALECT_ORDERING_H

#include "dialect/Ops.h"

#define GET_OP_CLASSES
#include "dialect/Ordering.h.inc"

#endif // XFORM_DIALECT_ORDERING_H
