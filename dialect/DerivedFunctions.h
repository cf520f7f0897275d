//===- DerivedFunctions.h - functions made from functions -------*- C++ -*-===//
//
// What the rules of an op that calls a function (xform.map) ask of the driver:
// its callee batched, differentiated, split or transposed. Masks name arguments
// or results; a value whose mark is false is absent from the derived function.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_DERIVEDFUNCTIONS_H
#define XFORM_DIALECT_DERIVEDFUNCTIONS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace xform {

using Mask = llvm::SmallVector<bool>;

/// (arguments) -> (results), those marked with a leading batch dim.
struct BatchedFunction {
  mlir::func::FuncOp function;
  Mask batchedResults;
};

/// (primals, the marked tangents) -> (results, the marked tangents).
struct JvpFunction {
  mlir::func::FuncOp function;
  Mask tangentResults;
};

/// A function that is linear in some arguments as two:
///   primal: (other arguments) -> (other results, residuals)
///   linear: (forwarded arguments, residuals, linear arguments)
///           -> (linear results)
/// `forwarded` are indices into the primal function's arguments: residuals
/// that are arguments as they come need not be returned.
struct SplitFunction {
  mlir::func::FuncOp primal;
  mlir::func::FuncOp linear;
  llvm::SmallVector<int64_t> forwarded;
  int64_t residualCount = 0;
  Mask linearResults;
};

/// (other arguments, the marked cotangents of results)
///   -> (the marked cotangents of linear arguments, over all arguments).
struct TransposedFunction {
  mlir::func::FuncOp function;
  Mask argumentCotangents;
};

class DerivedFunctions {
public:
  virtual ~DerivedFunctions() = default;

  virtual mlir::func::FuncOp lookup(mlir::FlatSymbolRefAttr symbol) = 0;
  virtual llvm::FailureOr<BatchedFunction>
  batched(mlir::func::FuncOp function, const Mask &arguments, int64_t size) = 0;
  virtual llvm::FailureOr<JvpFunction> jvp(mlir::func::FuncOp function,
                                           const Mask &arguments) = 0;
  virtual llvm::FailureOr<SplitFunction> split(mlir::func::FuncOp function,
                                               const Mask &linear) = 0;
  virtual llvm::FailureOr<TransposedFunction>
  transposed(mlir::func::FuncOp function, const Mask &linear,
             const Mask &cotangents) = 0;
  /// The function with argument `order[i]` in place i.
  virtual mlir::func::FuncOp reordered(mlir::func::FuncOp function,
                                       llvm::ArrayRef<int64_t> order) = 0;
};

} // namespace xform

#endif // XFORM_DIALECT_DERIVEDFUNCTIONS_H
