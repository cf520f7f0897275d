//===- TriangularSystems.cpp - solved by panels ---------------------------===//

#include "lowering/linalg/Scalars.h"
#include "lowering/matrices/Algorithms.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace xform;

namespace {

/// A system m x = b, or x^T m^T = b^T, where m is a or its transpose.
struct System {
  /// Whether x stands with the index of m as rows.
  bool byRows;
  /// Whether m is the transpose of a.
  bool transposed;
  /// Whether m is lower triangular: solved from its first row on.
  bool forward;
  bool unitDiagonal;

  explicit System(const TriangularKind &kind)
      : byRows(kind.leftSide), transposed(kind.leftSide == kind.transposed),
        forward(kind.lower != transposed), unitDiagonal(kind.unitDiagonal) {}

  /// Part of m.
  Value ofMatrix(MatrixBuilder &b, Value a, Interval rows,
                 Interval columns) const {
    return transposed ? b.part(a, columns, rows) : b.part(a, rows, columns);
  }

  /// Some rows of x.
  Value ofSolution(MatrixBuilder &b, Value x, Interval rows) const {
    Interval all{b.at(0), byRows ? columnCount(x) : rowCount(x)};
    return byRows ? b.part(x, rows, all) : b.part(x, all, rows);
  }

  Value withRows(MatrixBuilder &b, Value x, Value part, Interval rows) const {
    Interval all{b.at(0), byRows ? columnCount(x) : rowCount(x)};
    return byRows ? b.withPart(x, part, rows, all)
                  : b.withPart(x, part, all, rows);
  }

  /// m x, for some rows of m.
  Value product(MatrixBuilder &b, Value matrix, Value x) const {
    int64_t axis = transposed ? -2 : -1;
    return byRows ? xform::product(b, matrix, x, axis, -2)
                  : xform::product(b, x, matrix, -1, axis);
  }

  /// Position `index` of n steps that run forward or backward.
  OpFoldResult inOrder(MatrixBuilder &b, OpFoldResult index, int64_t size,
                       int64_t n) const {
    if (forward)
      return index;
    if (auto number = getConstantIntValue(index))
      return b.at(n - size - *number);
    return arith::SubIOp::create(b, b.toIndex(b.at(n - size)), b.toIndex(index))
        .getResult();
  }
};

} // namespace

/// Solves a system of few rows, one at a time.
static Value solvePanel(MatrixBuilder &b, const System &system, Value a,
                        Value x) {
  int64_t n = rowCount(a);
  return b.repeat(
      n, 1, kUnrolledSteps, x,
      [&](MatrixBuilder &b, OpFoldResult index, ValueRange carried) {
        Value x = carried[0];
        OpFoldResult j = system.inOrder(b, index, 1, n);
        Interval here{j, 1, true};
        Value column = system.ofMatrix(b, a, Interval{b.at(0), n}, here);
        Value pivot = system.ofMatrix(b, a, here, here);
        Value solved = system.ofSolution(b, x, here);
        Value place = b.toIndex(j);
        int along = system.byRows ? 0 : 1;
        return SmallVector<Value>{b.eachElement(
            x, {column, solved, pivot}, {along, 1 - along, -1},
            [&](MatrixBuilder &b, Value row, Value column,
                ValueRange elements) {
              Value old = elements[0], coefficient = elements[1],
                    known = elements[2], pivot = elements[3];
              Value index = system.byRows ? row : column;
              Value ratio = coefficient, result = old;
              if (!system.unitDiagonal) {
                ratio = arith::DivFOp::create(b, coefficient, pivot);
                result = arith::DivFOp::create(b, old, pivot);
              }
              Value update = arith::SubFOp::create(
                  b, old, arith::MulFOp::create(b, ratio, known));
              using Predicate = arith::CmpIPredicate;
              Value later =
                  b.compare(system.forward ? Predicate::ugt : Predicate::ult,
                            index, place);
              Value isHere = b.compare(Predicate::eq, index, place);
              return b.select(isHere, result, b.select(later, update, old));
            })};
      })[0];
}

Value xform::solveTriangular(MatrixBuilder &b, const TriangularKind &kind,
                             Value a, Value rhs) {
  System system(kind);
  int64_t n = rowCount(a);
  if (n <= kPanelWidth)
    return solvePanel(b, system, a, rhs);
  // What a product must not meet may be anything, NaN for one.
  Value read = kind.lower ? lowerTriangle(b, a) : upperTriangle(b, a);
  Interval all{b.at(0), n};
  return b.panels(
      n, b.filledLike("0", rhs), [&](MatrixBuilder &b, Interval rows, Value x) {
        rows.start = system.inOrder(b, rows.start, rows.size, n);
        Value matrix = system.ofMatrix(b, read, rows, all);
        Value before = system.product(b, matrix, x);
        Value left = b.fold<SubOp>(system.ofSolution(b, rhs, rows), before);
        Value square = b.part(a, rows, rows);
        return system.withRows(b, x, solvePanel(b, system, square, left), rows);
      });
}
