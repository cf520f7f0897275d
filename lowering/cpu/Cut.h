//===- Cut.h - operations in parts ------------------------------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_CUT_H
#define XFORM_LOWERING_CPU_CUT_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace xform {

/// How many chunks a loop has at most.
constexpr int64_t kMostChunks = 64;

/// An operation, the loop of it that is cut, and what combines the results of
/// the parts if that loop is a reduction.
struct Cut {
  mlir::linalg::GenericOp op;
  unsigned loop;
  mlir::Operation *combiner;

  int64_t range() const {
    return mlir::linalg::GenericOp(op).getStaticLoopRanges()[loop];
  }
};

/// The buffer that a value is a view of.
mlir::Value rootOf(mlir::Value value);

/// What a part of an operation sees of a view of a buffer: a part along an
/// axis, or any place.
struct Access {
  mlir::Value view;
  std::optional<unsigned> axis;
  bool isWritten;
  /// The number of the operation in its group.
  size_t cut = 0;

  bool dependsOn(const Access &other) const;
};

/// How to cut an operation on buffers, if its work can be shared.
std::optional<Cut> findCut(mlir::linalg::GenericOp op);

/// What a part of the operation sees if the loop is cut, which may be that of a
/// reduction; without a loop, what all of it sees.
llvm::SmallVector<Access> accessesOf(mlir::linalg::GenericOp op,
                                     std::optional<unsigned> loop,
                                     bool isReduced);

} // namespace xform

#endif // XFORM_LOWERING_CPU_CUT_H
