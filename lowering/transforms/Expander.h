//===- Expander.h - derives functions and expands transforms ----*- C++ -*-===//
//
// The driver behind --xform-expand-transforms. A function is first made flat
// (its own transforms expanded, its calls inlined); a flat function is then
// derived: batched, given tangents, split, transposed. Each derivation has a
// file of its own, knows only the op interfaces, and is made once for a given
// function and signature.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_TRANSFORMS_EXPANDER_H
#define XFORM_LOWERING_TRANSFORMS_EXPANDER_H

#include "dialect/DerivedFunctions.h"
#include "dialect/Ops.h"
#include "lowering/Simplify.h"

#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <string>

namespace xform {

class Expander final : public DerivedFunctions {
public:
  explicit Expander(mlir::ModuleOp module)
      : symbols(module), simplifier(module.getContext()) {}

  /// Expands every transform in the function, callees first.
  LogicalResult flatten(mlir::func::FuncOp function);

  mlir::func::FuncOp lookup(mlir::FlatSymbolRefAttr symbol) override;
  llvm::FailureOr<BatchedFunction> batched(mlir::func::FuncOp function,
                                           const Mask &arguments,
                                           int64_t size) override;
  llvm::FailureOr<JvpFunction> jvp(mlir::func::FuncOp function,
                                   const Mask &arguments) override;
  llvm::FailureOr<SplitFunction> split(mlir::func::FuncOp function,
                                       const Mask &linear) override;
  llvm::FailureOr<TransposedFunction>
  transposed(mlir::func::FuncOp function, const Mask &linear,
             const Mask &cotangents) override;
  mlir::func::FuncOp reordered(mlir::func::FuncOp function,
                               ArrayRef<int64_t> order) override;

  /// The function with one more argument, the number of the row, which is
  /// folded into the key of each draw whose key does not depend on the marked
  /// arguments; or the function itself, if it has no such draw.
  mlir::func::FuncOp withFreshDraws(mlir::func::FuncOp function,
                                    const Mask &arguments);

private:
  // The transform operations; each is replaced where it stands.
  LogicalResult expand(mlir::func::CallOp op);
  LogicalResult expand(VmapOp op);
  LogicalResult expand(JvpOp op);
  LogicalResult expand(VjpOp op);
  LogicalResult expand(GradOp op);

  /// The callee of a transform, flat; an error at the op if it has no body.
  llvm::FailureOr<mlir::func::FuncOp> flatCallee(Operation *op,
                                                 StringRef symbol);

  /// The function's results and the cotangents of `argnums` (null where zero),
  /// given a cotangent for each differentiable result.
  LogicalResult pullback(RuleBuilder &b, mlir::func::FuncOp callee,
                         ValueRange primals, ArrayRef<int64_t> argnums,
                         ValueRange cotangents, SmallVectorImpl<Value> &results,
                         SmallVectorImpl<Value> &argumentCotangents);

  /// A private function with these arguments and an empty block.
  mlir::func::FuncOp create(mlir::func::FuncOp origin, StringRef suffix,
                            mlir::TypeRange arguments);
  /// Closes a function made by `create` and simplifies it.
  void finish(mlir::func::FuncOp function, ValueRange results);

  enum class State { kExpanding, kFlat };
  using Key = std::pair<Operation *, std::string>;

  mlir::SymbolTable symbols;
  Simplifier simplifier;
  llvm::DenseMap<Operation *, State> states;
  std::map<Key, BatchedFunction> batchedFunctions;
  std::map<Key, JvpFunction> jvpFunctions;
  std::map<Key, SplitFunction> splitFunctions;
  std::map<Key, TransposedFunction> transposedFunctions;
  std::map<Key, mlir::func::FuncOp> reorderedFunctions;
  std::map<Key, mlir::func::FuncOp> freshFunctions;
};

/// Clones the body of a flat function to the builder's place.
SmallVector<Value> inlineBody(mlir::OpBuilder &builder,
                              mlir::func::FuncOp function,
                              ValueRange arguments);

/// A mask as the text that stands in memo keys and function names.
std::string maskText(const Mask &mask);

} // namespace xform

#endif // XFORM_LOWERING_TRANSFORMS_EXPANDER_H
