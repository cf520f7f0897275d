//===- Split.cpp - --xform-cpu-split --------------------------------------===//
//
// LLVM takes longer than twice as long for a function that is twice as long. So
// long programs are cut into functions of bounded size, which pass nothing but
// the buffers and numbers that they read and write.
//
//===----------------------------------------------------------------------===//

#include "lowering/Passes.h"
#include "lowering/cpu/Outlining.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMCPUSPLIT
#include "lowering/Passes.h.inc"
} // namespace xform

/// Above so many buffers a function does nothing but call others.
constexpr unsigned kMostBuffers = 32;

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
    Surroundings around(part);
    func::FuncOp callee = around.declare(symbols, function.getLoc(),
                                         (function.getName() + ".part").str());
    // Behind buffers that are made between the operations.
    OpBuilder b(part.back());
    func::CallOp::create(b, function.getLoc(), callee, around.passed());
    around.moveInto(callee);
    part.clear();
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
      if (!function.isDeclaration())
        Splitting(function, mostOps).run();
  }
};

} // namespace
