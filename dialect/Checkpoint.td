//===- Checkpoint.td - values that the backward pass computes again -------===//
//
// The rules are in Checkpoint.cpp, what is saved and what is computed again is
// decided in CheckpointPolicy.cpp. --xform-expand-transforms inlines checkpoints
// when every derivative has been taken; the barriers stay until buffers are planned.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_CHECKPOINT
#define XFORM_DIALECT_CHECKPOINT

include "mlir/IR/SymbolInterfaces.td"
include "dialect/Base.td"

def Xform_CheckpointOp : Xform_Op<"checkpoint", [
    Pure,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<Xform_HigherOrderOpInterface>,
    DeclareOpInterfaceMethods<Xform_ControlOpInterface>,
    DeclareOpInterfaceMethods<Xform_JvpOpInterface>,
    DeclareOpInterfaceMethods<Xform_BatchOpInterface>,
    DeclareOpInterfaceMethods<Xform_SplitOpInterface>,
    DeclareOpInterfaceMethods<Xform_TransposeOpInterface>]> {
  let summary = "a call whose residuals are computed again in the backward pass";
  let description = [{
    A call that is a boundary to reverse mode: what lies between it and its
    pullback are its inputs and those values inside that the policy saves; the
    others are computed again when the cotangents have arrived. `policy` is

    - `nothing_saveable`, `everything_saveable`;
    - `dots_saveable`, results of contractions and convolutions, or
      `dots_with_no_batch_dims_saveable`, of contractions without batch dims;
    - `save_only_these_names`, `save_any_names_but_these` (other named values),
      `save_anything_except_these_names` with `names`, which
      `xform.checkpoint_name` gives;
    - `save_at_most` with `bytes`, the size of all that is saved: what is most
      work a byte to compute again, as far as it fits.

    ```mlir
    %y = xform.checkpoint @layer(%x, %w) policy = "save_only_these_names"
        names = ["hidden"] : (tensor<3xf32>, tensor<3x3xf32>) -> tensor<3xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<Xform_Tensor>:$inputs,
                   StrAttr:$policy, OptionalAttr<StrArrayAttr>:$names,
                   OptionalAttr<ConfinedAttr<I64Attr, [IntNonNegative]>>:$bytes);
  let results = (outs Variadic<Xform_Tensor>:$outs);
  let assemblyFormat = [{
    $callee `(` $inputs `)` `policy` `=` $policy (`names` `=` $names^)?
    (`bytes` `=` $bytes^)? attr-dict `:` functional-type($inputs, $outs)
  }];
  let hasVerifier = 1;
}

def Xform_BarrierOp : Xform_Op<"barrier", [
    Pure, AttrSizedOperandSegments, InferTypeOpAdaptor,
    DeclareOpInterfaceMethods<Xform_JvpOpInterface>,
    DeclareOpInterfaceMethods<Xform_BatchOpInterface>,
    DeclareOpInterfaceMethods<Xform_TransposeOpInterface, ["isLinearIn"]>]> {
  let summary = "values passed on unchanged, once others have been computed";
  let description = [{
    The results are the inputs. What is computed from them is not merged with
    what is computed from the inputs, and starts when the values in `after` are
    there: a recomputation then neither vanishes nor runs early.

    ```mlir
    %again = xform.barrier %x after(%ct : tensor<4xf32>) : tensor<3xf32>
    ```
  }];
  let arguments = (ins Variadic<Xform_Tensor>:$inputs, Variadic<Xform_Tensor>:$after);
  let results = (outs Variadic<Xform_Tensor>:$outs);
  let assemblyFormat = [{
    $inputs (`after` `(` $after^ `:` type($after) `)`)? attr-dict (`:` type($inputs)^)?
  }];
  let hasCanonicalizeMethod = 1;
}

#endif // XFORM_DIALECT_CHECKPOINT
