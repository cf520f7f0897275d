//===- Lowerings.h - control flow as scf ------------------------*- C++ -*-===//
//
// Each replaces an op by scf operations with its functions inlined, whose own
// control flow has been lowered before.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_CONTROL_LOWERINGS_H
#define XFORM_LOWERING_CONTROL_LOWERINGS_H

#include "dialect/Control.h"

namespace xform {

/// Marks loops that come from a scan.
inline constexpr llvm::StringLiteral kScanAttr = "xform.scan";

LogicalResult lower(ScanOp scan, ArrayRef<mlir::func::FuncOp> callees);
LogicalResult lower(SwitchOp op, ArrayRef<mlir::func::FuncOp> callees);
LogicalResult lower(WhileOp loop, ArrayRef<mlir::func::FuncOp> callees);

} // namespace xform

#endif // XFORM_LOWERING_CONTROL_LOWERINGS_H
