//===- TensorOps.cpp - operations that have sizes in them -----------------===//

#include "lowering/sizes/TensorOps.h"

#include "lowering/iree/Ops.h"
#include "lowering/iree/OptimizationBarrier.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

using Ops = ArrayRef<Operation *>;
using Sizes = FailureOr<SmallVector<OpFoldResult>>;

/// The numbers that `list` reads from each operation.
template <typename Op>
static Sizes read(Ops of, ValueRange dynamic, GeneralSizes sizes,
                  llvm::function_ref<ArrayRef<int64_t>(Op)> list) {
  return sizes(llvm::map_to_vector(
                   of, [&](Operation *op) { return list(cast<Op>(op)); }),
               dynamic);
}

static FailureOr<Operation *> writeSlice(OpBuilder &b, Ops of,
                                         ValueRange operands, TypeRange results,
                                         GeneralSizes sizes,
                                         InsideCheck isInside) {
  using Slice = OffsetSizeAndStrideOpInterface;
  auto slice = cast<Slice>(of.front());
  constexpr ArrayRef<int64_t> (Slice::*kLists[])() = {&Slice::getStaticOffsets,
                                                      &Slice::getStaticSizes,
                                                      &Slice::getStaticStrides};
  // Behind the arrays stand those that are open already.
  ValueRange dynamic =
      operands.drop_front(slice.getOffsetSizeAndStrideStartOperandIndex());
  SmallVector<SmallVector<OpFoldResult>> parts;
  for (auto list : kLists) {
    unsigned count = llvm::count_if((slice.*list)(), ShapedType::isDynamic);
    Sizes found = read<Slice>(of, dynamic.take_front(count), sizes,
                              [&](Slice each) { return (each.*list)(); });
    if (failed(found))
      return failure();
    parts.push_back(*found);
    dynamic = dynamic.drop_front(count);
  }
  // What the slice is of: the source here, the destination there.
  unsigned whole = isa<tensor::ExtractSliceOp>(of.front()) ? 0 : 1;
  Sizes dims =
      sizes(llvm::map_to_vector(of,
                                [&](Operation *op) {
                                  return cast<RankedTensorType>(
                                             op->getOperand(whole).getType())
                                      .getShape();
                                }),
            {});
  if (failed(dims))
    return failure();
  for (auto [dim, offset, size, stride] :
       llvm::zip_equal(*dims, parts[0], parts[1], parts[2]))
    isInside(dim, offset, size, stride);
  Location loc = slice.getLoc();
  if (isa<tensor::ExtractSliceOp>(of.front()))
    return tensor::ExtractSliceOp::create(
               b, loc, cast<RankedTensorType>(results.front()),
               operands.front(), parts[0], parts[1], parts[2])
        .getOperation();
  return tensor::InsertSliceOp::create(b, loc, operands[0], operands[1],
                                       parts[0], parts[1], parts[2])
      .getOperation();
}

FailureOr<Operation *> xform::writeTensorOp(OpBuilder &b, Ops of,
                                            ValueRange operands,
                                            TypeRange results,
                                            GeneralSizes sizes,
                                            InsideCheck isInside) {
  Operation *first = of.front();
  Location loc = first->getLoc();
  if (first->getName().getStringRef() == kBarrierName)
    return createOptimizationBarrier(b, operands.front()).getDefiningOp();
  if (isa<tensor::ExtractSliceOp, tensor::InsertSliceOp>(first))
    return writeSlice(b, of, operands, results, sizes, isInside);
  if (auto empty = dyn_cast<tensor::EmptyOp>(first)) {
    Sizes shape =
        read<tensor::EmptyOp>(of, operands, sizes, [](tensor::EmptyOp each) {
          return each.getType().getShape();
        });
    if (failed(shape))
      return failure();
    return tensor::EmptyOp::create(b, loc, *shape,
                                   empty.getType().getElementType())
        .getOperation();
  }
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(first)) {
    Sizes shape = read<tensor::ExpandShapeOp>(
        of, operands.drop_front(), sizes,
        [](tensor::ExpandShapeOp each) { return each.getStaticOutputShape(); });
    if (failed(shape))
      return failure();
    return tensor::ExpandShapeOp::create(
               b, loc, results.front(), operands.front(),
               expand.getReassociationIndices(), *shape)
        .getOperation();
  }
  if (auto pad = dyn_cast<tensor::PadOp>(first)) {
    ValueRange low = operands.drop_front().take_front(pad.getLow().size());
    ValueRange high = operands.take_back(pad.getHigh().size());
    Sizes before = read<tensor::PadOp>(
        of, low, sizes, [](tensor::PadOp each) { return each.getStaticLow(); });
    Sizes behind = read<tensor::PadOp>(of, high, sizes, [](tensor::PadOp each) {
      return each.getStaticHigh();
    });
    if (failed(before) || failed(behind))
      return failure();
    return tensor::PadOp::create(b, loc, results.front(), operands.front(),
                                 *before, *behind, pad.getNofold())
        .getOperation();
  }
  return nullptr;
}
