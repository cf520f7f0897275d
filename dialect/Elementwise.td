//===- Elementwise.td - primitives that act element by element ------------===//
//
// The operands of one op have one shape; nothing is broadcast implicitly.
// Derivatives at kinks and limits are those that docs/semantics.md lists.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_ELEMENTWISE
#define XFORM_DIALECT_ELEMENTWISE

include "dialect/Base.td"

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

def Xform_NegOp : Xform_Unary<"neg", Xform_NumberTensor> {
  let summary = "the negative of x; integers wrap around";
  let jvp = (Linear);
  let transpose = (PerOperand (neg $ct));
  let hasFolder = 1;
}

def Xform_AddOp : Xform_Binary<"add", Xform_NumberTensor, [Commutative]> {
  let summary = "the sum of x and y; integers wrap around";
  let jvp = (PerOperand $t, $t);
  let transpose = (PerOperand $ct, $ct);
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def Xform_SubOp : Xform_Binary<"sub", Xform_NumberTensor> {
  let summary = "the difference of x and y; integers wrap around";
  let jvp = (PerOperand $t, (neg $t));
  let transpose = (PerOperand $ct, (neg $ct));
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def Xform_MulOp : Xform_Binary<"mul", Xform_NumberTensor, [Commutative]> {
  let summary = "the product of x and y; integers wrap around";
  let jvp = (Bilinear);
  let transpose = (PerOperand (mul $ct, $y), (mul $x, $ct));
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
}

def Xform_DivOp : Xform_Binary<"div", Xform_NumberTensor> {
  let summary = "the quotient of x and y; integers truncate towards zero, and are undefined where y is 0";
  let jvp = (PerOperand (div $t, $y), (neg (mul $t, (div $result, $y))));
  let transpose = (PerOperand (div $ct, $y), (Absent));
  let work = (Division);
  let hasFolder = 1;
}

def Xform_RemOp : Xform_Binary<"rem", Xform_NumberTensor> {
  let summary = "the remainder of a division that truncates, with the sign of x";
  let jvp = (PerOperand $t, (neg (mul $t, (trunc (div $x, $y)))));
  let transpose = (NotLinear);
  let work = (Division);
}

def Xform_MaxOp : Xform_Binary<"max", Xform_NumberTensor, [Commutative]> {
  let summary = "the larger of x and y; NaN if either is NaN";
  // Ties give each operand one half, so that the derivative is symmetric.
  let jvp = (PerOperand
    (share $t, (gt $x, $y), (eq $x, $y)), (share $t, (gt $y, $x), (eq $x, $y)));
  let transpose = (NotLinear);
}

def Xform_MinOp : Xform_Binary<"min", Xform_NumberTensor, [Commutative]> {
  let summary = "the smaller of x and y; NaN if either is NaN";
  let jvp = (PerOperand
    (share $t, (lt $x, $y), (eq $x, $y)), (share $t, (lt $y, $x), (eq $x, $y)));
  let transpose = (NotLinear);
}

def Xform_AbsOp : Xform_Unary<"abs", Xform_NumberTensor> {
  let summary = "the absolute value of x";
  let jvp = (PerOperand (mul $t, (abs_slope $x)));
  let transpose = (NotLinear);
}

def Xform_SignOp : Xform_Unary<"sign", Xform_NumberTensor> {
  let summary = "the sign of x: -1, 0 or 1; a zero keeps its sign, and NaN stays NaN";
  let jvp = (Zero);
  let transpose = (NotLinear);
}

def Xform_PowOp : Xform_Binary<"pow", Xform_FloatTensor> {
  let summary = "x raised to the power y, with the special cases of C's pow";
  // The derivative by x is 0 where y is 0, also where x is 0 or NaN; that by y is
  // 0 where x is 0 and y is not negative, as the limits say. There the functions
  // behind them get 1 for x: what a select does not choose still meets the next
  // derivative, and zero times infinity would not be zero.
  let jvp = (PerOperand
    (mul $t, (select
      (and (eq $y, (lit "0")), (not (or (lt $x, (lit "0")), (gt $x, (lit "0"))))),
      (lit "0"),
      (mul $y, (pow
        (select
          (and (eq $y, (lit "0")), (not (or (lt $x, (lit "0")), (gt $x, (lit "0"))))),
          (lit "1"), $x),
        (sub $y, (lit "1")))))),
    (mul $t, (mul
      (pow (select (and (eq $x, (lit "0")), (ge $y, (lit "0"))), (lit "1"), $x), $y),
      (log (select (and (eq $x, (lit "0")), (ge $y, (lit "0"))), (lit "1"), $x)))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_IntegerPowOp : Xform_Unary<"integer_pow", Xform_NumberTensor> {
  let summary = "x raised to a fixed integer power, by repeated squaring";
  let arguments = (ins Xform_NumberTensor:$x, I64Attr:$exponent);
  let assemblyFormat = "$x `,` $exponent attr-dict `:` type($x)";
  let jvp = (Custom);
  let transpose = (NotLinear);
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Xform_FloorOp : Xform_Unary<"floor", Xform_FloatTensor> {
  let summary = "the largest integer that is not greater than x";
  let jvp = (Zero);
  let transpose = (NotLinear);
}

def Xform_CeilOp : Xform_Unary<"ceil", Xform_FloatTensor> {
  let summary = "the smallest integer that is not less than x";
  let jvp = (Zero);
  let transpose = (NotLinear);
}

def Xform_RoundOp : Xform_Unary<"round", Xform_FloatTensor> {
  let summary = "the nearest integer; ties go to the even one";
  let jvp = (Zero);
  let transpose = (NotLinear);
}

def Xform_TruncOp : Xform_Unary<"trunc", Xform_FloatTensor> {
  let summary = "x rounded towards zero";
  let jvp = (Zero);
  let transpose = (NotLinear);
}

//===----------------------------------------------------------------------===//
// Roots, exponentials, logarithms
//===----------------------------------------------------------------------===//

def Xform_SqrtOp : Xform_Unary<"sqrt", Xform_FloatTensor> {
  let summary = "the square root";
  let jvp = (PerOperand (div (mul $t, (lit "0.5")), $result));
  let transpose = (NotLinear);
  let work = (Division);
}

def Xform_RsqrtOp : Xform_Unary<"rsqrt", Xform_FloatTensor> {
  let summary = "the reciprocal of the square root of x";
  let jvp = (PerOperand (mul $t, (mul (lit "-0.5"), (div $result, $x))));
  let transpose = (NotLinear);
  let work = (Division);
}

def Xform_CbrtOp : Xform_Unary<"cbrt", Xform_FloatTensor> {
  let summary = "the cube root of x";
  let jvp = (PerOperand (div $t, (mul (lit "3"), (mul $result, $result))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_ExpOp : Xform_Unary<"exp", Xform_FloatTensor> {
  let summary = "the exponential of x";
  let jvp = (PerOperand (mul $t, $result));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_Exp2Op : Xform_Unary<"exp2", Xform_FloatTensor> {
  let summary = "2 raised to the power x";
  let jvp = (PerOperand (mul $t, (mul $result, (lit "0.693147180559945309417232121458"))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_Expm1Op : Xform_Unary<"expm1", Xform_FloatTensor> {
  let summary = "the exponential of x, less 1; accurate where x is near 0";
  // exp(x) and not result + 1, which loses all digits for large negative x.
  let jvp = (PerOperand (mul $t, (exp $x)));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_LogOp : Xform_Unary<"log", Xform_FloatTensor> {
  let summary = "the natural logarithm of x";
  let jvp = (PerOperand (div $t, $x));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_Log2Op : Xform_Unary<"log2", Xform_FloatTensor> {
  let summary = "the logarithm of x to base 2";
  let jvp = (PerOperand (div (mul $t, (lit "1.44269504088896340735992468100")), $x));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_Log10Op : Xform_Unary<"log10", Xform_FloatTensor> {
  let summary = "the logarithm of x to base 10";
  let jvp = (PerOperand (div (mul $t, (lit "0.434294481903251827651128918917")), $x));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_Log1pOp : Xform_Unary<"log1p", Xform_FloatTensor> {
  let summary = "the natural logarithm of 1 + x, accurate where x is near 0";
  let jvp = (PerOperand (div $t, (add $x, (lit "1"))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

//===----------------------------------------------------------------------===//
// Trigonometric and hyperbolic functions
//===----------------------------------------------------------------------===//

def Xform_SinOp : Xform_Unary<"sin", Xform_FloatTensor> {
  let summary = "the sine of x radians";
  let jvp = (PerOperand (mul $t, (cos $x)));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_CosOp : Xform_Unary<"cos", Xform_FloatTensor> {
  let summary = "the cosine of x radians";
  let jvp = (PerOperand (neg (mul $t, (sin $x))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_TanOp : Xform_Unary<"tan", Xform_FloatTensor> {
  let summary = "the tangent of x radians";
  let jvp = (PerOperand (mul $t, (add (lit "1"), (mul $result, $result))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_AsinOp : Xform_Unary<"asin", Xform_FloatTensor> {
  let summary = "the inverse sine, in radians";
  // (1 - x)(1 + x) and not 1 - x*x, which cancels near the ends.
  let jvp = (PerOperand
    (div $t, (sqrt (mul (sub (lit "1"), $x), (add (lit "1"), $x)))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_AcosOp : Xform_Unary<"acos", Xform_FloatTensor> {
  let summary = "the inverse cosine, in radians";
  let jvp = (PerOperand
    (neg (div $t, (sqrt (mul (sub (lit "1"), $x), (add (lit "1"), $x))))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_AtanOp : Xform_Unary<"atan", Xform_FloatTensor> {
  let summary = "the inverse tangent, in radians";
  let jvp = (PerOperand (div $t, (add (lit "1"), (mul $x, $x))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_Atan2Op : Xform_Binary<"atan2", Xform_FloatTensor> {
  let summary = "the angle of the point (x, y), in radians";
  let arguments = (ins Xform_FloatTensor:$y, Xform_FloatTensor:$x);
  let assemblyFormat = "$y `,` $x attr-dict `:` type($y)";
  // Divided by the distance twice and not by its square, which over- and
  // underflows. The derivative at the origin is 0.
  let jvp = (PerOperand
    (mul $t, (div_no_nan (div_no_nan $x, (hypot $x, $y)), (hypot $x, $y))),
    (neg (mul $t,
      (div_no_nan (div_no_nan $y, (hypot $x, $y)), (hypot $x, $y)))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_SinhOp : Xform_Unary<"sinh", Xform_FloatTensor> {
  let summary = "the hyperbolic sine";
  let jvp = (PerOperand (mul $t, (cosh $x)));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_CoshOp : Xform_Unary<"cosh", Xform_FloatTensor> {
  let summary = "the hyperbolic cosine";
  let jvp = (PerOperand (mul $t, (sinh $x)));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_TanhOp : Xform_Unary<"tanh", Xform_FloatTensor> {
  let summary = "the hyperbolic tangent";
  // 1 / cosh(x)^2, and not 1 - result * result, which is 0 where the result
  // rounds to 1.
  let jvp = (PerOperand
    (mul $t, (mul (lit "4"), (logistic_slope (add $x, $x)))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_AsinhOp : Xform_Unary<"asinh", Xform_FloatTensor> {
  let summary = "the inverse hyperbolic sine";
  let jvp = (PerOperand (div $t, (hypot $x, (lit "1"))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_AcoshOp : Xform_Unary<"acosh", Xform_FloatTensor> {
  let summary = "the inverse hyperbolic cosine";
  // Two roots, because the product overflows; it is also positive below -1.
  let jvp = (PerOperand
    (div $t, (mul (sqrt (sub $x, (lit "1"))), (sqrt (add $x, (lit "1"))))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_AtanhOp : Xform_Unary<"atanh", Xform_FloatTensor> {
  let summary = "the inverse hyperbolic tangent";
  let jvp = (PerOperand
    (div $t, (mul (sub (lit "1"), $x), (add (lit "1"), $x))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_LogisticOp : Xform_Unary<"logistic", Xform_FloatTensor> {
  let summary = "the logistic function 1 / (1 + exp(-x))";
  let jvp = (PerOperand (mul $t, (logistic_slope $x)));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_ErfOp : Xform_Unary<"erf", Xform_FloatTensor> {
  let summary = "the error function";
  let jvp = (PerOperand (mul $t,
    (mul (lit "1.12837916709551257389615890312"), (gaussian $x))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_ErfcOp : Xform_Unary<"erfc", Xform_FloatTensor> {
  let summary = "the complementary error function, accurate for large x";
  let jvp = (PerOperand (mul $t,
    (mul (lit "-1.12837916709551257389615890312"), (gaussian $x))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

//===----------------------------------------------------------------------===//
// Bits and truth values
//===----------------------------------------------------------------------===//

class Xform_Logical<string mnemonic>
    : Xform_Binary<mnemonic, Xform_IntTensor, [Commutative]> {
  let jvp = (Zero);
  let transpose = (NotLinear);
}

def Xform_AndOp : Xform_Logical<"and"> { let summary = "the bitwise and of x and y"; }
def Xform_OrOp : Xform_Logical<"or"> { let summary = "the bitwise or of x and y"; }
def Xform_XorOp : Xform_Logical<"xor"> { let summary = "the bitwise exclusive or of x and y"; }

def Xform_NotOp : Xform_Unary<"not", Xform_IntTensor> {
  let summary = "the bitwise complement of x";
  let jvp = (Zero);
  let transpose = (NotLinear);
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Comparison, selection, conversion
//===----------------------------------------------------------------------===//

class Xform_Comparison<string mnemonic, list<Trait> traits = []>
    : Xform_Primitive<mnemonic, !listconcat([
        Elementwise, AllTypesMatch<["x", "y"]>,
        InferTypeOpAdaptor], traits)> {
  let arguments = (ins Xform_Tensor:$x, Xform_Tensor:$y);
  let results = (outs Xform_BoolTensor:$result);
  let assemblyFormat = "$x `,` $y attr-dict `:` type($x)";
  let batching = (ByElement);
  let work = (Arithmetic);
  let jvp = (Zero);
  let transpose = (NotLinear);
}

def Xform_EqOp : Xform_Comparison<"eq", [Commutative]> { let summary = "whether x and y are equal"; }
def Xform_NeOp : Xform_Comparison<"ne", [Commutative]> { let summary = "whether x and y differ"; }
def Xform_LtOp : Xform_Comparison<"lt"> { let summary = "whether x is less than y"; }
def Xform_LeOp : Xform_Comparison<"le"> { let summary = "whether x is at most y"; }
def Xform_GtOp : Xform_Comparison<"gt"> { let summary = "whether x is greater than y"; }
def Xform_GeOp : Xform_Comparison<"ge"> { let summary = "whether x is at least y"; }

def Xform_SelectOp : Xform_Primitive<"select", [
    Elementwise, AllTypesMatch<["x", "y", "result"]>]> {
  let summary = "x where the predicate is true, y elsewhere";
  let arguments = (ins Xform_BoolTensor:$pred, Xform_Tensor:$x, Xform_Tensor:$y);
  let assemblyFormat = "$pred `,` $x `,` $y attr-dict `:` type($pred) `,` type($x)";
  let linearOperands = ["x", "y"];
  let jvp = (Linear);
  let transpose = (PerOperand (Absent),
    (select $pred, $ct, (lit "0")), (select $pred, (lit "0"), $ct));
  let batching = (ByElement);
  let work = (Arithmetic);
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Xform_ConvertOp : Xform_Primitive<"convert", [
    Elementwise, SameOperandsAndResultShape]> {
  let summary = "each element converted to another type";
  let description = [{
    Floats become integers by truncation, and `i1` by comparison with 0; between
    integers, bits are cut or extended by the sign of the operand's type.
  }];
  let arguments = (ins Xform_Tensor:$x);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($result)";
  let jvp = (Custom);
  let transpose = (Custom);
  let batching = (Custom);
  let work = (Arithmetic);
  let hasFolder = 1;
}

def Xform_StopGradientOp : Xform_Unary<"stop_gradient", Xform_Tensor> {
  let summary = "x, treated as a constant by derivatives";
  let jvp = (Zero);
  let transpose = (NotLinear);
  let work = (Movement);
}

def Xform_CheckpointNameOp : Xform_Unary<"checkpoint_name", Xform_Tensor> {
  let summary = "x, with a name for the policies of xform.checkpoint to refer to";
  let arguments = (ins Xform_Tensor:$x, StrAttr:$name);
  let assemblyFormat = "$x `,` $name attr-dict `:` type($x)";
  let jvp = (PerOperand $t);
  let transpose = (PerOperand $ct);
  let work = (Movement);
}

#endif // XFORM_DIALECT_ELEMENTWISE
