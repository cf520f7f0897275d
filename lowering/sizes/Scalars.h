//===- Scalars.h - constants that depend on sizes -------------------------===//

#ifndef XFORM_LOWERING_SIZES_SCALARS_H
#define XFORM_LOWERING_SIZES_SCALARS_H

#include "lowering/sizes/Polynomial.h"

#include "mlir/IR/BuiltinAttributes.h"

namespace xform {

/// How a number depends on sizes: by itself as a polynomial, or through one of
/// the functions that means, variances and norms make of it.
struct SizedScalar {
  enum class Form { Same, Polynomial, Times, Over, TimesRoot, OverRoot };

  Form form = Form::Same;
  /// Of the first instance; has the type.
  mlir::TypedAttr first;
  Polynomial polynomial;
  /// What the polynomial, or its root, is multiplied with, or divides.
  double factor = 1;

  bool operator==(const SizedScalar &other) const {
    return form == other.form && polynomial == other.polynomial &&
           factor == other.factor &&
           (form != Form::Same || first == other.first);
  }
};

/// How the numbers of the instances hang together; none if they do not.
std::optional<SizedScalar> fitScalar(const Samples &samples,
                                     llvm::ArrayRef<mlir::TypedAttr> of);

/// The same for numbers of a type.
std::optional<SizedScalar>
fitScalar(const Samples &samples, llvm::ArrayRef<double> of, mlir::Type type);

/// Writes its computation.
mlir::Value writeScalar(mlir::OpBuilder &b, mlir::Location loc,
                        const Samples &samples, const SizedScalar &scalar,
                        mlir::ValueRange sizes);

} // namespace xform

#endif // XFORM_LOWERING_SIZES_SCALARS_H
