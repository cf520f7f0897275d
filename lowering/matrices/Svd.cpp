//===- Svd.cpp - singular values of matrices that are not square ----------===//
//
// A tall matrix is q r, and the values of r are its own: T. Chan, "An improved
// algorithm for computing the singular value decomposition", ACM Trans. Math.
// Softw. 8 (1982).
//
//===----------------------------------------------------------------------===//

#include "lowering/matrices/Algorithms.h"

using namespace mlir;
using namespace xform;

SvdFactors xform::factorSvd(MatrixBuilder &b, Value x, bool complete,
                            function_ref<SvdFactors(Value)> factorSquare,
                            function_ref<QrFactors(Value, bool)> factorTall) {
  int64_t m = rowCount(x), n = columnCount(x);
  if (m == n)
    return factorSquare(x);
  if (m < n) {
    SvdFactors found =
        factorSvd(b, flipped(b, x), complete, factorSquare, factorTall);
    return {flipped(b, found.vt), found.s, flipped(b, found.u)};
  }
  QrFactors triangular = factorTall(x, complete);
  SvdFactors found = factorSquare(block(b, triangular.r, {}, {n, n}));
  Value u = product(b, block(b, triangular.q, {}, {m, n}), found.u);
  if (complete)
    u = beside(b, u, block(b, triangular.q, {0, n}, {m, m}));
  return {u, found.s, found.vt};
}
