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

#include "dialect/Checkpoint.h"
#include "dialect/Control.h"
#include "dialect/Custom.h"
#include "dialect/DerivedFunctions.h"
#include "dialect/Ops.h"
#include "lowering/Simplify.h"

#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <string>

namespace xform {

/// The module's attribute that lists the rules which custom calls lack.
constexpr StringRef kAskedRules = "xform.asked";

class Expander final : public DerivedFunctions {
public:
  /// With `asks`, a custom call that lacks a rule is no error: the rule is
  /// added to the module's `xform.asked`, and what comes out of the expansion
  /// has no meaning.
  explicit Expander(mlir::ModuleOp module, bool asks = false)
      : symbols(module), simplifier(module.getContext()), asks(asks) {}

  /// Expands every transform in the function, callees first.
  LogicalResult flatten(mlir::func::FuncOp function);
  /// Replaces the custom calls in a flat function, and in those that it runs,
  /// by what they are when no transform is left.
  LogicalResult settle(mlir::func::FuncOp function);

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
  mlir::func::FuncOp around(mlir::func::FuncOp origin, const std::string &key,
                            mlir::TypeRange arguments,
                            BuildBody build) override;
  LogicalResult askForRule(Operation *op, mlir::StringAttr site, StringRef rule,
                           ArrayRef<bool> operands, int64_t size) override;
  void noteCotangents(Operation *op, mlir::StringAttr site,
                      ArrayRef<bool> cotangents) override;

  /// The function with one more argument, the number of the row, which is
  /// folded into the key of each draw whose key does not depend on the marked
  /// arguments; or the function itself, if it has no such draw.
  mlir::func::FuncOp withFreshDraws(mlir::func::FuncOp function,
                                    const Mask &arguments);

private:
  /// Does so to the functions that a control op runs.
  void makeDrawsFresh(ControlOpInterface op, ArrayRef<CalleeRows> callees,
                      Value row);
  /// The function with one more argument that it does not read.
  mlir::func::FuncOp withRow(mlir::func::FuncOp function);

  // The transform operations; each is replaced where it stands.
  LogicalResult expandOrFlatten(Operation *op);
  LogicalResult expand(mlir::func::CallOp op);
  LogicalResult expand(VmapOp op);
  LogicalResult expand(JvpOp op);
  LogicalResult expand(VjpOp op);
  LogicalResult expand(GradOp op);
  LogicalResult expand(MapOp op);
  /// An op that stays, whose callees are made flat.
  LogicalResult flattenCallees(ControlOpInterface op);

  /// Replaces a custom call by what it is when no transform is left.
  LogicalResult settle(SettleOpInterface op);
  /// Whether a jvp calls something whose backward rule is not that jvp's
  /// transpose, in itself or in what it runs.
  bool leavesModeOpen(mlir::func::FuncOp function);

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
  /// Simplifies a flat function and the control flow in it.
  void simplify(mlir::func::FuncOp function);
  /// Replaces the op by one that does less; whether it could.
  bool prune(ControlOpInterface op);
  /// Drops control flow all of whose results another one gives; whether there
  /// was some.
  bool shareControl(mlir::func::FuncOp function);

  /// What a derivative of a function meets, in what it runs as well.
  struct Kinks {
    bool any = false;
    /// The number of the last derivative that slopes and shares come from.
    unsigned lastLevel = 0;
  };
  Kinks kinksOf(mlir::func::FuncOp function);
  /// Lets branches compute themselves what has a kink, so that it is seen
  /// beside what they do with it.
  void sinkKinks(mlir::func::FuncOp function);
  bool sinkKinks(SwitchOp op);

  enum class State { kExpanding, kFlat };
  using Key = std::pair<Operation *, std::string>;

  mlir::SymbolTable symbols;
  Simplifier simplifier;
  llvm::DenseMap<Operation *, State> states;
  /// How deep the functions that are being expanded call each other, and how
  /// many operations came of it so far.
  size_t depth = 0;
  int64_t numExpanded = 0;
  std::map<Key, BatchedFunction> batchedFunctions;
  std::map<Key, JvpFunction> jvpFunctions;
  std::map<Key, SplitFunction> splitFunctions;
  std::map<Key, TransposedFunction> transposedFunctions;
  std::map<Key, mlir::func::FuncOp> functionsAround;
  std::map<Key, mlir::func::FuncOp> freshFunctions;
  llvm::DenseSet<Operation *> settledFunctions;
  /// How many of them had custom calls, in themselves or in what they run.
  size_t settledWithChanges = 0;
  bool asks;
  /// The number of the derivative that is being taken, 0 if there is none.
  unsigned level = 0;
};

} // namespace xform

#endif // XFORM_LOWERING_TRANSFORMS_EXPANDER_H
