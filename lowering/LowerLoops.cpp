//===- LowerLoops.cpp - control flow as scf -------------------------------===//

#include "lowering/Passes.h"
#include "lowering/control/Lowerings.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/SymbolTable.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace xform {

#define GEN_PASS_DEF_XFORMLOWERLOOPS
#include "lowering/Passes.h.inc"

namespace {

class LoopLowering {
public:
  explicit LoopLowering(ModuleOp module) : module(module), symbols(module) {}

  LogicalResult run() {
    SmallVector<func::FuncOp> functions(module.getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (failed(lowerIn(function)))
        return failure();
    eraseUnusedFunctions();
    return success();
  }

private:
  /// Lowers the control flow of a function, that of the functions it runs
  /// first.
  LogicalResult lowerIn(func::FuncOp function) {
    if (!lowered.insert(function).second)
      return success();
    SmallVector<Operation *> ops;
    function.walk([&](Operation *op) {
      if (isa<ControlOpInterface>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      LogicalResult result =
          llvm::TypeSwitch<Operation *, LogicalResult>(op)
              .Case<ScanOp, SwitchOp, WhileOp>([&](auto control) {
                FailureOr<SmallVector<func::FuncOp>> callees =
                    lowerCallees(control);
                return failed(callees) ? LogicalResult(failure())
                                       : lower(control, *callees);
              })
              .Default([](Operation *other) {
                return other->emitOpError("has no form as a loop or a branch; "
                                          "expand transforms first");
              });
      if (failed(result))
        return failure();
    }
    return success();
  }

  /// The functions that an op runs, with their own control flow lowered.
  FailureOr<SmallVector<func::FuncOp>> lowerCallees(ControlOpInterface op) {
    SmallVector<func::FuncOp> callees;
    for (FlatSymbolRefAttr symbol : op.callees()) {
      auto callee = symbols.lookup<func::FuncOp>(symbol.getValue());
      if (!callee || callee.isExternal() || !callee.getBody().hasOneBlock())
        return op->emitOpError("needs a function with a body of one block, ")
               << symbol << " is none";
      if (failed(lowerIn(callee)))
        return failure();
      callees.push_back(callee);
    }
    return callees;
  }

  /// Keeps the public functions and what they refer to.
  void eraseUnusedFunctions() {
    SmallVector<func::FuncOp> used;
    llvm::SmallPtrSet<Operation *, 16> seen;
    for (auto function : module.getOps<func::FuncOp>())
      if (!function.isPrivate() && seen.insert(function).second)
        used.push_back(function);
    while (!used.empty()) {
      auto uses = SymbolTable::getSymbolUses(used.pop_back_val());
      for (SymbolTable::SymbolUse use : *uses) {
        auto function =
            symbols.lookup<func::FuncOp>(use.getSymbolRef().getRootReference());
        if (function && seen.insert(function).second)
          used.push_back(function);
      }
    }
    for (auto function :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
      if (!seen.contains(function))
        function.erase();
  }

  llvm::DenseSet<Operation *> lowered;
  ModuleOp module;
  SymbolTable symbols;
};

struct LowerLoops : impl::XformLowerLoopsBase<LowerLoops> {
  void runOnOperation() override {
    if (failed(LoopLowering(getOperation()).run()))
      signalPassFailure();
  }
};

} // namespace

} // namespace xform
