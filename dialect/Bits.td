//===- Bits.td - primitives on bit patterns and whole numbers -------------===//
//
// Element by element, on operands of one shape. Integers have no derivatives;
// floats take part in floored division and where bits define a function.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_BITS
#define XFORM_DIALECT_BITS

include "dialect/Base.td"

def copy_sign : RuleOp;
def floor : RuleOp;

def Xform_WholeTensor : RankedTensorOf<[Xform_Int]>;

class Xform_WholeUnary<string mnemonic>
    : Xform_Unary<mnemonic, Xform_WholeTensor> {
  let jvp = (Zero);
  let transpose = (NotLinear);
}

class Xform_WholeBinary<string mnemonic, list<Trait> traits = []>
    : Xform_Binary<mnemonic, Xform_WholeTensor, traits> {
  let jvp = (Zero);
  let transpose = (NotLinear);
}

//===----------------------------------------------------------------------===//
// Shifts
//===----------------------------------------------------------------------===//

def Xform_ShiftLeftOp : Xform_WholeBinary<"shift_left"> {
  let summary = "x shifted left by y bits, filled with zeros";
  let description = "`y` counts as unsigned: all bits are gone from the width onwards.";
}

def Xform_ShiftRightArithmeticOp : Xform_WholeBinary<"shift_right_arithmetic"> {
  let summary = "x shifted right by y bits, filled with its highest bit";
  let description = "`y` counts as unsigned: all bits are gone from the width onwards.";
}

def Xform_ShiftRightLogicalOp : Xform_WholeBinary<"shift_right_logical"> {
  let summary = "x shifted right by y bits, filled with zeros";
  let description = "`y` counts as unsigned: all bits are gone from the width onwards.";
}

//===----------------------------------------------------------------------===//
// Floored division
//===----------------------------------------------------------------------===//

def Xform_FloorDivOp : Xform_Binary<"floor_div", Xform_NumberTensor> {
  let summary = "the floor of x / y, the exact quotient";
  let description = "Integers divided by 0 give 0.";
  let jvp = (Zero);
  let transpose = (NotLinear);
  let work = (Division);
}

def Xform_FloorRemOp : Xform_Binary<"floor_rem", Xform_NumberTensor> {
  let summary = "x - y * floor(x / y), with the sign of y";
  let description = "Integers divided by 0 give 0.";
  let jvp = (PerOperand $t, (neg (mul $t, (floor (div $x, $y)))));
  let transpose = (NotLinear);
  let work = (Division);
}

//===----------------------------------------------------------------------===//
// Counting, whole numbers
//===----------------------------------------------------------------------===//

def Xform_PopcountOp : Xform_WholeUnary<"popcount"> {
  let summary = "the number of bits of x that are set";
}

def Xform_ClzOp : Xform_WholeUnary<"clz"> {
  let summary = "the number of zero bits in front of the first that is set";
}

def Xform_GcdOp : Xform_WholeBinary<"gcd", [Commutative]> {
  let summary = "the greatest common divisor of |x| and |y|";
  let work = (Transcendental);
}

def Xform_WrappingPowOp : Xform_WholeBinary<"wrapping_pow"> {
  let summary = "x to the power y, wrapping; for negative y the truncated 1 / x**-y";
  let work = (Transcendental);
}

//===----------------------------------------------------------------------===//
// The bits of floats
//===----------------------------------------------------------------------===//

def Xform_BitcastOp : Xform_Primitive<"bitcast", [
    Elementwise, SameOperandsAndResultShape]> {
  let summary = "the bits of each element, read as another type of the same width";
  let arguments = (ins Xform_NumberTensor:$x);
  let results = (outs Xform_NumberTensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($result)";
  let jvp = (Zero);
  let transpose = (NotLinear);
  let batching = (ByElement);
  let work = (Movement);
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Xform_NextAfterOp : Xform_Binary<"next_after", Xform_FloatTensor> {
  let summary = "the number next to x in the direction of y";
  let jvp = (PerOperand $t, (Absent));
  let transpose = (NotLinear);
}

def Xform_CopySignOp : Xform_Binary<"copy_sign", Xform_FloatTensor> {
  let summary = "|x| with the sign of y";
  let jvp = (PerOperand
    (mul $t, (mul (sign $x), (copy_sign (lit "1"), $y))), (Absent));
  let transpose = (NotLinear);
}

#endif // XFORM_DIALECT_BITS
