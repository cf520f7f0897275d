//===- Split.cpp - --xform-cpu-split --------------------------------------===//
//
// LLVM takes longer than twice as long for a function that is twice as long. So
// long programs are cut into functions of bounded size, which pass nothing but
// the buffers and numbers that they read and write.
//
//===----------------------------------------------------------------------===//

#include "lowering/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMCPUSPLIT
#include "lowering/Passes.h.inc"
} // namespace xform

/// Above so many buffers a function does nothing but call others.
constexpr unsigned kMostBuffers = 32;

/// Whether each part can do the operation again, so that nobody passes its
/// result: views, constants and arithmetic.
static bool isRepeated(Operation *op) {
  return op->getNumRegions() == 0 && isPure(op) &&
         isa<arith::ArithDialect, memref::MemRefDialect>(op->getDialect());
}

namespace {

class Splitting {
public:
  Splitting(func::FuncOp function, int64_t mostOps)
      : function(function), mostOps(mostOps),
        symbols(function->getParentOfType<ModuleOp>()) {}

  void run() {
    int64_t total = 0;
    function.walk([&](Operation *) { ++total; });
    if (total <= 2 * mostOps && function.getNumArguments() <= kMostBuffers)
      return;
    SmallVector<Operation *> part;
    int64_t size = 0;
    for (Operation &op :
         llvm::make_early_inc_range(function.front().without_terminator())) {
      if (isRepeated(&op) || isa<memref::AllocaOp>(op))
        continue;
      // What others read stays where it is.
      if (op.getNumResults() > 0) {
        moveOut(part);
        size = 0;
        continue;
      }
      part.push_back(&op);
      op.walk([&](Operation *) { ++size; });
      if (size >= mostOps) {
        moveOut(part);
        size = 0;
      }
    }
    moveOut(part);
  }

private:
  /// Moves the operations into a function of their own, and calls it.
  void moveOut(SmallVector<Operation *> &part) {
    if (part.empty())
      return;
    SetVector<Operation *> repeated;
    SetVector<Value> passed;
    for (Operation *op : part)
      op->walk([&](Operation *inner) {
        for (Value operand : inner->getOperands())
          if (isOutside(operand, op))
            add(operand, repeated, passed);
      });
    OpBuilder b(part.front());
    auto callee = func::FuncOp::create(
        function.getLoc(), (function.getName() + ".part").str(),
        b.getFunctionType(ValueRange(passed.getArrayRef()).getTypes(), {}));
    callee.setPrivate();
    symbols.insert(callee);
    func::CallOp::create(b, function.getLoc(), callee, passed.getArrayRef());
    b.setInsertionPointToStart(callee.addEntryBlock());
    IRMapping mapping;
    mapping.map(passed.getArrayRef(), callee.getArguments());
    for (Operation *op : repeated)
      b.clone(*op, mapping);
    auto last = func::ReturnOp::create(b, function.getLoc());
    for (Operation *op : part) {
      op->moveBefore(last);
      op->walk([&](Operation *inner) {
        for (OpOperand &operand : inner->getOpOperands())
          operand.set(mapping.lookupOrDefault(operand.get()));
      });
    }
    part.clear();
  }

  static bool isOutside(Value value, Operation *op) {
    return !op->isAncestor(value.getParentBlock()->getParentOp());
  }

  void add(Value value, SetVector<Operation *> &repeated,
           SetVector<Value> &passed) {
    Operation *op = value.getDefiningOp();
    if (!op || !isRepeated(op)) {
      passed.insert(value);
      return;
    }
    if (repeated.contains(op))
      return;
    for (Value operand : op->getOperands())
      add(operand, repeated, passed);
    repeated.insert(op);
  }

  func::FuncOp function;
  int64_t mostOps;
  SymbolTable symbols;
};

struct XformCpuSplit : xform::impl::XformCpuSplitBase<XformCpuSplit> {
  using XformCpuSplitBase::XformCpuSplitBase;

  void runOnOperation() override {
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      Splitting(function, mostOps).run();
  }
};

} // namespace
