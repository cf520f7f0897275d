//===- Schur.cpp - by steps that all matrices take together ---------------===//
//
// As the runtime's function does (RealSchur.h), by steps that are operations on
// whole matrices, and on all of a batch: Householder's reflections, then sweeps
// of J. Francis's iteration, in which each matrix has an interval of rows of
// its own. G. Golub and C. Van Loan, "Matrix Computations", 7.4 to 7.6.
//
//===----------------------------------------------------------------------===//

#include "lowering/matrices/Algorithms.h"
#include "lowering/matrices/Elements.h"
#include "lowering/matrices/Reflections.h"
#include "lowering/matrices/ScaledSchur.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

/// Sweeps for each row, after which an iteration is given up; two or three are
/// usual.
static constexpr int64_t kMostSweeps = 30;

/// Every so many sweeps, shifts are others than eigenvalues of the last rows,
/// for matrices that these do not change.
static constexpr int64_t kUsualShifts = 10;

//===----------------------------------------------------------------------===//
// One diagonal below the triangle
//===----------------------------------------------------------------------===//

/// x - factors_i vectors_j in each element, by a number of each matrix.
static Value lessProduct(MatrixBuilder &b, Value x, Value factors,
                         Value vectors, Value tau) {
  return b.eachElement(
      x, {factors, vectors, tau}, {0, 1, -1},
      [](MatrixBuilder &b, Value, Value, ValueRange element) {
        Value scaled = arith::MulFOp::create(b, element[3], element[1]);
        Value product = arith::MulFOp::create(b, scaled, element[2]);
        return arith::SubFOp::create(b, element[0], product).getResult();
      });
}

static std::pair<Value, Value> hessenberg(MatrixBuilder &b, Value x, Value z) {
  int64_t n = rowCount(x);
  if (n <= 2)
    return {x, z};
  SmallVector<Value> found = b.repeat(
      n - 2, 1, kUnrolledSteps, {x, z},
      [&](MatrixBuilder &b, OpFoldResult j, ValueRange carried) {
        Value t = carried[0], z = carried[1];
        Value column = b.part(t, {b.at(0), n}, {j, 1, true});
        auto [v, tau, left] = reflectionOf(b, column, b.sum(j, b.at(1)));
        t = lessProduct(b, t, v, vectorProduct(b, v, t, /*rows=*/true), tau);
        t = lessProduct(b, t, vectorProduct(b, v, t, /*rows=*/false), v, tau);
        z = lessProduct(b, z, vectorProduct(b, v, z, /*rows=*/false), v, tau);
        Value place = b.toIndex(j);
        t = b.eachElement(
            t, {left}, {-1},
            [&](MatrixBuilder &b, Value row, Value column, ValueRange x) {
              using Predicate = arith::CmpIPredicate;
              Value next = b.toIndex(b.sum(place, b.at(1)));
              Value isHere = b.compare(Predicate::eq, column, place);
              Value isBelow = b.compare(Predicate::ugt, row, next);
              Value isNext = b.compare(Predicate::eq, row, next);
              Value zero = arith::ConstantOp::create(
                  b, cast<TypedAttr>(b.getZeroAttr(x[0].getType())));
              Value changed =
                  b.select(isBelow, zero, b.select(isNext, x[1], x[0]));
              return b.select(isHere, changed, x[0]);
            });
        return SmallVector<Value>{t, z};
      });
  return {found[0], found[1]};
}

//===----------------------------------------------------------------------===//
// Sweeps
//===----------------------------------------------------------------------===//

namespace {

/// What sweeps carry: t and z, with z t z^T the matrix, the last row of each
/// that is not split off, and how many sweeps there were.
struct Iteration {
  Value t, z, last, count;

  Iteration(Value t, Value z, Value last, Value count)
      : t(t), z(z), last(last), count(count) {}
  explicit Iteration(ValueRange values)
      : Iteration(values[0], values[1], values[2], values[3]) {}
  SmallVector<Value> values() const { return {t, z, last, count}; }
};

} // namespace

/// 1 for rows left of whose diagonal element is nothing any more, as M. Ahues
/// and F. Tisseur decide it.
static Value splitsOf(MatrixBuilder &b, Value t) {
  int64_t n = rowCount(t);
  return eachPlace(b, t, {n}, [&](Element &e, ValueRange place) {
    elementary::Builder &m = e.builder();
    Value k = place[0], before = e.clamped(e.moved(k, -1), n),
          farther = e.clamped(e.moved(k, -2), n),
          behind = e.clamped(e.moved(k, 1), n);
    auto size = [&](Value row, Value column) {
      return m.abs(e.at(t, {row, column}));
    };
    auto larger = [&](Real x, Real y) { return m.select(x > y, x, y); };
    double epsilon = m.isFloat64() ? 0x1p-52 : 0x1p-23;
    Real tiny = m.constant(m.isFloat64() ? 0x1p-212 : 0x1p-96);
    Real below = size(k, before), above = size(before, k);
    Real own = size(k, k), around = size(before, before) + own;
    // Beside zeros, what is beside them counts.
    Real outside = size(before, farther) + size(behind, k);
    around = m.select(around == 0.0, outside, around);
    Real apart = m.abs(e.at(t, {before, before}) - e.at(t, {k, k}));
    Real largest = larger(own, apart);
    Real least = m.select(own < apart, own, apart);
    Real sum = largest + larger(below, above);
    Bool isZero = sum == 0.0;
    sum = m.select(isZero, m.constant(1), sum);
    Bool isSmall = below <= epsilon * around;
    Bool isSmaller = below * (above / sum) <=
                     larger(tiny, epsilon * least * (largest / sum));
    Bool isSplit =
        (below <= tiny) | (isSmall & isSmaller) | e.is(k, e.index(0));
    return m.select(isSplit, m.constant(1), m.constant(0));
  });
}

/// The first column of (t - s)(t - r) over its size, by the shifts s and r of
/// each matrix: eigenvalues of the last block of two rows, the nearer one twice
/// if they are real.
static Value startsOf(MatrixBuilder &b, const Iteration &at, Value first,
                      Value size) {
  int64_t n = rowCount(at.t);
  return eachPlace(b, at.t, {3}, [&](Element &e, ValueRange place) {
    elementary::Builder &m = e.builder();
    Value row = e.clamped(e.rowAt(first), n),
          next = e.clamped(e.moved(row, 1), n),
          third = e.clamped(e.moved(row, 2), n);
    Value last = e.clamped(e.rowAt(at.last), n),
          before = e.clamped(e.moved(last, -1), n);
    auto t = [&](Value row, Value column) { return e.at(at.t, {row, column}); };
    Real left = e.at(size, {});
    Bool isUsual = e.isUsual(at.count, kUsualShifts);
    Real a = t(before, before), d = t(last, last);
    Real other = d + 0.75 * left;
    a = m.select(isUsual, a, other);
    Real corner = m.select(isUsual, d, other);
    Real half = (a - corner) * 0.5;
    Real product = m.select(isUsual, t(before, last) * t(last, before),
                            -0.4375 * (left * left));
    Real square = half * half + product;
    Bool isReal = square >= 0.0;
    Real root = m.sqrt(m.abs(square)), zero = m.constant(0);
    // The distance of the nearer one from the corner, without cancellation.
    Real far = half + m.copySign(root, half);
    Bool isEven = far == 0.0;
    Real near =
        m.select(isEven, zero, -product / m.select(isEven, m.constant(1), far));
    Real shift = m.select(isReal, corner + near, (a + corner) * 0.5);
    Real imaginary = m.select(isReal, zero, root);
    Real diagonal = t(row, row), below = t(next, row);
    Real distance = diagonal - shift;
    Real scale = m.abs(distance) + imaginary + m.abs(below);
    Bool isNothing = scale == 0.0;
    scale = m.select(isNothing, m.constant(1), scale);
    below = below / scale;
    Real v0 = below * t(row, next) + distance * (distance / scale) +
              imaginary * (imaginary / scale);
    Real v1 = below * (distance + (t(next, next) - shift));
    Real v2 = below * t(third, next);
    Real sum = m.abs(v0) + m.abs(v1) + m.abs(v2);
    Bool isZero = sum == 0.0;
    sum = m.select(isZero, m.constant(1), sum);
    Real chosen = m.select(e.is(place[0], e.index(0)), v0,
                           m.select(e.is(place[0], e.index(1)), v1, v2));
    return chosen / sum;
  });
}

namespace {

/// Where a sweep is in each matrix: from the first to the last of its rows; at
/// the first it is begun by a vector of its own.
struct Sweep {
  Value first, last, starts;
};

} // namespace

/// A reflection of rows k to k + 2, or k + 1 at the end, as tau, v1 and v2 with
/// v0 = 1; nothing in matrices whose sweep is elsewhere.
static Value reflectionsOf(MatrixBuilder &b, Value t, const Sweep &sweep,
                           Value k) {
  int64_t n = rowCount(t);
  return eachPlace(b, t, {3}, [&](Element &e, ValueRange place) {
    elementary::Builder &m = e.builder();
    Value first = e.rowAt(sweep.first), last = e.rowAt(sweep.last);
    Bool isFirst = e.is(k, first);
    Bool isAhead = e.isBefore(k, first), isBehind = !e.isBefore(k, last);
    Value column = e.clamped(e.moved(k, -1), n);
    auto given = [&](int64_t i) {
      Real own = e.at(t, {e.clamped(e.moved(k, i), n), column});
      return m.select(isFirst, e.at(sweep.starts, {e.index(i)}), own);
    };
    Real zero = m.constant(0), one = m.constant(1);
    Real x = given(0), y = given(1);
    Real z = m.select(e.isBefore(last, e.moved(k, 2)), zero, given(2));
    Real size = m.abs(x) + m.abs(y) + m.abs(z);
    Bool isZero = size == 0.0;
    size = m.select(isZero, one, size);
    x = x / size, y = y / size, z = z / size;
    Real length = m.sqrt(x * x + (y * y + z * z));
    Real left = -m.copySign(length, x);
    Bool isNone = isAhead | isBehind | (m.abs(y) + m.abs(z) == 0.0);
    Real head = m.select(isNone, one, x - left);
    Real tau = m.select(isNone, zero, -head / m.select(isNone, one, left));
    Real v1 = m.select(isNone, zero, y / head);
    Real v2 = m.select(isNone, zero, z / head);
    return m.select(e.is(place[0], e.index(0)), tau,
                    m.select(e.is(place[0], e.index(1)), v1, v2));
  });
}

/// Reflects rows k to k + 2, or columns.
static Value reflected(MatrixBuilder &b, Value x, Value reflections, Value k,
                       bool rows) {
  int64_t m = rowCount(x), n = columnCount(x), size = rows ? m : n;
  return eachPlace(b, x, {m, n}, [&](Element &e, ValueRange place) {
    Value along = place[rows ? 0 : 1], other = place[rows ? 1 : 0];
    auto at = [&](int64_t i) {
      Value row = e.clamped(e.moved(k, i), size);
      return rows ? e.at(x, {row, other}) : e.at(x, {other, row});
    };
    elementary::Builder &builder = e.builder();
    Real tau = e.at(reflections, {e.index(0)}),
         v1 = e.at(reflections, {e.index(1)}),
         v2 = e.at(reflections, {e.index(2)});
    Real sum = tau * (at(0) + v1 * at(1) + v2 * at(2));
    auto isAt = [&](int64_t i) { return e.is(along, e.moved(k, i)); };
    Real factor = builder.select(
        isAt(0), builder.constant(1),
        builder.select(isAt(1), v1,
                       builder.select(isAt(2), v2, builder.constant(0))));
    return e.at(x, {place[0], place[1]}) - sum * factor;
  });
}

/// Splits off what there is to split, or sweeps once through what is left.
static Iteration step(MatrixBuilder &b, const Iteration &at) {
  int64_t n = rowCount(at.t), rank = tensorType(at.t).getRank();
  RankedTensorType type = tensorType(at.t);
  auto [rows, columns] = indicesOf(b, type);
  Value splits = splitsOf(b, at.t);
  Value isSplit = b.fold<GtOp>(splits, b.filledLike("0", splits));
  Value one = b.filledLike("1", rows);
  Value isBeside = b.fold<EqOp>(rows, b.fold<AddOp>(columns, one));
  Value isNothing =
      b.fold<AndOp>(isBeside, alongRows(b, isSplit, tensorType(isBeside)));
  Value t = b.fold<SelectOp>(isNothing, b.filledLike("0", at.t), at.t);
  RankedTensorType ofPlaces = tensorType(splits).clone(b.getI32Type());
  Value places = IotaOp::create(b, ofPlaces, rank - 2);
  Value isCandidate = b.fold<AndOp>(
      isSplit, b.fold<LeOp>(places, overEach(b, at.last, places)));
  Value first = b.fold<ReduceMaxOp>(
      b.fold<SelectOp>(isCandidate, places, filled(b, "0", ofPlaces)),
      ArrayRef<int64_t>{rank - 2});
  auto number = [&](int64_t value) {
    return b.filledLike(std::to_string(value), at.last);
  };
  Value isDone = b.fold<LeOp>(b.fold<SubOp>(at.last, first), number(1));
  Value last =
      b.fold<SelectOp>(isDone, b.fold<SubOp>(first, number(1)), at.last);
  // Where something was split off, this sweep is through no row.
  Value end = b.fold<SelectOp>(isDone, first, at.last);
  // What is left of the last row, and of the one before.
  auto beside = [&, rows = rows](int64_t before) {
    Value row = b.fold<SubOp>(at.last, number(before));
    Value isThere =
        b.fold<AndOp>(isBeside, b.fold<EqOp>(rows, overEach(b, row, rows)));
    Value size =
        b.fold<SelectOp>(isThere, b.fold<AbsOp>(t), b.filledLike("0", t));
    return b.fold<ReduceSumOp>(size, ArrayRef<int64_t>{rank - 2, rank - 1});
  };
  Value size = b.fold<AddOp>(beside(0), beside(1));
  Iteration now(t, at.z, at.last, at.count);
  Sweep sweep{first, end, startsOf(b, now, first, size)};
  SmallVector<Value> swept =
      b.repeat(n - 1, 1, /*unrolled=*/0, {t, at.z},
               [&](MatrixBuilder &b, OpFoldResult place, ValueRange carried) {
                 Value k = b.toIndex(place), t = carried[0];
                 Value reflections = reflectionsOf(b, t, sweep, k);
                 t = reflected(b, t, reflections, k, /*rows=*/true);
                 t = reflected(b, t, reflections, k, /*rows=*/false);
                 Value z =
                     reflected(b, carried[1], reflections, k, /*rows=*/false);
                 return SmallVector<Value>{t, z};
               });
  Value isBelow = b.fold<GtOp>(rows, b.fold<AddOp>(columns, one));
  t = b.fold<SelectOp>(isBelow, b.filledLike("0", t), swept[0]);
  return {t, swept[1], last, b.fold<AddOp>(at.count, number(1))};
}

static Iteration iterate(MatrixBuilder &b, const Iteration &start) {
  int64_t most = kMostSweeps * rowCount(start.t);
  SmallVector<Value> values = start.values();
  auto loop = scf::WhileOp::create(
      b, TypeRange(ValueRange(values)), values,
      [&](OpBuilder &builder, Location loc, ValueRange values) {
        MatrixBuilder inner(loc, builder);
        Iteration at(values);
        auto number = [&](int64_t value) {
          return inner.filledLike(std::to_string(value), at.last);
        };
        Value isAllowed = inner.fold<LtOp>(at.count, number(most));
        Value left = inner.fold<SelectOp>(isAllowed, at.last, number(0));
        Value largest =
            inner.fold<ReduceMaxOp>(left, axesUpTo(tensorType(left).getRank()));
        Value last = tensor::ExtractOp::create(inner, largest, ValueRange());
        Value one = arith::ConstantIntOp::create(inner, 1, /*width=*/32);
        Value again = inner.compare(arith::CmpIPredicate::sgt, last, one);
        scf::ConditionOp::create(inner, again, values);
      },
      [&](OpBuilder &builder, Location loc, ValueRange values) {
        MatrixBuilder inner(loc, builder);
        scf::YieldOp::create(inner, step(inner, Iteration(values)).values());
      });
  return Iteration(loop.getResults());
}

//===----------------------------------------------------------------------===//
// Blocks of two rows
//===----------------------------------------------------------------------===//

namespace {

/// A turn of two rows and columns, by which the first are c times their own and
/// s times the second.
struct Turn {
  Real c, s;
  Bool isComplex;
};

/// What is known of the blocks of two rows on the diagonal, by their first row.
struct Blocks {
  Value c, s, isComplex;
};

} // namespace

/// What makes c = 0 of [a b; c d], or a = d where eigenvalues are complex.
static Turn turnOf(Real a, Real b, Real c, Real d) {
  elementary::Builder &m = *a.builder;
  Real one = m.constant(1);
  Real half = (a - d) * 0.5;
  Real square = half * half + b * c;
  Bool isNone = c == 0.0, isReal = square >= 0.0;
  Real far = half + m.copySign(m.sqrt(m.abs(square)), half);
  Real length = m.sqrt(c * c + far * far);
  length = m.select(isNone, one, length);
  Real sum = b + c, all = m.sqrt(sum * sum + 4.0 * (half * half));
  Bool isEven = all == 0.0;
  all = m.select(isEven, one, all);
  Real cosine = m.sqrt((m.abs(sum) / all + 1.0) * 0.5);
  Real sine = -m.copySign(m.abs(half) / (all * cosine), half * sum);
  Bool isComplex = !isReal;
  Bool isSkipped = isNone | (isComplex & isEven);
  Real nothing = m.constant(0);
  return {m.select(isSkipped, one, m.select(isReal, far / length, cosine)),
          m.select(isSkipped, nothing, m.select(isReal, c / length, sine)),
          isComplex};
}

static Blocks blocksOf(MatrixBuilder &b, Value t) {
  int64_t n = rowCount(t);
  auto each = [&](function_ref<Real(const Turn &)> take) {
    return eachPlace(b, t, {n}, [&](Element &e, ValueRange place) {
      Value first = place[0];
      Bool isLast = e.is(first, e.index(n - 1));
      Value second = e.clamped(e.moved(first, 1), n);
      Real c = e.builder().select(isLast, e.builder().constant(0),
                                  e.at(t, {second, first}));
      return take(turnOf(e.at(t, {first, first}), e.at(t, {first, second}), c,
                         e.at(t, {second, second})));
    });
  };
  return {each([](const Turn &turn) { return turn.c; }),
          each([](const Turn &turn) { return turn.s; }),
          each([](const Turn &turn) {
            elementary::Builder &m = *turn.c.builder;
            return m.select(turn.isComplex, m.constant(1), m.constant(0));
          })};
}

/// A matrix that turns the rows of all blocks.
static Value turnsOf(MatrixBuilder &b, const Blocks &blocks, Value t) {
  int64_t n = rowCount(t);
  return eachPlace(b, t, {n, n}, [&](Element &e, ValueRange place) {
    Value row = place[0], column = place[1];
    elementary::Builder &m = e.builder();
    // A row is the first or the second of one block at most.
    Real own =
        e.at(blocks.c, row, n, 1) * e.at(blocks.c, e.moved(row, -1), n, 1);
    Real result = m.select(e.is(row, column), own, m.constant(0));
    result = m.select(e.is(row, e.moved(column, 1)), e.at(blocks.s, {column}),
                      result);
    return m.select(e.is(column, e.moved(row, 1)), -e.at(blocks.s, {row}),
                    result);
  });
}

/// Zeros below the blocks, and equal elements on their diagonals.
static Value standardized(MatrixBuilder &b, const Blocks &blocks, Value t) {
  int64_t n = rowCount(t);
  return eachPlace(b, t, {n, n}, [&](Element &e, ValueRange place) {
    Value row = place[0], column = place[1];
    elementary::Builder &m = e.builder();
    auto isBlock = [&](Value first) {
      return e.at(blocks.isComplex, first, n, 0) == 1.0;
    };
    auto diagonal = [&](Value at) { return e.at(t, {at, at}); };
    auto mean = [&](Value other) {
      return (diagonal(row) + diagonal(other)) * 0.5;
    };
    Value before = e.moved(row, -1), behind = e.moved(row, 1);
    auto orOwn = [&](Bool isThere, Value other) {
      return b.select(isThere.value, other, row);
    };
    Bool isFirst = isBlock(row), isSecond = isBlock(before);
    Real own = m.select(isFirst, mean(orOwn(isFirst, behind)),
                        mean(orOwn(isSecond, before)));
    Bool isBelow = e.isBefore(column, row);
    Bool isKept = e.is(column, before) & isBlock(column);
    Real outside =
        m.select(isBelow & !isKept, m.constant(0), e.at(t, {row, column}));
    return m.select(e.is(row, column), own, outside);
  });
}

ScaledSchur xform::schurOf(MatrixBuilder &b, Value x) {
  int64_t n = rowCount(x), rank = tensorType(x).getRank();
  Value scale = scaleOf(b, x);
  // IREE updates constants that loops begin with, and has two owners of what
  // one loop ends with and another one begins with.
  Value isNever = b.fold<GtOp>(scale, b.filledLike("inf", scale));
  auto zeroOf = [&](Type element) -> Value {
    return ConvertOp::create(b, tensorType(scale).clone(element), isNever);
  };
  Value zero = zeroOf(b.getI32Type());
  Value nothing = overEach(b, zeroOf(tensorType(x).getElementType()), x);
  Value unit = b.fold<AddOp>(identities(b, x, n, n), nothing);
  auto [t, z] = hessenberg(b, b.fold<DivOp>(x, overEach(b, scale, x)), unit);
  t = b.fold<AddOp>(t, nothing);
  z = b.fold<AddOp>(z, nothing);
  Value end = b.fold<AddOp>(zero, b.filledLike(std::to_string(n - 1), zero));
  Iteration done(t, z, end, zero);
  // And loops must have a turn.
  if (n > 2)
    done = iterate(b, done);
  Value none = b.fold<ReduceSumOp>(b.fold<MulOp>(x, b.filledLike("0", x)),
                                   ArrayRef<int64_t>{rank - 2, rank - 1});
  Value one = b.filledLike("1", done.last);
  Value isDone = b.fold<AndOp>(b.fold<LeOp>(done.last, one),
                               b.fold<EqOp>(none, b.filledLike("0", none)));
  Blocks blocks = blocksOf(b, done.t);
  Value turns = turnsOf(b, blocks, done.t);
  t = product(b, turns, product(b, done.t, turns), -2, -2);
  return {standardized(b, blocks, t), product(b, done.z, turns), scale, isDone};
}

SchurFactors xform::iterateSchur(MatrixBuilder &b, Value x) {
  ScaledSchur found = schurOf(b, x);
  Value t = b.fold<MulOp>(found.t, overEach(b, found.scale, found.t));
  return {found.checked(b, t), found.checked(b, found.z)};
}
