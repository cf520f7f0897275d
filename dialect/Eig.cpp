//===- Eig.cpp - eigenvalues and eigenvectors of general matrices ---------===//

#include "dialect/ComplexMatrices.h"
#include "dialect/LinearAlgebra.h"

using namespace mlir;
using namespace xform;

LogicalResult EigOp::inferReturnTypes(MLIRContext *, OptionalLocation location,
                                      ValueRange operands, DictionaryAttr,
                                      OpaqueProperties, RegionRange,
                                      SmallVectorImpl<Type> &types) {
  if (failed(checkSquare(location, "eig", operands[0])))
    return failure();
  RankedTensorType type = tensorType(operands[0]);
  types.assign(2, type.clone(type.getShape().drop_back()));
  types.append(2, type);
  return success();
}

/// The sums of the products of columns, a number for each.
static Value sumsOfColumns(RuleBuilder &b, Value x, Value y) {
  return b.fold<ReduceSumOp>(b.fold<MulOp>(x, y),
                             ArrayRef<int64_t>{tensorType(x).getRank() - 2});
}

/// What keeps the length of the columns of v, and their largest elements real:
/// dv less a complex multiple of v.
static ComplexMatrices keepNormalized(RuleBuilder &b, const ComplexMatrices &v,
                                      const ComplexMatrices &dv) {
  RankedTensorType type = tensorType(v.real);
  Value zero = filled(b, "0", type);
  Value isReal = b.fold<EqOp>(v.imaginary, zero);
  Value sizes = b.fold<SelectOp>(isReal, b.fold<AbsOp>(v.real), zero);
  Value most =
      b.fold<ReduceMaxOp>(sizes, ArrayRef<int64_t>{type.getRank() - 2});
  Value isLargest = b.fold<EqOp>(sizes, alongColumns(b, most, type));
  Value largest = b.fold<SelectOp>(isLargest, v.real, zero);
  Value growth = b.fold<AddOp>(sumsOfColumns(b, v.real, dv.real),
                               sumsOfColumns(b, v.imaginary, dv.imaginary));
  Value turn = b.fold<DivOp>(sumsOfColumns(b, largest, dv.imaginary),
                             sumsOfColumns(b, largest, largest));
  growth = alongColumns(b, growth, type);
  turn = alongColumns(b, turn, type);
  Value real = b.fold<SubOp>(b.fold<MulOp>(growth, v.real),
                             b.fold<MulOp>(turn, v.imaginary));
  Value imaginary = b.fold<AddOp>(b.fold<MulOp>(growth, v.imaginary),
                                  b.fold<MulOp>(turn, v.real));
  return {b.fold<SubOp>(dv.real, real), b.fold<SubOp>(dv.imaginary, imaginary)};
}

/// With m = v^-1 dx v: dw is the diagonal of m, and dv is v f, where f has the
/// elements of m off the diagonal over the differences of their eigenvalues. M.
/// Giles, "Collected matrix derivative results for forward and reverse mode
/// algorithmic differentiation" (2008), 3.1; C. Boeddeker, P. Hanebrink, L.
/// Drude, J. Heymann, R. Haeb-Umbach, "On the computation of complex-valued
/// gradients with application to statistically optimum beamforming" (2017),
/// 4.4, on the length.
LogicalResult EigOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                              SmallVectorImpl<Value> &resultTangents) {
  if (failed(checkStatic(*this, getX())))
    return failure();
  if (columnCount(getX()) == 0) {
    resultTangents.assign(4, Value());
    return success();
  }
  ComplexMatrices v{getVr(), getVi()};
  ComplexMatrices m = ComplexSystem(b, v).solve(b, product(b, tangents[0], v));
  ComplexMatrices f = overDifferences(b, m, getWr(), getWi());
  ComplexMatrices dv = keepNormalized(b, v, product(b, v, f));
  resultTangents.append({diagonalOf(b, m.real), diagonalOf(b, m.imaginary),
                         dv.real, dv.imaginary});
  return success();
}
