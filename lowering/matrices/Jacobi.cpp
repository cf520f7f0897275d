//===- Jacobi.cpp - eigenvalues and singular values by rotations ----------===//
//
// For targets on which many small steps take long, and few large ones do not: a
// round turns half as many pairs of rows as there are, all at once, and all
// matrices of a batch. In the rounds of a sweep each row meets each other one.
// G. Golub and C. Van Loan, "Matrix Computations", 8.5 and 8.6.3; R. Brent and
// F. Luk, "The solution of singular-value and symmetric eigenvalue problems on
// multiprocessor arrays", SIAM J. Sci. Stat. Comput. 6 (1985).
//
//===----------------------------------------------------------------------===//

#include "dialect/Ordering.h"
#include "lowering/matrices/Algorithms.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

/// Sweeps after which what has not converged is left as it is. About ten are
/// enough for a thousand rows.
static constexpr int64_t kMostSweeps = 30;

namespace {

/// Row k of the first half of an even number of rows is paired with row k of
/// the second half. After each round all rows but the first move on by one
/// place, so that after one less than there are rows, each is where it was.
class Pairs {
public:
  explicit Pairs(int64_t n) : count(std::max<int64_t>(1, (n + 1) / 2)) {}

  int64_t rows() const { return 2 * count; }
  int64_t rounds() const { return rows() - 1; }
  int64_t size() const { return count; }

  /// The row that comes to a place.
  Value moved(MatrixBuilder &b, Value place) const {
    if (count == 1)
      return place;
    using Predicate = arith::CmpIPredicate;
    auto at = [&](int64_t number) { return b.toIndex(b.at(number)); };
    auto is = [&](int64_t number) {
      return b.compare(Predicate::eq, place, at(number));
    };
    Value before = arith::SubIOp::create(b, place, at(1));
    Value behind = arith::AddIOp::create(b, place, at(1));
    Value isSecond = b.compare(Predicate::uge, place, at(count));
    Value row = b.select(isSecond, behind, before);
    row = b.select(is(0), at(0), row);
    row = b.select(is(1), at(count), row);
    return b.select(is(rows() - 1), at(count - 1), row);
  }

  /// Its place among the pairs, its partner, and whether it is in the second
  /// half.
  struct Seat {
    Value pair, partner, isSecond;
  };
  Seat seatOf(MatrixBuilder &b, Value row) const {
    Value half = b.toIndex(b.at(count));
    Value isSecond = b.compare(arith::CmpIPredicate::uge, row, half);
    Value down = arith::SubIOp::create(b, row, half);
    Value up = arith::AddIOp::create(b, row, half);
    return {b.select(isSecond, down, row), b.select(isSecond, down, up),
            isSecond};
  }

private:
  int64_t count;
};

/// The cosines and sines of a round, one for each pair.
struct Turns {
  Value c, s;
};

} // namespace

/// What makes of [x z; z y] a diagonal matrix; nothing where `isNone`.
static Turns turnsOf(MatrixBuilder &b, Value x, Value y, Value z,
                     Value isNone) {
  Value one = literal(b, 1, z), zero = literal(b, 0, z);
  Value safe = b.fold<SelectOp>(isNone, one, z);
  Value cotangent =
      b.fold<DivOp>(b.fold<SubOp>(y, x), b.fold<MulOp>(literal(b, 2, z), safe));
  Value root =
      b.fold<SqrtOp>(b.fold<AddOp>(b.fold<MulOp>(cotangent, cotangent), one));
  Value size =
      b.fold<DivOp>(one, b.fold<AddOp>(b.fold<AbsOp>(cotangent), root));
  Value isNegative = b.fold<LtOp>(cotangent, zero);
  Value tangent = b.fold<SelectOp>(isNegative, b.fold<NegOp>(size), size);
  tangent = b.fold<SelectOp>(isNone, zero, tangent);
  Value c = b.fold<DivOp>(
      one, b.fold<SqrtOp>(b.fold<AddOp>(b.fold<MulOp>(tangent, tangent), one)));
  return {c, b.fold<MulOp>(tangent, c)};
}

/// The elements of a seat's row in a turn: c times its own, less s times its
/// partner's in the first half, and more in the second.
static std::pair<Value, Value> factorsOf(MatrixBuilder &b, const Turns &turns,
                                         ValueRange batch,
                                         const Pairs::Seat &seat) {
  Value c = elementAt(b, turns.c, batch, seat.pair);
  Value s = elementAt(b, turns.s, batch, seat.pair);
  return {c, b.select(seat.isSecond, s, arith::NegFOp::create(b, s))};
}

static Value combined(MatrixBuilder &b, std::pair<Value, Value> factors,
                      Value own, Value partner) {
  Value first = arith::MulFOp::create(b, factors.first, own);
  Value second = arith::MulFOp::create(b, factors.second, partner);
  return arith::AddFOp::create(b, first, second);
}

/// Rows turned, and moved to where they meet the next ones.
static Value turnRows(MatrixBuilder &b, const Pairs &pairs, const Turns &turns,
                      Value x) {
  return computed(b, x, {pairs.rows(), columnCount(x)},
                  [&](MatrixBuilder &b, ValueRange batch, ValueRange place) {
                    Value row = pairs.moved(b, place[0]);
                    Pairs::Seat seat = pairs.seatOf(b, row);
                    return combined(
                        b, factorsOf(b, turns, batch, seat),
                        elementAt(b, x, batch, {row, place[1]}),
                        elementAt(b, x, batch, {seat.partner, place[1]}));
                  });
}

/// The same for rows and columns.
static Value turnBoth(MatrixBuilder &b, const Pairs &pairs, const Turns &turns,
                      Value x) {
  return computed(
      b, x, {pairs.rows(), pairs.rows()},
      [&](MatrixBuilder &b, ValueRange batch, ValueRange place) {
        Value row = pairs.moved(b, place[0]), column = pairs.moved(b, place[1]);
        Pairs::Seat ofRow = pairs.seatOf(b, row),
                    ofColumn = pairs.seatOf(b, column);
        auto rows = factorsOf(b, turns, batch, ofRow);
        auto columns = factorsOf(b, turns, batch, ofColumn);
        auto ofColumnAt = [&](Value at) {
          return combined(b, rows, elementAt(b, x, batch, {row, at}),
                          elementAt(b, x, batch, {ofRow.partner, at}));
        };
        return combined(b, columns, ofColumnAt(column),
                        ofColumnAt(ofColumn.partner));
      });
}

/// Elements (k + rowOffset, k + columnOffset) of each matrix, for each pair k.
static Value alongDiagonal(MatrixBuilder &b, const Pairs &pairs, Value x,
                           int64_t rowOffset, int64_t columnOffset) {
  return computed(
      b, x, {pairs.size()},
      [&](MatrixBuilder &b, ValueRange batch, ValueRange place) {
        auto moved = [&](int64_t offset) -> Value {
          return arith::AddIOp::create(b, place[0], b.toIndex(b.at(offset)));
        };
        return elementAt(b, x, batch, {moved(rowOffset), moved(columnOffset)});
      });
}

/// Runs sweeps until `left` is not above the limit in any matrix. If
/// `restarts`, the last of what they carry begins each sweep as 0.
static SmallVector<Value>
sweepUntil(MatrixBuilder &b, const Pairs &pairs, ValueRange start,
           bool restarts, double limit,
           function_ref<SmallVector<Value>(MatrixBuilder &, ValueRange)> round,
           function_ref<Value(MatrixBuilder &, ValueRange)> left) {
  SmallVector<Value> carried{b.toIndex(b.at(0))};
  llvm::append_range(carried, start);
  auto loop = scf::WhileOp::create(
      b, TypeRange(ValueRange(carried)), carried,
      [&](OpBuilder &builder, Location loc, ValueRange values) {
        MatrixBuilder inner(loc, builder);
        Value rest = left(inner, values.drop_front());
        // What is not a number never gets smaller, and must not hide what is
        // left of the other matrices.
        rest = inner.fold<SelectOp>(inner.fold<EqOp>(rest, rest), rest,
                                    literal(inner, 0, rest));
        Value isFirst = inner.compare(arith::CmpIPredicate::eq, values[0],
                                      inner.toIndex(inner.at(0)));
        Value isAllowed = inner.compare(arith::CmpIPredicate::ult, values[0],
                                        inner.toIndex(inner.at(kMostSweeps)));
        RankedTensorType type = tensorType(rest);
        Value most = inner.fold<ReduceMaxOp>(rest, axesUpTo(type.getRank()));
        Value number = tensor::ExtractOp::create(inner, most, ValueRange());
        Value bound = arith::ConstantOp::create(
            inner,
            cast<TypedAttr>(FloatAttr::get(type.getElementType(), limit)));
        Value isLeft = arith::CmpFOp::create(inner, arith::CmpFPredicate::OGT,
                                             number, bound);
        Value again = arith::OrIOp::create(
            inner, isFirst, arith::AndIOp::create(inner, isLeft, isAllowed));
        scf::ConditionOp::create(inner, again, values);
      },
      [&](OpBuilder &builder, Location loc, ValueRange values) {
        MatrixBuilder inner(loc, builder);
        SmallVector<Value> begun(values.drop_front());
        // IREE needs loops whose turns use all that they carry.
        if (restarts)
          begun.back() =
              inner.fold<MulOp>(begun.back(), literal(inner, 0, begun.back()));
        SmallVector<Value> turned =
            inner.repeat(pairs.rounds(), 1, /*unrolled=*/0, begun,
                         [&](MatrixBuilder &b, OpFoldResult,
                             ValueRange values) { return round(b, values); });
        SmallVector<Value> next{arith::AddIOp::create(
            inner, values[0], inner.toIndex(inner.at(1)))};
        next.append(turned);
        scf::YieldOp::create(inner, next);
      });
  return SmallVector<Value>(ValueRange(loop.getResults()).drop_front());
}

/// Rows, and columns if the matrix stays square, of zeros behind the others.
static Value padded(MatrixBuilder &b, const Pairs &pairs, Value x,
                    bool columnsToo) {
  int64_t rows = rowCount(x), columns = columnCount(x), wanted = pairs.rows();
  auto zeros = [&](int64_t height, int64_t width) {
    return computed(b, x, {height, width},
                    [&](MatrixBuilder &b, ValueRange, ValueRange) -> Value {
                      Type type = tensorType(x).getElementType();
                      return arith::ConstantOp::create(
                          b, cast<TypedAttr>(b.getZeroAttr(type)));
                    });
  };
  if (columnsToo && columns < wanted)
    x = beside(b, x, zeros(rows, wanted - columns));
  if (rows < wanted)
    x = below(b, x, zeros(wanted - rows, columnCount(x)));
  return x;
}

/// Numbers in ascending order, and the places where they were.
static std::pair<Value, Value> sorted(MatrixBuilder &b, Value numbers) {
  RankedTensorType type = tensorType(numbers);
  int64_t axis = type.getRank() - 1;
  Value places = IotaOp::create(b, type.clone(b.getI32Type()), axis);
  auto sort = SortOp::create(b, ValueRange{numbers, places}, axis, 1);
  return {sort.getResult(0), sort.getResult(1)};
}

EighFactors xform::jacobiEigh(MatrixBuilder &b, Value x) {
  int64_t n = rowCount(x);
  Pairs pairs(n);
  Value symmetric = b.fold<AddOp>(
      lowerTriangle(b, x), flipped(b, lowerTriangle(b, x, /*strict=*/true)));
  Value scale = scaleOf(b, symmetric);
  Value scaled = b.fold<DivOp>(symmetric, overEach(b, scale, symmetric));
  Value start = padded(b, pairs, scaled, /*columnsToo=*/true);
  int64_t half = pairs.size(), rank = tensorType(x).getRank();
  SmallVector<Value> done = sweepUntil(
      b, pairs, {start, identities(b, x, pairs.rows(), n)}, /*restarts=*/false,
      epsilonOf(x) * std::sqrt(static_cast<double>(n)),
      [&](MatrixBuilder &b, ValueRange carried) {
        Value matrix = carried[0];
        Value z = alongDiagonal(b, pairs, matrix, 0, half);
        Turns turns = turnsOf(b, alongDiagonal(b, pairs, matrix, 0, 0),
                              alongDiagonal(b, pairs, matrix, half, half), z,
                              b.fold<EqOp>(z, literal(b, 0, z)));
        return SmallVector<Value>{turnBoth(b, pairs, turns, matrix),
                                  turnRows(b, pairs, turns, carried[1])};
      },
      [&](MatrixBuilder &b, ValueRange carried) {
        auto [rows, columns] = indicesOf(b, tensorType(carried[0]));
        Value outside = b.fold<SelectOp>(b.fold<EqOp>(rows, columns),
                                         literal(b, 0, carried[0]),
                                         b.fold<AbsOp>(carried[0]));
        return b.fold<ReduceMaxOp>(outside,
                                   ArrayRef<int64_t>{rank - 2, rank - 1});
      });
  Value diagonal = diagonalOf(b, block(b, done[0], {}, {n, n}));
  auto [w, order] = sorted(b, diagonal);
  Value rows = rowsInOrder(b, block(b, done[1], {}, {n, n}), order);
  return {b.fold<MulOp>(w, overEach(b, scale, w)), flipped(b, rows)};
}

SvdFactors xform::jacobiSvd(MatrixBuilder &b, Value x) {
  int64_t n = rowCount(x);
  Pairs pairs(n);
  RankedTensorType type = tensorType(x);
  int64_t half = pairs.size(), rank = type.getRank();
  Value scale = scaleOf(b, x);
  Value scaled = b.fold<DivOp>(x, overEach(b, scale, x));
  // Columns become rows, whose products with each other vanish one by one.
  Value start = padded(b, pairs, flipped(b, scaled), /*columnsToo=*/false);
  Value none = b.fold<ReduceSumOp>(b.fold<MulOp>(scaled, literal(b, 0, scaled)),
                                   ArrayRef<int64_t>{rank - 2, rank - 1});
  double rounding = epsilonOf(x);
  auto sumOfProducts = [&](MatrixBuilder &b, Value x, Value y) {
    return b.fold<ReduceSumOp>(b.fold<MulOp>(x, y),
                               ArrayRef<int64_t>{rank - 1});
  };
  // What is left is the largest product that the last sweep found.
  SmallVector<Value> done = sweepUntil(
      b, pairs, {start, identities(b, x, pairs.rows(), n), none},
      /*restarts=*/true, rounding * std::sqrt(static_cast<double>(n)),
      [&](MatrixBuilder &b, ValueRange carried) {
        Value rows = carried[0];
        Value first = block(b, rows, {}, {half, n});
        Value second = block(b, rows, {half, 0}, {2 * half, n});
        Value xx = sumOfProducts(b, first, first),
              yy = sumOfProducts(b, second, second),
              xy = sumOfProducts(b, first, second);
        Value norms = b.fold<MulOp>(b.fold<SqrtOp>(xx), b.fold<SqrtOp>(yy));
        Value zero = literal(b, 0, norms);
        Value isNone = b.fold<OrOp>(
            b.fold<LeOp>(b.fold<AbsOp>(xy),
                         b.fold<MulOp>(norms, literal(b, rounding, norms))),
            b.fold<EqOp>(norms, zero));
        Value ratio = b.fold<SelectOp>(
            isNone, zero,
            b.fold<DivOp>(
                b.fold<AbsOp>(xy),
                b.fold<SelectOp>(isNone, literal(b, 1, norms), norms)));
        Value most = b.fold<ReduceMaxOp>(ratio, ArrayRef<int64_t>{rank - 2});
        Turns turns = turnsOf(b, xx, yy, xy, isNone);
        return SmallVector<Value>{turnRows(b, pairs, turns, rows),
                                  turnRows(b, pairs, turns, carried[1]),
                                  b.fold<MaxOp>(carried[2], most)};
      },
      [&](MatrixBuilder &, ValueRange carried) { return carried[2]; });
  Value rows = block(b, done[0], {}, {n, n});
  Value norms = b.fold<SqrtOp>(sumOfProducts(b, rows, rows));
  auto [descending, order] = sorted(b, b.fold<NegOp>(norms));
  // Rows of zeros have no direction; the reflections give them one.
  Value columns = flipped(b, rowsInOrder(b, rows, order));
  QrFactors found = factorQr(b, columns, /*complete=*/false);
  Value diagonal = diagonalOf(b, found.r);
  Value one = literal(b, 1, diagonal);
  Value signs = b.fold<SelectOp>(
      b.fold<LtOp>(diagonal, literal(b, 0, diagonal)), b.fold<NegOp>(one), one);
  Value u = b.fold<MulOp>(found.q, alongColumns(b, signs, type));
  Value s =
      b.fold<MulOp>(b.fold<NegOp>(descending), overEach(b, scale, descending));
  return {u, s, rowsInOrder(b, block(b, done[1], {}, {n, n}), order)};
}
