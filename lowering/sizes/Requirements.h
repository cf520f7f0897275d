//===- Requirements.h - what must hold of sizes -----------------*- C++ -*-===//
//
// Instances are for sizes that have all elements which are read. Other sizes
// may be too small for a slice: a call that has them fails before it begins.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_SIZES_REQUIREMENTS_H
#define XFORM_LOWERING_SIZES_REQUIREMENTS_H

#include "mlir/IR/Builders.h"

namespace xform {

/// Collects conditions on numbers that are known where a function begins.
class Requirements {
public:
  /// `b` writes at the beginning, behind what is known.
  void notNegative(mlir::OpBuilder &b, mlir::Location at, mlir::Value number);

  /// That a slice lies in an axis. Offsets are 0 where they are computed later.
  void inside(mlir::OpBuilder &b, mlir::Location at, mlir::OpFoldResult dim,
              mlir::OpFoldResult offset, mlir::OpFoldResult size,
              mlir::OpFoldResult stride);

  /// Has calls fail where a condition does not hold, and forgets all.
  void write(mlir::OpBuilder &b);

private:
  llvm::SmallVector<std::pair<mlir::Value, mlir::Location>> required;
};

} // namespace xform

#endif // XFORM_LOWERING_SIZES_REQUIREMENTS_H
