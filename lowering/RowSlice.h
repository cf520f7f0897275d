//===- RowSlice.h - one row of a stacked tensor -----------------*- C++ -*-===//
//
// Rows without elements are neither read nor written: along an axis of size 0,
// tensor.extract_slice and tensor.insert_slice have no place to begin.
//
//===----------------------------------------------------------------------===//

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

inline bool hasEmptyRows(mlir::RankedTensorType stacked) {
  return llvm::is_contained(stacked.getShape().drop_front(), 0);
}

/// One row of a tensor, without the axis of the rows.
inline mlir::Value readRow(mlir::ImplicitLocOpBuilder &b, mlir::Value stacked,
                           mlir::OpFoldResult place) {
  auto type = mlir::cast<mlir::RankedTensorType>(stacked.getType());
  RowSlice row(b, stacked, place);
  if (hasEmptyRows(type))
    return mlir::tensor::EmptyOp::create(
        b, llvm::ArrayRef<mlir::OpFoldResult>(row.sizes).drop_front(),
        type.getElementType());
  return mlir::tensor::ExtractSliceOp::create(
      b,
      mlir::RankedTensorType::get(type.getShape().drop_front(),
                                  type.getElementType()),
      stacked, row.offsets, row.sizes, row.strides);
}

/// The tensor with one row replaced.
inline mlir::Value writeRow(mlir::ImplicitLocOpBuilder &b, mlir::Value row,
                            mlir::Value stacked, mlir::OpFoldResult place) {
  if (hasEmptyRows(mlir::cast<mlir::RankedTensorType>(stacked.getType())))
    return stacked;
  RowSlice written(b, stacked, place);
  return mlir::tensor::InsertSliceOp::create(b, row, stacked, written.offsets,
                                             written.sizes, written.strides);
}

} // namespace xform

#endif // XFORM_LOWERING_ROWSLICE_H
