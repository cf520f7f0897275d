//===- Contract.h - what becomes machine code here --------------*- C++ -*-===//
//
// A module is compiled here as a whole, or goes to IREE. Here go modules whose
// functions
//
// - have tensors of static shape, of bool, integers of 8 to 64 bits, float16,
//   bfloat16, float32 or float64;
// - consist of operations on scalars (arith, math), of linalg operations whose
//   bodies do, of slices, pads, reshapes and elements of tensors, of scatters,
//   and of scf's loops and branches around these.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_CPU_CONTRACT_H
#define XFORM_LOWERING_CPU_CONTRACT_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace xform {

/// Marks modules that become machine code here.
inline constexpr llvm::StringLiteral kCpuAttr = "xform.cpu";

/// Whether passes that exist because of IREE leave the module alone.
inline bool isCompiledHere(mlir::ModuleOp module) {
  return module->hasAttr(kCpuAttr);
}

/// Whether it is a number, or a tensor of static shape, of a type that is
/// computed with here: index, bool, integers of 8 to 64 bits, f32 and f64.
bool isStaticType(mlir::Type type);

/// Whether the operation computes numbers from numbers.
bool isScalar(mlir::Operation &op);

/// Whether it is a tensor.pad by constant sizes with one number.
bool isPlainPad(mlir::Operation &op);

/// What keeps the function from being compiled here; empty if nothing does.
std::string outsideContract(mlir::func::FuncOp function);

} // namespace xform

#endif // XFORM_LOWERING_CPU_CONTRACT_H
