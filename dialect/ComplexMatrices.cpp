//===- ComplexMatrices.cpp - by their real and imaginary parts ------------===//

#include "dialect/ComplexMatrices.h"

#include "dialect/LinearAlgebra.h"

using namespace mlir;
using namespace xform;

ComplexMatrices xform::times(RuleBuilder &b, const ComplexMatrices &x,
                             const ComplexMatrices &y,
                             function_ref<Value(Value, Value)> ofParts) {
  return {
      b.fold<SubOp>(ofParts(x.real, y.real), ofParts(x.imaginary, y.imaginary)),
      b.fold<AddOp>(ofParts(x.real, y.imaginary),
                    ofParts(x.imaginary, y.real))};
}

ComplexMatrices xform::product(RuleBuilder &b, Value real,
                               const ComplexMatrices &x) {
  return {product(b, real, x.real), product(b, real, x.imaginary)};
}

ComplexMatrices xform::product(RuleBuilder &b, const ComplexMatrices &x,
                               const ComplexMatrices &y) {
  return times(b, x, y, [&](Value x, Value y) { return product(b, x, y); });
}

ComplexMatrices xform::overDifferences(RuleBuilder &b, const ComplexMatrices &x,
                                       Value wr, Value wi) {
  RankedTensorType type = tensorType(x.real);
  auto sizeOf = [&](Value real, Value imaginary) {
    return b.fold<AddOp>(b.fold<AbsOp>(real), b.fold<AbsOp>(imaginary));
  };
  auto difference = [&](Value w) {
    return b.fold<SubOp>(alongColumns(b, w, type), alongRows(b, w, type));
  };
  Value real = difference(wr), imaginary = difference(wi);
  Value rounding = roundingOf(b, sizeOf(wr, wi));
  Value size = sizeOf(real, imaginary);
  Value isEqual = b.fold<LeOp>(size, alongRows(b, rounding, type));
  Value one = filled(b, "1", type), zero = filled(b, "0", type);
  // Of a size near 1, whose squares are numbers.
  size = b.fold<SelectOp>(isEqual, one, size);
  real = b.fold<DivOp>(b.fold<SelectOp>(isEqual, one, real), size);
  imaginary = b.fold<DivOp>(b.fold<SelectOp>(isEqual, zero, imaginary), size);
  Value square = b.fold<AddOp>(b.fold<MulOp>(real, real),
                               b.fold<MulOp>(imaginary, imaginary));
  Value divisor = b.fold<MulOp>(square, size);
  auto over = [&](Value numerator) {
    return b.fold<SelectOp>(isEqual, zero, b.fold<DivOp>(numerator, divisor));
  };
  return {over(b.fold<AddOp>(b.fold<MulOp>(x.real, real),
                             b.fold<MulOp>(x.imaginary, imaginary))),
          over(b.fold<SubOp>(b.fold<MulOp>(x.imaginary, real),
                             b.fold<MulOp>(x.real, imaginary)))};
}

ComplexSystem::ComplexSystem(RuleBuilder &b, const ComplexMatrices &matrices) {
  matrix = below(b, beside(b, matrices.real, b.fold<NegOp>(matrices.imaginary)),
                 beside(b, matrices.imaginary, matrices.real));
  auto lu = LuOp::create(b, matrix);
  factors = lu.getFactors();
  permutation = lu.getPermutation();
}

ComplexMatrices ComplexSystem::solve(RuleBuilder &b, const ComplexMatrices &x,
                                     bool transposed) const {
  Value both = b.fold<LuSolveOp>(matrix, factors, permutation,
                                 below(b, x.real, x.imaginary), transposed);
  int64_t n = rowCount(x.real), columns = columnCount(x.real);
  return {block(b, both, {}, {n, columns}),
          block(b, both, {n, 0}, {2 * n, columns})};
}

ComplexMatrices ComplexSystem::solve(RuleBuilder &b,
                                     const ComplexMatrices &x) const {
  return solve(b, x, /*transposed=*/false);
}

/// The transposed real system is that of the adjoint: m^H y^H = x^H.
ComplexMatrices ComplexSystem::solveRight(RuleBuilder &b,
                                          const ComplexMatrices &x) const {
  auto adjoint = [&](const ComplexMatrices &y) -> ComplexMatrices {
    return {flipped(b, y.real), b.fold<NegOp>(flipped(b, y.imaginary))};
  };
  return adjoint(solve(b, adjoint(x), /*transposed=*/true));
}
