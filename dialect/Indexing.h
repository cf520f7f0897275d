//===- Indexing.h - reading and writing by computed indices -----*- C++ -*-===//

#ifndef XFORM_DIALECT_INDEXING_H
#define XFORM_DIALECT_INDEXING_H

#include "dialect/Ops.h"

#define GET_OP_CLASSES
#include "dialect/Indexing.h.inc"

namespace xform {

/// How the axes of a gather or scatter belong together; Indexing.td says what
/// each list means.
struct IndexingDims {
  SmallVector<int64_t> axes, xBatch, indicesBatch, windowDims;

  template <typename OpTy> static IndexingDims of(OpTy op) {
    return {SmallVector<int64_t>(op.getAxes()),
            SmallVector<int64_t>(op.getXBatch()),
            SmallVector<int64_t>(op.getIndicesBatch()),
            SmallVector<int64_t>(op.getWindowDims())};
  }

  /// The axes of `x` along which windows lie, in order.
  SmallVector<int64_t> windowAxes(int64_t xRank) const;

  /// The axes of the windows' tensor that are axes of `indices`, in order.
  SmallVector<int64_t> indexDims(int64_t indicesRank) const;
};

} // namespace xform

#endif // XFORM_DIALECT_INDEXING_H
