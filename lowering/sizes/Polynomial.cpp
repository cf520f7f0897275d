//===- Polynomial.cpp - numbers that depend on sizes ----------------------===//

#include "lowering/sizes/Polynomial.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>
#include <numeric>

using namespace mlir;
using namespace xform;
using presburger::FracMatrix;
using presburger::Fraction;

/// Coefficients beyond this are accidents.
constexpr double kMostCoefficient = 1e12;

/// The largest divisor of a ratio of coefficients, and how far rounded values
/// may be from one.
constexpr int kMostDivisor = 12;
constexpr double kNear = 1e-3;

/// How many times its rounding a value adds to a coefficient.
constexpr double kSpread = 300;

/// What programs divide sizes by: blocks, lanes, strides.
constexpr int64_t kMostBy = 64;

bool Polynomial::isConstant() const {
  return quotient.times == 0 &&
         llvm::all_of(llvm::drop_begin(coefficients),
                      [](int64_t coefficient) { return coefficient == 0; });
}

bool Polynomial::isNeverNegative() const {
  return quotient.times >= 0 &&
         llvm::all_of(coefficients,
                      [](int64_t coefficient) { return coefficient >= 0; });
}

std::optional<Samples> Samples::create(ArrayRef<StringRef> names,
                                       ArrayRef<SmallVector<int64_t>> values) {
  Samples made;
  made.sizes.assign(names.begin(), names.end());
  made.values.assign(values.begin(), values.end());
  int count = static_cast<int>(names.size());
  made.monomials.push_back({-1, -1});
  for (int i = 0; i < count; ++i)
    made.monomials.push_back({i, -1});
  for (int i = 0; i < count; ++i)
    for (int j = i; j < count; ++j)
      made.monomials.push_back({i, j});
  unsigned unknown = made.monomials.size();
  // One more at least, which shows that it was no accident.
  if (values.size() <= unknown)
    return std::nullopt;
  FracMatrix matrix(unknown, unknown);
  for (unsigned i = 0; i < unknown; ++i)
    for (unsigned j = 0; j < unknown; ++j)
      matrix(i, j) = Fraction(made.monomial(j, i), int64_t(1));
  made.inverse = FracMatrix(unknown, unknown);
  if (matrix.determinant(&made.inverse) == Fraction(0, int64_t(1)))
    return std::nullopt;
  return made;
}

int64_t Samples::monomial(unsigned index, unsigned instance) const {
  auto [first, second] = monomials[index];
  int64_t value = 1;
  if (first >= 0)
    value *= values[instance][first];
  if (second >= 0)
    value *= values[instance][second];
  return value;
}

std::optional<Polynomial> Samples::fit(ArrayRef<int64_t> of) const {
  std::optional<Polynomial> fitted = fitPolynomial(of);
  return fitted ? fitted : fitQuotient(of);
}

SmallVector<int64_t> Samples::tellable(unsigned size, int64_t by) const {
  SmallVector<bool> residues(by, false);
  int64_t multiple = by;
  for (ArrayRef<int64_t> sample : values) {
    residues[sample[size] % by] = true;
    multiple = std::gcd(multiple, sample[size]);
  }
  // Two quotients differ where the larger one comes to a multiple first, if
  // there is such a size.
  auto isTold = [&](int64_t residue) {
    return residue % multiple != 0 || residues[residue];
  };
  SmallVector<int64_t> found;
  for (int64_t plus = 0; plus < by; ++plus)
    if (isTold((by - plus) % by) && isTold(by - plus - 1))
      found.push_back(plus);
  return found;
}

std::optional<Polynomial> Samples::fitQuotient(ArrayRef<int64_t> of) const {
  for (unsigned size = 0; size < sizes.size(); ++size)
    for (int64_t by = 2; by <= kMostBy; ++by)
      for (int64_t plus : tellable(size, by)) {
        auto at = [&](unsigned instance) {
          return (values[instance][size] + plus) / by;
        };
        // From any two that differ.
        unsigned other = 1;
        while (other < of.size() && at(other) == at(0))
          ++other;
        if (other == of.size() || (of[other] - of[0]) % (at(other) - at(0)))
          continue;
        int64_t times = (of[other] - of[0]) / (at(other) - at(0));
        int64_t constant = of[0] - times * at(0);
        bool fits = true;
        for (unsigned instance = 0; instance < of.size(); ++instance)
          fits &= constant + times * at(instance) == of[instance];
        if (!fits)
          continue;
        Polynomial fitted;
        fitted.coefficients.assign(monomials.size(), 0);
        fitted.coefficients[0] = constant;
        fitted.quotient = {size, plus, by, times};
        return fitted;
      }
  return std::nullopt;
}

std::optional<Polynomial> Samples::fitPolynomial(ArrayRef<int64_t> of) const {
  unsigned unknown = monomials.size();
  SmallVector<Fraction> found;
  DynamicAPInt divisor(1);
  for (unsigned i = 0; i < unknown; ++i) {
    Fraction sum(0, int64_t(1));
    for (unsigned j = 0; j < unknown; ++j)
      sum += inverse(i, j) * Fraction(of[j], int64_t(1));
    sum = presburger::reduce(sum);
    divisor = llvm::lcm(divisor, sum.den);
    found.push_back(sum);
  }
  // n (n - 1) / 2 has integer values; what has them with a larger divisor is
  // no size that a program has.
  if (divisor > 2)
    return std::nullopt;
  Polynomial fitted;
  fitted.divisor = static_cast<int64_t>(divisor);
  for (const Fraction &fraction : found) {
    DynamicAPInt coefficient = fraction.num * (divisor / fraction.den);
    if (llvm::abs(coefficient) > DynamicAPInt(int64_t(kMostCoefficient)))
      return std::nullopt;
    fitted.coefficients.push_back(static_cast<int64_t>(coefficient));
  }
  for (auto [instance, value] : llvm::enumerate(of))
    if (evaluate(fitted, instance) != static_cast<double>(value))
      return std::nullopt;
  // Halves are whole where they are for some numbers that follow each other:
  // what is divided is even for sizes of 0 and 1, and pairs of these.
  if (fitted.divisor == 2)
    for (auto [index, pair] : llvm::enumerate(monomials)) {
      auto [first, second] = pair;
      int64_t coefficient = fitted.coefficients[index];
      bool isEven = coefficient % 2 == 0;
      if (second < 0 && first >= 0)
        // a n + b n^2 is even for an odd n.
        for (auto [other, square] : llvm::enumerate(monomials))
          if (square == std::pair(first, first))
            isEven = (coefficient + fitted.coefficients[other]) % 2 == 0;
      if (first >= 0 && first == second)
        continue;
      if (!isEven)
        return std::nullopt;
    }
  return fitted;
}

std::optional<Polynomial> Samples::fitRatios(ArrayRef<double> of,
                                             double rounding) const {
  unsigned unknown = monomials.size();
  SmallVector<double> found;
  double largest = 0;
  auto asDouble = [](const Fraction &fraction) {
    return static_cast<double>(static_cast<int64_t>(fraction.num)) /
           static_cast<double>(static_cast<int64_t>(fraction.den));
  };
  double scale = 0;
  for (double value : of)
    scale = std::max(scale, std::abs(value));
  for (unsigned i = 0; i < unknown; ++i) {
    double sum = 0;
    for (unsigned j = 0; j < unknown; ++j)
      sum += asDouble(inverse(i, j)) * of[j];
    // What it comes to in the largest of the samples tells what is rounding.
    double most = 0;
    for (unsigned instance = 0; instance < values.size(); ++instance)
      most = std::max(most, static_cast<double>(monomial(i, instance)));
    found.push_back(std::abs(sum) * most < kSpread * rounding * scale ? 0
                                                                      : sum);
    largest = std::max(largest, std::abs(found.back()));
  }
  if (largest == 0 || !std::isfinite(largest))
    return std::nullopt;
  // In units of the monomial of the highest degree that there is.
  double unit =
      *llvm::find_if(llvm::reverse(found), [](double x) { return x != 0; });
  for (int divisor = 1; divisor <= kMostDivisor; ++divisor) {
    Polynomial fitted;
    bool fits = true;
    for (double coefficient : found) {
      double times = coefficient / unit * divisor;
      double whole = std::round(times);
      fits &= std::abs(times - whole) <= kNear * std::max(1.0, std::abs(whole));
      fitted.coefficients.push_back(static_cast<int64_t>(whole));
    }
    if (fits)
      return fitted;
  }
  return std::nullopt;
}

Polynomial Samples::size(unsigned index) const {
  Polynomial made;
  made.coefficients.assign(monomials.size(), 0);
  made.coefficients[1 + index] = 1;
  return made;
}

double Samples::evaluate(const Polynomial &polynomial,
                         unsigned instance) const {
  double sum = 0;
  for (auto [index, coefficient] : llvm::enumerate(polynomial.coefficients))
    sum += static_cast<double>(coefficient) *
           static_cast<double>(monomial(index, instance));
  sum /= static_cast<double>(polynomial.divisor);
  const Quotient &quotient = polynomial.quotient;
  int64_t rounded =
      (values[instance][quotient.size] + quotient.plus) / quotient.by;
  return sum + static_cast<double>(quotient.times * rounded);
}

Value Samples::write(OpBuilder &b, Location loc, const Polynomial &polynomial,
                     ValueRange of) const {
  Value sum;
  auto add = [&](Value term) {
    sum = sum ? arith::AddIOp::create(b, loc, sum, term).getResult() : term;
  };
  // The constant comes last, so that differences stay positive on the way.
  for (unsigned i = polynomial.coefficients.size(); i-- > 0;) {
    int64_t coefficient = polynomial.coefficients[i];
    if (coefficient == 0)
      continue;
    auto [first, second] = monomials[i];
    Value term;
    if (first >= 0)
      term = of[first];
    if (second >= 0)
      term = arith::MulIOp::create(b, loc, term, of[second]);
    if (!term || coefficient != 1) {
      Value constant = arith::ConstantIndexOp::create(b, loc, coefficient);
      term = term ? arith::MulIOp::create(b, loc, term, constant).getResult()
                  : constant;
    }
    add(term);
  }
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, loc, value);
  };
  if (polynomial.divisor != 1)
    sum = arith::DivSIOp::create(b, loc, sum, constant(polynomial.divisor));
  const Quotient &quotient = polynomial.quotient;
  if (quotient.times != 0) {
    Value size = of[quotient.size];
    if (quotient.plus != 0)
      size = arith::AddIOp::create(b, loc, size, constant(quotient.plus));
    Value term = arith::DivUIOp::create(b, loc, size, constant(quotient.by));
    if (quotient.times != 1)
      term = arith::MulIOp::create(b, loc, term, constant(quotient.times));
    add(term);
  }
  return sum ? sum : constant(0);
}

std::string Samples::describe(ArrayRef<std::string> found) const {
  std::string text = llvm::join(found, ", ") + " for ";
  for (auto [index, name] : llvm::enumerate(sizes)) {
    text += (index ? " and " : "") + name.str() + " = ";
    for (auto [instance, of] : llvm::enumerate(values))
      text += (instance ? ", " : "") + std::to_string(of[index]);
  }
  return text;
}
