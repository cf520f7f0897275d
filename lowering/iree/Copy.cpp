//===- Copy.cpp - tensors in memory of their own --------------------------===//

#include "lowering/iree/Copy.h"

#include "lowering/iree/OptimizationBarrier.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

Value xform::createCopy(OpBuilder &builder, Location loc, Value x) {
  ImplicitLocOpBuilder b(loc, builder);
  auto type = cast<RankedTensorType>(x.getType());
  Value isCopied =
      createOptimizationBarrier(b, arith::ConstantIntOp::create(b, 1, 1));
  Value zero =
      arith::ConstantOp::create(b, b.getZeroAttr(type.getElementType()));
  Value empty = tensor::EmptyOp::create(b, tensor::getMixedSizes(b, loc, x),
                                        type.getElementType());
  int64_t rank = type.getRank();
  SmallVector<AffineMap> maps(2, b.getMultiDimIdentityMap(rank));
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  auto buildBody = [&](OpBuilder &body, Location at, ValueRange elements) {
    Value element =
        arith::SelectOp::create(body, at, isCopied, elements[0], zero);
    linalg::YieldOp::create(body, at, element);
  };
  return linalg::GenericOp::create(b, type, x, empty, maps, iterators,
                                   buildBody)
      .getResult(0);
}
