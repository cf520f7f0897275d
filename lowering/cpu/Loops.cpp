//===- Loops.cpp - --xform-cpu-loops --------------------------------------===//

#include "lowering/Passes.h"
#include "lowering/cpu/Contraction.h"
#include "lowering/cpu/EntryPoints.h"
#include "lowering/cpu/Placement.h"
#include "lowering/cpu/VectorLoops.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMCPULOOPS
#include "lowering/Passes.h.inc"
} // namespace xform

namespace {

struct XformCpuLoops : xform::impl::XformCpuLoopsBase<XformCpuLoops> {
  using XformCpuLoopsBase::XformCpuLoopsBase;

  void runOnOperation() override {
    for (func::FuncOp function : getOperation().getOps<func::FuncOp>()) {
      if (function.isDeclaration())
        continue;
      function.walk([](linalg::LinalgOp op) {
        if (op.getNumReductionLoops() > 0)
          allowFusedProducts(op);
      });
      if (failed(writeLoops(function, vectorBytes)))
        return signalPassFailure();
      // What is called from here gets its buffers from there.
      if (function.isPublic())
        function->setAttr(kScratchAttr,
                          IntegerAttr::get(IntegerType::get(&getContext(), 64),
                                           placeBuffers(function)));
    }
  }
};

} // namespace
