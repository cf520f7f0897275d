//===- WaitForTurns.cpp - --xform-wait-for-turns --------------------------===//

#include "lowering/Passes.h"
#include "lowering/iree/OptimizationBarrier.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_DEF_XFORMWAITFORTURNS
#include "lowering/Passes.h.inc"
} // namespace xform

/// The memory that turns may take before the host waits for the device.
constexpr double kMostBytes = 64 << 20;

/// Where a number of turns or a size is not known.
constexpr double kMany = 1000;

static double bytesOf(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return 0;
  double bytes = llvm::divideCeil(tensor.getElementTypeBitWidth(), 8);
  for (int64_t size : tensor.getShape())
    bytes *= ShapedType::isDynamic(size) ? kMany : static_cast<double>(size);
  return bytes;
}

/// Something to read of what a turn hands on: of an array that it computes.
static Value arrayOf(scf::ForOp loop) {
  for (Value value : loop.getBody()->getTerminator()->getOperands()) {
    auto tensor = dyn_cast<RankedTensorType>(value.getType());
    if (tensor && tensor.hasStaticShape() && tensor.getNumElements() > 0 &&
        value.getParentBlock() == loop.getBody() && value.getDefiningOp())
      return value;
  }
  return {};
}

/// Reads an element of an array, for which the host waits.
static void readOne(ImplicitLocOpBuilder &b, Value array) {
  auto type = cast<RankedTensorType>(array.getType());
  SmallVector<Value> first(type.getRank());
  for (Value &place : first)
    place = arith::ConstantIndexOp::create(b, 0);
  Value element = tensor::ExtractOp::create(b, array, first);
  (void)xform::createOptimizationBarrier(b, element);
}

namespace {

class Turns {
public:
  /// The memory that the operations of a block take until the host waits.
  double visit(Block &block) {
    double bytes = 0;
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (auto loop = dyn_cast<scf::ForOp>(op))
        bytes += visit(loop);
      else
        for (Region &region : op.getRegions())
          if (isa_and_present<scf::SCFDialect>(op.getDialect()))
            for (Block &inner : region)
              bytes += visit(inner);
      if (isa<DestinationStyleOpInterface>(op))
        for (Type type : op.getResultTypes())
          bytes += bytesOf(type);
    }
    // What is handed on is copied.
    for (Type type : block.getTerminator()->getOperandTypes())
      bytes += isa<scf::YieldOp>(block.getTerminator()) ? bytesOf(type) : 0;
    return bytes;
  }

private:
  double visit(scf::ForOp loop) {
    double bytes = visit(*loop.getBody());
    std::optional<APInt> count = loop.getStaticTripCount();
    double turns = count ? static_cast<double>(count->getSExtValue()) : kMany;
    if (turns * bytes <= kMostBytes)
      return turns * bytes;
    Value array = arrayOf(loop);
    if (!array)
      return turns * bytes;
    auto every = static_cast<int64_t>(std::max(1.0, kMostBytes / bytes));
    ImplicitLocOpBuilder b(loop.getLoc(), loop.getBody()->getTerminator());
    if (every == 1) {
      readOne(b, array);
      return bytes;
    }
    // Turns are counted from the first.
    auto constant = [&](int64_t value) -> Value {
      return arith::ConstantIndexOp::create(b, value);
    };
    Value turn = arith::DivUIOp::create(
        b,
        arith::SubIOp::create(b, loop.getInductionVar(), loop.getLowerBound()),
        loop.getStep());
    Value rest = arith::RemUIOp::create(b, turn, constant(every));
    Value isLast = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rest,
                                         constant(every - 1));
    auto branch = scf::IfOp::create(b, isLast, /*withElseRegion=*/false);
    b.setInsertionPointToStart(branch.thenBlock());
    readOne(b, array);
    return static_cast<double>(every) * bytes;
  }
};

struct XformWaitForTurns
    : xform::impl::XformWaitForTurnsBase<XformWaitForTurns> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal())
        (void)Turns().visit(function.front());
  }
};

} // namespace
