//===- Opaque.td - calls of what was compiled before ----------------------===//
//
// A module that was loaded from a file is machine code, so nothing is known of
// what it computes but its types. The op has no rules: a custom call around it
// says what becomes of it where a derivative or a batch is asked for.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_OPAQUE
#define XFORM_DIALECT_OPAQUE

include "dialect/Base.td"

def Xform_CallModuleOp : Xform_Op<"call_module", [Pure]> {
  let summary = "the results of an entry point of another compiled module";
  let description = [{
    `module` is the name under which the other module is there when the program
    runs. It may write into the memory of the operands in `copied`, or return
    it, so each is given a copy. With `open`, sizes of its arguments or results
    are open until the call. `flops`, `bytes` and `additions` are what a call
    is worth, see Work.h.

    ```mlir
    %y = xform.call_module "predict" of "mIvJ9a"(%x) copied [0] flops 100 bytes 80 additions 300
        : (tensor<2x3xf32>) -> tensor<2xf32>
    ```
  }];
  let arguments = (ins StrAttr:$entry, StrAttr:$module, Variadic<Xform_Tensor>:$inputs,
                   DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$copied,
                   DefaultValuedAttr<I64Attr, "0">:$flops,
                   DefaultValuedAttr<I64Attr, "0">:$bytes,
                   DefaultValuedAttr<I64Attr, "0">:$additions,
                   DefaultValuedAttr<BoolAttr, "false">:$open);
  let results = (outs Variadic<Xform_Tensor>:$outs);
  let assemblyFormat = [{
    $entry `of` $module `(` $inputs `)` (`copied` $copied^)? (`flops` $flops^)?
    (`bytes` $bytes^)? (`additions` $additions^)? (`open` $open^)? attr-dict
    `:` functional-type($inputs, $outs)
  }];
  let hasVerifier = 1;
}

#endif // XFORM_DIALECT_OPAQUE
