//===- Lu.cpp - l u = x[permutation], and systems solved by them ----------===//
//
// The left half of the columns is factored, then its triangle is solved for the
// top of the right half, and what is left of the bottom is factored: so nearly
// all work is in products. S. Toledo, "Locality of reference in LU
// decomposition with partial pivoting", SIAM J. Matrix Anal. Appl. 18 (1997).
// Few columns are eliminated one at a time.
//
//===----------------------------------------------------------------------===//

#include "dialect/Indexing.h"
#include "dialect/Ordering.h"
#include "lowering/linalg/Scalars.h"
#include "lowering/matrices/Algorithms.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace xform;

/// Columns that are eliminated one at a time: each step touches all of them.
static constexpr int64_t kLeafWidth = 16;

/// Elements of vectors, at the places that others name.
static Value elementsInOrder(RuleBuilder &b, Value vectors, Value places) {
  SmallVector<int64_t> shape(tensorType(places).getShape());
  shape.push_back(1);
  int64_t rank = tensorType(vectors).getRank();
  SmallVector<int64_t> batch = axesUpTo(rank - 1);
  return b.fold<GatherOp>(vectors, b.reshapeTo(places, shape),
                          ArrayRef<int64_t>{rank - 1}, batch, batch,
                          ArrayRef<int64_t>{}, "clip", /*unique=*/true);
}

/// The row of each matrix whose number is given.
static Value rowAt(RuleBuilder &b, Value matrices, Value number) {
  SmallVector<int64_t> shape(tensorType(number).getShape());
  shape.push_back(1);
  Value row = rowsInOrder(b, matrices, b.reshapeTo(number, shape));
  SmallVector<int64_t> dropped(tensorType(row).getShape());
  dropped.erase(dropped.end() - 2);
  return b.reshapeTo(row, dropped);
}

/// The element of each vector at a place.
static Value elementAt(RuleBuilder &b, Value vectors, Value place) {
  SmallVector<int64_t> shape(tensorType(place).getShape());
  shape.push_back(1);
  Value element = elementsInOrder(b, vectors, b.reshapeTo(place, shape));
  return b.reshapeTo(element, tensorType(place).getShape());
}

/// 0, 1, ... in each vector.
static Value places(MatrixBuilder &b, Value matrices, int64_t count) {
  SmallVector<int64_t> shape(tensorType(matrices).getShape().drop_back(2));
  shape.push_back(count);
  return IotaOp::create(b, RankedTensorType::get(shape, b.getI32Type()),
                        shape.size() - 1);
}

/// Which row of the panel has the largest absolute value in column j, from row
/// j on; the first NaN counts as the largest.
static Value findPivot(MatrixBuilder &b, Value column, OpFoldResult j) {
  Value place = b.toIndex(j);
  Value sizes = b.eachPlace(
      column, {}, [&](MatrixBuilder &b, Value row, ValueRange elements) {
        Value x = elements[0];
        Value size = math::AbsFOp::create(b, x);
        Value isDone = b.compare(arith::CmpIPredicate::ult, row, place);
        return b.select(isDone, floatConstant(b, x.getType(), -1), size);
      });
  RankedTensorType type = tensorType(column);
  auto number =
      RankedTensorType::get(type.getShape().drop_back(), b.getI32Type());
  return ArgmaxOp::create(b, number, sizes, type.getRank() - 1);
}

/// Exchanges rows j and `pivot` of a panel and eliminates column j.
static Value eliminate(MatrixBuilder &b, Value panel, Value column, Value pivot,
                       OpFoldResult j) {
  Interval here{j, 1, true};
  Value own = b.part(panel, here, {b.at(0), columnCount(panel)});
  Value chosen = rowAt(b, panel, pivot);
  Value place = b.toIndex(j);
  return b.eachElement(
      panel,
      {own, chosen, column, b.part(own, here), b.part(chosen, here), pivot},
      {1, 1, 0, -1, -1, -1},
      [&](MatrixBuilder &b, Value row, Value column, ValueRange x) {
        using Predicate = arith::CmpIPredicate;
        Value old = x[0], own = x[1], chosen = x[2], head = x[3],
              ownHead = x[4], divisor = x[5];
        Value from = arith::IndexCastOp::create(b, b.getIndexType(), x[6]);
        Value isChosen = b.compare(Predicate::eq, row, from);
        Value isHere = b.compare(Predicate::eq, row, place);
        old = b.select(isHere, chosen, b.select(isChosen, own, old));
        head = b.select(isChosen, ownHead, head);
        // Where the divisor is zero, so is what it would divide.
        Value zero = floatConstant(b, old.getType(), 0);
        Value isZero =
            arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, divisor, zero);
        Value ratio = arith::DivFOp::create(
            b, head,
            b.select(isZero, floatConstant(b, old.getType(), 1), divisor));
        Value rest = arith::SubFOp::create(
            b, old, arith::MulFOp::create(b, ratio, chosen));
        Value below = b.compare(Predicate::ugt, row, place);
        Value at = b.compare(Predicate::eq, column, place);
        Value later = b.compare(Predicate::ugt, column, place);
        Value changed = b.select(at, ratio, b.select(later, rest, old));
        return b.select(below, changed, old);
      });
}

/// Vectors with the elements at j and at `other` exchanged.
static Value exchange(MatrixBuilder &b, Value vectors, Value other,
                      OpFoldResult j) {
  Value place = b.toIndex(j);
  return b.eachPlace(
      vectors,
      {b.part(vectors, {j, 1, true}), elementAt(b, vectors, other), other},
      [&](MatrixBuilder &b, Value at, ValueRange x) {
        using Predicate = arith::CmpIPredicate;
        Value from = arith::IndexCastOp::create(b, b.getIndexType(), x[3]);
        Value old = b.select(b.compare(Predicate::eq, at, from), x[1], x[0]);
        return b.select(b.compare(Predicate::eq, at, place), x[2], old);
      });
}

/// Factors of at most so many columns as rows, one column after the other.
static LuFactors factorLeaf(MatrixBuilder &b, Value x) {
  int64_t m = rowCount(x), n = columnCount(x);
  SmallVector<Value> found = b.repeat(
      n, 1, kUnrolledSteps, {x, places(b, x, n), places(b, x, m)},
      [&](MatrixBuilder &b, OpFoldResult j, ValueRange carried) {
        Value panel = carried[0], place = b.toIndex(j);
        Value column = b.part(panel, {b.at(0), m}, {j, 1, true});
        Value pivot = findPivot(b, column, j);
        Value pivots =
            b.eachPlace(carried[1], {pivot},
                        [&](MatrixBuilder &b, Value at, ValueRange elements) {
                          Value here =
                              b.compare(arith::CmpIPredicate::eq, at, place);
                          return b.select(here, elements[1], elements[0]);
                        });
        return SmallVector<Value>{eliminate(b, panel, column, pivot, j), pivots,
                                  exchange(b, carried[2], pivot, j)};
      });
  return {found[0], found[1], found[2]};
}

static Value concatenated(MatrixBuilder &b, Value first, Value second) {
  return b.fold<ConcatenateOp>(ValueRange{first, second},
                               tensorType(first).getRank() - 1);
}

LuFactors xform::factorLu(MatrixBuilder &b, Value x) {
  return factorLu(
      b, x, kLeafWidth, [&](Value panel) { return factorLeaf(b, panel); },
      [&](const TriangularKind &kind, Value a, Value rhs) {
        return solveTriangular(b, kind, a, rhs);
      });
}

LuFactors xform::factorLu(MatrixBuilder &b, Value x, int64_t leaf,
                          function_ref<LuFactors(Value)> factorPanel,
                          Solve solve) {
  int64_t m = rowCount(x), n = columnCount(x);
  if (n <= leaf && n <= m)
    return factorPanel(x);
  int64_t half = llvm::divideCeil(n / 2, leaf) * leaf;
  int64_t width = std::min(half, m);
  LuFactors left =
      factorLu(b, block(b, x, {}, {m, width}), leaf, factorPanel, solve);
  Value right =
      rowsInOrder(b, block(b, x, {0, width}, {m, n}), left.permutation);
  Value corner = block(b, left.factors, {}, {width, width});
  TriangularKind unitLower{/*leftSide=*/true, /*lower=*/true,
                           /*transposed=*/false, /*unitDiagonal=*/true};
  Value top = solve(unitLower, corner, block(b, right, {}, {width, n - width}));
  if (width == m)
    return {beside(b, left.factors, top), left.pivots, left.permutation};
  Value l = block(b, left.factors, {width, 0}, {m, width});
  Value rest = b.fold<SubOp>(block(b, right, {width, 0}, {m, n - width}),
                             product(b, l, top));
  LuFactors bottom = factorLu(b, rest, leaf, factorPanel, solve);
  Value factors =
      below(b, beside(b, corner, top),
            beside(b, rowsInOrder(b, l, bottom.permutation), bottom.factors));
  Interval first{b.at(0), width}, second{b.at(width), m - width};
  Value offset = b.literal(std::to_string(width), bottom.pivots.getType());
  Value pivots =
      concatenated(b, left.pivots, b.fold<AddOp>(bottom.pivots, offset));
  Value permutation = concatenated(
      b, b.part(left.permutation, first),
      elementsInOrder(b, b.part(left.permutation, second), bottom.permutation));
  return {factors, pivots, permutation};
}

Value xform::solveByLu(MatrixBuilder &b, Value factors, Value permutation,
                       Value rhs, bool transposed, Solve solve) {
  TriangularKind lower{/*leftSide=*/true, /*lower=*/true, transposed,
                       /*unitDiagonal=*/true};
  TriangularKind upper{/*leftSide=*/true, /*lower=*/false, transposed};
  if (!transposed) {
    Value y = solve(lower, factors, rowsInOrder(b, rhs, permutation));
    return solve(upper, factors, y);
  }
  Value y = solve(upper, factors, rhs);
  Value z = solve(lower, factors, y);
  // Row i of these is row permutation[i] of the solution.
  SmallVector<int64_t> shape(tensorType(permutation).getShape());
  shape.push_back(1);
  int64_t rank = tensorType(z).getRank();
  SmallVector<int64_t> batch = axesUpTo(rank - 2);
  return b.fold<ScatterOp>(b.filledLike("0", z),
                           b.reshapeTo(permutation, shape), z,
                           ArrayRef<int64_t>{rank - 2}, batch, batch,
                           ArrayRef<int64_t>{rank - 1}, "clip",
                           /*unique=*/true);
}
