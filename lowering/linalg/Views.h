//===- Views.h - where an operand's elements lie ----------------*- C++ -*-===//
//
// Broadcasts, transposes, splats and iotas are not computed: the loop that
// needs them reads through them. A view says what to read at each point.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_LINALG_VIEWS_H
#define XFORM_LOWERING_LINALG_VIEWS_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/DialectConversion.h"

#include <optional>

namespace xform {

/// A tensor as a function of its axes (the dims of the affine expressions):
/// the elements of `source` at `indices`; or, without source, one number; or,
/// with neither, the index that `indices[0]` gives.
struct View {
  /// The type of the viewed tensor before conversion.
  mlir::RankedTensorType type;
  mlir::Value source;
  mlir::TypedAttr splat;
  llvm::SmallVector<mlir::AffineExpr> indices;

  /// The map from a loop nest to the source, where axis i of the viewed tensor
  /// runs with loop `loops[i]` of `loopCount`.
  mlir::AffineMap mapFrom(unsigned loopCount,
                          llvm::ArrayRef<unsigned> loops) const;
  /// The same where axis i runs with the index `axes[i]`, made of loops.
  mlir::AffineMap mapFrom(unsigned loopCount,
                          llvm::ArrayRef<mlir::AffineExpr> axes) const;

  /// Whether axis `axis` of the viewed tensor is an axis of the source.
  bool hasAxis(unsigned axis) const;
};

/// The view behind a value of the program before conversion; null source,
/// splat and indices when the value has not been converted.
View viewOf(mlir::Value value, mlir::ConversionPatternRewriter &rewriter);

/// The value itself, converted, not looked through.
View plainView(mlir::Value value, mlir::ConversionPatternRewriter &rewriter);

/// Whether a value is a broadcast, or the like, of a size that nothing tells
/// but the other operands of a loop that reads through it.
bool hasUnknownSize(mlir::Value value);

/// The signless type that holds an element or tensor of the given type.
mlir::Type signlessType(mlir::Type type);
inline mlir::RankedTensorType signlessType(mlir::RankedTensorType type) {
  return mlir::cast<mlir::RankedTensorType>(signlessType(mlir::Type(type)));
}

/// An attribute of an unsigned element as its signless bits.
mlir::TypedAttr signlessAttr(mlir::TypedAttr attr);

/// The sizes of the dynamic axes of `type`, each taken from the first view
/// that has it; nullopt where none does.
std::optional<llvm::SmallVector<mlir::Value>>
dynamicSizes(mlir::ImplicitLocOpBuilder &b, mlir::RankedTensorType type,
             llvm::ArrayRef<View> views);

/// The body of an elementwise loop: from one element a view to the result's.
using ElementFunction = llvm::function_ref<mlir::Value(
    mlir::ImplicitLocOpBuilder &, mlir::ValueRange)>;

/// A parallel linalg.generic that computes a tensor of `type` (converted) from
/// views of its shape. Null when a dynamic size cannot be found.
mlir::Value buildElementwise(mlir::ImplicitLocOpBuilder &b,
                             mlir::RankedTensorType type,
                             llvm::ArrayRef<View> views, ElementFunction body);

/// A linalg.generic that combines elements of views with an accumulator. Loop
/// `loops[v][i]` runs over axis i of view v, loop `resultLoops[i]` over axis i
/// of `init`; the others are reduced. The last argument of the body is the
/// accumulator.
mlir::Value buildReduction(mlir::ImplicitLocOpBuilder &b, mlir::Value init,
                           llvm::ArrayRef<unsigned> resultLoops,
                           llvm::ArrayRef<View> views,
                           llvm::ArrayRef<llvm::SmallVector<unsigned>> loops,
                           unsigned loopCount, ElementFunction body);

/// The same where axis i of view v runs with the index `indices[v][i]`, made of
/// loops; a view that is an iota, not elements, cannot.
mlir::Value
buildReduction(mlir::ImplicitLocOpBuilder &b, mlir::Value init,
               llvm::ArrayRef<unsigned> resultLoops, llvm::ArrayRef<View> views,
               llvm::ArrayRef<llvm::SmallVector<mlir::AffineExpr>> indices,
               unsigned loopCount, ElementFunction body);

/// The axes of a view in the order in which its source lies in memory, those
/// along which it is repeated first. Loops in this order read it in sequence.
llvm::SmallVector<unsigned> axesInMemoryOrder(const View &view);

/// `value` rounded elementwise to the elements of `type`, in which arithmetic
/// was done with wider ones (see arithmeticType).
mlir::Value narrowTensor(mlir::ImplicitLocOpBuilder &b, mlir::Value value,
                         mlir::RankedTensorType type);

/// A tensor with one number in every element.
mlir::Value buildFilled(mlir::ImplicitLocOpBuilder &b, mlir::TypedAttr number,
                        mlir::RankedTensorType type, mlir::ValueRange sizes);

} // namespace xform

#endif // XFORM_LOWERING_LINALG_VIEWS_H
