//===- MatrixBuilder.h - steps of algorithms on matrices --------*- C++ -*-===//
//
// An algorithm goes through a matrix in panels: what is between them is
// products of matrices, within them one column or row is eliminated at a time.
// All matrices of a batch take each step together.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_MATRICES_MATRIXBUILDER_H
#define XFORM_LOWERING_MATRICES_MATRIXBUILDER_H

#include "dialect/Matrices.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace xform {

using mlir::OpBuilder;
using mlir::OpFoldResult;

/// The columns of a panel: fewer make more products, more make longer runs of
/// elimination steps, each of which touches the whole panel.
constexpr int64_t kPanelWidth = 32;

/// Up to so many elimination steps are written out rather than looped over.
constexpr int64_t kUnrolledSteps = 2;

/// An interval of rows or columns; `single` ones are dropped from the shape.
struct Interval {
  OpFoldResult start;
  int64_t size;
  bool single = false;
};

/// Writes the steps of an algorithm, for matrices of f32 or f64 in the last
/// two axes of tensors. What has the batch axes and one more is called a
/// vector, what has only these a number.
class MatrixBuilder : public RuleBuilder {
public:
  explicit MatrixBuilder(Operation *op)
      : RuleBuilder(op->getLoc(), OpBuilder(op), nullptr) {}
  MatrixBuilder(Location loc, OpBuilder &builder)
      : RuleBuilder(loc, builder, nullptr) {}

  OpFoldResult at(int64_t index) { return getIndexAttr(index); }
  Value toIndex(OpFoldResult index);
  OpFoldResult sum(OpFoldResult x, OpFoldResult y);

  /// Part of each matrix.
  Value part(Value matrices, Interval rows, Interval columns);
  /// The matrices with a part replaced.
  Value withPart(Value matrices, Value part, Interval rows, Interval columns);
  /// Part of each vector.
  Value part(Value vectors, Interval interval);

  /// A loop of `count` steps; up to `unrolled` are written out.
  using Step = llvm::function_ref<SmallVector<Value>(MatrixBuilder &,
                                                     OpFoldResult, ValueRange)>;
  SmallVector<Value> repeat(int64_t count, int64_t stride, int64_t unrolled,
                            ValueRange start, Step step);

  /// The panels of an axis of n: whole ones, then the rest.
  Value
  panels(int64_t n, Value start,
         llvm::function_ref<Value(MatrixBuilder &, Interval, Value)> panel);

  /// A number in every element of a tensor shaped like another.
  Value filledLike(StringRef number, Value like);

  /// One step on all elements of the matrices. The body is given the row and
  /// column of an element, the element, and one of each of `vectors`, which
  /// have the batch axes and, as `axes` says, one for rows (0), for columns
  /// (1) or neither (-1).
  Value eachElement(
      Value matrices, ArrayRef<Value> vectors, ArrayRef<int> axes,
      llvm::function_ref<Value(MatrixBuilder &, Value, Value, ValueRange)>
          body);

  /// The same for vectors: the body is given a place, the element in it, and
  /// one of each of `numbers`.
  Value
  eachPlace(Value vectors, ArrayRef<Value> numbers,
            llvm::function_ref<Value(MatrixBuilder &, Value, ValueRange)> body);

  /// The sums, or with `largest` the extremes, of what the body makes of each
  /// element of vectors.
  Value
  reduced(Value vectors, bool largest, ArrayRef<Value> numbers,
          llvm::function_ref<Value(MatrixBuilder &, Value, ValueRange)> body);

  Value compare(mlir::arith::CmpIPredicate predicate, Value x, Value y) {
    return mlir::arith::CmpIOp::create(*this, predicate, x, y);
  }

  Value select(Value condition, Value x, Value y) {
    return mlir::arith::SelectOp::create(*this, condition, x, y);
  }

private:
  /// An elementwise loop over the axes of the first operand; the others have
  /// those that `axes` says.
  Value
  elementwise(ArrayRef<Value> operands, ArrayRef<SmallVector<unsigned>> axes,
              llvm::function_ref<Value(MatrixBuilder &, ValueRange)> body);
};

/// A number in every element of a tensor shaped like another.
Value literal(MatrixBuilder &b, double number, Value like);

/// A tensor of elements that are computed from where they are. The axes of the
/// batch are those of `like`; of its own it has `shape`.
Value computed(
    MatrixBuilder &b, Value like, llvm::ArrayRef<int64_t> shape,
    llvm::function_ref<Value(MatrixBuilder &, ValueRange batch, ValueRange own)>
        body);
/// An element for such a body.
Value elementAt(MatrixBuilder &b, Value tensor, ValueRange batch,
                llvm::ArrayRef<Value> own);

/// Ones on the diagonal, for each matrix of `like`.
Value identities(MatrixBuilder &b, Value like, int64_t rows, int64_t columns);

/// The largest absolute value of each matrix, where it is a number that can be
/// divided by; else 1.
Value scaleOf(MatrixBuilder &b, Value x);

/// A number of each matrix, or vector, in all its elements.
Value overEach(RuleBuilder &b, Value numbers, Value like);

} // namespace xform

#endif // XFORM_LOWERING_MATRICES_MATRIXBUILDER_H
