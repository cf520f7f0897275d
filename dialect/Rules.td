//===- Rules.td - how a primitive states its rules ------------------------===//
//
// A primitive states its derivative, its transpose, its batching rule and what
// it costs beside its operands, as dags that mlir-tblgen passes over and
// generate_rules.py reads. A rule is a keyword of the lists below or an
// expression of primitives; what needs a loop is (Custom) and stands in the .cpp
// of the op's family, or in Work.cpp.
// A field left unset fails the build.
//
// In an expression:
//   $t        the tangent of the operand that the expression stands for (jvp)
//   $ct       the cotangent of the result (transpose)
//   $result   the result of the op itself (jvp)
//   $name     the operand of that name
//   (lit "2") a constant of the result's type, in every element
//   (op a, b) the primitive of that name
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_RULES
#define XFORM_DIALECT_RULES

class RuleKeyword;

// jvp ------------------------------------------------------------------------
// One expression an operand, `(Absent)` where it has no tangent; the result's
// tangent is the sum over the operands that have one.
def PerOperand : RuleKeyword;
def Absent : RuleKeyword;
// The op applied to the tangents of its differentiable operands, the others kept.
def Linear : RuleKeyword;
// The op is linear in each of its two operands alone.
def Bilinear : RuleKeyword;
// The result has no tangent: it is an integer, or locally constant.
def Zero : RuleKeyword;

// transpose ------------------------------------------------------------------
// `PerOperand` as above with $ct, or `Custom`, where a jvp that is `Linear` or
// `Bilinear` says in which operands the op is linear, or:
def NotLinear : RuleKeyword;

// batching -------------------------------------------------------------------
// The op itself on operands with a leading batch dim, unbatched ones broadcast.
def ByElement : RuleKeyword;
// The op has one operand; the listed attribute holds a dim or several, which shift
// by one.
def ShiftAxes : RuleKeyword;

// work -----------------------------------------------------------------------
// What each element takes, of the largest operand or result; Work.h has the
// weights. Movement computes nothing.
def Movement : RuleKeyword;
def Arithmetic : RuleKeyword;
def Division : RuleKeyword;
// A function that takes many operations.
def Transcendental : RuleKeyword;
// An addition for each element of the window that an element of the result sees.
def Windows : RuleKeyword;

// any of them ----------------------------------------------------------------
def Custom : RuleKeyword;

class RuleOp;
def lit : RuleOp;
foreach name = [
  "add", "sub", "mul", "div", "pow", "max", "min", "rem", "neg", "abs", "sign",
  "exp", "log", "sqrt", "rsqrt", "sin", "cos", "sinh", "cosh", "trunc",
  "hypot", "div_no_nan", "gaussian", "logistic_slope", "abs_slope", "share",
  "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "select"] in {
  def name : RuleOp;
}

#endif // XFORM_DIALECT_RULES
