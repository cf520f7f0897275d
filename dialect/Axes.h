//===- Axes.h - lists of axes -----------------------------------*- C++ -*-===//

#ifndef XFORM_DIALECT_AXES_H
#define XFORM_DIALECT_AXES_H

#include "mlir/IR/BuiltinTypes.h"

#include <optional>

namespace xform {

/// Where an op stands whose type is inferred, if that is known.
using OptionalLocation = std::optional<mlir::Location>;

/// 0, 1, ..., n - 1 and the list with every entry shifted.
llvm::SmallVector<int64_t> axesUpTo(int64_t n);
llvm::SmallVector<int64_t> shifted(llvm::ArrayRef<int64_t> axes, int64_t by);

/// The list with one more entry in front.
llvm::SmallVector<int64_t> withFront(int64_t value,
                                     llvm::ArrayRef<int64_t> rest);

/// The axes of a tensor of this rank that are not in the list, in order.
llvm::SmallVector<int64_t> otherAxes(int64_t rank,
                                     llvm::ArrayRef<int64_t> axes);

/// Whether two axes may have one size: unknown sizes may be anything.
bool sizesFit(int64_t m, int64_t n);

/// An error of the op of this name, unless a tensor of this rank has the axis.
/// `whose` says in the error what has the rank: "an operand", "operands".
llvm::LogicalResult checkAxis(llvm::StringRef name, OptionalLocation loc,
                              int64_t axis, int64_t rank,
                              llvm::StringRef whose);

/// The same for several axes of an operand, which must also increase.
llvm::LogicalResult checkIncreasingAxes(llvm::StringRef name,
                                        OptionalLocation loc,
                                        llvm::ArrayRef<int64_t> axes,
                                        int64_t rank);

} // namespace xform

#endif // XFORM_DIALECT_AXES_H
