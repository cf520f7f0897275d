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

/// Whether the callee takes operands of these types.
LogicalResult checkArguments(Emit emit, mlir::func::FuncOp callee,
                             mlir::TypeRange given);

/// The function that an op names, or an error at the op if it cannot run it.
llvm::FailureOr<mlir::func::FuncOp>
lookupCallee(Operation *op, mlir::FlatSymbolRefAttr symbol,
             mlir::SymbolTableCollection &symbols);

/// Whether an op has the results that were inferred for it.
LogicalResult checkResults(Operation *op,
                           const llvm::FailureOr<SmallVector<Type>> &types);

/// What it means that a result depends on marked values.
struct Dependence {
  /// It differs from row to row where they do: of a call with vmap rules these
  /// tell, and as long as there is none for what is marked, nothing is known.
  bool ofRows = false;
  /// What is drawn with a key that does not depend on them depends too.
  bool onDraws = false;
};

/// Which results of a function depend on its marked arguments.
Mask dependentResults(mlir::func::FuncOp function, const Mask &arguments,
                      Dependence kind = {});

/// The same for the results of an op.
Mask dependentResults(Operation &op, const Mask &operands,
                      Dependence kind = {});

/// A function that an op calls and those of its arguments that differ from row
/// to row, in every step of a loop.
struct CalleeRows {
  mlir::func::FuncOp function;
  Mask arguments;
};

/// What surely differs from row to row where the marked operands of an op do;
/// with `freshDraws` also what is drawn with a key that does not. Unlike
/// `dependentResults`, which marks what may be batched, this leaves unmarked
/// what depends on the row in some steps or branches only.
struct RowDependence {
  llvm::SmallVector<CalleeRows> callees;
  Mask results;
};
RowDependence rowDependence(Operation &op, const Mask &operands,
                            bool freshDraws = false);

/// A draw, in a function or in one that it calls, whose key does not depend on
/// the marked arguments; null if there is none.
Operation *findSharedDraw(mlir::func::FuncOp function, const Mask &arguments);

} // namespace xform

#endif // XFORM_DIALECT_TRANSFORMS_H
