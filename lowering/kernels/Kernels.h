//===- Kernels.h - loops that run in one dispatch ---------------*- C++ -*-===//
//
// A kernel is made in three steps. `outlineKernel` moves a loop into a function
// over buffers, which --xform-form-loops does while everything is made of
// tensors. --xform-compile-kernels, behind the other passes, assigns buffers to
// the tensors within, writes loops over vectors for the linalg operations and
// wraps the function into an executable of IREE's.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_KERNELS_KERNELS_H
#define XFORM_LOWERING_KERNELS_KERNELS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace xform {

/// Marks loops that come from a scan.
inline constexpr llvm::StringLiteral kScanAttr = "xform.scan";

/// Marks functions that are kernels; its value is the number of results, for
/// which the last arguments are the buffers.
inline constexpr llvm::StringLiteral kKernelAttr = "xform.kernel";

/// Marks functions that several cores share, and the buffer of their state,
/// which lies where the function's memory begins.
inline constexpr llvm::StringLiteral kTeamAttr = "xform.team";

/// Whether it is a number, or a tensor of static shape, of a type that is
/// computed with here: index, bool, integers of 8 to 64 bits, f32 and f64.
bool isStaticType(mlir::Type type);

/// Whether the operation computes numbers from numbers.
bool isScalar(mlir::Operation &op);

/// Whether it is a tensor.pad by constant sizes with one number.
bool isPlainPad(mlir::Operation &op);

/// Whether a loop can run in one dispatch, and is likely to gain from that.
bool isKernel(mlir::scf::ForOp loop);

/// Replaces a loop by the dispatch of a kernel, a new function in front of
/// `function`.
void outlineKernel(mlir::scf::ForOp loop, mlir::func::FuncOp function);

/// Lays out the operands of contractions in the order of vectors, before the
/// loop where they do not change in it.
void layOutContractions(mlir::func::FuncOp kernel);

/// Brings large operands of contractions that are laid out into the order in
/// which tiles read them.
void packContractions(mlir::func::FuncOp function);

/// Turns the tensors of a kernel into buffers on its stack.
llvm::LogicalResult bufferizeKernel(mlir::func::FuncOp kernel);

/// Writes loops over vectors of this size for the linalg operations on buffers.
llvm::LogicalResult writeLoops(mlir::func::FuncOp kernel, int64_t vectorBytes);

/// What a buffer takes, in whole lines of the cache.
int64_t bytesOf(mlir::MemRefType type);

/// From when to when a buffer is needed, both included, and where it lies.
struct Lifetime {
  int64_t bytes, begin, end, offset = 0;
};

/// Gives each, in the order in which they begin, the first place that is large
/// enough and free by then; the bytes of all.
int64_t shareMemory(llvm::ArrayRef<Lifetime *> lives);

/// Leaves small buffers on the stack, and makes the others views of one more
/// argument, memory that is the function's while it runs. Buffers that are not
/// needed at the same time share their place. Returns how many bytes that is;
/// with none there is no argument.
int64_t placeBuffers(mlir::func::FuncOp function);

/// Places a kernel's buffers, beyond the stack in one more result of the
/// dispatch.
void moveToScratch(mlir::func::FuncOp kernel);

/// Wraps a kernel into what IREE calls a hal.executable.source.
void wrapKernel(mlir::func::FuncOp kernel);

} // namespace xform

#endif // XFORM_LOWERING_KERNELS_KERNELS_H
