//===- Transforms.td - the transform operations ---------------------------===//
//
// Each names a function of the module by symbol. --xform-expand-transforms
// replaces all of them; `map` becomes a scan that carries nothing.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_TRANSFORMS
#define XFORM_DIALECT_TRANSFORMS

include "mlir/IR/SymbolInterfaces.td"
include "dialect/Base.td"

class Xform_Transform<string mnemonic, list<Trait> traits = []>
    : Xform_Op<mnemonic, !listconcat([
        Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>,
        DeclareOpInterfaceMethods<Xform_HigherOrderOpInterface>], traits)> {
  let results = (outs Variadic<Xform_Tensor>:$outs);
}

def Xform_VmapOp : Xform_Transform<"vmap", [AttrSizedOperandSegments]> {
  let summary = "a function applied to each row of a batch";
  let description = [{
    `in_dims` names for each operand the axis along which its rows lie, or
    `none`; `out_dims` does so for each result. A result with `none` must not
    depend on a batched operand.

    A draw of random bits with a key that all rows share is one for all rows;
    with `row_numbers`, each row makes its own, with the key and its number.

    ```mlir
    %y = xform.vmap @f(%x, %w) in_dims = [0, none] out_dims = [0]
        : (tensor<8x3xf32>, tensor<3xf32>) -> tensor<8xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<Xform_Tensor>:$inputs,
                   Optional<RankedTensorOf<[UI32]>>:$row_numbers,
                   DenseI64ArrayAttr:$in_dims, DenseI64ArrayAttr:$out_dims);
  let assemblyFormat = [{
    $callee `(` $inputs `)` `in_dims` `=` custom<BatchDims>($in_dims)
    `out_dims` `=` custom<BatchDims>($out_dims)
    (`row_numbers` `(` $row_numbers^ `:` type($row_numbers) `)`)? attr-dict
    `:` functional-type($inputs, $outs)
  }];
}

def Xform_JvpOp : Xform_Transform<"jvp", [AttrSizedOperandSegments]> {
  let summary = "a function and its derivative along tangents";
  let description = [{
    `argnums` names the operands that have a tangent, in increasing order. The
    results are those of the function, then a tangent for each floating one.
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<Xform_Tensor>:$primals,
                   Variadic<Xform_FloatTensor>:$tangents, DenseI64ArrayAttr:$argnums);
  let assemblyFormat = [{
    $callee `(` $primals `)` `tangents` `(` $tangents `)` `argnums` `=` $argnums
    attr-dict `:` `(` type($primals) `)` `,` `(` type($tangents) `)` `->` type($outs)
  }];
}

def Xform_VjpOp : Xform_Transform<"vjp", [AttrSizedOperandSegments]> {
  let summary = "a function and its pullback of cotangents";
  let description = [{
    There is a cotangent for each floating result of the function. The results
    are those of the function, then the cotangents of the operands in `argnums`.
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<Xform_Tensor>:$primals,
                   Variadic<Xform_FloatTensor>:$cotangents, DenseI64ArrayAttr:$argnums);
  let assemblyFormat = [{
    $callee `(` $primals `)` `cotangents` `(` $cotangents `)` `argnums` `=` $argnums
    attr-dict `:` `(` type($primals) `)` `,` `(` type($cotangents) `)` `->` type($outs)
  }];
}

def Xform_GradOp : Xform_Transform<"grad"> {
  let summary = "the gradient of a function's first result, a floating scalar";
  let description = [{
    The results are the gradients by the operands in `argnums`, then, with
    `with_value`, the value, then, with `has_aux`, the function's other results.

    ```mlir
    %g = xform.grad @loss(%x) argnums = [0] : (tensor<3xf32>) -> tensor<3xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<Xform_Tensor>:$primals,
                   DenseI64ArrayAttr:$argnums, UnitAttr:$with_value, UnitAttr:$has_aux);
  let assemblyFormat = [{
    $callee `(` $primals `)` `argnums` `=` $argnums (`with_value` $with_value^)?
    (`has_aux` $has_aux^)? attr-dict `:` functional-type($primals, $outs)
  }];
}

def Xform_MapOp : Xform_Transform<"map", [AttrSizedOperandSegments]> {
  let summary = "a function applied to each row in turn, its results stacked";
  let description = [{
    Sequential over the leading axis of `xs`; `captures` are passed whole.

    ```mlir
    %ys = xform.map @body(%xs) captures(%w)
        : (tensor<8x3xf32>), (tensor<3xf32>) -> tensor<8xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<Xform_Tensor>:$xs,
                   Variadic<Xform_Tensor>:$captures);
  let assemblyFormat = [{
    $callee `(` $xs `)` (`captures` `(` $captures^ `)`)? attr-dict
    `:` `(` type($xs) `)` (`,` `(` type($captures)^ `)`)? `->` type($outs)
  }];
}

#endif // XFORM_DIALECT_TRANSFORMS
