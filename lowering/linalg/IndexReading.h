//===- IndexReading.h - elements at computed places -------------*- C++ -*-===//
//
// What the loops of gathers, scatters and dynamic slices are made of.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_LINALG_INDEXREADING_H
#define XFORM_LOWERING_LINALG_INDEXREADING_H

#include "dialect/Indexing.h"
#include "lowering/linalg/Views.h"

namespace xform {

/// tensor.extract, past slices and axes of one element of them: from a strided
/// slice it does not survive IREE's bufferization.
mlir::Value elementAt(mlir::ImplicitLocOpBuilder &b, mlir::Value source,
                      mlir::SmallVector<mlir::Value> indices);

/// The element of a view at the given coordinates, one for each of its axes.
mlir::Value readAt(mlir::ImplicitLocOpBuilder &b, const View &view,
                   mlir::ArrayRef<mlir::Value> coordinates);

/// A view spread over a loop nest with the axes of `shape`: its axis i runs
/// with loop `loops[i]`, or stands still at `fixed` where that is -1.
View spread(const View &view, mlir::RankedTensorType shape,
            mlir::ArrayRef<int64_t> loops, int64_t fixed);

/// An integer element as an index, and whether it lies in [0, size).
struct Place {
  /// The nearest number in [0, size).
  mlir::Value index;
  /// An i1; null unless asked for.
  mlir::Value isInside;
};

/// Reads an integer of type `element` (as it was before conversion).
Place placeOf(mlir::ImplicitLocOpBuilder &b, mlir::Value number,
              mlir::Type element, mlir::Value size, bool asksInside);

/// The entries of all index vectors: a view for each of them over the axes of
/// `shape`, of which `indexDims` are those of the indices.
mlir::SmallVector<View> entriesOf(mlir::Value indices, int64_t length,
                                  mlir::RankedTensorType shape,
                                  mlir::ArrayRef<int64_t> indexDims,
                                  mlir::ConversionPatternRewriter &rewriter);

} // namespace xform

#endif // XFORM_LOWERING_LINALG_INDEXREADING_H
