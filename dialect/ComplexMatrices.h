//===- ComplexMatrices.h - by their real and imaginary parts ----*- C++ -*-===//
//
// What derivatives of eigenvalues compute, which may be complex for real
// matrices.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_COMPLEXMATRICES_H
#define XFORM_DIALECT_COMPLEXMATRICES_H

#include "dialect/Matrices.h"

namespace xform {

struct ComplexMatrices {
  Value real, imaginary;
};

/// x y, by what multiplies their parts.
ComplexMatrices times(RuleBuilder &b, const ComplexMatrices &x,
                      const ComplexMatrices &y,
                      llvm::function_ref<Value(Value, Value)> ofParts);

ComplexMatrices product(RuleBuilder &b, Value real, const ComplexMatrices &x);
ComplexMatrices product(RuleBuilder &b, const ComplexMatrices &x,
                        const ComplexMatrices &y);

/// x, with each element divided by the difference of the eigenvalues of its
/// column and of its row, `wr + i wi`; zero where they are equal but for
/// rounding.
ComplexMatrices overDifferences(RuleBuilder &b, const ComplexMatrices &x,
                                Value wr, Value wi);

/// Systems with square matrices, factored once.
class ComplexSystem {
public:
  ComplexSystem(RuleBuilder &b, const ComplexMatrices &matrices);

  /// y with m y = x.
  ComplexMatrices solve(RuleBuilder &b, const ComplexMatrices &x) const;
  /// y with y m = x.
  ComplexMatrices solveRight(RuleBuilder &b, const ComplexMatrices &x) const;

private:
  /// A real system of twice the size, [real -imaginary; imaginary real], or
  /// its transpose.
  ComplexMatrices solve(RuleBuilder &b, const ComplexMatrices &x,
                        bool transposed) const;

  Value matrix, factors, permutation;
};

} // namespace xform

#endif // XFORM_DIALECT_COMPLEXMATRICES_H
