//===- LinearAlgebra.h - factorisations, triangular systems -----*- C++ -*-===//

#ifndef XFORM_DIALECT_LINEARALGEBRA_H
#define XFORM_DIALECT_LINEARALGEBRA_H

#include "dialect/Ops.h"

#define GET_OP_CLASSES
#include "dialect/LinearAlgebra.h.inc"

#endif // XFORM_DIALECT_LINEARALGEBRA_H
