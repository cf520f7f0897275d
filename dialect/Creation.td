//===- Creation.td - primitives without operands --------------------------===//

#ifndef XFORM_DIALECT_CREATION
#define XFORM_DIALECT_CREATION

include "dialect/Base.td"

def Xform_ConstantOp : Xform_Primitive<"constant", [
    ConstantLike, DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "a tensor known at compile time";
  let arguments = (ins ElementsAttr:$value);
  let assemblyFormat = "attr-dict $value";
  let jvp = (Zero);
  let transpose = (NotLinear);
  let batching = (Custom);
  let work = (Movement);
  let hasFolder = 1;
}

def Xform_IotaOp : Xform_Primitive<"iota"> {
  let summary = "each element's index along an axis";
  let arguments = (ins I64Attr:$axis);
  let results = (outs Xform_NumberTensor:$result);
  let assemblyFormat = "`axis` `=` $axis attr-dict `:` type($result)";
  let jvp = (Zero);
  let transpose = (NotLinear);
  let batching = (Custom);
  let work = (Movement);
  let hasVerifier = 1;
}

#endif // XFORM_DIALECT_CREATION
