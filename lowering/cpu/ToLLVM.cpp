//===- ToLLVM.cpp - --xform-cpu-to-llvm -----------------------------------===//

#include "lowering/Passes.h"
#include "lowering/cpu/Contraction.h"
#include "lowering/cpu/EntryPoints.h"
#include "lowering/cpu/MatrixFunctions.h"
#include "lowering/cpu/Stop.h"
#include "lowering/cpu/Team.h"

#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMCPUTOLLVM
#include "lowering/Passes.h.inc"
} // namespace xform

namespace {

struct XformCpuToLLVM : xform::impl::XformCpuToLLVMBase<XformCpuToLLVM> {
  using XformCpuToLLVMBase::XformCpuToLLVMBase;

  void runOnOperation() override {
    markArguments();
    if (failed(expandViews()) || failed(branch()) || failed(convert()))
      return signalPassFailure();
    lookWhereAsked(getOperation());
    SmallVector<LLVM::LLVMFuncOp> functions(
        getOperation().getOps<LLVM::LLVMFuncOp>());
    for (LLVM::LLVMFuncOp function : functions) {
      if (function->hasAttr(kRuntimeAttr)) {
        nameRuntimeFunction(function);
        continue;
      }
      if (!function->hasAttr(kScratchAttr)) {
        if (function->hasAttr(kChunksAttr))
          defineChunks(function);
        makeInternal(function);
        continue;
      }
      unsigned numBuffers = function.getNumArguments();
      LLVM::LLVMFuncOp entry = addEntryPoint(function);
      if (entry->hasAttr(kTeamAttr))
        addTeam(entry, numBuffers);
    }
  }

private:
  static bool isMathematical(func::FuncOp function) {
    return function.isPrivate() && llvm::none_of(function.getArgumentTypes(),
                                                 llvm::IsaPred<MemRefType>);
  }

  /// Each buffer is memory of its own, as far as anything is written.
  void markArguments() {
    Builder b(&getContext());
    DictionaryAttr none = b.getDictionaryAttr({});
    NamedAttrList own;
    own.append("llvm.noalias", b.getUnitAttr());
    DictionaryAttr within = own.getDictionary(&getContext());
    // What lies on the stack is aligned to its elements.
    own.append("llvm.align", b.getI64IntegerAttr(64));
    DictionaryAttr handedIn = own.getDictionary(&getContext());
    for (func::FuncOp function : getOperation().getOps<func::FuncOp>()) {
      if (isMathematical(function))
        allowFusedProducts(function);
      DictionaryAttr buffer = function.isPublic() ? handedIn : within;
      function.setAllArgAttrs(
          llvm::map_to_vector(function.getArgumentTypes(), [&](Type type) {
            return isa<MemRefType>(type) ? buffer : none;
          }));
    }
  }

  /// What a program calls. Inlined, its buffers would no longer be known to be
  /// apart; mathematical functions have none.
  static void makeInternal(LLVM::LLVMFuncOp function) {
    function.setLinkage(LLVM::Linkage::Internal);
    if (llvm::any_of(function.getArgumentTypes(),
                     llvm::IsaPred<LLVM::LLVMPointerType>))
      function.setNoInline(true);
  }

  /// Views as arithmetic on offsets.
  LogicalResult expandViews() {
    RewritePatternSet patterns(&getContext());
    memref::populateExpandStridedMetadataPatterns(patterns);
    memref::populateResolveExtractStridedMetadataPatterns(patterns);
    populateAffineToStdConversionPatterns(patterns);
    return applyPatternsGreedily(getOperation(), std::move(patterns));
  }

  /// Loops as branches.
  LogicalResult branch() {
    RewritePatternSet patterns(&getContext());
    populateSCFToControlFlowConversionPatterns(patterns);
    ConversionTarget target(getContext());
    target.addIllegalDialect<scf::SCFDialect>();
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    return applyPartialConversion(getOperation(), target, std::move(patterns));
  }

  LogicalResult convert() {
    LowerToLLVMOptions options(&getContext());
    options.useBarePtrCallConv = true;
    options.allocLowering = LowerToLLVMOptions::AllocLowering::None;
    LLVMTypeConverter converter(&getContext(), options);
    RewritePatternSet patterns(&getContext());
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    populateMathToLLVMConversionPatterns(converter, patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
    populateFuncToLLVMConversionPatterns(converter, patterns);
    populateVectorToLLVMConversionPatterns(converter, patterns,
                                           /*reassociateFPReductions=*/true);
    LLVMConversionTarget target(getContext());
    target.addLegalOp<ModuleOp>();
    return applyFullConversion(getOperation(), target, std::move(patterns));
  }
};

} // namespace
