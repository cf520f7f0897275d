//===- While.cpp - xform.while as scf.while -------------------------------===//

#include "lowering/control/Lowerings.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

LogicalResult xform::lower(WhileOp loop, ArrayRef<func::FuncOp> callees) {
  ImplicitLocOpBuilder b(loop.getLoc(), loop);
  auto argumentsOf = [](ValueRange carried, ValueRange captures) {
    SmallVector<Value> arguments(carried);
    llvm::append_range(arguments, captures);
    return arguments;
  };
  auto lowered = scf::WhileOp::create(
      b, loop.getResultTypes(), loop.getInit(),
      [&](OpBuilder &builder, Location loc, ValueRange carried) {
        Value goesOn =
            inlineBody(builder, callees[0],
                       argumentsOf(carried, loop.getCondCaptures()))[0];
        Value truth =
            tensor::ExtractOp::create(builder, loc, goesOn, ValueRange());
        scf::ConditionOp::create(builder, loc, truth, carried);
      },
      [&](OpBuilder &builder, Location loc, ValueRange carried) {
        scf::YieldOp::create(
            builder, loc,
            inlineBody(builder, callees[1],
                       argumentsOf(carried, loop.getBodyCaptures())));
      });
  loop->replaceAllUsesWith(lowered.getResults());
  loop.erase();
  return success();
}
