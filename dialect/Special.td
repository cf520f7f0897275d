//===- Special.td - functions beyond the elementary ones ------------------===//
//
// Element by element, on operands of one shape. Every derivative is made of
// these functions and elementary ones, so all orders exist.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_SPECIAL
#define XFORM_DIALECT_SPECIAL

include "dialect/Base.td"

foreach name = ["digamma", "logistic", "tanh"] in {
  def name : RuleOp;
}

def Xform_ErfInvOp : Xform_Unary<"erf_inv", Xform_FloatTensor> {
  let summary = "the inverse of the error function; NaN where |x| > 1";
  let jvp = (PerOperand (mul $t,
    (mul (lit "0.886226925452758013649083741671"), (exp (mul $result, $result)))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_LgammaOp : Xform_Unary<"lgamma", Xform_FloatTensor> {
  let summary = "the logarithm of |gamma(x)|; infinite at 0 and the negative integers";
  let jvp = (PerOperand (mul $t, (digamma $x)));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_DigammaOp : Xform_Unary<"digamma", Xform_FloatTensor> {
  let summary = "the derivative of lgamma; infinite at 0, NaN at the negative integers";
  let jvp = (Custom);
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_PolygammaOp : Xform_Unary<"polygamma", Xform_FloatTensor> {
  let summary = "the derivative of digamma of a fixed order of at least 1";
  let arguments = (ins Xform_FloatTensor:$x, I64Attr:$order);
  let assemblyFormat = "$x `,` $order attr-dict `:` type($x)";
  let jvp = (Custom);
  let transpose = (NotLinear);
  let work = (Transcendental);
  let hasVerifier = 1;
}

def Xform_GaussianOp : Xform_Unary<"gaussian", Xform_FloatTensor> {
  let summary = "the Gaussian exp(-x^2), accurate for large x";
  let jvp = (PerOperand (mul $t, (mul (mul (lit "-2"), $x), $result)));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_LogisticSlopeOp : Xform_Unary<"logistic_slope", Xform_FloatTensor> {
  let summary = "the derivative of the logistic function, accurate where that is close to 0 or 1";
  let jvp = (PerOperand
    (neg (mul $t, (mul $result, (tanh (mul (lit "0.5"), $x))))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_SincOp : Xform_Unary<"sinc", Xform_FloatTensor> {
  let summary = "the derivative of sin(x) / x of a fixed order, which is the function itself for order 0";
  let arguments = (ins Xform_FloatTensor:$x, I64Attr:$order);
  let defaults = ["order = 0"];
  let assemblyFormat = "$x `,` $order attr-dict `:` type($x)";
  let jvp = (Custom);
  let transpose = (NotLinear);
  let work = (Transcendental);
  let hasVerifier = 1;
}

def Xform_SincOfRootOp : Xform_Unary<"sinc_of_root", Xform_FloatTensor> {
  let summary = "j_n(z) / z^n at z = sqrt(x), for a fixed order n: cos(z) for -1, sin(z) / z for 0";
  let description = [{
    j_n is the spherical Bessel function of order n. The quotients are smooth in
    x, even at 0, where z is not; each is -2 times the derivative of the one
    before.
  }];
  let arguments = (ins Xform_FloatTensor:$x, I64Attr:$order);
  let defaults = ["order = 0"];
  let assemblyFormat = "$x `,` $order attr-dict `:` type($x)";
  let jvp = (Custom);
  let transpose = (NotLinear);
  let work = (Transcendental);
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// What has a derivative by convention at a point where there is none. That one
// is a number; those of a higher order are NaN.
//===----------------------------------------------------------------------===//

def Xform_DivNoNanOp : Xform_Binary<"div_no_nan", Xform_FloatTensor> {
  let summary = "the quotient of x and y, or 0 where y is 0, without a derivative there";
  let jvp = (PerOperand (div $t, $y), (neg (mul $t, (div $result, $y))));
  let transpose = (PerOperand (div $ct, $y), (Absent));
  let work = (Division);
}

def Xform_HalfPowOp : Xform_Unary<"half_pow", Xform_FloatTensor> {
  let summary = "x raised to the power exponent / 2, for an odd exponent of at least -1; 0 where x is 0";
  let description = [{
    For roots of sums of squares, their powers and their derivatives. The
    derivative at 0 is 0 for exponent 1, like that of a norm, and NaN for
    exponent -1.
  }];
  let arguments = (ins Xform_FloatTensor:$x, I64Attr:$exponent);
  let assemblyFormat = "$x `,` $exponent attr-dict `:` type($x)";
  let jvp = (Custom);
  let transpose = (NotLinear);
  let work = (Division);
  let hasVerifier = 1;
}

def Xform_HypotOp : Xform_Binary<"hypot", Xform_FloatTensor, [Commutative]> {
  let summary = "the length of the vector (x, y), computed without overflow";
  let jvp = (PerOperand
    (mul $t, (div_no_nan $x, $result)), (mul $t, (div_no_nan $y, $result)));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

def Xform_LogAddExpOp : Xform_Binary<"log_add_exp", Xform_FloatTensor, [Commutative]> {
  let summary = "the logarithm of exp(x) + exp(y), computed without overflow";
  // Equal infinities have no difference; they share the derivative.
  let jvp = (PerOperand
    (mul $t, (logistic (select
      (and (eq $x, $y), (ne (sub $x, $y), (sub $x, $y))), (lit "0"), (sub $x, $y)))),
    (mul $t, (logistic (select
      (and (eq $x, $y), (ne (sub $y, $x), (sub $y, $x))), (lit "0"), (sub $y, $x)))));
  let transpose = (NotLinear);
  let work = (Transcendental);
}

#endif // XFORM_DIALECT_SPECIAL
