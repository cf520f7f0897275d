//===- ElementReads.h - what one element of a result reads ------*- C++ -*-===//

#ifndef XFORM_LOWERING_SPARSITY_ELEMENTREADS_H
#define XFORM_LOWERING_SPARSITY_ELEMENTREADS_H

#include "mlir/IR/Operation.h"

#include <functional>

namespace xform::sparsity {

class KnownIntegers;

/// One element of an operand.
struct Source {
  mlir::Value operand;
  int64_t element;
};

/// Appends the elements of operands that one element of the result reads.
using ElementReads =
    std::function<void(int64_t element, llvm::SmallVectorImpl<Source> &)>;

/// The reads of an operation of static sizes with one result; null for one of
/// which nothing is known, whose elements may read all of its operands.
///
/// A gather, a slice or an update at places that are not known may be at any.
ElementReads elementReads(mlir::Operation *op, const KnownIntegers &known);

/// Whether each element of the result is one of an operand's, or 0 where it
/// reads none.
bool movesElements(mlir::Operation *op);

} // namespace xform::sparsity

#endif // XFORM_LOWERING_SPARSITY_ELEMENTREADS_H
