//===- Interfaces.td - what a transform asks of a primitive ---------------===//

#ifndef XFORM_DIALECT_INTERFACES
#define XFORM_DIALECT_INTERFACES

include "mlir/IR/OpBase.td"

def Xform_JvpOpInterface : OpInterface<"JvpOpInterface"> {
  let cppNamespace = "::xform";
  let description = [{
    How tangents go through an op. A null Value stands for a tangent that is
    zero, on the way in and on the way out.
  }];
  let methods = [
    InterfaceMethod<[{
      Builds the tangents of the op's results from those of its operands, at
      least one of which is not null. The op stands in the function under
      construction, so its operands and results are the primal values. An op
      that computes results and tangents together (a loop) appends its new
      results behind the tangents, and the op itself is dropped.
      }], "::llvm::LogicalResult", "buildJvp",
      (ins "::xform::RuleBuilder &":$b, "::mlir::ValueRange":$tangents,
           "::llvm::SmallVectorImpl<::mlir::Value> &":$resultTangents)>,
  ];
}

def Xform_TransposeOpInterface : OpInterface<"TransposeOpInterface"> {
  let cppNamespace = "::xform";
  let description = [{
    How cotangents go back through an op that is linear in some of its operands
    together, the others held fixed.
  }];
  let methods = [
    InterfaceMethod<[{
      Whether the op is linear in the marked operands jointly: one that runs a
      function is, by default, in all that its function is split by.
      }], "bool", "isLinearIn", (ins "::llvm::ArrayRef<bool>":$linear), "",
      "return ::llvm::is_contained(linear, true);">,
    InterfaceMethod<[{
      Builds the cotangents of the marked operands. `operands` holds the values
      of the others in the function under construction, null at the marked
      ones; a null cotangent is zero, and not all are.
      }], "::llvm::LogicalResult", "buildTranspose",
      (ins "::xform::RuleBuilder &":$b, "::llvm::ArrayRef<bool>":$linear,
           "::mlir::ValueRange":$operands, "::mlir::ValueRange":$cotangents,
           "::llvm::SmallVectorImpl<::mlir::Value> &":$operandCotangents)>,
  ];
}

def Xform_BatchOpInterface : OpInterface<"BatchOpInterface"> {
  let cppNamespace = "::xform";
  let description = [{
    How an op becomes one over a batch. The batch dim of a batched value is
    always dim 0. A result of the op's own type is one that all rows share.
  }];
  let methods = [
    InterfaceMethod<[{
      Builds the op over a batch of `size` rows. `operands` are the values in
      the function under construction, the marked ones with a leading batch dim.
      }], "::llvm::LogicalResult", "buildBatched",
      (ins "::xform::RuleBuilder &":$b, "::mlir::ValueRange":$operands,
           "::llvm::ArrayRef<bool>":$batched, "int64_t":$size,
           "::llvm::SmallVectorImpl<::mlir::Value> &":$results)>,
  ];
}

def Xform_SplitOpInterface : OpInterface<"SplitOpInterface"> {
  let cppNamespace = "::xform";
  let description = [{
    For an op that runs a function on primals and tangents together (a loop
    over the jvp of its body): how it becomes one op on the primals, which also
    yields residuals, and a linear one that reads them.
  }];
  let methods = [
    InterfaceMethod<[{
      Splits the op by the marked (linear) operands. `operands` holds the
      values of the unmarked ones. Fills `primalResults` with the results that
      do not depend on the marked operands (null where they do) and `residuals`
      with what the linear op reads besides the marked operands.
      }], "::llvm::LogicalResult", "buildPrimal",
      (ins "::xform::RuleBuilder &":$b, "::llvm::ArrayRef<bool>":$linear,
           "::mlir::ValueRange":$operands,
           "::llvm::SmallVectorImpl<::mlir::Value> &":$primalResults,
           "::llvm::SmallVectorImpl<::mlir::Value> &":$residuals)>,
    InterfaceMethod<[{
      Builds the linear op from the residuals of `buildPrimal` and the values
      of the marked operands (null at the others); fills the results that
      depend on them.
      }], "::llvm::LogicalResult", "buildLinear",
      (ins "::xform::RuleBuilder &":$b, "::llvm::ArrayRef<bool>":$linear,
           "::mlir::ValueRange":$residuals, "::mlir::ValueRange":$operands,
           "::llvm::SmallVectorImpl<::mlir::Value> &":$results)>,
  ];
}

def Xform_HigherOrderOpInterface : OpInterface<"HigherOrderOpInterface"> {
  let cppNamespace = "::xform";
  let description = [{
    An op that runs functions of the module, which it names by symbol. Whoever
    follows values, draws or costs through a program asks here and knows no such
    op by name.
  }];
  let methods = [
    InterfaceMethod<[{
      The functions that the op names.
      }], "::llvm::SmallVector<::mlir::FlatSymbolRefAttr>", "callees">,
    InterfaceMethod<[{
      How each of them is run, in the order of `callees`, but for rules that run
      outside of what they are a rule for: these are left out at the end.
      }], "::llvm::SmallVector<::xform::FunctionRun>", "functionRuns">,
    InterfaceMethod<[{
      Which results differ from row to row where the marked operands do, if a
      vmap then uses rules of the op's own, which may run anything.
      }], "::std::optional<::llvm::SmallVector<bool>>", "rowsByRules",
      (ins "::llvm::ArrayRef<bool>":$operands), "", "return std::nullopt;">,
  ];
}

def Xform_ControlOpInterface
    : OpInterface<"ControlOpInterface", [Xform_HigherOrderOpInterface]> {
  let cppNamespace = "::xform";
  let description = [{
    An op that goes on running functions while transforms of it are expanded: it
    is derived by deriving its functions.
  }];
  let methods = [
    InterfaceMethod<[{
      Replaces the functions, which are in the order of `callees`.
      }], "void", "setCallees",
      (ins "::llvm::ArrayRef<::mlir::FlatSymbolRefAttr>":$callees)>,
    InterfaceMethod<[{
      The operands that are the last arguments of a function, given by its place
      in `callees`, and the same each time that it is run.
      }], "::mlir::MutableOperandRange", "capturesOf", (ins "size_t":$callee)>,
    InterfaceMethod<[{
      Whether these are the same operands for all of the functions.
      }], "bool", "sharesCaptures">,
    InterfaceMethod<[{
      Builds in front of the op what does less and gives those of its results
      that are read, the others being null; whether there is less to do.
      }], "bool", "buildPruned",
      (ins "::xform::RuleBuilder &":$b,
           "::llvm::SmallVectorImpl<::mlir::Value> &":$results)>,
  ];
}

def Xform_SettleOpInterface : OpInterface<"SettleOpInterface"> {
  let cppNamespace = "::xform";
  let description = [{
    A call that keeps rules for as long as somebody may ask for a derivative or
    a batch of it.
  }];
  let methods = [
    InterfaceMethod<[{
      Builds what the op is when no transform is left.
      }], "::llvm::FailureOr<::llvm::SmallVector<::mlir::Value>>", "evaluate",
      (ins "::xform::RuleBuilder &":$b, "::mlir::ValueRange":$operands)>,
  ];
}

#endif // XFORM_DIALECT_INTERFACES
