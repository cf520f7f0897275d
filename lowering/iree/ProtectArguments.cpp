//===- ProtectArguments.cpp - --xform-protect-arguments -------------------===//
//
// An operation with a destination computes a value like any other. For IREE it
// is a write into the destination's memory, in front of which it puts a copy
// where something reads the old value later. That the caller may do so it does
// not know: an argument whose last use in the program is such a destination is
// overwritten, and with it what the program closes over or returned before.
//
//===----------------------------------------------------------------------===//

#include "lowering/Passes.h"
#include "lowering/cpu/Contract.h"
#include "lowering/iree/Copy.h"
#include "lowering/iree/Ops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMPROTECTARGUMENTS
#include "lowering/Passes.h.inc"
} // namespace xform

static bool isScatter(Operation *op) {
  return op->getName().getStringRef() == kScatterName;
}

/// The tensors into whose memory an operation writes.
static SmallVector<OpOperand *> destinationsOf(Operation *op) {
  SmallVector<OpOperand *> found;
  if (auto styled = dyn_cast<DestinationStyleOpInterface>(op)) {
    for (OpOperand &operand : styled.getDpsInitsMutable())
      if (isa<RankedTensorType>(operand.get().getType()))
        found.push_back(&operand);
  } else if (isScatter(op)) {
    found.push_back(&op->getOpOperand(op->getNumOperands() - 1));
  }
  return found;
}

//===----------------------------------------------------------------------===//
// What a value may be in memory
//===----------------------------------------------------------------------===//

/// The operands that a loop or branch passes on as this value: a result of it,
/// or an argument of one of its regions.
static SmallVector<OpOperand *> passedOn(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  Operation *op =
      argument ? argument.getOwner()->getParentOp() : value.getDefiningOp();
  unsigned number = argument ? argument.getArgNumber()
                             : cast<OpResult>(value).getResultNumber();
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return {&branch.thenYield()->getOpOperand(number),
            &branch.elseYield()->getOpOperand(number)};
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    // The first argument of the body counts the turns.
    unsigned carried = argument ? number - 1 : number;
    return {&loop.getInitArgsMutable()[carried],
            &loop.getBody()->getTerminator()->getOpOperand(carried)};
  }
  if (auto loop = dyn_cast<scf::WhileOp>(op)) {
    if (argument && argument.getOwner() == loop.getBeforeBody())
      return {&loop.getInitsMutable()[number],
              &loop.getYieldOp()->getOpOperand(number)};
    return {&loop.getConditionOp().getArgsMutable()[number]};
  }
  return {};
}

/// Whether the operation computes each element of its results from many, so
/// that it cannot turn out to change nothing.
static bool isReduction(Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp)
    return false;
  return llvm::any_of(llvm::zip_equal(linalgOp.getStaticLoopRanges(),
                                      linalgOp.getIteratorTypesArray()),
                      [](auto loop) {
                        auto [range, type] = loop;
                        return type == utils::IteratorType::reduction &&
                               range != 1;
                      });
}

/// Whether the insertion may leave nothing of its destination.
static bool mayReplaceAll(tensor::InsertSliceOp op) {
  return llvm::all_of(
      llvm::zip_equal(op.getStaticSizes(), op.getType().getShape()),
      [](auto axis) {
        auto [inserted, size] = axis;
        return ShapedType::isDynamic(inserted) || inserted == size;
      });
}

static bool haveSameBits(RankedTensorType x, RankedTensorType y) {
  if (x.getElementType() != y.getElementType() &&
      (!x.getElementType().isIntOrFloat() ||
       !y.getElementType().isIntOrFloat() ||
       x.getElementTypeBitWidth() != y.getElementTypeBitWidth()))
    return false;
  return !x.hasStaticShape() || !y.hasStaticShape() ||
         x.getNumElements() == y.getNumElements();
}

/// The operands in whose memory a value may lie, but for destinations, which
/// are the program's own when this pass is through. IREE makes views of loops
/// that only move elements to where they lie already, a transposition of a row
/// or a sum over an axis of size one, and drops loops that it finds to change
/// nothing; so every operand of as many bits as the value may be the value.
static SmallVector<OpOperand *> sourcesOf(Value value) {
  SmallVector<OpOperand *> sources = passedOn(value);
  Operation *op = value.getDefiningOp();
  if (!sources.empty() || !op)
    return sources;
  if (isa<tensor::ExtractSliceOp, tensor::ExpandShapeOp,
          tensor::CollapseShapeOp>(op))
    return {&op->getOpOperand(0)};
  auto insertion = dyn_cast<tensor::InsertSliceOp>(op);
  if (isReduction(op) || (insertion && !mayReplaceAll(insertion)))
    return {};
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<OpOperand *> destinations = destinationsOf(op);
  for (OpOperand &operand : op->getOpOperands()) {
    auto source = dyn_cast<RankedTensorType>(operand.get().getType());
    if (source && haveSameBits(source, type) &&
        !llvm::is_contained(destinations, &operand))
      sources.push_back(&operand);
  }
  return sources;
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

namespace {

class Protection {
public:
  explicit Protection(func::FuncOp function) : function(function) {
    for (BlockArgument argument : function.getArguments())
      mayBeArgument.insert(argument);
    // Another module may return memory that it goes on to read.
    function.walk([&](func::CallOp call) {
      mayBeArgument.insert_range(call.getResults());
    });
    bool isDone = false;
    while (!isDone) {
      isDone = true;
      function.walk([&](Operation *op) {
        for (Value result : op->getResults())
          isDone &= !mark(result);
        for (Region &region : op->getRegions())
          for (Value argument : region.getArguments())
            isDone &= !mark(argument);
      });
    }
  }

  void run() {
    SmallVector<OpOperand *> destinations;
    function.walk([&](Operation *op) {
      llvm::append_range(destinations, destinationsOf(op));
    });
    for (OpOperand *destination : destinations)
      protect(*destination);
  }

private:
  /// Notes what a value may be; whether that is new.
  bool mark(Value value) {
    if (!isa<RankedTensorType>(value.getType()))
      return false;
    bool found = llvm::any_of(sourcesOf(value), [&](OpOperand *source) {
      return mayBeArgument.contains(source->get());
    });
    return found && mayBeArgument.insert(value).second;
  }

  /// Copies the operand's value where it may be an argument. Behind loops and
  /// branches what enters them is copied instead, so not in each turn and not
  /// in branches that do without.
  void protect(OpOperand &operand) {
    Value value = operand.get();
    auto type = cast<RankedTensorType>(value.getType());
    bool isEmpty = type.hasStaticShape() && type.getNumElements() == 0;
    if (isEmpty || !mayBeArgument.contains(value) ||
        !seen.insert(&operand).second)
      return;
    Value viewed = value;
    while (viewed.getDefiningOp<tensor::ExpandShapeOp>() ||
           viewed.getDefiningOp<tensor::CollapseShapeOp>())
      viewed = viewed.getDefiningOp()->getOperand(0);
    if (passedOn(viewed).empty()) {
      OpBuilder builder(operand.getOwner());
      operand.set(createCopy(builder, value.getLoc(), value));
      return;
    }
    for (OpOperand *source : sourcesOf(value))
      protect(*source);
  }

  func::FuncOp function;
  /// Every value that may lie in an argument's memory. Once one is copied, some
  /// no longer do.
  llvm::DenseSet<Value> mayBeArgument;
  llvm::DenseSet<OpOperand *> seen;
};

struct XformProtectArguments
    : xform::impl::XformProtectArgumentsBase<XformProtectArguments> {
  void runOnOperation() override {
    if (isCompiledHere(getOperation()))
      return;
    for (auto entry : getOperation().getOps<func::FuncOp>())
      if (!entry.isExternal())
        Protection(entry).run();
  }
};

} // namespace
