//===- Work.h - what operations cost ----------------------------*- C++ -*-===//
//
// One estimate for all who decide by what is worth its time: what a backward
// pass computes again, whether cores share a program, how loops are cut. What
// an element of a primitive takes is said in its record (Rules.td).
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_WORK_H
#define XFORM_DIALECT_WORK_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace xform {

/// The additions that take as long as a division or a root, and as a function
/// that takes many operations. A core does some ten additions in a nanosecond.
constexpr double kDivision = 4, kTranscendental = 20;

struct Work {
  /// Numbers that are computed; a product and its sum are two.
  double flops = 0;
  /// The additions that take as long; moving an element counts as one.
  double additions = 0;
  /// What is read and written.
  double bytes = 0;

  Work &operator+=(const Work &other) {
    flops += other.flops;
    additions += other.additions;
    bytes += other.bytes;
    return *this;
  }
  Work operator*(double times) const {
    return {flops * times, additions * times, bytes * times};
  }
};

/// The size of a tensor. Sizes that are not known count as 1.
double bytesOf(mlir::Type type);

/// What one op takes, and what it runs: of the branches of a switch the one
/// that takes most, of a loop without a known number of turns one.
Work workOf(mlir::Operation *op);
Work workOf(mlir::func::FuncOp function);

/// The same for an op without what it runs.
Work ownWorkOf(mlir::Operation *op);

} // namespace xform

#endif // XFORM_DIALECT_WORK_H
