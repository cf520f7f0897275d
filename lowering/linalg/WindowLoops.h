//===- WindowLoops.h - loops over windows and their elements ----*- C++ -*-===//

#ifndef XFORM_LOWERING_LINALG_WINDOWLOOPS_H
#define XFORM_LOWERING_LINALG_WINDOWLOOPS_H

#include "dialect/Windows.h"

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace xform {

/// A number as an element of a type of the program before conversion.
mlir::TypedAttr numberAttr(mlir::OpBuilder &b, mlir::Type element,
                           int64_t number);

/// The windows over the last axes of `x`, with what lies behind a lone window
/// cut away: IREE drops the loop over it, and the loop over its elements must
/// then run over the whole axis.
SmallVector<WindowAxis> withoutRest(ArrayRef<WindowAxis> axes, mlir::Value x);

/// `x` with `number` around and between its elements; itself where there is
/// nothing to put there. A transposed operand is padded where it lies.
mlir::Value padFor(mlir::ImplicitLocOpBuilder &b, ArrayRef<WindowAxis> axes,
                   mlir::Value x, mlir::TypedAttr number);

/// Loops 0, 1, ... as numbers and as expressions.
SmallVector<unsigned> loopsUpTo(unsigned count);
SmallVector<mlir::AffineExpr> exprsUpTo(unsigned count,
                                        mlir::MLIRContext *context);

/// The loops over windows and over the elements of each. A window of one
/// element needs none.
struct WindowLoops {
  /// Along each axis: the element of the padded operand, the element of the
  /// window, and the window's size.
  SmallVector<mlir::AffineExpr> read, inWindow;
  SmallVector<int64_t> sizes;
  unsigned count;

  /// The loops `windows` run over windows, those from `elements` over elements.
  WindowLoops(mlir::MLIRContext *context, ArrayRef<WindowAxis> axes,
              ArrayRef<mlir::AffineExpr> windows, unsigned elements);

  /// The place in the window: its element's row-major number, an i32.
  mlir::Value place(mlir::ImplicitLocOpBuilder &b) const;

  /// Whether the element is one of the operand, which has the given sizes,
  /// and not of what was put around it; null where it always is.
  mlir::Value isElement(mlir::ImplicitLocOpBuilder &b,
                        ArrayRef<WindowAxis> axes,
                        ArrayRef<int64_t> operandSizes) const;
};

} // namespace xform

#endif // XFORM_LOWERING_LINALG_WINDOWLOOPS_H
