//===- Custom.td - functions with rules of their own ----------------------===//
//
// A call of a function for which the user has said how it is differentiated and
// batched. It stays while there are transforms to come and is then the call that
// it looks like. The rules are in CustomRules.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_CUSTOM
#define XFORM_DIALECT_CUSTOM

include "mlir/IR/SymbolInterfaces.td"
include "dialect/Base.td"

class Xform_Custom<string mnemonic, list<string> ownTranspose = [], list<Trait> traits = []>
    : Xform_Op<mnemonic, !listconcat([
        Pure, AttrSizedOperandSegments,
        DeclareOpInterfaceMethods<SymbolUserOpInterface>,
        DeclareOpInterfaceMethods<Xform_ControlOpInterface>,
        DeclareOpInterfaceMethods<Xform_SettleOpInterface>,
        DeclareOpInterfaceMethods<Xform_JvpOpInterface>,
        DeclareOpInterfaceMethods<Xform_TransposeOpInterface, ownTranspose>,
        DeclareOpInterfaceMethods<Xform_BatchOpInterface>], traits)> {
  let results = (outs Variadic<Xform_Tensor>:$outs);
}

def Xform_CustomOp : Xform_Custom<"custom", [], [
    DeclareOpInterfaceMethods<Xform_HigherOrderOpInterface, ["rowsByRules"]>]> {
  let summary = "a call of a function that has rules of its own";
  let description = [{
    Every function takes `captures`, which have no tangents, behind its own
    arguments:

    - the callee and `forward` take the inputs; the callee returns the results,
      `forward` the results and what `backward` reads of them, the residuals;
    - `backward` takes the residuals and a cotangent for each floating result; it
      returns one for each floating input;
    - `jvp` takes the inputs and a tangent for each floating one; it returns the
      results and a tangent for each floating one;
    - those in `vmap` take the inputs, some of them with their rows along a new
      leading axis, and return the results, all or some of them so. One of them
      is chosen by which inputs are batched, and by how many rows.

    In reverse mode `backward` comes before `jvp`, in forward mode `jvp` before
    `backward`; the one that is missing is the transpose of the other. Without
    both the callee is differentiated. Without `vmap` the callee and the rules
    are batched alike. With `site`, a rule that is needed and missing is an error
    instead, or, where rules are asked for, becomes an entry of the module's
    `xform.asked`. With `symbolic_zeros`, so does which of its cotangents the
    backward rule is given that are not zero: it need not read the others.

    A call within a rule may be linear in tangents, and is transposed with the
    rule. Then a `backward` that it has takes the place of the callee's transpose,
    which keeps no rule and may not exist, as that of a loop. `has_backward` says
    that one can be asked for.

    ```mlir
    %y = xform.custom @f(%x) captures(%c) forward @f_forward backward @f_backward
        : (tensor<3xf32>), (tensor<f32>) -> tensor<3xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<Xform_Tensor>:$inputs,
                   Variadic<Xform_Tensor>:$captures,
                   OptionalAttr<FlatSymbolRefAttr>:$jvp,
                   OptionalAttr<FlatSymbolRefAttr>:$forward,
                   OptionalAttr<FlatSymbolRefAttr>:$backward,
                   OptionalAttr<FlatSymbolRefArrayAttr>:$vmap,
                   OptionalAttr<StrAttr>:$site, UnitAttr:$symbolicZeros,
                   UnitAttr:$hasBackward);
  let assemblyFormat = [{
    $callee `(` $inputs `)` (`captures` `(` $captures^ `)`)? (`jvp` $jvp^)?
    (`forward` $forward^)? (`backward` $backward^)? (`vmap` $vmap^)? (`site` $site^)?
    (`symbolic_zeros` $symbolicZeros^)? (`has_backward` $hasBackward^)?
    attr-dict `:` custom<CustomTypes>(type($inputs), type($captures), type($outs))
  }];
}

def Xform_PushforwardOp : Xform_Custom<"pushforward", ["isLinearIn"], [
    DeclareOpInterfaceMethods<Xform_HigherOrderOpInterface>,
    DeclareOpInterfaceMethods<Xform_SplitOpInterface>]> {
  let summary = "the tangents of the results of a custom call";
  let description = [{
    A linear map of the tangents of all floating inputs: `jvp` of the primals and
    these tangents or, without it, the transpose of `backward`. Its own transpose
    is `backward`, which then need not be linear, or, without it, that of `jvp`.
    Of what `jvp` returns the last values are the tangents. `site` is there if the
    custom call has `symbolic_zeros`.

    ```mlir
    %t = xform.pushforward backward @f_backward(%residual) tangents(%dx)
        : (), (tensor<3xf32>), (), (tensor<3xf32>) -> tensor<3xf32>
    ```
  }];
  let arguments = (ins OptionalAttr<FlatSymbolRefAttr>:$jvp,
                   Variadic<Xform_Tensor>:$primals,
                   OptionalAttr<FlatSymbolRefAttr>:$backward,
                   Variadic<Xform_Tensor>:$residuals,
                   Variadic<Xform_Tensor>:$captures,
                   Variadic<Xform_FloatTensor>:$tangents,
                   OptionalAttr<StrAttr>:$site);
  let assemblyFormat = [{
    (`jvp` $jvp^ `(` $primals `)`)? (`backward` $backward^ `(` $residuals `)`)?
    (`captures` `(` $captures^ `)`)? `tangents` `(` $tangents `)` (`site` $site^)? attr-dict `:`
    custom<PushforwardTypes>(type($primals), type($residuals), type($captures),
                             type($tangents), type($outs))
  }];
}

#endif // XFORM_DIALECT_CUSTOM
