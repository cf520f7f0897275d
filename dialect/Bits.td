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

class Xform_Shift<string mnemonic> : Xform_WholeBinary<mnemonic> {
  let description = "`y` counts as unsigned; where it is the width or more, all bits are shifted out.";
}

def Xform_ShiftLeftOp : Xform_Shift<"shift_left"> {
  let summary = "x shifted left by y bits; zeros move in";
}

def Xform_ShiftRightArithmeticOp : Xform_Shift<"shift_right_arithmetic"> {
  let summary = "x shifted right by y bits; copies of its highest bit move in";
}

def Xform_ShiftRightLogicalOp : Xform_Shift<"shift_right_logical"> {
  let summary = "x shifted right by y bits; zeros move in";
}

//===----------------------------------------------------------------------===//
// Floored division
//===----------------------------------------------------------------------===//

def Xform_FloorDivOp : Xform_Binary<"floor_div", Xform_NumberTensor> {
  let summary = "the exact quotient of x and y, rounded down";
  let description = "Integers divided by 0 give 0.";
  let jvp = (Zero);
  let transpose = (NotLinear);
  let work = (Division);
}

def Xform_FloorRemOp : Xform_Binary<"floor_rem", Xform_NumberTensor> {
  let summary = "the remainder of a division that is rounded down, with the sign of y";
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
  let summary = "the number of leading zero bits of x";
}

def Xform_GcdOp : Xform_WholeBinary<"gcd", [Commutative]> {
  let summary = "the greatest common divisor of the magnitudes of x and y";
  let work = (Transcendental);
}

def Xform_WrappingPowOp : Xform_WholeBinary<"wrapping_pow"> {
  let summary = "x raised to the power y, wrapping around; for negative y, 1 / x**-y truncated";
  let work = (Transcendental);
}

//===----------------------------------------------------------------------===//
// The bits of floats
//===----------------------------------------------------------------------===//

def Xform_BitcastOp : Xform_Primitive<"bitcast", [
    Elementwise, SameOperandsAndResultShape]> {
  let summary = "each element's bits, read as another type of the same width";
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
  let summary = "the next representable number after x in the direction of y";
  let jvp = (PerOperand $t, (Absent));
  let transpose = (NotLinear);
}

def Xform_CopySignOp : Xform_Binary<"copy_sign", Xform_FloatTensor> {
  let summary = "the magnitude of x with the sign of y";
  let jvp = (PerOperand
    (mul $t, (mul (sign $x), (copy_sign (lit "1"), $y))), (Absent));
  let transpose = (NotLinear);
}

#endif // XFORM_DIALECT_BITS
