//===- Combiners.h - how reductions combine elements ------------*- C++ -*-===//

#ifndef XFORM_LOWERING_LINALG_COMBINERS_H
#define XFORM_LOWERING_LINALG_COMBINERS_H

#include "lowering/linalg/Scalars.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace xform {

/// How a reduction combines elements, and what it starts from.
struct Combiner {
  mlir::Value (*combine)(mlir::ImplicitLocOpBuilder &b, mlir::Type element,
                         mlir::Value x, mlir::Value y);
  mlir::TypedAttr (*start)(mlir::OpBuilder &b, mlir::Type element,
                           mlir::Type type);
};

template <typename FloatOp, typename SignedOp, typename UnsignedOp = SignedOp>
mlir::Value combine(mlir::ImplicitLocOpBuilder &b, mlir::Type element,
                    mlir::Value x, mlir::Value y) {
  if (mlir::isa<mlir::FloatType>(element))
    return FloatOp::create(b, x, y);
  return isUnsigned(element) ? mlir::Value(UnsignedOp::create(b, x, y))
                             : mlir::Value(SignedOp::create(b, x, y));
}

template <typename IntOp>
mlir::Value combineBits(mlir::ImplicitLocOpBuilder &b, mlir::Type,
                        mlir::Value x, mlir::Value y) {
  return IntOp::create(b, x, y);
}

template <int number>
mlir::TypedAttr startAt(mlir::OpBuilder &b, mlir::Type, mlir::Type type) {
  if (mlir::isa<mlir::FloatType>(type))
    return b.getFloatAttr(type, number);
  return b.getIntegerAttr(type, number);
}

/// The least or largest number of a type, infinities included.
template <bool least>
mlir::TypedAttr startAtEnd(mlir::OpBuilder &b, mlir::Type element,
                           mlir::Type type) {
  if (auto floating = mlir::dyn_cast<mlir::FloatType>(type))
    return b.getFloatAttr(
        type, llvm::APFloat::getInf(floating.getFloatSemantics(), least));
  unsigned width = type.getIntOrFloatBitWidth();
  if (isUnsigned(element))
    return b.getIntegerAttr(type, least ? llvm::APInt::getMinValue(width)
                                        : llvm::APInt::getMaxValue(width));
  return b.getIntegerAttr(type, least ? llvm::APInt::getSignedMinValue(width)
                                      : llvm::APInt::getSignedMaxValue(width));
}

inline constexpr Combiner summing{
    combine<mlir::arith::AddFOp, mlir::arith::AddIOp>, startAt<0>};
inline constexpr Combiner multiplying{
    combine<mlir::arith::MulFOp, mlir::arith::MulIOp>, startAt<1>};
inline constexpr Combiner maximizing{
    combine<mlir::arith::MaximumFOp, mlir::arith::MaxSIOp,
            mlir::arith::MaxUIOp>,
    startAtEnd<true>};
inline constexpr Combiner minimizing{
    combine<mlir::arith::MinimumFOp, mlir::arith::MinSIOp,
            mlir::arith::MinUIOp>,
    startAtEnd<false>};

} // namespace xform

#endif // XFORM_LOWERING_LINALG_COMBINERS_H
