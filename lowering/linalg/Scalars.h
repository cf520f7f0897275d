//===- Scalars.h - arithmetic on single elements ----------------*- C++ -*-===//
//
// What elementwise operations compute inside a loop, on signless integers and
// floats. Types named `element` are those of the program before conversion,
// which know whether an integer is unsigned.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_LINALG_SCALARS_H
#define XFORM_LOWERING_LINALG_SCALARS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace xform {

/// Whether comparison, division and widening take the value as unsigned: so
/// for ui8..ui64 and for truth values.
bool isUnsigned(mlir::Type element);

/// The type in which arithmetic on an element is done: f32 for f16 and bf16,
/// whose sums, products and quotients it rounds as the type itself would.
mlir::Type arithmeticType(mlir::Type element);
mlir::Value widen(mlir::ImplicitLocOpBuilder &b, mlir::Value value);
mlir::Value narrow(mlir::ImplicitLocOpBuilder &b, mlir::Value value,
                   mlir::Type element);

mlir::Value floatConstant(mlir::ImplicitLocOpBuilder &b, mlir::Type type,
                          double number);
mlir::Value intConstant(mlir::ImplicitLocOpBuilder &b, mlir::Type type,
                        const llvm::APInt &number);
mlir::Value intConstant(mlir::ImplicitLocOpBuilder &b, mlir::Type type,
                        int64_t number);

/// Quotient and remainder of integers. A zero divisor gives 0, the quotient
/// of the least number by -1 wraps: neither may trap.
mlir::Value divideIntegers(mlir::ImplicitLocOpBuilder &b, mlir::Value x,
                           mlir::Value y, bool isUnsigned);
mlir::Value remainderOfIntegers(mlir::ImplicitLocOpBuilder &b, mlir::Value x,
                                mlir::Value y, bool isUnsigned);

/// `value`, an element of type `from`, as one of type `to`.
mlir::Value convertElement(mlir::ImplicitLocOpBuilder &b, mlir::Value value,
                           mlir::Type from, mlir::Type to);

/// An index as an element of the given type.
mlir::Value indexToElement(mlir::ImplicitLocOpBuilder &b, mlir::Value index,
                           mlir::Type element);

} // namespace xform

#endif // XFORM_LOWERING_LINALG_SCALARS_H
