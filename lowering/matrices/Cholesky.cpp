//===- Cholesky.cpp - l with l l^T = x ------------------------------------===//
//
// What earlier panels contribute to one is a product of matrices, whose operand
// is zero where nothing has been computed yet, so that every panel has one
// program.
//
//===----------------------------------------------------------------------===//

#include "lowering/linalg/Scalars.h"
#include "lowering/matrices/Algorithms.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace xform;

/// Eliminates the columns of a panel, of which column 0 has its diagonal in
/// row `first`, and clears what is above the diagonal.
static Value factorPanel(MatrixBuilder &b, Value panel, OpFoldResult first) {
  Interval rows{b.at(0), rowCount(panel)};
  int64_t width = columnCount(panel);
  return b.repeat(
      width, 1, kUnrolledSteps, panel,
      [&](MatrixBuilder &b, OpFoldResult j, ValueRange carried) {
        Value panel = carried[0];
        Interval column{j, 1, true};
        OpFoldResult diagonal = b.sum(first, j);
        Value down = b.part(panel, rows, column);
        Value across = b.part(panel, Interval{first, width}, column);
        Value pivot = b.part(panel, Interval{diagonal, 1, true}, column);
        Value diagonalRow = b.toIndex(diagonal), place = b.toIndex(j);
        return SmallVector<Value>{b.eachElement(
            panel, {down, across, pivot}, {0, 1, -1},
            [&](MatrixBuilder &b, Value row, Value column, ValueRange x) {
              Value old = x[0], below = x[1], beside = x[2], pivot = x[3];
              Type type = old.getType();
              Value zero = floatConstant(b, type, 0);
              Value positive = arith::CmpFOp::create(
                  b, arith::CmpFPredicate::OGT, pivot, zero);
              Value nan = floatConstant(
                  b, type, std::numeric_limits<double>::quiet_NaN());
              Value safe = b.select(positive, pivot, nan);
              Value root = math::SqrtOp::create(b, safe);
              Value scaled = arith::DivFOp::create(b, below, root);
              Value ratio = arith::DivFOp::create(b, below, safe);
              Value update = arith::SubFOp::create(
                  b, old, arith::MulFOp::create(b, ratio, beside));
              using Predicate = arith::CmpIPredicate;
              Value above = b.compare(Predicate::ult, row, diagonalRow);
              Value later = b.compare(Predicate::ugt, column, place);
              Value here = b.compare(Predicate::eq, column, place);
              Value finished = b.select(above, zero, scaled);
              return b.select(here, finished, b.select(later, update, old));
            })};
      })[0];
}

Value xform::factorCholesky(MatrixBuilder &b, Value x) {
  int64_t n = rowCount(x);
  if (n <= kPanelWidth)
    return factorPanel(b, x, b.at(0));
  Interval all{b.at(0), n};
  return b.panels(n, b.filledLike("0", x),
                  [&](MatrixBuilder &b, Interval columns, Value factor) {
                    Value rows = b.part(factor, columns, all);
                    Value before = product(b, factor, rows, -1, -1);
                    Value panel =
                        b.fold<SubOp>(b.part(x, all, columns), before);
                    panel = factorPanel(b, panel, columns.start);
                    return b.withPart(factor, panel, all, columns);
                  });
}
