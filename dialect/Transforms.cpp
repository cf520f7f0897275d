//===- Transforms.cpp - the transform operations --------------------------===//

#include "dialect/Transforms.h"

#include "dialect/CallGraph.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace xform;

//===----------------------------------------------------------------------===//
// Assembly: lists of dims, in which -1 stands for none
//===----------------------------------------------------------------------===//

static ParseResult parseBatchDims(OpAsmParser &parser,
                                  DenseI64ArrayAttr &dims) {
  SmallVector<int64_t> values;
  auto parseDim = [&]() -> ParseResult {
    if (succeeded(parser.parseOptionalKeyword("none"))) {
      values.push_back(kNotBatched);
      return success();
    }
    SMLoc loc = parser.getCurrentLocation();
    int64_t dim = 0;
    if (parser.parseInteger(dim))
      return failure();
    if (dim < 0)
      return parser.emitError(loc, "a batch dim must not be negative, got ")
             << dim;
    values.push_back(dim);
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseDim))
    return failure();
  dims = parser.getBuilder().getDenseI64ArrayAttr(values);
  return success();
}

static void printBatchDims(OpAsmPrinter &printer, Operation *,
                           DenseI64ArrayAttr dims) {
  printer << '[';
  llvm::interleaveComma(dims.asArrayRef(), printer, [&](int64_t dim) {
    if (dim == kNotBatched)
      printer << "none";
    else
      printer << dim;
  });
  printer << ']';
}

#define GET_OP_CLASSES
#include "dialect/Transforms.cpp.inc"

//===----------------------------------------------------------------------===//
// Result types
//===----------------------------------------------------------------------===//

static RankedTensorType withoutAxis(RankedTensorType type, int64_t axis) {
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + axis);
  return type.clone(shape);
}

static RankedTensorType withAxis(RankedTensorType type, int64_t axis,
                                 int64_t size) {
  SmallVector<int64_t> shape(type.getShape());
  shape.insert(shape.begin() + axis, size);
  return type.clone(shape);
}

LogicalResult xform::checkArguments(Emit emit, func::FuncOp callee,
                                    TypeRange given) {
  TypeRange expected = callee.getArgumentTypes();
  if (expected.size() != given.size())
    return emit() << "@" << callee.getName() << " takes " << expected.size()
                  << " operands, got " << given.size();
  for (auto [index, want, got] : llvm::enumerate(expected, given))
    if (want != got)
      return emit() << "operand " << index << " of @" << callee.getName()
                    << " must be of type " << want << ", got " << got;
  return success();
}

/// Whether the function can be differentiated by the arguments that `argnums`
/// names.
static LogicalResult checkPrimals(Emit emit, func::FuncOp callee,
                                  TypeRange primals,
                                  ArrayRef<int64_t> argnums) {
  if (failed(checkArguments(emit, callee, primals)))
    return failure();
  for (auto [index, argnum] : llvm::enumerate(argnums)) {
    if (argnum < 0 || argnum >= static_cast<int64_t>(primals.size()))
      return emit() << "argnums names operand " << argnum << " of "
                    << primals.size();
    if (index && argnum <= argnums[index - 1])
      return emit() << "argnums must increase, got " << argnum << " after "
                    << argnums[index - 1];
    if (!isDifferentiable(primals[argnum]))
      return emit() << "operand " << argnum << " of type " << primals[argnum]
                    << " has no derivative: its elements are not floating";
  }
  return success();
}

static LogicalResult checkSeeds(Emit emit, StringRef name,
                                ArrayRef<Type> expected, TypeRange given) {
  if (expected.size() != given.size())
    return emit() << "needs " << expected.size() << " " << name << "s, got "
                  << given.size();
  for (auto [index, want, got] : llvm::enumerate(expected, given))
    if (want != got)
      return emit() << name << " " << index << " must be of type " << want
                    << ", got " << got;
  return success();
}

FailureOr<int64_t> xform::batchSize(Emit emit, TypeRange inputs,
                                    ArrayRef<int64_t> inDims) {
  if (inDims.size() != inputs.size())
    return emit() << "in_dims has " << inDims.size() << " entries for "
                  << inputs.size() << " operands";
  std::optional<int64_t> size;
  for (auto [index, type, dim] : llvm::enumerate(inputs, inDims)) {
    if (dim == kNotBatched)
      continue;
    auto tensor = cast<RankedTensorType>(type);
    if (dim < 0 || dim >= tensor.getRank())
      return emit() << "in_dims[" << index << "] = " << dim
                    << " is out of range for an operand of type " << tensor;
    int64_t rows = tensor.getDimSize(dim);
    if (ShapedType::isDynamic(rows))
      return emit() << "operand " << index << " of type " << tensor
                    << " has a dynamic batch size, which vmap needs to know";
    if (size && *size != rows)
      return emit() << "operands have different batch sizes, " << *size
                    << " and " << rows;
    size = rows;
  }
  if (!size)
    return emit() << "no operand is batched: in_dims are all none";
  return *size;
}

FailureOr<SmallVector<Type>> xform::inferVmap(Emit emit, func::FuncOp callee,
                                              TypeRange inputs,
                                              ArrayRef<int64_t> inDims,
                                              ArrayRef<int64_t> outDims,
                                              Type rowNumbers) {
  FailureOr<int64_t> size = batchSize(emit, inputs, inDims);
  if (failed(size))
    return failure();
  SmallVector<Type> rows;
  Mask batched;
  for (auto [type, dim] : llvm::zip_equal(inputs, inDims)) {
    auto tensor = cast<RankedTensorType>(type);
    rows.push_back(dim == kNotBatched ? tensor : withoutAxis(tensor, dim));
    batched.push_back(dim != kNotBatched);
  }
  if (failed(checkArguments(emit, callee, rows)))
    return failure();
  TypeRange outs = callee.getResultTypes();
  if (outDims.size() != outs.size())
    return emit() << "out_dims has " << outDims.size() << " entries for "
                  << outs.size() << " results";
  if (rowNumbers &&
      cast<RankedTensorType>(rowNumbers).getShape() != ArrayRef<int64_t>(*size))
    return emit() << "needs a row number for each of " << *size << " rows, got "
                  << rowNumbers;
  Mask dependent = dependentResults(
      callee, batched, {/*ofRows=*/true, /*onDraws=*/!!rowNumbers});
  SmallVector<Type> types;
  for (auto [index, type, dim] : llvm::enumerate(outs, outDims)) {
    auto tensor = cast<RankedTensorType>(type);
    if (dim == kNotBatched && dependent[index])
      return emit() << "out_dims[" << index << "] is none, but result " << index
                    << " of @" << callee.getName()
                    << " depends on a batched operand";
    if (dim != kNotBatched && (dim < 0 || dim > tensor.getRank()))
      return emit() << "out_dims[" << index << "] = " << dim
                    << " is out of range for a row of type " << tensor;
    types.push_back(dim == kNotBatched ? tensor : withAxis(tensor, dim, *size));
  }
  return types;
}

static SmallVector<Type> selectTypes(TypeRange types,
                                     ArrayRef<int64_t> indices) {
  return llvm::map_to_vector(indices, [&](int64_t i) { return types[i]; });
}

static SmallVector<Type> differentiableTypes(TypeRange types) {
  return llvm::filter_to_vector(types, isDifferentiable);
}

FailureOr<SmallVector<Type>> xform::inferJvp(Emit emit, func::FuncOp callee,
                                             TypeRange primals,
                                             TypeRange tangents,
                                             ArrayRef<int64_t> argnums) {
  if (failed(checkPrimals(emit, callee, primals, argnums)) ||
      failed(
          checkSeeds(emit, "tangent", selectTypes(primals, argnums), tangents)))
    return failure();
  SmallVector<Type> types(callee.getResultTypes());
  llvm::append_range(types, differentiableTypes(callee.getResultTypes()));
  return types;
}

FailureOr<SmallVector<Type>> xform::inferVjp(Emit emit, func::FuncOp callee,
                                             TypeRange primals,
                                             TypeRange cotangents,
                                             ArrayRef<int64_t> argnums) {
  if (failed(checkPrimals(emit, callee, primals, argnums)) ||
      failed(checkSeeds(emit, "cotangent",
                        differentiableTypes(callee.getResultTypes()),
                        cotangents)))
    return failure();
  SmallVector<Type> types(callee.getResultTypes());
  llvm::append_range(types, selectTypes(primals, argnums));
  return types;
}

FailureOr<SmallVector<Type>> xform::inferGrad(Emit emit, func::FuncOp callee,
                                              TypeRange primals,
                                              ArrayRef<int64_t> argnums,
                                              bool withValue, bool hasAux) {
  if (failed(checkPrimals(emit, callee, primals, argnums)))
    return failure();
  TypeRange outs = callee.getResultTypes();
  auto value =
      outs.empty() ? RankedTensorType() : cast<RankedTensorType>(outs[0]);
  if (!value || value.getRank() != 0 || !isDifferentiable(value))
    return emit() << "@" << callee.getName()
                  << " must return a floating scalar first, got "
                  << (value ? Type(value) : NoneType::get(callee.getContext()));
  if (!hasAux && outs.size() != 1)
    return emit() << "@" << callee.getName() << " returns " << outs.size()
                  << " results; without has_aux it must return one";
  SmallVector<Type> types = selectTypes(primals, argnums);
  if (withValue)
    types.push_back(value);
  llvm::append_range(types, outs.drop_front());
  return types;
}

FailureOr<SmallVector<Type>> xform::inferMap(Emit emit, func::FuncOp callee,
                                             TypeRange xs, TypeRange captures) {
  if (xs.empty())
    return emit() << "needs at least one operand to run along";
  SmallVector<Type> rows;
  int64_t length = 0;
  for (auto [index, type] : llvm::enumerate(xs)) {
    auto tensor = cast<RankedTensorType>(type);
    if (tensor.getRank() == 0)
      return emit() << "operand " << index << " has no leading axis";
    if (index == 0)
      length = tensor.getDimSize(0);
    if (tensor.getDimSize(0) != length)
      return emit() << "operands have leading axes of different sizes, "
                    << length << " and " << tensor.getDimSize(0);
    rows.push_back(rowType(tensor));
  }
  llvm::append_range(rows, captures);
  if (failed(checkArguments(emit, callee, rows)))
    return failure();
  return llvm::map_to_vector(callee.getResultTypes(), [&](Type type) -> Type {
    return batchedType(type, length);
  });
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

FailureOr<func::FuncOp> xform::lookupCallee(Operation *op,
                                            FlatSymbolRefAttr symbol,
                                            SymbolTableCollection &symbols) {
  auto callee = symbols.lookupNearestSymbolFrom<func::FuncOp>(op, symbol);
  if (!callee)
    return op->emitOpError() << "names no function of this module: " << symbol;
  if (callee.isExternal())
    return op->emitOpError()
           << "needs the body of " << symbol << ", which is only declared";
  for (Type type : llvm::concat<const Type>(callee.getArgumentTypes(),
                                            callee.getResultTypes()))
    if (!isa<RankedTensorType>(type))
      return op->emitOpError() << "needs a function on ranked tensors, but "
                               << symbol << " has a value of type " << type;
  if (failed(checkCalls(op, callee, symbols)))
    return failure();
  return callee;
}

LogicalResult xform::checkResults(Operation *op,
                                  const FailureOr<SmallVector<Type>> &types) {
  if (failed(types))
    return failure();
  if (TypeRange(*types) != op->getResultTypes())
    return op->emitOpError() << "must have results of types (" << *types
                             << "), got (" << op->getResultTypes() << ")";
  return success();
}

#define XFORM_VERIFY(OpTy, ...)                                                \
  LogicalResult OpTy::verifySymbolUses(SymbolTableCollection &symbols) {       \
    FailureOr<func::FuncOp> callee =                                           \
        lookupCallee(*this, getCalleeAttr(), symbols);                         \
    if (failed(callee))                                                        \
      return failure();                                                        \
    auto emit = [this] { return emitOpError(); };                              \
    return checkResults(*this, __VA_ARGS__);                                   \
  }
XFORM_VERIFY(VmapOp,
             inferVmap(emit, *callee, getInputs().getTypes(), getInDims(),
                       getOutDims(),
                       getRowNumbers() ? getRowNumbers().getType() : Type()))
XFORM_VERIFY(JvpOp, inferJvp(emit, *callee, getPrimals().getTypes(),
                             getTangents().getTypes(), getArgnums()))
XFORM_VERIFY(VjpOp, inferVjp(emit, *callee, getPrimals().getTypes(),
                             getCotangents().getTypes(), getArgnums()))
XFORM_VERIFY(GradOp, inferGrad(emit, *callee, getPrimals().getTypes(),
                               getArgnums(), getWithValue(), getHasAux()))
XFORM_VERIFY(MapOp, inferMap(emit, *callee, getXs().getTypes(),
                             getCaptures().getTypes()))
#undef XFORM_VERIFY

//===----------------------------------------------------------------------===//
// What the ops say of themselves
//===----------------------------------------------------------------------===//

#define XFORM_CALLEES(OpTy)                                                    \
  SmallVector<FlatSymbolRefAttr> OpTy::callees() { return {getCalleeAttr()}; }
XFORM_CALLEES(VmapOp)
XFORM_CALLEES(JvpOp)
XFORM_CALLEES(VjpOp)
XFORM_CALLEES(GradOp)
XFORM_CALLEES(MapOp)
#undef XFORM_CALLEES

/// What a transform makes of a function of its first operands.
static FunctionRun transformed(FlatSymbolRefAttr function,
                               OperandRange inputs) {
  FunctionRun run{function, FunctionRun::Frequency::kTransformed};
  return run.takes(0, inputs.size());
}

SmallVector<FunctionRun> VmapOp::functionRuns() {
  return {transformed(getCalleeAttr(), getInputs())};
}

SmallVector<FunctionRun> JvpOp::functionRuns() {
  return {transformed(getCalleeAttr(), getPrimals())};
}

SmallVector<FunctionRun> VjpOp::functionRuns() {
  return {transformed(getCalleeAttr(), getPrimals())};
}

SmallVector<FunctionRun> GradOp::functionRuns() {
  FunctionRun run = transformed(getCalleeAttr(), getPrimals());
  // Gradients come first.
  run.givesResults = false;
  return {run};
}

SmallVector<FunctionRun> MapOp::functionRuns() {
  FunctionRun run{getCalleeAttr(), FunctionRun::Frequency::kSteps};
  run.steps = cast<RankedTensorType>(getXs()[0].getType()).getDimSize(0);
  return {run.takes(0, getNumOperands())};
}
