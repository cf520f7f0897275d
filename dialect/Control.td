//===- Control.td - loops and branches ------------------------------------===//
//
// Each runs functions of the module, named by symbol, and stays until
// --xform-lower-loops. The rules are in Scan.cpp, Conditional.cpp and While.cpp:
// an op is differentiated, split, transposed and batched by doing so to its
// functions.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_CONTROL
#define XFORM_DIALECT_CONTROL

include "mlir/IR/SymbolInterfaces.td"
include "dialect/Base.td"

class Xform_Control<string mnemonic, list<Trait> traits = []>
    : Xform_Op<mnemonic, !listconcat([
        Pure,
        DeclareOpInterfaceMethods<SymbolUserOpInterface>,
        DeclareOpInterfaceMethods<Xform_HigherOrderOpInterface>,
        DeclareOpInterfaceMethods<Xform_ControlOpInterface>,
        DeclareOpInterfaceMethods<Xform_JvpOpInterface>,
        DeclareOpInterfaceMethods<Xform_BatchOpInterface>,
        DeclareOpInterfaceMethods<Xform_SplitOpInterface>], traits)> {
  let results = (outs Variadic<Xform_Tensor>:$outs);
}

def Xform_ScanOp : Xform_Control<"scan", [
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<Xform_TransposeOpInterface>]> {
  let summary = "a function applied to one row after the other, which hands values on to the next step";
  let description = [{
    The function takes what is carried, a row of each of `xs`, and `captures`,
    which every step sees whole; it returns what is carried on, then a row of
    each stacked result. The results are the last carried values, then the
    stacked ones. With `reverse` the last row comes first. `length` is given
    where there are no `xs` to tell it. `unroll` steps are written out in each
    turn of the loop; with 1 the lowering chooses how many.

    ```mlir
    %last, %ys = xform.scan @cell(%h) over(%xs) captures(%w)
        : (tensor<4xf32>), (tensor<8x3xf32>), (tensor<3x4xf32>)
        -> tensor<4xf32>, tensor<8x4xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<Xform_Tensor>:$init,
                   Variadic<Xform_Tensor>:$xs, Variadic<Xform_Tensor>:$captures,
                   OptionalAttr<ConfinedAttr<I64Attr, [IntNonNegative]>>:$length,
                   UnitAttr:$reverse,
                   DefaultValuedAttr<ConfinedAttr<I64Attr, [IntPositive]>, "1">:$unroll);
  let assemblyFormat = [{
    $callee `(` $init `)` `over` `(` $xs `)` (`captures` `(` $captures^ `)`)?
    (`length` `=` $length^)? (`reverse` $reverse^)? (`unroll` `=` $unroll^)?
    attr-dict `:` custom<Types>(type($init), type($xs), type($captures), type($outs))
  }];
  let extraClassDeclaration = [{
    /// The number of steps, or ShapedType::kDynamic.
    int64_t lengthOf();
  }];
}

def Xform_SwitchOp : Xform_Control<"switch", [
    DeclareOpInterfaceMethods<Xform_TransposeOpInterface, ["isLinearIn"]>]> {
  let summary = "one of several functions, chosen by an index";
  let description = [{
    All functions take `inputs` and return the same types. Only the chosen one
    runs. A truth value chooses the second function where it is true; an index
    out of range chooses the nearest.

    ```mlir
    %y = xform.switch %less [@otherwise, @then](%x) : tensor<i1>, (tensor<3xf32>) -> tensor<3xf32>
    ```
  }];
  let arguments = (ins 0DTensorOf<[I1, I32, I64]>:$index,
                   FlatSymbolRefArrayAttr:$branches,
                   Variadic<Xform_Tensor>:$inputs);
  let assemblyFormat = [{
    $index $branches `(` $inputs `)` attr-dict
    `:` type($index) `,` functional-type($inputs, $outs)
  }];
}

def Xform_WhileOp : Xform_Control<"while", [
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<Xform_TransposeOpInterface, ["isLinearIn"]>]> {
  let summary = "a function applied again and again, for as long as another one says so";
  let description = [{
    Both functions take what is carried and captures of their own; `cond`
    returns a truth value, `body` what is carried on. It has forward derivatives
    only: how many steps' values a backward pass would need is not known. So a
    linear function that was split off it runs the loop again.

    ```mlir
    %y = xform.while(%x) cond @above(%limit) body @halve()
        : (tensor<f32>), (tensor<f32>), () -> tensor<f32>
    ```
  }];
  let arguments = (ins Variadic<Xform_Tensor>:$init,
                   FlatSymbolRefAttr:$cond, Variadic<Xform_Tensor>:$cond_captures,
                   FlatSymbolRefAttr:$body, Variadic<Xform_Tensor>:$body_captures);
  let assemblyFormat = [{
    `(` $init `)` `cond` $cond `(` $cond_captures `)` `body` $body `(` $body_captures `)`
    attr-dict
    `:` custom<Types>(type($init), type($cond_captures), type($body_captures), type($outs))
  }];
}

#endif // XFORM_DIALECT_CONTROL
