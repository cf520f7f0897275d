//===- Ops.h - the dialect's operations -------------------------*- C++ -*-===//

#ifndef XFORM_DIALECT_OPS_H
#define XFORM_DIALECT_OPS_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialect/FunctionRun.h"
#include "dialect/RuleBuilder.h"

#include "dialect/Dialect.h.inc"
#include "dialect/Interfaces.h.inc"

#define GET_OP_CLASSES
#include "dialect/Creation.h.inc"
#define GET_OP_CLASSES
#include "dialect/Elementwise.h.inc"
#define GET_OP_CLASSES
#include "dialect/Shape.h.inc"
#define GET_OP_CLASSES
#include "dialect/Reduction.h.inc"
#define GET_OP_CLASSES
#include "dialect/Contraction.h.inc"
#define GET_OP_CLASSES
#include "dialect/Transforms.h.inc"

#endif // XFORM_DIALECT_OPS_H
