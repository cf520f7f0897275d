//===- Base.td - the dialect, its types, the classes of its ops -----------===//

#ifndef XFORM_DIALECT_BASE
#define XFORM_DIALECT_BASE

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialect/Interfaces.td"
include "dialect/Rules.td"

def Xform_Dialect : Dialect {
  let name = "xform";
  let cppNamespace = "::xform";
  let summary = "differentiable, batched array programs";
  let description = [{
    Functions on ranked tensors, made of primitives that each know how to be
    differentiated, transposed and batched, and of transform operations
    (`xform.vmap`, `xform.jvp`, `xform.vjp`, `xform.grad`, `xform.map`) that name
    a function by symbol.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
  let hasConstantMaterializer = 1;
  let usePropertiesForAttributes = 1;
}

// Element types --------------------------------------------------------------

def Xform_Float : AnyTypeOf<[F16, BF16, F32, F64]>;
def Xform_SignedInt : AnyTypeOf<[I8, I16, I32, I64]>;
def Xform_UnsignedInt : AnyTypeOf<[UI8, UI16, UI32, UI64]>;
def Xform_Int : AnyTypeOf<[I8, I16, I32, I64, UI8, UI16, UI32, UI64]>;

def Xform_FloatTensor : RankedTensorOf<[Xform_Float]>;
def Xform_BoolTensor : RankedTensorOf<[I1]>;
def Xform_IntTensor : RankedTensorOf<[I1, Xform_Int]>;
def Xform_NumberTensor : RankedTensorOf<[Xform_Float, Xform_Int]>;
def Xform_Tensor : RankedTensorOf<[Xform_Float, Xform_Int, I1]>;

// Ops ------------------------------------------------------------------------

class Xform_Op<string mnemonic, list<Trait> traits = []>
    : Op<Xform_Dialect, mnemonic, traits>;

// A primitive: an op on tensors with all the rules of Rules.td.
class Xform_Primitive<string mnemonic, list<Trait> traits = []>
    : Xform_Op<mnemonic, !listconcat([
        Pure,
        DeclareOpInterfaceMethods<Xform_JvpOpInterface>,
        DeclareOpInterfaceMethods<Xform_TransposeOpInterface, ["isLinearIn"]>,
        DeclareOpInterfaceMethods<Xform_BatchOpInterface>], traits)> {
  dag jvp = ?;
  dag transpose = ?;
  dag batching = ?;
  dag work = ?;
  // The operands that the rules Linear and NotLinear speak of; all when empty.
  list<string> linearOperands = [];
  // What Python takes for attributes that it is not given, such as "reverse = False".
  list<string> defaults = [];
  let results = (outs Xform_Tensor:$result);
}

// Primitives that act element by element, on operands of one type.

class Xform_Unary<string mnemonic, Type tensor, list<Trait> traits = []>
    : Xform_Primitive<mnemonic, !listconcat([
        Elementwise, SameOperandsAndResultType], traits)> {
  let arguments = (ins tensor:$x);
  let results = (outs tensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let batching = (ByElement);
  let work = (Arithmetic);
}

class Xform_Binary<string mnemonic, Type tensor, list<Trait> traits = []>
    : Xform_Primitive<mnemonic, !listconcat([
        Elementwise, SameOperandsAndResultType], traits)> {
  let arguments = (ins tensor:$x, tensor:$y);
  let results = (outs tensor:$result);
  let assemblyFormat = "$x `,` $y attr-dict `:` type($x)";
  let batching = (ByElement);
  let work = (Arithmetic);
}

#endif // XFORM_DIALECT_BASE
