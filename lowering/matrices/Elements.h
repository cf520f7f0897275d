//===- Elements.h - matrices by formulas for their elements -----*- C++ -*-===//

#ifndef XFORM_LOWERING_MATRICES_ELEMENTS_H
#define XFORM_LOWERING_MATRICES_ELEMENTS_H

#include "lowering/math/Builder.h"
#include "lowering/matrices/MatrixBuilder.h"

namespace xform {

using elementary::Bool;
using elementary::Real;

/// What a formula may read: elements of the same matrix of a batch, in rows and
/// columns that are computed.
class Element {
public:
  Element(MatrixBuilder &b, ValueRange batch, mlir::Type type)
      : b(b), batch(batch), m(b, b.getLoc(), type) {}

  elementary::Builder &builder() { return m; }
  Value index(int64_t number) { return b.toIndex(b.at(number)); }
  Value moved(Value place, int64_t by) {
    return mlir::arith::AddIOp::create(b, place, index(by));
  }
  /// The nearest place of so many.
  Value clamped(Value place, int64_t size) {
    Value atLeast = mlir::arith::MaxSIOp::create(b, place, index(0));
    return mlir::arith::MinSIOp::create(b, atLeast, index(size - 1));
  }
  Value select(Bool condition, Value place, Value other) {
    return b.select(condition.value, place, other);
  }
  Bool is(Value place, Value other) {
    return {&m, b.compare(mlir::arith::CmpIPredicate::eq, place, other)};
  }
  Bool isBefore(Value place, Value other) {
    return {&m, b.compare(mlir::arith::CmpIPredicate::slt, place, other)};
  }
  /// Whether a count is not the last of so many.
  Bool isUsual(Value counts, int64_t period) {
    Value place = mlir::arith::RemUIOp::create(b, rowAt(counts), index(period));
    return {&m, b.compare(mlir::arith::CmpIPredicate::ne, place,
                          index(period - 1))};
  }
  /// A row, or a column, that a number of each matrix says.
  Value rowAt(Value numbers) {
    Value number = elementAt(b, numbers, batch, {});
    return mlir::arith::IndexCastOp::create(b, b.getIndexType(), number);
  }
  Real at(Value tensor, llvm::ArrayRef<Value> place) {
    return m.wrapReal(elementAt(b, tensor, batch, place));
  }
  /// The element for a row, or the other number where there is no such row.
  Real at(Value vectors, Value row, int64_t rows, double otherwise) {
    Bool isThere = isBefore(index(-1), row) & isBefore(row, index(rows));
    Real there = at(vectors, {clamped(row, rows)});
    return m.select(isThere, there, m.constant(otherwise));
  }

private:
  MatrixBuilder &b;
  ValueRange batch;
  elementary::Builder m;
};

/// A tensor of elements that a formula gives for their places. The axes of the
/// batch are those of `like`; of its own it has `shape`.
inline Value
eachPlace(MatrixBuilder &b, Value like, llvm::ArrayRef<int64_t> shape,
          llvm::function_ref<Real(Element &, ValueRange)> formula) {
  return computed(b, like, shape,
                  [&](MatrixBuilder &b, ValueRange batch, ValueRange place) {
                    Element element(b, batch,
                                    tensorType(like).getElementType());
                    return formula(element, place).value;
                  });
}

} // namespace xform

#endif // XFORM_LOWERING_MATRICES_ELEMENTS_H
