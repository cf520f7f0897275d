//===- Ops.h - IREE's operations that are known by name -----*- C++ -*-===//
//
// IREE's dialects are not linked: its operations are written in generic form.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_IREE_OPS_H
#define XFORM_LOWERING_IREE_OPS_H

#include "llvm/ADT/StringRef.h"

namespace xform {

inline constexpr llvm::StringLiteral kBarrierName = "util.optimization_barrier";
inline constexpr llvm::StringLiteral kTieShapeName = "flow.tensor.tie_shape";
inline constexpr llvm::StringLiteral kScatterName = "iree_linalg_ext.scatter";

} // namespace xform

#endif // XFORM_LOWERING_IREE_OPS_H
