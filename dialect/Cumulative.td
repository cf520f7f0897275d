//===- Cumulative.td - primitives that accumulate along an axis -----------===//

#ifndef XFORM_DIALECT_CUMULATIVE
#define XFORM_DIALECT_CUMULATIVE

include "dialect/Base.td"

class Xform_Cumulative<string mnemonic>
    : Xform_Primitive<mnemonic, [InferTypeOpAdaptor]> {
  let description = [{
    Element `i` along `axis` combines the elements up to `i`, itself included;
    with `reverse` those from `i` on.
  }];
  let arguments = (ins Xform_NumberTensor:$x, I64Attr:$axis, BoolAttr:$reverse);
  let defaults = ["reverse = False"];
  let results = (outs Xform_NumberTensor:$result);
  let assemblyFormat = "$x `axis` `=` $axis `reverse` `=` $reverse attr-dict `:` type($x)";
  let batching = (ShiftAxes "axis");
  let work = (Arithmetic);
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Xform_CumsumOp : Xform_Cumulative<"cumsum"> {
  let summary = "the running sum along an axis";
  let jvp = (Linear);
  let transpose = (Custom);
}

def Xform_CumprodOp : Xform_Cumulative<"cumprod"> {
  let summary = "the running product along an axis";
  let jvp = (Custom);
  let transpose = (NotLinear);
}

def Xform_CummaxOp : Xform_Cumulative<"cummax"> {
  let summary = "the largest element so far along an axis; NaN from the first NaN on";
  // The last of equal maxima has the tangent.
  let jvp = (Custom);
  let transpose = (NotLinear);
}

def Xform_CumminOp : Xform_Cumulative<"cummin"> {
  let summary = "the smallest element so far along an axis; NaN from the first NaN on";
  let jvp = (Custom);
  let transpose = (NotLinear);
}

#endif // XFORM_DIALECT_CUMULATIVE
