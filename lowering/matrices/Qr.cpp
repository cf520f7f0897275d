//===- Qr.cpp - q r = x by Householder's reflections ----------------------===//
//
// The reflections of the columns of x are one product, I - v t v^T, with v
// lower trapezoidal and t upper triangular. Those of the left half of the
// columns are applied to the right half, whose bottom is factored then: nearly
// all work is in products. E. Elmroth and F. Gustavson, "Applying recursion to
// serial and parallel QR factorization leads to better performance", IBM J.
// Res. Dev. 44 (2000). Few columns are reflected one at a time.
//
//===----------------------------------------------------------------------===//

#include "lowering/linalg/Scalars.h"
#include "lowering/matrices/Algorithms.h"
#include "lowering/matrices/Reflections.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace xform;

/// Columns that are reflected one at a time: each step touches all of them.
static constexpr int64_t kLeafWidth = 16;

namespace {

/// `packed` has r on and above the diagonal, and v below it without the ones on
/// it.
struct Reflections {
  Value packed, t;
};

} // namespace

static Value zeroOf(MatrixBuilder &b, Value x) {
  return floatConstant(b, x.getType(), 0);
}

/// What one elementwise step makes of numbers.
static Value eachNumber(MatrixBuilder &b, ArrayRef<Value> numbers,
                        function_ref<Value(MatrixBuilder &, ValueRange)> body) {
  // Vectors of one element each.
  SmallVector<int64_t> shape(tensorType(numbers[0]).getShape());
  SmallVector<int64_t> one(shape);
  one.push_back(1);
  Value result = b.eachPlace(
      b.reshapeTo(numbers[0], one), numbers.drop_front(),
      [&](MatrixBuilder &b, Value, ValueRange x) { return body(b, x); });
  return b.reshapeTo(result, shape);
}

Reflection xform::reflectionOf(MatrixBuilder &b, Value column, OpFoldResult j) {
  using Predicate = arith::CmpIPredicate;
  Value place = b.toIndex(j);
  auto from = [&](bool diagonal) {
    return [=](MatrixBuilder &b, Value row, Value x) {
      Value isRead =
          b.compare(diagonal ? Predicate::uge : Predicate::ugt, row, place);
      return b.select(isRead, x, zeroOf(b, x));
    };
  };
  Value size = b.reduced(column, /*largest=*/true, {},
                         [&](MatrixBuilder &b, Value row, ValueRange x) {
                           Value read = from(true)(b, row, x[0]);
                           return math::AbsFOp::create(b, read).getResult();
                         });
  // Zeros and what is not finite are not scaled.
  Value scale = eachNumber(b, {size}, [](MatrixBuilder &b, ValueRange x) {
    Type type = x[0].getType();
    Value one = floatConstant(b, type, 1);
    Value positive = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x[0],
                                           floatConstant(b, type, 0));
    Value infinity =
        floatConstant(b, type, std::numeric_limits<double>::infinity());
    Value finite =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x[0], infinity);
    return b.select(arith::AndIOp::create(b, positive, finite), x[0], one);
  });
  Value below =
      b.reduced(column, /*largest=*/false, {scale},
                [&](MatrixBuilder &b, Value row, ValueRange x) {
                  Value part =
                      arith::DivFOp::create(b, from(false)(b, row, x[0]), x[1]);
                  return arith::MulFOp::create(b, part, part).getResult();
                });
  Value alpha = b.part(column, {j, 1, true});
  // The head over the scale, with the sign that avoids cancellation; the
  // element itself if nothing is below.
  Value head =
      eachNumber(b, {alpha, scale, below}, [](MatrixBuilder &b, ValueRange x) {
        Value a = arith::DivFOp::create(b, x[0], x[1]);
        Value square =
            arith::AddFOp::create(b, arith::MulFOp::create(b, a, a), x[2]);
        Value norm = math::SqrtOp::create(b, square);
        Value signedNorm = math::CopySignOp::create(b, norm, a);
        Value turned = arith::NegFOp::create(b, signedNorm);
        Value nothing = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ,
                                              x[2], zeroOf(b, x[2]));
        return b.select(nothing, a, turned);
      });
  Value tau = eachNumber(
      b, {alpha, scale, below, head}, [](MatrixBuilder &b, ValueRange x) {
        Value a = arith::DivFOp::create(b, x[0], x[1]);
        Value nothing = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ,
                                              x[2], zeroOf(b, x[2]));
        Value one = floatConstant(b, a.getType(), 1);
        Value safe = b.select(nothing, one, x[3]);
        Value share =
            arith::DivFOp::create(b, arith::SubFOp::create(b, x[3], a), safe);
        return b.select(nothing, zeroOf(b, a), share);
      });
  Value v = b.eachPlace(
      column, {alpha, scale, below, head},
      [&](MatrixBuilder &b, Value row, ValueRange x) {
        Value one = floatConstant(b, x[0].getType(), 1);
        Value zero = zeroOf(b, x[0]);
        Value nothing =
            arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x[3], zero);
        Value a = arith::DivFOp::create(b, x[1], x[2]);
        Value divisor =
            b.select(nothing, one, arith::SubFOp::create(b, a, x[4]));
        Value entry = arith::DivFOp::create(
            b, arith::DivFOp::create(b, x[0], x[2]), divisor);
        Value isBelow = b.compare(Predicate::ugt, row, place);
        Value isHere = b.compare(Predicate::eq, row, place);
        return b.select(isHere, one, b.select(isBelow, entry, zero));
      });
  Value scaled =
      eachNumber(b, {head, scale}, [](MatrixBuilder &b, ValueRange x) {
        return arith::MulFOp::create(b, x[0], x[1]).getResult();
      });
  return {v, tau, scaled};
}

Value xform::vectorProduct(MatrixBuilder &b, Value vectors, Value matrices,
                           bool rows) {
  int64_t rank = tensorType(matrices).getRank();
  SmallVector<int64_t> batch = axesUpTo(rank - 2);
  return b.fold<DotGeneralOp>(matrices, vectors, batch, batch,
                              ArrayRef<int64_t>{rank - (rows ? 2 : 1)},
                              ArrayRef<int64_t>{rank - 2});
}

/// Reflects column j of a panel and the columns after it, and adds a column to
/// t: of the products of v with the columns before, which hold the other vs,
/// t takes -tau times their image.
static SmallVector<Value> reflect(MatrixBuilder &b, Value panel, Value t,
                                  OpFoldResult j) {
  using Predicate = arith::CmpIPredicate;
  Value place = b.toIndex(j);
  Interval rows{b.at(0), rowCount(panel)};
  Reflection found = reflectionOf(b, b.part(panel, rows, {j, 1, true}), j);
  Value along = vectorProduct(b, found.v, panel, /*rows=*/true);
  Value reflected = b.eachElement(
      panel, {found.v, along, found.tau, found.head}, {0, 1, -1, -1},
      [&](MatrixBuilder &b, Value row, Value column, ValueRange x) {
        Value old = x[0], v = x[1];
        Value step =
            arith::MulFOp::create(b, v, arith::MulFOp::create(b, x[3], x[2]));
        Value moved = arith::SubFOp::create(b, old, step);
        Value isHere = b.compare(Predicate::eq, column, place);
        Value isLater = b.compare(Predicate::ugt, column, place);
        Value isBelow = b.compare(Predicate::ugt, row, place);
        Value isOn = b.compare(Predicate::eq, row, place);
        Value kept = b.select(isBelow, v, b.select(isOn, x[4], old));
        return b.select(isHere, kept, b.select(isLater, moved, old));
      });
  Value before = b.eachPlace(
      along, {found.tau}, [&](MatrixBuilder &b, Value at, ValueRange x) {
        Value isBefore = b.compare(Predicate::ult, at, place);
        Value term =
            arith::NegFOp::create(b, arith::MulFOp::create(b, x[1], x[0]));
        return b.select(isBefore, term, zeroOf(b, x[0]));
      });
  Value image = vectorProduct(b, before, t, /*rows=*/false);
  Value extended = b.eachElement(
      t, {image, found.tau}, {0, -1},
      [&](MatrixBuilder &b, Value row, Value column, ValueRange x) {
        Value isHere = b.compare(Predicate::eq, column, place);
        Value isOn = b.compare(Predicate::eq, row, place);
        return b.select(isHere, b.select(isOn, x[2], x[1]), x[0]);
      });
  return {reflected, extended};
}

static Reflections reflectLeaf(MatrixBuilder &b, Value x) {
  RankedTensorType type = tensorType(x);
  int64_t n = columnCount(x);
  SmallVector<int64_t> shape(type.getShape().drop_back(2));
  shape.append({n, n});
  Value t = filled(b, "0", type.clone(shape));
  SmallVector<Value> found =
      b.repeat(n, 1, kUnrolledSteps, {x, t},
               [](MatrixBuilder &b, OpFoldResult j, ValueRange carried) {
                 return reflect(b, carried[0], carried[1], j);
               });
  return {found[0], found[1]};
}

/// v of packed reflections, with the ones on its diagonal.
static Value vectorsOf(MatrixBuilder &b, Value packed) {
  return b.eachElement(
      packed, {}, {},
      [](MatrixBuilder &b, Value row, Value column, ValueRange x) {
        using Predicate = arith::CmpIPredicate;
        Value isBelow = b.compare(Predicate::ugt, row, column);
        Value isOn = b.compare(Predicate::eq, row, column);
        Value one = floatConstant(b, x[0].getType(), 1);
        return b.select(isOn, one, b.select(isBelow, x[0], zeroOf(b, x[0])));
      });
}

/// (I - v t v^T)^T x.
static Value reflectedBack(MatrixBuilder &b, Value v, Value t, Value x) {
  Value inner = product(b, t, product(b, v, x, -2, -2), -2, -2);
  return b.fold<SubOp>(x, product(b, v, inner));
}

/// Reflections of at most as many columns as there are rows.
static Reflections reflections(MatrixBuilder &b, Value x) {
  int64_t m = rowCount(x), n = columnCount(x);
  if (n <= kLeafWidth)
    return reflectLeaf(b, x);
  int64_t width = n / 2;
  if (width % kLeafWidth)
    width += kLeafWidth - width % kLeafWidth;
  Reflections left = reflections(b, block(b, x, {}, {m, width}));
  Value v = vectorsOf(b, left.packed);
  Value right = reflectedBack(b, v, left.t, block(b, x, {0, width}, {m, n}));
  Reflections bottom =
      reflections(b, block(b, right, {width, 0}, {m, n - width}));
  Value packed =
      beside(b, left.packed,
             below(b, block(b, right, {}, {width, n - width}), bottom.packed));
  // v^T of the first with v of the others, which is zero in the first rows.
  Value shared = product(b, block(b, v, {width, 0}, {m, width}),
                         vectorsOf(b, bottom.packed), -2, -2);
  Value corner =
      b.fold<NegOp>(product(b, product(b, left.t, shared), bottom.t));
  Value zeros = filled(b, "0", tensorType(flipped(b, corner)));
  Value t = below(b, beside(b, left.t, corner), beside(b, zeros, bottom.t));
  return {packed, t};
}

QrFactors xform::factorQr(MatrixBuilder &b, Value x, bool complete) {
  int64_t m = rowCount(x), n = columnCount(x), k = std::min(m, n);
  Reflections found = reflections(b, block(b, x, {}, {m, k}));
  Value v = vectorsOf(b, found.packed);
  Value r = found.packed;
  if (n > k)
    r = beside(b, r, reflectedBack(b, v, found.t, block(b, x, {0, k}, {m, n})));
  int64_t columns = complete ? m : k;
  r = upperTriangle(b, block(b, r, {}, {columns, n}));
  // The first columns of I - v t v^T.
  Value inner = product(b, found.t, block(b, v, {}, {columns, k}), -1, -1);
  Value q = b.eachElement(
      product(b, v, inner), {}, {},
      [](MatrixBuilder &b, Value row, Value column, ValueRange x) {
        Value isOn = b.compare(arith::CmpIPredicate::eq, row, column);
        Value one = floatConstant(b, x[0].getType(), 1);
        Value unit = b.select(isOn, one, zeroOf(b, x[0]));
        return arith::SubFOp::create(b, unit, x[0]).getResult();
      });
  return {q, r};
}
