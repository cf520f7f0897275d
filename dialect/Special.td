//===- Special.td - functions beyond the elementary ones ------------------===//
//
// Element by element, on operands of one shape. Every derivative is made of
// these functions and elementary ones, so all orders exist.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_SPECIAL
#define XFORM_DIALECT_SPECIAL

include "dialect/Base.td"

def digamma : RuleOp;
def logistic : RuleOp;

def Xform_ErfInvOp : Xform_Unary<"erf_inv", Xform_FloatTensor> {
  let summary = "the number whose error function is x; NaN where |x| > 1";
  let jvp = (PerOperand (mul $t,
    (mul (lit "0.886226925452758013649083741671"), (exp (mul $result, $result)))));
  let transpose = (NotLinear);
}

def Xform_LgammaOp : Xform_Unary<"lgamma", Xform_FloatTensor> {
  let summary = "log(|gamma(x)|); infinite at 0 and the negative integers";
  let jvp = (PerOperand (mul $t, (digamma $x)));
  let transpose = (NotLinear);
}

def Xform_DigammaOp : Xform_Unary<"digamma", Xform_FloatTensor> {
  let summary = "the derivative of lgamma; infinite at 0, NaN at the negative integers";
  let jvp = (Custom);
  let transpose = (NotLinear);
}

def Xform_PolygammaOp : Xform_Unary<"polygamma", Xform_FloatTensor> {
  let summary = "the derivative of digamma of a fixed order, at least 1";
  let arguments = (ins Xform_FloatTensor:$x, I64Attr:$order);
  let assemblyFormat = "$x `,` $order attr-dict `:` type($x)";
  let jvp = (Custom);
  let transpose = (NotLinear);
  let hasVerifier = 1;
}

def Xform_HypotOp : Xform_Binary<"hypot", Xform_FloatTensor, [Commutative]> {
  let summary = "the length of the vector (x, y), without overflow";
  // At the origin the derivatives are 0.
  let jvp = (PerOperand
    (mul $t, (div $x, (select (eq $result, (lit "0")), (lit "1"), $result))),
    (mul $t, (div $y, (select (eq $result, (lit "0")), (lit "1"), $result))));
  let transpose = (NotLinear);
}

def Xform_LogAddExpOp : Xform_Binary<"log_add_exp", Xform_FloatTensor, [Commutative]> {
  let summary = "log(exp(x) + exp(y)), without overflow";
  // Equal infinities have no difference; they share the derivative.
  let jvp = (PerOperand
    (mul $t, (logistic (select
      (and (eq $x, $y), (ne (sub $x, $y), (sub $x, $y))), (lit "0"), (sub $x, $y)))),
    (mul $t, (logistic (select
      (and (eq $x, $y), (ne (sub $y, $x), (sub $y, $x))), (lit "0"), (sub $y, $x)))));
  let transpose = (NotLinear);
}

#endif // XFORM_DIALECT_SPECIAL
