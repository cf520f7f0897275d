//===- TensorOps.h - operations that have sizes in them -------------------===//

#ifndef XFORM_LOWERING_SIZES_TENSOROPS_H
#define XFORM_LOWERING_SIZES_TENSOROPS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

namespace xform {

/// Numbers of an attribute, a list for each instance, as one list of numbers
/// and values. `dynamic` are the operands that stand for what is open already.
using SizeLists = llvm::ArrayRef<llvm::ArrayRef<int64_t>>;
using GeneralSizes =
    llvm::function_ref<mlir::FailureOr<llvm::SmallVector<mlir::OpFoldResult>>(
        SizeLists lists, mlir::ValueRange dynamic)>;

/// Told of a slice along an axis: the size of the array there, and where the
/// slice begins, its size and its stride.
using InsideCheck = llvm::function_ref<void(
    mlir::OpFoldResult dim, mlir::OpFoldResult offset, mlir::OpFoldResult size,
    mlir::OpFoldResult stride)>;

/// Writes an operation whose attributes or types have sizes that become
/// operands where they differ. None if `of`, which are operations of one kind,
/// are not such. Regions stay empty.
mlir::FailureOr<mlir::Operation *>
writeTensorOp(mlir::OpBuilder &b, llvm::ArrayRef<mlir::Operation *> of,
              mlir::ValueRange operands, mlir::TypeRange results,
              GeneralSizes sizes, InsideCheck isInside);

} // namespace xform

#endif // XFORM_LOWERING_SIZES_TENSOROPS_H
