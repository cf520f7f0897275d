//===- Polynomial.h - numbers that depend on sizes ------------------------===//
//
// A program is looked at for several sizes of its arguments. Whatever number in
// it is another one each time is a polynomial of the sizes, or the program
// cannot serve all of them.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_SIZES_POLYNOMIAL_H
#define XFORM_LOWERING_SIZES_POLYNOMIAL_H

#include "mlir/Analysis/Presburger/Matrix.h"
#include "mlir/IR/Builders.h"

#include <optional>
#include <tuple>

namespace xform {

/// A multiple of a size divided by a number, rounded down.
struct Quotient {
  unsigned size = 0;
  int64_t plus = 0, by = 1, times = 0;

  bool operator==(const Quotient &other) const {
    return std::tie(size, plus, by, times) ==
           std::tie(other.size, other.plus, other.by, other.times);
  }
};

/// A polynomial of second degree with integer values at integers: the sum of
/// `coefficients` times the monomials of its Samples, divided by `divisor`; and
/// a quotient.
struct Polynomial {
  llvm::SmallVector<int64_t> coefficients;
  int64_t divisor = 1;
  Quotient quotient;

  bool isConstant() const;
  /// Whether that is plain, of sizes that are not negative.
  bool isNeverNegative() const;
  bool operator==(const Polynomial &other) const {
    return coefficients == other.coefficients && divisor == other.divisor &&
           quotient == other.quotient;
  }
};

/// The sizes for which instances of a program were made.
class Samples {
public:
  /// `names` has the sizes, and `values[i]` what they are in instance i.
  /// Fails if there are too few instances to tell polynomials from each other.
  static std::optional<Samples>
  create(llvm::ArrayRef<llvm::StringRef> names,
         llvm::ArrayRef<llvm::SmallVector<int64_t>> values);

  size_t instances() const { return values.size(); }
  llvm::ArrayRef<llvm::StringRef> names() const { return sizes; }

  /// The polynomial with a value for each instance; none if there is none.
  std::optional<Polynomial> fit(llvm::ArrayRef<int64_t> of) const;

  /// What is nearest to that for values that are rounded, times an unknown
  /// factor: a polynomial without a common factor. `rounding` is relative.
  std::optional<Polynomial> fitRatios(llvm::ArrayRef<double> of,
                                      double rounding) const;

  /// The polynomial that is size `index`.
  Polynomial size(unsigned index) const;

  double evaluate(const Polynomial &polynomial, unsigned instance) const;

  /// Writes the computation of a polynomial of `sizes`.
  mlir::Value write(mlir::OpBuilder &b, mlir::Location loc,
                    const Polynomial &polynomial, mlir::ValueRange sizes) const;

  /// "3, 5, 9 for batch = 35, 67, 90".
  std::string describe(llvm::ArrayRef<std::string> found) const;

private:
  Samples() : inverse(0, 0) {}

  std::optional<Polynomial> fitPolynomial(llvm::ArrayRef<int64_t> of) const;
  std::optional<Polynomial> fitQuotient(llvm::ArrayRef<int64_t> of) const;

  /// What can be added to a size before it is divided, so that the samples
  /// tell that quotient from those with a little more or less.
  llvm::SmallVector<int64_t> tellable(unsigned size, int64_t by) const;

  /// The value of monomial `index` in an instance.
  int64_t monomial(unsigned index, unsigned instance) const;

  llvm::SmallVector<llvm::StringRef> sizes;
  llvm::SmallVector<llvm::SmallVector<int64_t>> values;
  /// Which sizes are multiplied; -1 for none.
  llvm::SmallVector<std::pair<int, int>> monomials;
  /// Of the values of the monomials in the first instances.
  mlir::presburger::FracMatrix inverse;
};

} // namespace xform

#endif // XFORM_LOWERING_SIZES_POLYNOMIAL_H
