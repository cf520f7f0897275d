//===- Random.h - primitives that draw random bits --------------*- C++ -*-===//

#ifndef XFORM_DIALECT_RANDOM_H
#define XFORM_DIALECT_RANDOM_H

#include "dialect/Ops.h"

#define GET_OP_CLASSES
#include "dialect/Random.h.inc"

#endif // XFORM_DIALECT_RANDOM_H
