//===- WindowLoops.cpp - loops over windows and their elements ------------===//

#include "lowering/linalg/WindowLoops.h"

#include "lowering/linalg/Scalars.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace xform;

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

TypedAttr xform::numberAttr(OpBuilder &b, Type element, int64_t number) {
  if (isa<FloatType>(element))
    return b.getFloatAttr(element, static_cast<double>(number));
  return IntegerAttr::get(element, number);
}

SmallVector<WindowAxis> xform::withoutRest(ArrayRef<WindowAxis> axes, Value x) {
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<WindowAxis> exact(axes);
  for (auto [axis, n] :
       llvm::zip_equal(exact, type.getShape().take_back(axes.size())))
    if (axis.count(n) == 1)
      axis.high -= axis.padded(n) - axis.extent();
  return exact;
}

Value xform::padFor(ImplicitLocOpBuilder &b, ArrayRef<WindowAxis> axes, Value x,
                    TypedAttr number) {
  if (llvm::all_of(axes, [](const WindowAxis &axis) { return axis.isPlain(); }))
    return x;
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> kept(type.getRank() - axes.size(), 0);
  auto amounts = [&](ArrayRef<int64_t> entries) {
    SmallVector<int64_t> all(kept);
    llvm::append_range(all, entries);
    return all;
  };
  SmallVector<int64_t> low = amounts(fieldOf(axes, &WindowAxis::low)),
                       high = amounts(fieldOf(axes, &WindowAxis::high)),
                       interior = amounts(shifted(
                           fieldOf(axes, &WindowAxis::baseDilation), -1));
  auto transpose = x.getDefiningOp<TransposeOp>();
  if (transpose) {
    auto inSource = [&](ArrayRef<int64_t> entries) {
      SmallVector<int64_t> moved(entries.size());
      for (auto [axis, entry] :
           llvm::zip_equal(transpose.getPermutation(), entries))
        moved[axis] = entry;
      return moved;
    };
    low = inSource(low);
    high = inSource(high);
    interior = inSource(interior);
    x = transpose.getX();
  }
  auto scalar = RankedTensorType::get({}, type.getElementType());
  Value value = ConstantOp::create(b, DenseElementsAttr::get(scalar, number));
  Value padded = PadOp::create(b, x, value, low, high, interior);
  if (transpose)
    padded = TransposeOp::create(b, padded, transpose.getPermutation());
  return padded;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

SmallVector<unsigned> xform::loopsUpTo(unsigned count) {
  return llvm::to_vector(llvm::seq<unsigned>(0, count));
}

SmallVector<AffineExpr> xform::exprsUpTo(unsigned count, MLIRContext *context) {
  return llvm::map_to_vector(loopsUpTo(count), [context](unsigned loop) {
    return getAffineDimExpr(loop, context);
  });
}

WindowLoops::WindowLoops(MLIRContext *context, ArrayRef<WindowAxis> axes,
                         ArrayRef<AffineExpr> windows, unsigned elements)
    : count(elements) {
  for (auto [axis, window] : llvm::zip_equal(axes, windows)) {
    AffineExpr element = getAffineConstantExpr(0, context);
    if (axis.size != 1)
      element = getAffineDimExpr(count++, context);
    inWindow.push_back(element);
    sizes.push_back(axis.size);
    read.push_back(window * axis.stride + element * axis.windowDilation);
  }
}

Value WindowLoops::place(ImplicitLocOpBuilder &b) const {
  Value number = arith::ConstantIndexOp::create(b, 0);
  for (auto [size, element] : llvm::zip_equal(sizes, inWindow)) {
    auto loop = dyn_cast<AffineDimExpr>(element);
    if (!loop)
      continue;
    number = b.createOrFold<arith::MulIOp>(
        number, arith::ConstantIndexOp::create(b, size));
    number = b.createOrFold<arith::AddIOp>(
        linalg::IndexOp::create(b, loop.getPosition()), number);
  }
  return arith::IndexCastOp::create(b, b.getI32Type(), number);
}

/// An expression of loops inside of their body.
static Value valueOf(ImplicitLocOpBuilder &b, AffineExpr index) {
  if (auto loop = dyn_cast<AffineDimExpr>(index))
    return linalg::IndexOp::create(b, loop.getPosition());
  if (auto number = dyn_cast<AffineConstantExpr>(index))
    return arith::ConstantIndexOp::create(b, number.getValue());
  auto binary = cast<AffineBinaryOpExpr>(index);
  Value x = valueOf(b, binary.getLHS()), y = valueOf(b, binary.getRHS());
  return index.getKind() == AffineExprKind::Add
             ? b.createOrFold<arith::AddIOp>(x, y)
             : b.createOrFold<arith::MulIOp>(x, y);
}

Value WindowLoops::isElement(ImplicitLocOpBuilder &b, ArrayRef<WindowAxis> axes,
                             ArrayRef<int64_t> operandSizes) const {
  Value all;
  auto require = [&](arith::CmpIPredicate predicate, Value x, int64_t y) {
    Value holds = arith::CmpIOp::create(b, predicate, x,
                                        arith::ConstantIndexOp::create(b, y));
    all = all ? Value(arith::AndIOp::create(b, all, holds)) : holds;
  };
  for (auto [axis, n, index] : llvm::zip_equal(axes, operandSizes, read)) {
    if (axis.low <= 0 && axis.high <= 0 && axis.baseDilation == 1)
      continue;
    Value place = valueOf(b, index);
    Value begin = arith::ConstantIndexOp::create(b, axis.low);
    Value offset = arith::SubIOp::create(b, place, begin);
    require(arith::CmpIPredicate::sge, offset, 0);
    require(arith::CmpIPredicate::slt, offset, n * axis.baseDilation);
    if (axis.baseDilation != 1)
      require(
          arith::CmpIPredicate::eq,
          arith::RemSIOp::create(
              b, offset, arith::ConstantIndexOp::create(b, axis.baseDilation)),
          0);
  }
  return all;
}
