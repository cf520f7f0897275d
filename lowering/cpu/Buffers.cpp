//===- Buffers.cpp - --xform-cpu-bufferize --------------------------------===//
//
// Arguments and results become buffers that are handed in, what lies between
// places in memory that are fixed before the program runs.
//
//===----------------------------------------------------------------------===//

#include "lowering/Passes.h"
#include "lowering/cpu/Bufferize.h"
#include "lowering/cpu/LayOut.h"
#include "lowering/cpu/NormalForm.h"
#include "lowering/cpu/Results.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMCPUBUFFERIZE
#include "lowering/Passes.h.inc"
} // namespace xform

/// Adds the results' buffers behind the arguments, and takes both as memory
/// that nothing else refers to.
static void takeBuffers(func::FuncOp function) {
  Block &entry = function.front();
  ImplicitLocOpBuilder b(function.getLoc(), function.getContext());
  b.setInsertionPointToStart(&entry);
  auto bufferOf = [](Type type) {
    auto tensor = cast<RankedTensorType>(type);
    // Without elements, a pointer is no more than one.
    if (tensor.getNumElements() == 0)
      return MemRefType::get({0}, tensor.getElementType());
    return MemRefType::get(tensor.getShape(), tensor.getElementType());
  };
  for (BlockArgument argument : entry.getArguments()) {
    Type tensor = argument.getType();
    argument.setType(bufferOf(tensor));
    if (argument.use_empty())
      continue;
    Value read = bufferization::ToTensorOp::create(b, tensor, argument,
                                                   /*restrict=*/true);
    argument.replaceAllUsesExcept(read, read.getDefiningOp());
  }
  auto last = cast<func::ReturnOp>(entry.getTerminator());
  b.setInsertionPoint(last);
  for (Value result : last.getOperands()) {
    Value buffer =
        entry.addArgument(bufferOf(result.getType()), function.getLoc());
    if (cast<RankedTensorType>(result.getType()).getNumElements() == 0)
      continue;
    // Not by way of a destination: bufferization would compute values there
    // that are needed longer than the buffer is free.
    Value made = bufferization::ToBufferOp::create(b, buffer.getType(), result,
                                                   /*read_only=*/true);
    memref::CopyOp::create(b, made, buffer);
  }
  func::ReturnOp::create(b);
  last.erase();
  function.setFunctionType(
      b.getFunctionType(entry.getArgumentTypes(), TypeRange()));
  function.setResAttrsAttr({});
  // The user's structures, of which nothing is left in memory.
  function->removeAttr("iree.reflection");
  // One for each argument that there was.
  function.removeArgAttrsAttr();
}

namespace {

struct XformCpuBufferize
    : xform::impl::XformCpuBufferizeBase<XformCpuBufferize> {
  using XformCpuBufferizeBase::XformCpuBufferizeBase;

  void runOnOperation() override {
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions) {
      bringToNormalForm(function);
      layOutContractions(function);
      packContractions(function);
      SmallVector<unsigned> donated = donatedArguments(function);
      unsigned numResults = function.getNumResults();
      takeBuffers(function);
      if (failed(bufferize(function)))
        return signalPassFailure();
      dropInvariantBuffers(function);
      placeResults(function, donated, numResults);
    }
  }
};

} // namespace
