//===- Special.h - functions beyond the elementary ones ---------*- C++ -*-===//

#ifndef XFORM_DIALECT_SPECIAL_H
#define XFORM_DIALECT_SPECIAL_H

#include "dialect/Ops.h"

#define GET_OP_CLASSES
#include "dialect/Special.h.inc"

#endif // XFORM_DIALECT_SPECIAL_H
