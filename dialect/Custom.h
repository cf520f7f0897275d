//===- Custom.h - functions with rules of their own -------------*- C++ -*-===//

#ifndef XFORM_DIALECT_CUSTOM_H
#define XFORM_DIALECT_CUSTOM_H

#include "dialect/DerivedFunctions.h"
#include "dialect/Ops.h"
#include "dialect/Transforms.h"

#define GET_OP_CLASSES
#include "dialect/Custom.h.inc"

namespace xform {

/// The functions that a custom call names; null where it names none.
struct CustomFunctions {
  mlir::func::FuncOp callee, jvp, forward, backward;
  SmallVector<mlir::func::FuncOp> vmap;
};

/// Result types of a custom call, or an error about its functions.
llvm::FailureOr<SmallVector<Type>> inferCustom(Emit emit,
                                               const CustomFunctions &functions,
                                               mlir::TypeRange inputs,
                                               mlir::TypeRange captures);

} // namespace xform

#endif // XFORM_DIALECT_CUSTOM_H
