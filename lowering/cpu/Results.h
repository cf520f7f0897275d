//===- Results.h - where the results of a program lie -----------*- C++ -*-===//

#ifndef XFORM_LOWERING_CPU_RESULTS_H
#define XFORM_LOWERING_CPU_RESULTS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace xform {

/// Marks arguments that the caller does not need any more.
inline constexpr llvm::StringLiteral kDonatedAttr = "xform.donated";

/// For each result of a function, the argument in whose memory it lies, or -1
/// if it has a buffer of its own.
inline constexpr llvm::StringLiteral kDonorsAttr = "xform.donors";

llvm::SmallVector<unsigned> donatedArguments(mlir::func::FuncOp function);

void dropDonations(mlir::func::FuncOp function);

/// Computes results where they are wanted. At the end of the function each is
/// copied to one of its last `numResults` arguments, which are buffers; it has
/// a place of its own until then, which can be that buffer. It can also be that
/// of an argument, `donated`, that nothing reads from then on. Then the
/// function needs no buffer for it, and says so by `kDonorsAttr`.
void placeResults(mlir::func::FuncOp function, llvm::ArrayRef<unsigned> donated,
                  unsigned numResults);

} // namespace xform

#endif // XFORM_LOWERING_CPU_RESULTS_H
