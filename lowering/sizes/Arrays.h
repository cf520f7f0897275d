//===- Arrays.h - constant arrays that depend on sizes --------------------===//

#ifndef XFORM_LOWERING_SIZES_ARRAYS_H
#define XFORM_LOWERING_SIZES_ARRAYS_H

#include "lowering/sizes/Scalars.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace xform {

/// How the elements of an array depend on sizes, and on their places.
struct SizedArray {
  enum class Form {
    /// One number everywhere: `scalars[0]`.
    Filled,
    /// Each by itself, in an array whose own sizes are known.
    Listed,
    /// `scalars[0]`, and a step for each axis: ranges, and grids of them.
    Ramp,
    /// `scalars[0]` where the places along the last two axes compare so, else
    /// `scalars[1]`: identities and triangles.
    Compared,
  };

  Form form = Form::Filled;
  llvm::SmallVector<SizedScalar> scalars;
  mlir::arith::CmpIPredicate predicate = mlir::arith::CmpIPredicate::eq;
};

/// How the arrays of the instances hang together; none if they do not.
std::optional<SizedArray>
fitArray(const Samples &samples,
         llvm::ArrayRef<mlir::DenseElementsAttr> values);

/// Writes its computation. `scalar` gives the numbers, `shape` the sizes.
mlir::Value
writeArray(mlir::OpBuilder &b, mlir::Location loc, const SizedArray &array,
           mlir::RankedTensorType type,
           llvm::ArrayRef<mlir::OpFoldResult> shape,
           llvm::function_ref<mlir::Value(const SizedScalar &)> scalar);

} // namespace xform

#endif // XFORM_LOWERING_SIZES_ARRAYS_H
