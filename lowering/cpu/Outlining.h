//===- Outlining.h - parts of functions as functions ------------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_OUTLINING_H
#define XFORM_LOWERING_CPU_OUTLINING_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"

#include "llvm/ADT/SetVector.h"

namespace xform {

/// Whether each function can do the operation again, so that nobody passes its
/// result: views, constants and arithmetic.
bool isRepeated(mlir::Operation *op);

/// What operations that move into a function of their own need of the one that
/// they were in.
class Surroundings {
public:
  /// All operations that will move.
  explicit Surroundings(llvm::ArrayRef<mlir::Operation *> moved);

  /// What the function has to be given.
  llvm::ArrayRef<mlir::Value> passed() const { return given.getArrayRef(); }

  /// Creates the function, without a body, behind those that are there. What it
  /// is given comes behind `first`, arguments of these types.
  mlir::func::FuncOp declare(mlir::SymbolTable &symbols, mlir::Location loc,
                             llvm::StringRef name,
                             llvm::ArrayRef<mlir::Type> first = {}) const;

  /// Moves the operations into the function.
  void moveInto(mlir::func::FuncOp function) const;

private:
  void add(mlir::Value value);

  llvm::ArrayRef<mlir::Operation *> moved;
  llvm::SetVector<mlir::Operation *> repeated;
  llvm::SetVector<mlir::Value> given;
};

} // namespace xform

#endif // XFORM_LOWERING_CPU_OUTLINING_H
