//===- Control.cpp - loops and branches -----------------------------------===//

#include "dialect/Control.h"
#include "dialect/OperandGroups.h"

using namespace mlir;
using namespace xform;

//===----------------------------------------------------------------------===//
// Assembly: (types), (types), (types) -> results
//===----------------------------------------------------------------------===//

static ParseResult parseTypes(OpAsmParser &parser, SmallVectorImpl<Type> &first,
                              SmallVectorImpl<Type> &second,
                              SmallVectorImpl<Type> &third,
                              SmallVectorImpl<Type> &results) {
  return parseTypeGroups(parser, {&first, &second, &third}, results);
}

static void printTypes(OpAsmPrinter &printer, Operation *, TypeRange first,
                       TypeRange second, TypeRange third, TypeRange results) {
  printTypeGroups(printer, {first, second, third}, results);
}

#define GET_OP_CLASSES
#include "dialect/Control.cpp.inc"

//===----------------------------------------------------------------------===//
// Result types
//===----------------------------------------------------------------------===//

/// Whether a step's first results can be carried to the next one.
static LogicalResult checkCarried(Emit emit, func::FuncOp step,
                                  TypeRange init) {
  TypeRange results = step.getResultTypes();
  if (results.size() < init.size())
    return emit() << "carries " << init.size() << " values, but @"
                  << step.getName() << " returns " << results.size();
  for (auto [index, before] : llvm::enumerate(init))
    if (before != results[index])
      return emit() << "carried value " << index << " of type " << before
                    << " becomes one of type " << results[index] << " in @"
                    << step.getName();
  return success();
}

FailureOr<SmallVector<Type>> xform::inferScan(Emit emit, func::FuncOp callee,
                                              TypeRange init, TypeRange xs,
                                              TypeRange captures,
                                              IntegerAttr length) {
  if (xs.empty() && !length)
    return emit() << "needs a length, because it has no rows to run along";
  int64_t steps = length ? length.getInt() : 0;
  SmallVector<Type> rows;
  for (auto [index, type] : llvm::enumerate(xs)) {
    auto tensor = cast<RankedTensorType>(type);
    if (tensor.getRank() == 0)
      return emit() << "row operand " << index << " has no leading axis";
    if (index == 0 && !length)
      steps = tensor.getDimSize(0);
    if (tensor.getDimSize(0) != steps) {
      if (length)
        return emit() << "has length " << steps << ", but row operand " << index
                      << " has a leading axis of size " << tensor.getDimSize(0);
      return emit() << "row operands have leading axes of different sizes, "
                    << steps << " and " << tensor.getDimSize(0);
    }
    rows.push_back(rowType(tensor));
  }
  if (failed(checkArguments(emit, callee, joined({init, rows, captures}))) ||
      failed(checkCarried(emit, callee, init)))
    return failure();
  SmallVector<Type> types(init);
  for (Type type : callee.getResultTypes().drop_front(init.size()))
    types.push_back(batchedType(type, steps));
  return types;
}

FailureOr<SmallVector<Type>> xform::inferSwitch(Emit emit, Type index,
                                                ArrayRef<func::FuncOp> branches,
                                                TypeRange inputs) {
  if (branches.empty())
    return emit() << "needs at least one branch";
  if (getElementTypeOrSelf(index).isInteger(1) && branches.size() != 2)
    return emit() << "needs two branches for a truth value, got "
                  << branches.size();
  func::FuncOp first = branches.front();
  for (func::FuncOp branch : branches) {
    if (failed(checkArguments(emit, branch, inputs)))
      return failure();
    if (branch.getResultTypes() != first.getResultTypes())
      return emit() << "branches return different types: @" << first.getName()
                    << " (" << first.getResultTypes() << "), @"
                    << branch.getName() << " (" << branch.getResultTypes()
                    << ")";
  }
  return SmallVector<Type>(first.getResultTypes());
}

FailureOr<SmallVector<Type>> xform::inferWhile(Emit emit, func::FuncOp cond,
                                               func::FuncOp body,
                                               TypeRange init,
                                               TypeRange condCaptures,
                                               TypeRange bodyCaptures) {
  if (failed(checkArguments(emit, cond, joined({init, condCaptures}))) ||
      failed(checkArguments(emit, body, joined({init, bodyCaptures}))) ||
      failed(checkCarried(emit, body, init)))
    return failure();
  auto truth =
      RankedTensorType::get({}, IntegerType::get(cond.getContext(), 1));
  if (cond.getNumResults() != 1 || cond.getResultTypes()[0] != truth)
    return emit() << "@" << cond.getName() << " must return one value of type "
                  << truth << ", got (" << cond.getResultTypes() << ")";
  if (body.getNumResults() != init.size())
    return emit() << "carries " << init.size() << " values, but @"
                  << body.getName() << " returns " << body.getNumResults();
  return SmallVector<Type>(init);
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

LogicalResult ScanOp::verifySymbolUses(SymbolTableCollection &symbols) {
  FailureOr<func::FuncOp> callee =
      lookupCallee(*this, getCalleeAttr(), symbols);
  if (failed(callee))
    return failure();
  return checkResults(*this,
                      inferScan([this] { return emitOpError(); }, *callee,
                                getInit().getTypes(), getXs().getTypes(),
                                getCaptures().getTypes(), getLengthAttr()));
}

LogicalResult SwitchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  SmallVector<func::FuncOp> branches;
  for (FlatSymbolRefAttr branch : callees()) {
    FailureOr<func::FuncOp> callee = lookupCallee(*this, branch, symbols);
    if (failed(callee))
      return failure();
    branches.push_back(*callee);
  }
  return checkResults(*this, inferSwitch([this] { return emitOpError(); },
                                         getIndex().getType(), branches,
                                         getInputs().getTypes()));
}

LogicalResult WhileOp::verifySymbolUses(SymbolTableCollection &symbols) {
  FailureOr<func::FuncOp> cond = lookupCallee(*this, getCondAttr(), symbols);
  FailureOr<func::FuncOp> body = lookupCallee(*this, getBodyAttr(), symbols);
  if (failed(cond) || failed(body))
    return failure();
  return checkResults(*this, inferWhile([this] { return emitOpError(); }, *cond,
                                        *body, getInit().getTypes(),
                                        getCondCaptures().getTypes(),
                                        getBodyCaptures().getTypes()));
}

//===----------------------------------------------------------------------===//
// What the ops say of themselves
//===----------------------------------------------------------------------===//

SmallVector<FlatSymbolRefAttr> ScanOp::callees() { return {getCalleeAttr()}; }

SmallVector<FunctionRun> ScanOp::functionRuns() {
  FunctionRun step{getCalleeAttr(), FunctionRun::Frequency::kSteps};
  step.carried = getInit().size();
  step.steps = lengthOf();
  return {step.takes(0, getNumOperands())};
}

void ScanOp::setCallees(ArrayRef<FlatSymbolRefAttr> callees) {
  setCalleeAttr(callees[0]);
}

MutableOperandRange ScanOp::capturesOf(size_t) { return getCapturesMutable(); }

bool ScanOp::sharesCaptures() { return true; }

SmallVector<FlatSymbolRefAttr> SwitchOp::callees() {
  return llvm::to_vector(getBranches().getAsRange<FlatSymbolRefAttr>());
}

SmallVector<FunctionRun> SwitchOp::functionRuns() {
  return llvm::map_to_vector(callees(), [&](FlatSymbolRefAttr branch) {
    // The index is the first operand.
    return FunctionRun{branch, FunctionRun::Frequency::kChosen}.takes(
        1, getInputs().size());
  });
}

void SwitchOp::setCallees(ArrayRef<FlatSymbolRefAttr> callees) {
  SmallVector<Attribute> branches(callees);
  setBranchesAttr(ArrayAttr::get(getContext(), branches));
}

MutableOperandRange SwitchOp::capturesOf(size_t) { return getInputsMutable(); }

bool SwitchOp::sharesCaptures() { return true; }

SmallVector<FlatSymbolRefAttr> WhileOp::callees() {
  return {getCondAttr(), getBodyAttr()};
}

SmallVector<FunctionRun> WhileOp::functionRuns() {
  size_t carried = getInit().size(), ofCond = getCondCaptures().size();
  FunctionRun cond{getCondAttr(), FunctionRun::Frequency::kWhile};
  FunctionRun body{getBodyAttr(), FunctionRun::Frequency::kWhile};
  cond.carried = body.carried = carried;
  cond.givesResults = false;
  cond.takes(0, carried).takes(carried, ofCond);
  body.takes(0, carried).takes(carried + ofCond, getBodyCaptures().size());
  return {cond, body};
}

void WhileOp::setCallees(ArrayRef<FlatSymbolRefAttr> callees) {
  setCondAttr(callees[0]);
  setBodyAttr(callees[1]);
}

MutableOperandRange WhileOp::capturesOf(size_t callee) {
  return callee == 0 ? getCondCapturesMutable() : getBodyCapturesMutable();
}

bool WhileOp::sharesCaptures() { return false; }

int64_t ScanOp::lengthOf() {
  if (std::optional<uint64_t> length = getLength())
    return static_cast<int64_t>(*length);
  return cast<RankedTensorType>(getXs()[0].getType()).getDimSize(0);
}

bool xform::markCarried(Mask &arguments, ArrayRef<bool> results,
                        size_t carried) {
  bool isNew = false;
  for (size_t i = 0; i < carried; ++i) {
    isNew |= results[i] && !arguments[i];
    arguments[i] |= results[i];
  }
  return isNew;
}
