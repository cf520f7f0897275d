//===- Scan.cpp - xform.scan as scf.for -----------------------------------===//

#include "lowering/RowSlice.h"
#include "lowering/control/Lowerings.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

namespace {

class ScanLowering {
public:
  ScanLowering(ScanOp scan, func::FuncOp body)
      : scan(scan), body(body), carried(scan.getInit().size()),
        length(scan.lengthOf()), b(scan.getLoc(), scan) {}

  LogicalResult run() {
    // In a loop's turn: what is carried, then the rows stacked so far.
    SmallVector<Value> values(scan.getInit());
    if (ShapedType::isDynamic(length))
      count = b.createOrFold<tensor::DimOp>(scan.getXs()[0], 0);
    if (length == 1) {
      values = buildOnlyStep();
    } else {
      for (Type type : scan.getOuts().drop_front(carried).getTypes()) {
        FailureOr<Value> stacked = emptyStack(cast<RankedTensorType>(type));
        if (failed(stacked))
          return failure();
        values.push_back(*stacked);
      }
      values = buildSteps(values);
    }
    scan->replaceAllUsesWith(values);
    scan.erase();
    return success();
  }

private:
  FailureOr<Value> emptyStack(RankedTensorType type) {
    if (llvm::any_of(type.getShape().drop_front(), ShapedType::isDynamic))
      return scan.emitOpError("has rows of dynamic size in its result of type ")
             << type;
    SmallVector<OpFoldResult> sizes =
        getAsIndexOpFoldResult(b.getContext(), type.getShape());
    if (type.isDynamicDim(0))
      sizes[0] = count;
    return Value(tensor::EmptyOp::create(b, sizes, type.getElementType()));
  }

  /// The body on its own, in place of a loop that would run once.
  SmallVector<Value> buildOnlyStep() {
    SmallVector<Value> arguments(scan.getInit());
    for (Value x : scan.getXs())
      arguments.push_back(ReshapeOp::create(b, rowType(x.getType()), x));
    llvm::append_range(arguments, scan.getCaptures());
    SmallVector<Value> values = inlineBody(b, body, arguments);
    for (size_t i = carried; i < values.size(); ++i)
      values[i] = ReshapeOp::create(b, scan.getResult(i).getType(), values[i]);
    return values;
  }

  SmallVector<Value> buildSteps(SmallVector<Value> values) {
    bool isDynamic = ShapedType::isDynamic(length);
    auto unroll = static_cast<int64_t>(scan.getUnroll());
    int64_t inTurns =
        isDynamic || unroll >= length ? 0 : length - length % unroll;
    if (isDynamic || inTurns > 0) {
      Value zero = arith::ConstantIndexOp::create(b, 0);
      Value end =
          isDynamic ? count : arith::ConstantIndexOp::create(b, inTurns);
      Value by = arith::ConstantIndexOp::create(b, unroll);
      auto loop = scf::ForOp::create(
          b, zero, end, by, values,
          [&](OpBuilder &builder, Location loc, Value turn, ValueRange before) {
            ImplicitLocOpBuilder inner(loc, builder);
            SmallVector<Value> after(before);
            for (int64_t i = 0; i < unroll; ++i) {
              Value step = turn;
              if (i > 0)
                step = inner.createOrFold<arith::AddIOp>(
                    turn, arith::ConstantIndexOp::create(inner, i));
              after = buildStep(inner, placeOf(inner, step), after);
            }
            scf::YieldOp::create(inner, after);
          });
      loop->setAttr(kScanAttr, b.getUnitAttr());
      values.assign(loop->result_begin(), loop->result_end());
    }
    // The steps that are left over, or all of them.
    for (int64_t step = inTurns; step < length && !isDynamic; ++step)
      values = buildStep(
          b, b.getIndexAttr(scan.getReverse() ? length - 1 - step : step),
          values);
    return values;
  }

  /// The row that a step reads and writes.
  Value placeOf(ImplicitLocOpBuilder &inner, Value step) {
    if (!scan.getReverse())
      return step;
    Value last = ShapedType::isDynamic(length)
                     ? inner.createOrFold<arith::SubIOp>(
                           count, arith::ConstantIndexOp::create(inner, 1))
                     : Value(arith::ConstantIndexOp::create(inner, length - 1));
    return inner.createOrFold<arith::SubIOp>(last, step);
  }

  SmallVector<Value> buildStep(ImplicitLocOpBuilder &inner, OpFoldResult place,
                               ValueRange values) {
    SmallVector<Value> arguments(values.take_front(carried));
    for (Value x : scan.getXs())
      arguments.push_back(readRow(inner, x, place));
    llvm::append_range(arguments, scan.getCaptures());
    SmallVector<Value> next = inlineBody(inner, body, arguments);
    for (size_t i = carried; i < next.size(); ++i)
      next[i] = writeRow(inner, next[i], values[i], place);
    return next;
  }

  ScanOp scan;
  func::FuncOp body;
  size_t carried;
  int64_t length;
  /// The number of steps, where only the operands tell it.
  Value count;
  ImplicitLocOpBuilder b;
};

} // namespace

LogicalResult xform::lower(ScanOp scan, ArrayRef<func::FuncOp> callees) {
  return ScanLowering(scan, callees[0]).run();
}
