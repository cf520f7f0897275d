//===- xform-opt.cpp - run xform's passes on a text file ------------------===//

#include "dialect/Ops.h"
#include "lowering/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  xform::registerDialects(registry);
  xform::registerPasses();
  mlir::registerTransformsPasses();
  // What is for IREE alone is written in IREE's dialects, which are not here.
  registry.addExtension(+[](mlir::MLIRContext *context, xform::XformDialect *) {
    context->allowUnregisteredDialects();
  });
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "xform's compiler passes\n", registry));
}
