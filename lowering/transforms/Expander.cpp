//===- Expander.cpp - derives functions and expands transforms ------------===//

#include "lowering/transforms/Expander.h"

#include "dialect/CallGraph.h"
#include "dialect/OperandGroups.h"
#include "dialect/Transforms.h"

#include "mlir/IR/Action.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace xform;

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

func::FuncOp Expander::lookup(FlatSymbolRefAttr symbol) {
  return symbols.lookup<func::FuncOp>(symbol.getValue());
}

func::FuncOp Expander::create(func::FuncOp origin, StringRef suffix,
                              TypeRange arguments) {
  OpBuilder builder(origin.getContext());
  auto function = func::FuncOp::create(builder, origin.getLoc(),
                                       (origin.getName() + suffix).str(),
                                       builder.getFunctionType(arguments, {}));
  function.setPrivate();
  function.addEntryBlock();
  symbols.insert(function);
  return function;
}

void Expander::finish(func::FuncOp function, ValueRange results) {
  OpBuilder builder = OpBuilder::atBlockEnd(&function.front());
  func::ReturnOp::create(builder, function.getLoc(), results);
  function.setFunctionType(
      builder.getFunctionType(function.getArgumentTypes(), results.getTypes()));
  simplify(function);
  states[function] = State::kFlat;
}

func::FuncOp Expander::around(func::FuncOp origin, const std::string &key,
                              TypeRange arguments, BuildBody build) {
  if (auto it = functionsAround.find({origin, key});
      it != functionsAround.end())
    return it->second;
  StringRef suffix = StringRef(key).take_until([](char c) { return c == ' '; });
  func::FuncOp result = create(origin, suffix, arguments);
  RuleBuilder b(origin.getLoc(), OpBuilder::atBlockEnd(&result.front()), this);
  SmallVector<Value> results = build(b, result.getArguments());
  finish(result, results);
  return functionsAround[{origin, key}] = result;
}

/// Adds an entry to what the module lists as asked.
static void listAsked(Operation *op, StringAttr site, StringRef rule,
                      ArrayRef<bool> operands, int64_t size) {
  Builder b(op->getContext());
  auto asked = b.getDictionaryAttr(
      {b.getNamedAttr("site", site),
       b.getNamedAttr("rule", b.getStringAttr(rule)),
       b.getNamedAttr("operands", b.getDenseBoolArrayAttr(operands)),
       b.getNamedAttr("size", b.getI64IntegerAttr(size))});
  auto module = op->getParentOfType<ModuleOp>();
  auto list = module->getAttrOfType<ArrayAttr>(kAskedRules);
  SmallVector<Attribute> all;
  if (list)
    llvm::append_range(all, list);
  if (!llvm::is_contained(all, asked))
    all.push_back(asked);
  module->setAttr(kAskedRules, b.getArrayAttr(all));
}

LogicalResult Expander::askForRule(Operation *op, StringAttr site,
                                   StringRef rule, ArrayRef<bool> operands,
                                   int64_t size) {
  if (!asks || !site)
    return op->emitOpError("has no ")
           << rule << " rule for what is asked of it";
  listAsked(op, site, rule, operands, size);
  return success();
}

void Expander::noteCotangents(Operation *op, StringAttr site,
                              ArrayRef<bool> cotangents) {
  if (asks && site)
    listAsked(op, site, "cotangents", cotangents, /*size=*/0);
}

//===----------------------------------------------------------------------===//
// Flattening
//===----------------------------------------------------------------------===//

/// The operations that functions may become in all. Functions that call others
/// twice each become many.
constexpr int64_t kMostOps = 1 << 21;

namespace {

/// The expansion of one operation, which whoever watches the context may skip.
struct ExpansionAction : tracing::ActionImpl<ExpansionAction> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ExpansionAction)
  using ActionImpl::ActionImpl;
  static constexpr StringLiteral tag = "xform-expansion";
};

} // namespace

LogicalResult Expander::flatten(func::FuncOp function) {
  auto [it, isNew] = states.try_emplace(function, State::kExpanding);
  if (!isNew) {
    if (it->second == State::kExpanding)
      return function.emitError()
             << "@" << function.getName()
             << " calls itself; recursion cannot be expanded";
    return success();
  }
  if (!function.getBody().hasOneBlock())
    return function.emitError() << "@" << function.getName()
                                << " has several blocks; only straight-line "
                                   "functions can be transformed";
  if (++depth > kMostNestedCalls)
    return function.emitError()
           << "@" << function.getName() << " is called through more than "
           << kMostNestedCalls << " others; so many cannot be expanded";
  for (Operation &op : llvm::make_early_inc_range(function.front())) {
    if (!isa<SymbolUserOpInterface>(op))
      continue;
    Operation *before = op.getPrevNode(), *after = op.getNextNode();
    LogicalResult result = failure();
    function.getContext()->executeAction<ExpansionAction>(
        [&] { result = expandOrFlatten(&op); }, {&op});
    if (failed(result))
      return failure();
    for (Operation *made = before ? before->getNextNode()
                                  : &function.front().front();
         made != after; made = made->getNextNode())
      ++numExpanded;
    if (numExpanded > kMostOps)
      return function.emitError()
             << "becomes more than " << kMostOps
             << " operations when what it calls is written out";
  }
  --depth;
  simplify(function);
  states[function] = State::kFlat;
  return success();
}

LogicalResult Expander::expandOrFlatten(Operation *op) {
  if (auto control = dyn_cast<ControlOpInterface>(op))
    return flattenCallees(control);
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<func::CallOp, VmapOp, JvpOp, VjpOp, GradOp, MapOp>(
          [&](auto transform) { return expand(transform); })
      .Case([](HigherOrderOpInterface unknown) {
        return unknown->emitOpError("has no expansion");
      })
      .Default([](Operation *) { return success(); });
}

LogicalResult Expander::flattenCallees(ControlOpInterface op) {
  for (FlatSymbolRefAttr callee : op.callees())
    if (failed(flatCallee(op, callee.getValue())))
      return failure();
  return success();
}

void Expander::simplify(func::FuncOp function) {
  bool changed = true;
  while (changed) {
    simplifier.run(function);
    // Before results that nobody reads are dropped.
    if (shareControl(function))
      simplifier.run(function);
    changed = false;
    auto ops = llvm::to_vector(function.getOps<ControlOpInterface>());
    // What reads a result goes first: the op that gives it may then do less.
    for (ControlOpInterface op : llvm::reverse(ops))
      changed |= prune(op);
  }
}

bool Expander::prune(ControlOpInterface op) {
  RuleBuilder b(op.getLoc(), OpBuilder(op), this);
  SmallVector<Value> results;
  if (!op.buildPruned(b, results))
    return false;
  for (auto [result, less] : llvm::zip_equal(op->getResults(), results))
    if (less)
      result.replaceAllUsesWith(less);
  op.erase();
  return true;
}

FailureOr<func::FuncOp> Expander::flatCallee(Operation *op, StringRef symbol) {
  auto callee = symbols.lookup<func::FuncOp>(symbol);
  if (!callee || callee.isExternal())
    return op->emitOpError("needs the body of @") << symbol;
  if (failed(flatten(callee)))
    return failure();
  return callee;
}

//===----------------------------------------------------------------------===//
// The transform operations
//===----------------------------------------------------------------------===//

LogicalResult Expander::expand(func::CallOp op) {
  FailureOr<func::FuncOp> callee = flatCallee(op, op.getCallee());
  if (failed(callee))
    return failure();
  OpBuilder builder(op);
  op->replaceAllUsesWith(inlineBody(builder, *callee, op.getOperands()));
  op->erase();
  return success();
}

/// The permutation that moves one axis to another place.
static SmallVector<int64_t> moveAxis(int64_t rank, int64_t from, int64_t to) {
  SmallVector<int64_t> axes = axesUpTo(rank);
  axes.erase(axes.begin() + from);
  axes.insert(axes.begin() + to, from);
  return axes;
}

static int64_t rankOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getRank();
}

LogicalResult Expander::expand(VmapOp op) {
  FailureOr<func::FuncOp> callee = flatCallee(op, op.getCallee());
  FailureOr<int64_t> size =
      batchSize([&] { return op.emitOpError(); }, op.getInputs().getTypes(),
                op.getInDims());
  if (failed(callee) || failed(size))
    return failure();
  RuleBuilder b(op.getLoc(), OpBuilder(op), this);
  Mask arguments;
  SmallVector<Value> operands;
  for (auto [operand, dim] : llvm::zip_equal(op.getInputs(), op.getInDims())) {
    arguments.push_back(dim != kNotBatched);
    operands.push_back(
        dim == kNotBatched
            ? operand
            : b.permute(operand, moveAxis(rankOf(operand), dim, 0)));
  }
  func::FuncOp function = *callee;
  if (op.getRowNumbers()) {
    function = withFreshDraws(*callee, arguments);
    if (function != *callee) {
      arguments.push_back(true);
      operands.push_back(op.getRowNumbers());
    }
  }
  FailureOr<BatchedFunction> rows = batched(function, arguments, *size);
  if (failed(rows))
    return failure();
  SmallVector<Value> results = inlineBody(b, rows->function, operands);
  for (auto [result, dim, isBatched] :
       llvm::zip_equal(results, op.getOutDims(), rows->batchedResults)) {
    if (dim == kNotBatched) {
      // A vmap rule that is still missing may be what leaves it unbatched.
      if (isBatched && asks)
        result = b.zeros(rowType(cast<RankedTensorType>(result.getType())));
      else if (isBatched)
        return op.emitOpError(
            "has a result with out_dims none that depends on a "
            "batched operand");
      continue;
    }
    if (!isBatched)
      result = b.broadcastBatch(result, *size);
    result = b.permute(result, moveAxis(rankOf(result), 0, dim));
  }
  op->replaceAllUsesWith(results);
  op->erase();
  return success();
}

LogicalResult Expander::expand(JvpOp op) {
  FailureOr<func::FuncOp> callee = flatCallee(op, op.getCallee());
  if (failed(callee))
    return failure();
  FailureOr<JvpFunction> derivative =
      jvp(*callee, maskOf(op.getPrimals().size(), op.getArgnums()));
  if (failed(derivative))
    return failure();
  RuleBuilder b(op.getLoc(), OpBuilder(op), this);
  SmallVector<Value> values = inlineBody(
      b, derivative->function, joined({op.getPrimals(), op.getTangents()}));
  ValueRange results =
      ValueRange(values).take_front(derivative->tangentResults.size());
  SmallVector<Value> tangents =
      spread(derivative->tangentResults,
             ValueRange(values).drop_front(results.size()));
  Mask wanted = llvm::map_to_vector(results.getTypes(), isDifferentiable);
  op->replaceAllUsesWith(
      joined({results, withZeros(b, wanted, tangents, results.getTypes())}));
  op->erase();
  return success();
}

static void materializeZeros(RuleBuilder &b, ValueRange primals,
                             ArrayRef<int64_t> argnums,
                             MutableArrayRef<Value> cotangents) {
  for (auto [argnum, cotangent] : llvm::zip_equal(argnums, cotangents))
    if (!cotangent)
      cotangent = b.zeros(primals[argnum].getType());
}

LogicalResult Expander::expand(VjpOp op) {
  FailureOr<func::FuncOp> callee = flatCallee(op, op.getCallee());
  if (failed(callee))
    return failure();
  RuleBuilder b(op.getLoc(), OpBuilder(op), this);
  SmallVector<Value> results, cotangents;
  if (failed(pullback(b, *callee, op.getPrimals(), op.getArgnums(),
                      op.getCotangents(), results, cotangents)))
    return failure();
  materializeZeros(b, op.getPrimals(), op.getArgnums(), cotangents);
  llvm::append_range(results, cotangents);
  op->replaceAllUsesWith(results);
  op->erase();
  return success();
}

LogicalResult Expander::expand(GradOp op) {
  FailureOr<func::FuncOp> callee = flatCallee(op, op.getCallee());
  if (failed(callee))
    return failure();
  RuleBuilder b(op.getLoc(), OpBuilder(op), this);
  // Only the value has a cotangent: the aux results' are zero.
  SmallVector<Value> seeds;
  for (auto [index, type] : llvm::enumerate(callee->getResultTypes()))
    if (isDifferentiable(type))
      seeds.push_back(index == 0 ? b.literal("1", type) : Value());
  SmallVector<Value> values, results;
  if (failed(pullback(b, *callee, op.getPrimals(), op.getArgnums(), seeds,
                      values, results)))
    return failure();
  materializeZeros(b, op.getPrimals(), op.getArgnums(), results);
  if (op.getWithValue())
    results.push_back(values[0]);
  if (op.getHasAux())
    results.append(values.begin() + 1, values.end());
  op->replaceAllUsesWith(results);
  op->erase();
  return success();
}

LogicalResult Expander::expand(MapOp op) {
  if (failed(flatCallee(op, op.getCallee())))
    return failure();
  OpBuilder builder(op);
  auto scan =
      ScanOp::create(builder, op.getLoc(), op.getResultTypes(), op.getCallee(),
                     /*init=*/ValueRange(), op.getXs(), op.getCaptures(),
                     /*length=*/IntegerAttr(), /*reverse=*/false, /*unroll=*/1);
  op->replaceAllUsesWith(scan.getResults());
  op->erase();
  return success();
}
