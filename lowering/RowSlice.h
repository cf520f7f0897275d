//===- RowSlice.h - one row of a stacked tensor -----------------*- C++ -*-===//

#ifndef XFORM_LOWERING_ROWSLICE_H
#define XFORM_LOWERING_ROWSLICE_H

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace xform {

/// The part of a tensor at a place along its first axis: what of it
/// tensor.extract_slice and tensor.insert_slice read and write, with or without
/// that axis.
struct RowSlice {
  llvm::SmallVector<mlir::OpFoldResult> offsets, sizes, strides;

  RowSlice(mlir::ImplicitLocOpBuilder &b, mlir::Value stacked,
           mlir::OpFoldResult place)
      : sizes(mlir::tensor::getMixedSizes(b, b.getLoc(), stacked)) {
    offsets.assign(sizes.size(), b.getIndexAttr(0));
    strides.assign(sizes.size(), b.getIndexAttr(1));
    offsets[0] = place;
    sizes[0] = b.getIndexAttr(1);
  }
};

} // namespace xform

#endif // XFORM_LOWERING_ROWSLICE_H
