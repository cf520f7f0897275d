//===- DerivedFunctions.h - functions made from functions -------*- C++ -*-===//
//
// What the rules of an op that calls a function (xform.scan) ask of the driver:
// its callee batched, differentiated, split or transposed. Masks name arguments
// or results; a value whose mark is false is absent from the derived function.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_DERIVEDFUNCTIONS_H
#define XFORM_DIALECT_DERIVEDFUNCTIONS_H

#include "dialect/RuleBuilder.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <string>

namespace xform {

using Mask = llvm::SmallVector<bool>;

/// A mask as the text that stands in memo keys.
std::string maskText(ArrayRef<bool> mask);

/// Which of some values, null ones among them, are there.
Mask presenceOf(ValueRange values);

/// A mask of this size, true at the marked places.
Mask maskOf(size_t size, ArrayRef<int64_t> marked);

/// Those of some values that are there.
SmallVector<Value> present(ValueRange values);

/// The first of the values at the marked places, null ones at the others.
SmallVector<Value> spread(ArrayRef<bool> mask, ValueRange values);

/// What a function and its jvp give, in a rule's order: the marked tangents as
/// `spread` has them, behind them the results.
SmallVector<Value> tangentsFirst(ArrayRef<bool> mask, ValueRange values);

/// Some values, repeated for each row where the marked ones among the first
/// are not batched yet.
SmallVector<Value> batchedAs(RuleBuilder &b, ValueRange values,
                             ArrayRef<bool> marked, ArrayRef<bool> batched,
                             int64_t size);

/// The values at the marked places, zeros for the null ones among them.
SmallVector<Value> withZeros(RuleBuilder &b, ArrayRef<bool> mask,
                             ValueRange values, mlir::TypeRange types);

/// Clones the body of a function of one block to the builder's place.
SmallVector<Value> inlineBody(mlir::OpBuilder &builder,
                              mlir::func::FuncOp function,
                              ValueRange arguments);

/// Writes the body of a function from its arguments; returns its results.
using BuildBody =
    llvm::function_ref<SmallVector<Value>(RuleBuilder &, ValueRange)>;

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
  /// A function named after `origin`, with arguments of these types, whose body
  /// `build` writes. Made once for an origin and a key, which says all that the
  /// body depends on and begins with the suffix of the name.
  virtual mlir::func::FuncOp around(mlir::func::FuncOp origin,
                                    const std::string &key,
                                    mlir::TypeRange arguments,
                                    BuildBody build) = 0;
  /// Called by a custom call that has no rule of this name ("derivative",
  /// "vmap") for its marked operands, `size` rows of each. Success means that
  /// anything will do instead.
  virtual LogicalResult askForRule(Operation *op, mlir::StringAttr site,
                                   StringRef rule, ArrayRef<bool> operands,
                                   int64_t size) = 0;
  /// Called where a backward rule is used: which cotangents it is given, that
  /// is, which are not zero.
  virtual void noteCotangents(Operation *op, mlir::StringAttr site,
                              ArrayRef<bool> cotangents) = 0;
};

} // namespace xform

#endif // XFORM_DIALECT_DERIVEDFUNCTIONS_H
