//===- Bits.h - primitives on bit patterns and whole numbers -----*- C++
//-*-===//

#ifndef XFORM_DIALECT_BITS_H
#define XFORM_DIALECT_BITS_H

#include "dialect/Ops.h"

#define GET_OP_CLASSES
#include "dialect/Bits.h.inc"

#endif // XFORM_DIALECT_BITS_H
