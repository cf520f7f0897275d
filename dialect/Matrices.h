//===- Matrices.h - rules on matrices in the last two axes ------*- C++ -*-===//
//
// What rules of linear algebra write. The axes in front of the last two are
// those of a batch, equal for all operands.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_MATRICES_H
#define XFORM_DIALECT_MATRICES_H

#include "dialect/Ops.h"

namespace xform {

using mlir::LogicalResult;

int64_t rowCount(Value matrices);
int64_t columnCount(Value matrices);

/// Fails, naming the operand, unless the matrices are square.
LogicalResult checkSquare(Operation *op, StringRef name, Value value);

/// The same for `x` of a primitive whose results are still to be typed.
LogicalResult checkSquare(std::optional<Location> location, StringRef name,
                          Value x);

/// Fails, naming the primitive, unless there are matrices at all.
LogicalResult checkMatrices(std::optional<Location> location, StringRef name,
                            Value x);

/// Fails unless the size of matrices that are differentiated is known.
LogicalResult checkStatic(Operation *op, Value matrices);

/// The smaller of the numbers of rows and columns, unknown if one of them is.
int64_t leastSize(Value matrices);

/// The type of what has the batch axes of matrices, and these behind them.
RankedTensorType batchOf(Value matrices, ArrayRef<int64_t> own, Type element);

/// One number in every element, of a type that may be dynamic.
Value filled(RuleBuilder &b, StringRef number, RankedTensorType type);
Value filled(RuleBuilder &b, double number, RankedTensorType type);

/// The distance from 1 to the next number of the elements' type.
double epsilonOf(Value value);

/// The matrices with their rows as columns.
Value flipped(RuleBuilder &b, Value matrices);

/// The products of matrices, over axis `lhsAxis` of each of lhs and `rhsAxis`
/// of each of rhs: -2 or -1.
Value product(RuleBuilder &b, Value lhs, Value rhs, int64_t lhsAxis = -1,
              int64_t rhsAxis = -2);

/// Each element's row and column, for comparisons.
std::pair<Value, Value> indicesOf(RuleBuilder &b, RankedTensorType type);

/// Zeros but on and below the diagonal, or strictly below it.
Value lowerTriangle(RuleBuilder &b, Value matrices, bool strict = false);
/// Zeros but on and above the diagonal.
Value upperTriangle(RuleBuilder &b, Value matrices);

/// Rows and columns from the first of each up to `limits`, or to the end.
struct Corner {
  int64_t row = 0, column = 0;
};
Value block(RuleBuilder &b, Value matrices, Corner from, Corner to);

/// The element of each vector for each row, or each column, of matrices.
Value alongRows(RuleBuilder &b, Value vectors, RankedTensorType type);
Value alongColumns(RuleBuilder &b, Value vectors, RankedTensorType type);

/// The diagonals of square matrices.
Value diagonalOf(RuleBuilder &b, Value matrices);

/// n times the rounding of the largest absolute value in each vector of n
/// elements, in the place of each.
Value roundingOf(RuleBuilder &b, Value vectors);

/// The tangent of columns that complete others, `columns`, which have a
/// tangent: what keeps all of them orthonormal, and turns none of the new ones
/// into another.
Value completingTangent(RuleBuilder &b, Value columns, Value tangent,
                        Value completing);

/// Matrices one below, or one beside, the other.
Value below(RuleBuilder &b, Value top, Value bottom);
Value beside(RuleBuilder &b, Value left, Value right);

/// The rows of matrices in another order: row i becomes row `rows[i]`.
Value rowsInOrder(RuleBuilder &b, Value matrices, Value rows);

/// Matrices of a new leading batch axis as one wider, or longer, matrix.
class OneMatrix {
public:
  OneMatrix(RuleBuilder &b, Value batch, bool wider);

  Value get() const { return matrices; }
  /// What has been computed of it, as a batch again.
  Value apart(RuleBuilder &b, Value computed) const;

private:
  Value matrices;
  SmallVector<int64_t> shape, back;
};

} // namespace xform

#endif // XFORM_DIALECT_MATRICES_H
