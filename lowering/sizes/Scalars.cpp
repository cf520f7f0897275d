//===- Scalars.cpp - constants that depend on sizes -----------------------===//

#include "lowering/sizes/Scalars.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using namespace xform;
using Form = SizedScalar::Form;

/// Constants were folded, so they have been rounded some times.
constexpr double kMostRounding = 4;
constexpr int kMostDigits = 9;

static bool isRoot(Form form) {
  return form == Form::TimesRoot || form == Form::OverRoot;
}

static bool isOver(Form form) {
  return form == Form::Over || form == Form::OverRoot;
}

/// The number without its factor.
static double applied(Form form, double polynomial) {
  double value = isRoot(form) ? std::sqrt(polynomial) : polynomial;
  return isOver(form) ? 1 / value : value;
}

/// The factor that people wrote, if a short one is as near as the one found.
static double shortened(double factor, llvm::function_ref<bool(double)> fits) {
  for (int digits = 1; digits <= kMostDigits; ++digits) {
    double unit =
        std::pow(10, digits - 1 - std::floor(std::log10(std::abs(factor))));
    if (double near = std::round(factor * unit) / unit; fits(near))
      return near;
    double inverse = 1 / factor;
    unit = std::pow(10, digits - 1 - std::floor(std::log10(std::abs(inverse))));
    if (double near = unit / std::round(inverse * unit); fits(near))
      return near;
  }
  return factor;
}

std::optional<SizedScalar> xform::fitScalar(const Samples &samples,
                                            ArrayRef<double> of, Type type) {
  SizedScalar scalar;
  auto floating = dyn_cast<FloatType>(type);
  if (!floating) {
    SmallVector<int64_t> integers(of.begin(), of.end());
    std::optional<Polynomial> fitted = samples.fit(integers);
    if (!fitted)
      return std::nullopt;
    scalar.first = IntegerAttr::get(type, integers.front());
    scalar.polynomial = *fitted;
    scalar.form = fitted->isConstant() ? Form::Same : Form::Polynomial;
    return scalar;
  }
  scalar.first = FloatAttr::get(type, of.front());
  if (llvm::all_equal(of))
    return scalar;
  if (llvm::any_of(of, [](double x) { return !std::isfinite(x) || x == 0; }))
    return std::nullopt;
  int bits = static_cast<int>(
      llvm::APFloat::semanticsPrecision(floating.getFloatSemantics()));
  double rounding = kMostRounding * std::pow(2, -bits);

  auto tried = [&](Form form, const Polynomial &polynomial) {
    SmallVector<double> factors;
    for (auto [instance, value] : llvm::enumerate(of)) {
      double at = samples.evaluate(polynomial, instance);
      if (at <= 0)
        return false;
      factors.push_back(value / applied(form, at));
    }
    auto fits = [&](double factor) {
      return llvm::all_of(factors, [&](double each) {
        return std::abs(each - factor) <= rounding * std::abs(factor);
      });
    };
    if (!fits(factors.front()))
      return false;
    scalar.form = form;
    scalar.polynomial = polynomial;
    scalar.factor = shortened(factors.front(), fits);
    return true;
  };
  // Sizes as numbers.
  if (llvm::all_of(of, [](double x) { return x == std::round(x); }) &&
      floating.getWidth() >= 32) {
    SmallVector<int64_t> integers(of.begin(), of.end());
    if (std::optional<Polynomial> fitted = samples.fit(integers)) {
      scalar.form = Form::Times;
      scalar.polynomial = *fitted;
      return scalar;
    }
  }
  constexpr Form kForms[] = {Form::Times, Form::Over, Form::TimesRoot,
                             Form::OverRoot};
  for (unsigned size = 0; size < samples.names().size(); ++size)
    for (Form form : kForms)
      if (tried(form, samples.size(size)))
        return scalar;
  for (Form form : kForms) {
    SmallVector<double> polynomials;
    for (double value : of) {
      double inner = isOver(form) ? 1 / value : value;
      polynomials.push_back(isRoot(form) ? inner * std::abs(inner) : inner);
    }
    std::optional<Polynomial> fitted = samples.fitRatios(polynomials, rounding);
    if (fitted && tried(form, *fitted))
      return scalar;
  }
  return std::nullopt;
}

std::optional<SizedScalar> xform::fitScalar(const Samples &samples,
                                            ArrayRef<TypedAttr> of) {
  if (llvm::all_equal(of)) {
    SizedScalar scalar;
    scalar.first = of.front();
    return scalar;
  }
  SmallVector<double> values;
  for (TypedAttr attribute : of) {
    if (attribute.getType() != of.front().getType())
      return std::nullopt;
    if (auto integer = dyn_cast<IntegerAttr>(attribute)) {
      // Bools have no sign.
      if (integer.getType().isInteger(1))
        return std::nullopt;
      values.push_back(static_cast<double>(integer.getInt()));
    } else if (auto number = dyn_cast<FloatAttr>(attribute)) {
      values.push_back(number.getValueAsDouble());
    } else {
      return std::nullopt;
    }
  }
  std::optional<SizedScalar> scalar =
      fitScalar(samples, values, of.front().getType());
  if (scalar)
    scalar->first = of.front();
  return scalar;
}

Value xform::writeScalar(OpBuilder &b, Location loc, const Samples &samples,
                         const SizedScalar &scalar, ValueRange sizes) {
  Type type = scalar.first.getType();
  if (scalar.form == Form::Same)
    return arith::ConstantOp::create(b, loc, scalar.first);
  Value number = samples.write(b, loc, scalar.polynomial, sizes);
  if (scalar.form == Form::Polynomial)
    return isa<IndexType>(type)
               ? number
               : arith::IndexCastOp::create(b, loc, type, number).getResult();
  // What is shorter than a float would round a size.
  Type wide = type.isF64() ? type : b.getF32Type();
  number = arith::IndexCastOp::create(b, loc, b.getI64Type(), number);
  number = arith::SIToFPOp::create(b, loc, wide, number);
  if (isRoot(scalar.form))
    number = math::SqrtOp::create(b, loc, number);
  Value factor =
      arith::ConstantOp::create(b, loc, FloatAttr::get(wide, scalar.factor));
  if (isOver(scalar.form))
    number = arith::DivFOp::create(b, loc, factor, number);
  else
    number = arith::MulFOp::create(b, loc, factor, number);
  return wide == type
             ? number
             : arith::TruncFOp::create(b, loc, type, number).getResult();
}
