//===- Transforms.h - what the transform operations result in ---*- C++ -*-===//

#ifndef XFORM_DIALECT_TRANSFORMS_H
#define XFORM_DIALECT_TRANSFORMS_H

#include "dialect/DerivedFunctions.h"
#include "dialect/Ops.h"

namespace xform {

/// In in_dims and out_dims: the operand or result has no batch dim.
constexpr int64_t kNotBatched = -1;

/// Starts an error message; called once, where a check fails.
using Emit = llvm::function_ref<mlir::InFlightDiagnostic()>;

/// Result types of the transform operations, or an error about their operands.
llvm::FailureOr<SmallVector<Type>>
inferVmap(Emit emit, mlir::func::FuncOp callee, mlir::TypeRange inputs,
          ArrayRef<int64_t> inDims, ArrayRef<int64_t> outDims, Type rowNumbers);
llvm::FailureOr<SmallVector<Type>>
inferJvp(Emit emit, mlir::func::FuncOp callee, mlir::TypeRange primals,
         mlir::TypeRange tangents, ArrayRef<int64_t> argnums);
llvm::FailureOr<SmallVector<Type>>
inferVjp(Emit emit, mlir::func::FuncOp callee, mlir::TypeRange primals,
         mlir::TypeRange cotangents, ArrayRef<int64_t> argnums);
llvm::FailureOr<SmallVector<Type>>
inferGrad(Emit emit, mlir::func::FuncOp callee, mlir::TypeRange primals,
          ArrayRef<int64_t> argnums, bool withValue, bool hasAux);
llvm::FailureOr<SmallVector<Type>> inferMap(Emit emit,
                                            mlir::func::FuncOp callee,
                                            mlir::TypeRange xs,
                                            mlir::TypeRange captures);

/// The number of rows of a vmap's operands.
llvm::FailureOr<int64_t> batchSize(Emit emit, mlir::TypeRange inputs,
                                   ArrayRef<int64_t> inDims);

/// Which results of a function depend on its marked arguments; with
/// `freshDraws` also those that depend on a draw whose key does not.
Mask dependentResults(mlir::func::FuncOp function, const Mask &arguments,
                      bool freshDraws = false);

/// The same for the results of an op.
Mask dependentResults(Operation &op, const Mask &operands,
                      bool freshDraws = false);

/// Whether an op draws random bits, itself or by a function that it calls.
bool draws(Operation &op);

/// A draw, in a function or in one that it calls, whose key does not depend on
/// the marked arguments; null if there is none.
Operation *findSharedDraw(mlir::func::FuncOp function, const Mask &arguments);

} // namespace xform

#endif // XFORM_DIALECT_TRANSFORMS_H
