//===- Copy.h - tensors in memory of their own ------------------*- C++ -*-===//

#ifndef XFORM_LOWERING_IREE_COPY_H
#define XFORM_LOWERING_IREE_COPY_H

#include "mlir/IR/Builders.h"

namespace xform {

/// The same tensor in other memory. IREE drops plain copies; so this one has a
/// condition that nothing knows. It is fused with elementwise operations that
/// compute the tensor.
mlir::Value createCopy(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value x);

} // namespace xform

#endif // XFORM_LOWERING_IREE_COPY_H
