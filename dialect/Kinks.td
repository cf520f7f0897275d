//===- Kinks.td - derivatives of what has a kink --------------------------===//
//
// At its kink, |x| has the slope 1 on one side and -1 on the other, and max(x, y)
// is x on one side of a tie and y on the other. The derivative of a program there
// is the mean of those on both sides. For a single slope or share that is its
// value, 0 or one half. A product of two has another one: the square of a slope is
// 1 on both sides, and so is its mean. Which slopes and shares are of one kink is
// known as long as they are operations of their own; simplification multiplies
// them (lowering/KinkProducts.cpp), and when no transform is left,
// --xform-expand-transforms replaces them by their values.
//
// `levels` has a bit for each derivative that a slope or share comes from. A
// derivative of any order is a sum of products in which each of them occurs once, so
// only slopes of different ones are multiplied like this: the square of a
// gradient is that of a number.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_KINKS
#define XFORM_DIALECT_KINKS

include "dialect/Base.td"

def Xform_AbsSlopeOp : Xform_Unary<"abs_slope", Xform_FloatTensor> {
  let summary = "the slope of |x|, which is the sign of x and, at 0, the mean of -1 and 1";
  let arguments = (ins Xform_FloatTensor:$x, DefaultValuedAttr<I64Attr, "0">:$levels);
  let jvp = (Zero);
  let transpose = (NotLinear);
}

def Xform_ShareOp : Xform_Primitive<"share", [
    Elementwise, AllTypesMatch<["t", "result"]>, AllTypesMatch<["greater", "equal"]>]> {
  let summary = "all of t where one of two values is the greater, half of it where they are equal, else 0";
  let arguments = (ins Xform_FloatTensor:$t, Xform_BoolTensor:$greater,
                   Xform_BoolTensor:$equal, DefaultValuedAttr<I64Attr, "0">:$levels);
  let results = (outs Xform_FloatTensor:$result);
  let assemblyFormat = "$t `,` $greater `,` $equal attr-dict `:` type($t) `,` type($equal)";
  let linearOperands = ["t"];
  let jvp = (Linear);
  let transpose = (Custom);
  let batching = (ByElement);
  let work = (Arithmetic);
}

#endif // XFORM_DIALECT_KINKS
