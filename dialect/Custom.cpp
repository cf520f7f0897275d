//===- Custom.cpp - functions with rules of their own ---------------------===//

#include "dialect/Custom.h"
#include "dialect/OperandGroups.h"

using namespace mlir;
using namespace xform;

//===----------------------------------------------------------------------===//
// Assembly
//===----------------------------------------------------------------------===//

static ParseResult parseCustomTypes(OpAsmParser &parser,
                                    SmallVectorImpl<Type> &inputs,
                                    SmallVectorImpl<Type> &captures,
                                    SmallVectorImpl<Type> &results) {
  return parseTypeGroups(parser, {&inputs, &captures}, results);
}

static void printCustomTypes(OpAsmPrinter &printer, Operation *,
                             TypeRange inputs, TypeRange captures,
                             TypeRange results) {
  printTypeGroups(printer, {inputs, captures}, results);
}

static ParseResult parsePushforwardTypes(OpAsmParser &parser,
                                         SmallVectorImpl<Type> &primals,
                                         SmallVectorImpl<Type> &residuals,
                                         SmallVectorImpl<Type> &captures,
                                         SmallVectorImpl<Type> &tangents,
                                         SmallVectorImpl<Type> &results) {
  return parseTypeGroups(parser, {&primals, &residuals, &captures, &tangents},
                         results);
}

static void printPushforwardTypes(OpAsmPrinter &printer, Operation *,
                                  TypeRange primals, TypeRange residuals,
                                  TypeRange captures, TypeRange tangents,
                                  TypeRange results) {
  printTypeGroups(printer, {primals, residuals, captures, tangents}, results);
}

#define GET_OP_CLASSES
#include "dialect/Custom.cpp.inc"

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static LogicalResult checkRule(Emit emit, func::FuncOp rule,
                               ArrayRef<Type> arguments,
                               ArrayRef<Type> results) {
  if (failed(checkArguments(emit, rule, arguments)))
    return failure();
  if (TypeRange(results) != rule.getResultTypes())
    return emit() << "@" << rule.getName() << " must return (" << results
                  << "), got (" << rule.getResultTypes() << ")";
  return success();
}

/// The number of rows of the marked types, each the type of a row with a
/// leading axis; an error if a type is neither that nor the row's.
static LogicalResult markBatched(Emit emit, func::FuncOp rule, StringRef what,
                                 TypeRange rows, TypeRange given,
                                 std::optional<int64_t> &size, Mask &batched) {
  if (given.size() != rows.size())
    return emit() << "@" << rule.getName() << " must have " << rows.size()
                  << " " << what << "s, got " << given.size();
  for (auto [index, row, type] : llvm::enumerate(rows, given)) {
    batched.push_back(type != row);
    if (type == row)
      continue;
    auto tensor = cast<RankedTensorType>(type);
    if (tensor.getRank() == 0 || rowType(tensor) != row ||
        (size && *size != tensor.getDimSize(0)))
      return emit() << what << " " << index << " of @" << rule.getName()
                    << " must be of type " << row
                    << " or have the rows along a leading axis, got " << type;
    size = tensor.getDimSize(0);
  }
  return success();
}

static LogicalResult checkBatchRule(Emit emit, func::FuncOp rule,
                                    TypeRange inputs, TypeRange captures,
                                    TypeRange results) {
  Mask arguments, batchedResults;
  std::optional<int64_t> size;
  if (failed(markBatched(emit, rule, "argument", joined({inputs, captures}),
                         rule.getArgumentTypes(), size, arguments)))
    return failure();
  if (!llvm::is_contained(arguments, true))
    return emit() << "no argument of @" << rule.getName()
                  << " has the rows along a leading axis";
  return markBatched(emit, rule, "result", results, rule.getResultTypes(), size,
                     batchedResults);
}

static LogicalResult checkBackward(Emit emit, func::FuncOp backward,
                                   TypeRange residuals, TypeRange results,
                                   TypeRange captures, TypeRange tangents) {
  return checkRule(emit, backward,
                   joined({residuals, floating(results), captures}),
                   SmallVector<Type>(tangents));
}

FailureOr<SmallVector<Type>>
xform::inferCustom(Emit emit, const CustomFunctions &functions,
                   TypeRange inputs, TypeRange captures) {
  func::FuncOp callee = functions.callee, jvp = functions.jvp,
               forward = functions.forward, backward = functions.backward;
  SmallVector<Type> operands = joined({inputs, captures});
  if (failed(checkArguments(emit, callee, operands)))
    return failure();
  SmallVector<Type> results(callee.getResultTypes());
  SmallVector<Type> tangents = floating(inputs);
  if (!forward != !backward)
    return emit() << "needs forward and backward together";
  if (jvp && failed(checkRule(emit, jvp, joined({inputs, tangents, captures}),
                              joined({results, floating(results)}))))
    return failure();
  if (forward) {
    TypeRange returned = forward.getResultTypes();
    if (failed(checkArguments(emit, forward, operands)))
      return failure();
    if (returned.size() < results.size() ||
        returned.take_front(results.size()) != TypeRange(results))
      return emit() << "@" << forward.getName() << " must return (" << results
                    << ") and residuals, got (" << returned << ")";
    if (failed(checkBackward(emit, backward,
                             returned.drop_front(results.size()), results,
                             captures, tangents)))
      return failure();
  }
  for (func::FuncOp rule : functions.vmap)
    if (failed(checkBatchRule(emit, rule, inputs, captures, results)))
      return failure();
  return results;
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

/// Looks a function up that may not be named.
static LogicalResult find(Operation *op, FlatSymbolRefAttr symbol,
                          SymbolTableCollection &symbols,
                          func::FuncOp &function) {
  if (!symbol)
    return success();
  FailureOr<func::FuncOp> found = lookupCallee(op, symbol, symbols);
  if (succeeded(found))
    function = *found;
  return found;
}

LogicalResult CustomOp::verifySymbolUses(SymbolTableCollection &symbols) {
  CustomFunctions functions;
  if (failed(find(*this, getCalleeAttr(), symbols, functions.callee)) ||
      failed(find(*this, getJvpAttr(), symbols, functions.jvp)) ||
      failed(find(*this, getForwardAttr(), symbols, functions.forward)) ||
      failed(find(*this, getBackwardAttr(), symbols, functions.backward)))
    return failure();
  if (ArrayAttr vmap = getVmapAttr())
    for (auto symbol : vmap.getAsRange<FlatSymbolRefAttr>())
      if (failed(find(*this, symbol, symbols, functions.vmap.emplace_back())))
        return failure();
  return checkResults(*this, inferCustom([this] { return emitOpError(); },
                                         functions, getInputs().getTypes(),
                                         getCaptures().getTypes()));
}

LogicalResult PushforwardOp::verifySymbolUses(SymbolTableCollection &symbols) {
  func::FuncOp jvp, backward;
  if (failed(find(*this, getJvpAttr(), symbols, jvp)) ||
      failed(find(*this, getBackwardAttr(), symbols, backward)))
    return failure();
  auto emit = [this] { return emitOpError(); };
  if (!jvp && !backward)
    return emitOpError("needs jvp or backward");
  if (backward &&
      failed(checkBackward(emit, backward, getResiduals().getTypes(),
                           getResultTypes(), getCaptures().getTypes(),
                           getTangents().getTypes())))
    return failure();
  if (!jvp)
    return success();
  if (failed(checkArguments(
          emit, jvp,
          joined({getPrimals().getTypes(), getTangents().getTypes(),
                  getCaptures().getTypes()}))))
    return failure();
  TypeRange returned = jvp.getResultTypes();
  if (returned.size() < getNumResults() ||
      returned.take_back(getNumResults()) != getResultTypes())
    return emitOpError() << "@" << jvp.getName()
                         << " must return results and their tangents ("
                         << getResultTypes() << "), got (" << returned << ")";
  return success();
}

//===----------------------------------------------------------------------===//
// What the ops say of themselves
//===----------------------------------------------------------------------===//

SmallVector<FlatSymbolRefAttr> CustomOp::callees() {
  SmallVector<FlatSymbolRefAttr> symbols{getCalleeAttr()};
  for (FlatSymbolRefAttr rule :
       {getJvpAttr(), getForwardAttr(), getBackwardAttr()})
    if (rule)
      symbols.push_back(rule);
  if (ArrayAttr vmap = getVmapAttr())
    llvm::append_range(symbols, vmap.getAsRange<FlatSymbolRefAttr>());
  return symbols;
}

/// Takes a cotangent for each of some values that has one.
static void takeCotangents(FunctionRun &run, TypeRange types) {
  run.arguments.append(llvm::count_if(types, isDifferentiable),
                       {ArgumentSource::Kind::kGiven});
}

SmallVector<FunctionRun> CustomOp::functionRuns() {
  using Frequency = FunctionRun::Frequency;
  size_t inputs = getInputs().size(), captures = getCaptures().size();
  SmallVector<FunctionRun> runs;
  auto add = [&](FlatSymbolRefAttr function,
                 Frequency frequency) -> FunctionRun & {
    runs.push_back({function, frequency});
    runs.back().givesResults = frequency == Frequency::kOnce;
    return runs.back();
  };
  add(getCalleeAttr(), Frequency::kOnce).takes(0, inputs + captures);
  if (FlatSymbolRefAttr symbol = getJvpAttr()) {
    FunctionRun &jvp = add(symbol, Frequency::kRule).takes(0, inputs);
    for (auto [number, type] : llvm::enumerate(getInputs().getTypes()))
      if (isDifferentiable(type))
        jvp.takes(number, 1, ArgumentSource::Kind::kTangent);
    jvp.takes(inputs, captures);
  }
  if (FlatSymbolRefAttr symbol = getForwardAttr()) {
    add(symbol, Frequency::kRule).takes(0, inputs + captures);
    auto forward =
        SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(*this, symbol);
    size_t returned = forward ? forward.getNumResults() : 0;
    FunctionRun &backward = add(getBackwardAttr(), Frequency::kRule);
    for (size_t i = getNumResults(); i < returned; ++i)
      backward.takes(i, 1, ArgumentSource::Kind::kResidual);
    takeCotangents(backward, getResultTypes());
    backward.takes(inputs, captures);
  }
  return runs;
}

/// Which values are rows of the others.
static Mask areRows(TypeRange of, TypeRange given) {
  Mask mask;
  for (auto [row, type] : llvm::zip_equal(of, given))
    mask.push_back(row != type);
  return mask;
}

std::optional<Mask> CustomOp::rowsByRules(ArrayRef<bool> operands) {
  TypeRange types = getInputs().getTypes();
  ArrayRef<bool> inputs = operands.take_front(types.size());
  if (!getVmap() || !llvm::is_contained(inputs, true))
    return std::nullopt;
  Mask rows(getNumResults(), false);
  for (auto symbol : getVmapAttr().getAsRange<FlatSymbolRefAttr>()) {
    auto rule =
        SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(*this, symbol);
    if (!rule ||
        ArrayRef<bool>(areRows(
            types, rule.getArgumentTypes().take_front(types.size()))) != inputs)
      continue;
    Mask found = areRows(getResultTypes(), rule.getResultTypes());
    for (auto [row, isRow] : llvm::zip_equal(rows, found))
      row |= isRow;
  }
  return rows;
}

void CustomOp::setCallees(ArrayRef<FlatSymbolRefAttr> callees) {
  setCalleeAttr(callees.consume_front());
  if (getJvp())
    setJvpAttr(callees.consume_front());
  if (getForward()) {
    setForwardAttr(callees.consume_front());
    setBackwardAttr(callees.consume_front());
  }
  if (getVmap()) {
    SmallVector<Attribute> rules(callees);
    setVmapAttr(ArrayAttr::get(getContext(), rules));
  }
}

MutableOperandRange CustomOp::capturesOf(size_t) {
  return getCapturesMutable();
}

bool CustomOp::sharesCaptures() { return true; }

SmallVector<FlatSymbolRefAttr> PushforwardOp::callees() {
  SmallVector<FlatSymbolRefAttr> symbols;
  for (FlatSymbolRefAttr rule : {getJvpAttr(), getBackwardAttr()})
    if (rule)
      symbols.push_back(rule);
  return symbols;
}

SmallVector<FunctionRun> PushforwardOp::functionRuns() {
  using Frequency = FunctionRun::Frequency;
  size_t primals = getPrimals().size(), residuals = getResiduals().size(),
         captures = getCaptures().size(), tangents = getTangents().size();
  size_t firstCapture = primals + residuals;
  SmallVector<FunctionRun> runs;
  if (FlatSymbolRefAttr symbol = getJvpAttr()) {
    // Behind the function's results come the op's.
    FunctionRun jvp{symbol, Frequency::kOnce};
    jvp.givesResults = false;
    runs.push_back(jvp.takes(0, primals)
                       .takes(firstCapture + captures, tangents)
                       .takes(firstCapture, captures));
  }
  if (FlatSymbolRefAttr symbol = getBackwardAttr()) {
    FunctionRun backward{symbol, runs.empty() ? Frequency::kTransformed
                                              : Frequency::kRule};
    backward.givesResults = false;
    backward.takes(primals, residuals);
    takeCotangents(backward, getResultTypes());
    runs.push_back(backward.takes(firstCapture, captures));
  }
  return runs;
}

void PushforwardOp::setCallees(ArrayRef<FlatSymbolRefAttr> callees) {
  if (getJvp())
    setJvpAttr(callees.front());
  if (getBackward())
    setBackwardAttr(callees.back());
}

MutableOperandRange PushforwardOp::capturesOf(size_t) {
  return getCapturesMutable();
}

bool PushforwardOp::sharesCaptures() { return true; }
