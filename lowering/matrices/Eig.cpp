//===- Eig.cpp - eigenvalues and eigenvectors of general matrices ---------===//
//
// From the real Schur form, whose blocks of two rows become complex triangles.
// G. Golub and C. Van Loan, "Matrix Computations", 7.6.
//
//===----------------------------------------------------------------------===//

#include "dialect/ComplexMatrices.h"
#include "dialect/Ordering.h"
#include "lowering/matrices/Algorithms.h"
#include "lowering/matrices/Elements.h"
#include "lowering/matrices/Reflections.h"
#include "lowering/matrices/ScaledSchur.h"

using namespace mlir;
using namespace xform;

/// Products of elements.
static ComplexMatrices eachProduct(MatrixBuilder &b, const ComplexMatrices &x,
                                   const ComplexMatrices &y) {
  return times(b, x, y, [&](Value x, Value y) { return b.fold<MulOp>(x, y); });
}

/// The sums of the absolute values of both parts.
static Value sizesOf(MatrixBuilder &b, const ComplexMatrices &x) {
  return b.fold<AddOp>(b.fold<AbsOp>(x.real), b.fold<AbsOp>(x.imaginary));
}

/// The imaginary parts of eigenvalues, by the elements beside the diagonal.
static Value imaginaryParts(MatrixBuilder &b, Value t) {
  int64_t n = rowCount(t);
  return eachPlace(b, t, {n}, [&](Element &e, ValueRange place) {
    elementary::Builder &m = e.builder();
    auto ofBlock = [&](Value first) {
      Value second = e.moved(first, 1);
      Bool isThere =
          e.isBefore(e.index(-1), first) & e.isBefore(second, e.index(n));
      Value row = e.clamped(first, n);
      Value other = e.clamped(second, n);
      Real size = m.sqrt(m.abs(e.at(t, {row, other}))) *
                  m.sqrt(m.abs(e.at(t, {other, row})));
      Bool isBlock = isThere & !(e.at(t, {other, row}) == 0.0);
      return m.select(isBlock, size, m.constant(0));
    };
    return ofBlock(place[0]) - ofBlock(e.moved(place[0], -1));
  });
}

/// A unitary matrix by which blocks become triangles: for [a b; c a] with the
/// eigenvalue a + i w, [b iw; iw b] over its columns' length.
static ComplexMatrices triangularizing(MatrixBuilder &b, Value t, Value wi) {
  int64_t n = rowCount(t);
  auto each = [&](bool isReal) {
    return eachPlace(b, t, {n, n}, [&](Element &e, ValueRange place) {
      elementary::Builder &m = e.builder();
      Value row = place[0], column = place[1];
      Value before = e.select(e.isBefore(row, column), row, column);
      // The first row of the block that the diagonal element is in.
      Bool isSecond = e.is(row, column) & (e.at(wi, {row}) < 0.0);
      Value first = e.select(isSecond, e.moved(before, -1), before);
      Value second = e.clamped(e.moved(first, 1), n);
      Real w = e.at(wi, {first}), beside = e.at(t, {first, second});
      Bool isBlock = w > 0.0;
      w = m.select(isBlock, w, m.constant(0));
      beside = m.select(isBlock, beside, m.constant(1));
      Bool isSmall = m.abs(beside) < w;
      Real ratio =
          m.select(isSmall, beside / m.select(isBlock, w, beside), w / beside);
      Real length = m.sqrt(ratio * ratio + 1.0);
      Real own = m.select(isSmall, ratio, m.constant(1)) / length;
      Real other = m.select(isSmall, m.constant(1), ratio) / length;
      Bool isBeside =
          e.is(row, e.moved(column, 1)) | e.is(column, e.moved(row, 1));
      return isReal ? m.select(e.is(row, column), own, m.constant(0))
                    : m.select(isBeside & isBlock, other, m.constant(0));
    });
  };
  return {each(true), each(false)};
}

/// Vectors that have become long are shortened: where eigenvalues are equal
/// they would grow beyond all bounds.
static ComplexMatrices shortened(MatrixBuilder &b, const ComplexMatrices &x) {
  RankedTensorType type = tensorType(x.real);
  Value size =
      b.fold<ReduceMaxOp>(sizesOf(b, x), ArrayRef<int64_t>{type.getRank() - 2});
  Value isLong = b.fold<GtOp>(size, b.filledLike("1024", size));
  Value divisor = b.fold<SelectOp>(isLong, size, b.filledLike("1", size));
  divisor = alongColumns(b, divisor, type);
  return {b.fold<DivOp>(x.real, divisor), b.fold<DivOp>(x.imaginary, divisor)};
}

/// The vectors of triangles as columns, from the last row to the first: a row
/// of them is what the row of t leaves, over the differences of eigenvalues.
static ComplexMatrices vectorsOf(MatrixBuilder &b, const ComplexMatrices &t,
                                 const ComplexMatrices &w) {
  RankedTensorType type = tensorType(t.real);
  int64_t n = rowCount(t.real);
  double epsilon = epsilonOf(t.real);
  auto [rows, columns] = indicesOf(b, type);
  Value isRight = b.fold<LtOp>(rows, columns);
  auto rest = [&](Value x) {
    return b.fold<SelectOp>(isRight, b.fold<NegOp>(x), b.filledLike("0", x));
  };
  ComplexMatrices right{rest(t.real), rest(t.imaginary)};
  Value size = sizesOf(b, w);
  Value least = b.fold<MaxOp>(b.fold<MulOp>(size, literal(b, epsilon, size)),
                              literal(b, epsilon * epsilon, size));
  Value zeros = b.fold<MulOp>(right.real, b.filledLike("0", right.real));
  // IREE updates constants that loops begin with.
  Value unit = b.fold<AddOp>(identities(b, t.real, n, n), zeros);
  SmallVector<Value> done = b.repeat(
      n, 1, kUnrolledSteps, {unit, zeros},
      [&](MatrixBuilder &b, OpFoldResult step, ValueRange values) {
        ComplexMatrices x{values[0], values[1]};
        Value place =
            arith::SubIOp::create(b, b.toIndex(b.at(n - 1)), b.toIndex(step));
        Interval here{place, 1, /*single=*/true}, all{b.at(0), n};
        ComplexMatrices row{b.part(right.real, here, all),
                            b.part(right.imaginary, here, all)};
        ComplexMatrices left = times(b, row, x, [&](Value x, Value y) {
          return vectorProduct(b, x, y, /*rows=*/true);
        });
        auto difference = [&](Value w) {
          return b.fold<SubOp>(overEach(b, b.part(w, here), w), w);
        };
        ComplexMatrices pivot{difference(w.real), difference(w.imaginary)};
        Value isSmall = b.fold<LtOp>(sizesOf(b, pivot), least);
        Value zero = b.filledLike("0", least);
        pivot = {b.fold<SelectOp>(isSmall, least, pivot.real),
                 b.fold<SelectOp>(isSmall, zero, pivot.imaginary)};
        ComplexMatrices conjugate{pivot.real, b.fold<NegOp>(pivot.imaginary)};
        Value square = eachProduct(b, pivot, conjugate).real;
        ComplexMatrices quotient = eachProduct(b, left, conjugate);
        auto replaced = [&](Value old, Value numerator) {
          return b.eachElement(
              old, {b.fold<DivOp>(numerator, square)}, {1},
              [&](MatrixBuilder &b, Value at, Value, ValueRange x) {
                Value isHere = b.compare(arith::CmpIPredicate::eq, at, place);
                Value sum = arith::AddFOp::create(b, x[0], x[1]);
                return b.select(isHere, sum, x[0]);
              });
        };
        ComplexMatrices next =
            shortened(b, {replaced(x.real, quotient.real),
                          replaced(x.imaginary, quotient.imaginary)});
        return SmallVector<Value>{next.real, next.imaginary};
      });
  return {done[0], done[1]};
}

/// Vectors, as columns, of length 1 whose largest elements are real; conjugates
/// for values that are conjugates of those before.
static ComplexMatrices normalized(MatrixBuilder &b,
                                  const ComplexMatrices &given, Value wi) {
  RankedTensorType type = tensorType(given.real);
  int64_t n = rowCount(given.real), last = type.getRank() - 1;
  // As rows: then one dispatch may compute sums and what reads them.
  auto sum = [&](Value x) {
    return b.fold<ReduceSumOp>(x, ArrayRef<int64_t>(last));
  };
  auto each = [&](Value numbers) { return alongRows(b, numbers, type); };
  auto over = [&](const ComplexMatrices &x, Value divisors) -> ComplexMatrices {
    return {b.fold<DivOp>(x.real, each(divisors)),
            b.fold<DivOp>(x.imaginary, each(divisors))};
  };
  ComplexMatrices v{flipped(b, given.real), flipped(b, given.imaginary)};
  v = over(v, b.fold<ReduceMaxOp>(sizesOf(b, v), ArrayRef<int64_t>(last)));
  Value squares = b.fold<AddOp>(b.fold<MulOp>(v.real, v.real),
                                b.fold<MulOp>(v.imaginary, v.imaginary));
  Value length = b.fold<SqrtOp>(sum(squares));
  Value columns = indicesOf(b, type).second;
  RankedTensorType ofPlaces = tensorType(columns);
  RankedTensorType ofNumbers = tensorType(length).clone(b.getI32Type());
  Value place = ArgmaxOp::create(b, ofNumbers, squares, last);
  Value isLargest = b.fold<EqOp>(columns, alongRows(b, place, ofPlaces));
  Value zero = b.filledLike("0", v.real);
  auto largest = [&](Value x) {
    return sum(b.fold<SelectOp>(isLargest, x, zero));
  };
  Value real = largest(v.real), imaginary = largest(v.imaginary);
  Value size = b.fold<SqrtOp>(b.fold<AddOp>(
      b.fold<MulOp>(real, real), b.fold<MulOp>(imaginary, imaginary)));
  Value isReal = b.fold<EqOp>(wi, b.filledLike("0", wi));
  Value one = b.filledLike("1", wi), none = b.filledLike("0", wi);
  real = b.fold<SelectOp>(isReal, one, b.fold<DivOp>(real, size));
  imaginary = b.fold<SelectOp>(isReal, none,
                               b.fold<DivOp>(b.fold<NegOp>(imaginary), size));
  ComplexMatrices turned =
      over(eachProduct(b, v, {each(real), each(imaginary)}), length);
  Value isWholly =
      b.fold<OrOp>(isLargest, alongRows(b, isReal, tensorType(isLargest)));
  turned.imaginary = b.fold<SelectOp>(isWholly, zero, turned.imaginary);
  auto paired = [&](Value x, double sign) {
    return eachPlace(b, x, {n, n}, [&](Element &e, ValueRange place) {
      elementary::Builder &m = e.builder();
      Bool isSecond = e.at(wi, {place[1]}) < 0.0;
      Value column = e.select(isSecond, e.moved(place[1], -1), place[1]);
      Real factor = m.select(isSecond, m.constant(sign), m.constant(1));
      return factor * e.at(x, {column, place[0]});
    });
  };
  return {paired(turned.real, 1), paired(turned.imaginary, -1)};
}

EigFactors xform::iterateEig(MatrixBuilder &b, Value x) {
  ScaledSchur found = schurOf(b, x);
  ComplexMatrices w{diagonalOf(b, found.t), imaginaryParts(b, found.t)};
  ComplexMatrices u = triangularizing(b, found.t, w.imaginary);
  ComplexMatrices adjoint{flipped(b, u.real),
                          b.fold<NegOp>(flipped(b, u.imaginary))};
  Value zeros = b.fold<MulOp>(found.t, b.filledLike("0", found.t));
  ComplexMatrices triangle =
      product(b, adjoint, product(b, ComplexMatrices{found.t, zeros}, u));
  ComplexMatrices vectors = product(b, ComplexMatrices{found.z, zeros},
                                    product(b, u, vectorsOf(b, triangle, w)));
  vectors = normalized(b, vectors, w.imaginary);
  auto scaled = [&](Value w) {
    return b.fold<MulOp>(w, overEach(b, found.scale, w));
  };
  auto result = [&](Value x) { return found.checked(b, x); };
  return {result(scaled(w.real)), result(scaled(w.imaginary)),
          result(vectors.real), result(vectors.imaginary)};
}
