//===- CustomRules.cpp - the rules of custom calls ------------------------===//
//
// What a transform makes of a call whose function says so itself.
//
//===----------------------------------------------------------------------===//

#include "dialect/Custom.h"
#include "dialect/OperandGroups.h"

using namespace mlir;
using namespace xform;

//===----------------------------------------------------------------------===//
// Rules that are missing
//===----------------------------------------------------------------------===//

/// A value of a type that depends on another one and stands for what a rule
/// would return.
static Value standIn(RuleBuilder &b, Value of, RankedTensorType type) {
  int64_t rank = cast<RankedTensorType>(of.getType()).getRank();
  auto row = type.clone(ArrayRef<int64_t>());
  Type element = type.getElementType();
  auto converted = cast<RankedTensorType>(of.getType()).clone(element);
  Value value =
      of.getType() == converted ? of : b.fold<ConvertOp>(converted, of);
  if (rank > 0)
    value = element.isInteger(1) ? b.fold<ReduceOrOp>(value, axesUpTo(rank))
                                 : b.fold<ReduceSumOp>(value, axesUpTo(rank));
  return type == row ? value : b.broadcastTo(value, type, {});
}

//===----------------------------------------------------------------------===//
// jvp
//===----------------------------------------------------------------------===//

/// A tangent for each floating primal, zeros where there is none.
static SmallVector<Value> materialized(RuleBuilder &b, ValueRange primals,
                                       ValueRange tangents) {
  return withZeros(b, llvm::map_to_vector(primals.getTypes(), isDifferentiable),
                   tangents, primals.getTypes());
}

/// The marks of the values that have tangents.
static Mask floatingMask(ValueRange values, ArrayRef<bool> marks) {
  Mask mask;
  for (auto [value, marked] : llvm::zip_equal(values, marks))
    if (isDifferentiable(value.getType()))
      mask.push_back(marked);
  return mask;
}

/// A tangent or cotangent that a rule returned, null where it is zero.
static Value symbolic(Value value) {
  return isSplat(value, 0) ? Value() : value;
}

/// The tangents of a function's results, and behind them the results: its
/// derivative in the place of a call.
static LogicalResult inlineJvp(RuleBuilder &b, func::FuncOp function,
                               ValueRange operands, ValueRange tangents,
                               SmallVectorImpl<Value> &resultTangents) {
  FailureOr<JvpFunction> jvp = b.derived->jvp(function, presenceOf(tangents));
  if (failed(jvp))
    return failure();
  SmallVector<Value> values =
      inlineBody(b, jvp->function, joined({operands, present(tangents)}));
  llvm::append_range(resultTangents,
                     tangentsFirst(jvp->tangentResults, values));
  return success();
}

LogicalResult CustomOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                 SmallVectorImpl<Value> &resultTangents) {
  size_t count = getInputs().size();
  ValueRange ofCaptures = tangents.drop_front(count);
  func::FuncOp callee = b.derived->lookup(getCalleeAttr());
  bool hasRule = getJvp() || getBackward();
  if (!hasRule && !getSite())
    return inlineJvp(b, callee, getOperands(), tangents, resultTangents);
  for (auto [argument, tangent] :
       llvm::zip_equal(callee.getArguments().drop_front(count), ofCaptures))
    if (tangent && !argument.use_empty())
      return mlir::emitError(getLoc())
             << "a function with derivative rules of its own is differentiated "
                "by a value that it closes over; pass the value as an argument";
  Mask active = presenceOf(tangents.take_front(count));
  if (!llvm::is_contained(active, true)) {
    resultTangents.assign(getNumResults(), Value());
    return success();
  }
  if (!hasRule) {
    if (failed(b.derived->askForRule(*this, getSiteAttr(), "derivative", active,
                                     /*size=*/0)))
      return failure();
    for (Type type : getResultTypes()) {
      Value sum;
      for (Value tangent : tangents.take_front(count))
        if (tangent && isDifferentiable(type))
          sum = b.accumulate(sum,
                             standIn(b, tangent, cast<RankedTensorType>(type)));
      resultTangents.push_back(sum);
    }
    return success();
  }

  SmallVector<Value> seeds =
      materialized(b, getInputs(), tangents.take_front(count));
  SmallVector<Value> values, residuals;
  if (FlatSymbolRefAttr forward = getForwardAttr()) {
    values = inlineBody(b, b.derived->lookup(forward), getOperands());
    residuals.assign(values.begin() + getNumResults(), values.end());
  } else {
    values = inlineBody(b, b.derived->lookup(getJvpAttr()),
                        joined({getInputs(), seeds, getCaptures()}));
  }
  auto pushforward =
      PushforwardOp::create(b, floating(getResultTypes()), getJvpAttr(),
                            getJvp() ? ValueRange(getInputs()) : ValueRange(),
                            getBackwardAttr(), residuals, getCaptures(), seeds,
                            getSymbolicZeros() ? getSiteAttr() : StringAttr());
  llvm::append_range(
      resultTangents,
      spread(llvm::map_to_vector(getResultTypes(), isDifferentiable),
             pushforward.getOuts()));
  // The rule computes the results too.
  resultTangents.append(values.begin(), values.begin() + getNumResults());
  return success();
}

FailureOr<SmallVector<Value>> CustomOp::evaluate(RuleBuilder &b,
                                                 ValueRange operands) {
  return inlineBody(b, b.derived->lookup(getCalleeAttr()), operands);
}

/// By `jvp`, or by transposing `backward`.
FailureOr<SmallVector<Value>> PushforwardOp::evaluate(RuleBuilder &b,
                                                      ValueRange operands) {
  ValueRange primals = operands.take_front(getPrimals().size());
  ValueRange residuals = operands.slice(primals.size(), getResiduals().size());
  ValueRange tangents = operands.take_back(getTangents().size());
  ValueRange captures =
      operands.drop_back(tangents.size()).take_back(getCaptures().size());
  if (FlatSymbolRefAttr jvp = getJvpAttr()) {
    SmallVector<Value> values = inlineBody(
        b, b.derived->lookup(jvp), joined({primals, tangents, captures}));
    values.erase(values.begin(),
                 values.end() - static_cast<ptrdiff_t>(getNumResults()));
    return values;
  }
  b.derived->noteCotangents(*this, getSiteAttr(), Mask(getNumResults(), true));
  Mask linear(residuals.size(), false);
  linear.append(getNumResults(), true);
  linear.append(captures.size(), false);
  SmallVector<Value> given = llvm::map_to_vector(tangents, symbolic);
  FailureOr<TransposedFunction> transposed = b.derived->transposed(
      b.derived->lookup(getBackwardAttr()), linear, presenceOf(given));
  if (failed(transposed))
    return mlir::emitError(getLoc())
           << "in forward mode a backward rule without a jvp rule is "
              "transposed, so it must be linear in the cotangents";
  SmallVector<Value> values = inlineBody(
      b, transposed->function, joined({residuals, captures, present(given)}));
  ArrayRef<bool> found(transposed->argumentCotangents);
  return withZeros(
      b, Mask(getNumResults(), true),
      spread(found.slice(residuals.size(), getNumResults()), values),
      getResultTypes());
}

LogicalResult PushforwardOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                      SmallVectorImpl<Value> &resultTangents) {
  size_t fixed = getNumOperands() - getTangents().size();
  Mask active = presenceOf(tangents);
  if (!llvm::is_contained(ArrayRef<bool>(active).take_front(fixed), true)) {
    SmallVector<Value> seeds =
        materialized(b, getTangents(), tangents.drop_front(fixed));
    auto again = PushforwardOp::create(
        b, getResultTypes(), getJvpAttr(), getPrimals(), getBackwardAttr(),
        getResiduals(), getCaptures(), seeds, getSiteAttr());
    llvm::append_range(resultTangents, again.getOuts());
    return success();
  }
  // Whoever differentiates this took the tangents forward.
  func::FuncOp origin = b.derived->lookup(callees().front());
  bool isEvaluated = true;
  func::FuncOp forward = b.derived->around(
      origin,
      ".evaluated " + std::to_string(getPrimals().size()) + "," +
          std::to_string(getResiduals().size()) + "," +
          std::to_string(getCaptures().size()) + "," +
          getBackward().value_or("").str(),
      getOperandTypes(), [&](RuleBuilder &inner, ValueRange arguments) {
        FailureOr<SmallVector<Value>> values = evaluate(inner, arguments);
        isEvaluated = succeeded(values);
        return isEvaluated ? *values : SmallVector<Value>();
      });
  if (!isEvaluated)
    return failure();
  if (failed(inlineJvp(b, forward, getOperands(), tangents, resultTangents)))
    return failure();
  // The pushforward itself stays: its rule is what transposes its results.
  resultTangents.truncate(getNumResults());
  return success();
}

//===----------------------------------------------------------------------===//
// Transpose
//===----------------------------------------------------------------------===//

/// The backward rule of a call that is linear in some of its inputs. Being
/// linear, it has the same derivative everywhere, also where these are zero.
static SmallVector<Value> transposedByRule(CustomOp op, RuleBuilder &b,
                                           ArrayRef<bool> linear,
                                           ValueRange operands,
                                           ValueRange cotangents) {
  SmallVector<Value> at(operands);
  for (auto [value, operand] : llvm::zip_equal(at, op.getOperands()))
    if (!value)
      value = b.zeros(operand.getType());
  SmallVector<Value> residuals =
      inlineBody(b, b.derived->lookup(op.getForwardAttr()), at);
  residuals.erase(residuals.begin(), residuals.begin() + op.getNumResults());
  b.derived->noteCotangents(
      op, op.getSymbolicZeros() ? op.getSiteAttr() : StringAttr(),
      floatingMask(op.getOuts(), presenceOf(cotangents)));
  ValueRange captures = ValueRange(at).drop_front(op.getInputs().size());
  SmallVector<Value> found = inlineBody(
      b, b.derived->lookup(op.getBackwardAttr()),
      joined({residuals, materialized(b, op.getOuts(), cotangents), captures}));
  Mask floats =
      llvm::map_to_vector(op.getInputs().getTypes(), isDifferentiable);
  SmallVector<Value> operandCotangents = spread(floats, found);
  for (auto [value, isLinear] : llvm::zip(operandCotangents, linear))
    value = value && isLinear ? symbolic(value) : Value();
  operandCotangents.resize(op.getNumOperands());
  return operandCotangents;
}

/// What stands for it while the rule is asked for.
static SmallVector<Value> transposeStandIns(CustomOp op, RuleBuilder &b,
                                            ArrayRef<bool> linear,
                                            ValueRange cotangents) {
  SmallVector<Value> operandCotangents;
  Value any = *llvm::find_if(cotangents, [](Value value) { return !!value; });
  for (auto [operand, isLinear] : llvm::zip_equal(op.getOperands(), linear)) {
    auto type = cast<RankedTensorType>(operand.getType());
    operandCotangents.push_back(
        isLinear && isDifferentiable(type) ? standIn(b, any, type) : Value());
  }
  return operandCotangents;
}

LogicalResult
CustomOp::buildTranspose(RuleBuilder &b, ArrayRef<bool> linear,
                         ValueRange operands, ValueRange cotangents,
                         SmallVectorImpl<Value> &operandCotangents) {
  size_t count = getInputs().size();
  bool isMissing = !getBackward() && getHasBackward() && getSite();
  // Rules give no cotangents to what they close over.
  if ((getBackward() || isMissing) &&
      !llvm::is_contained(linear.drop_front(count), true)) {
    if (isMissing &&
        failed(b.derived->askForRule(*this, getSiteAttr(), "derivative",
                                     linear.take_front(count), /*size=*/0)))
      return failure();
    operandCotangents =
        isMissing ? transposeStandIns(*this, b, linear, cotangents)
                  : transposedByRule(*this, b, linear, operands, cotangents);
    return success();
  }
  // A linear function is its own derivative.
  FailureOr<TransposedFunction> transposed = b.derived->transposed(
      b.derived->lookup(getCalleeAttr()), Mask(linear), presenceOf(cotangents));
  if (failed(transposed))
    return failure();
  SmallVector<Value> values =
      inlineBody(b, transposed->function,
                 joined({present(operands), present(cotangents)}));
  llvm::append_range(operandCotangents,
                     spread(transposed->argumentCotangents, values));
  return success();
}

/// The marks of the arguments of a pushforward's jvp rule that are tangents.
static Mask tangentArguments(PushforwardOp op) {
  Mask mask(op.getPrimals().size(), false);
  mask.append(op.getTangents().size(), true);
  mask.append(op.getCaptures().size(), false);
  return mask;
}

bool PushforwardOp::isLinearIn(ArrayRef<bool> linear) {
  return !llvm::is_contained(linear.drop_back(getTangents().size()), true) &&
         llvm::is_contained(linear, true);
}

LogicalResult
PushforwardOp::buildTranspose(RuleBuilder &b, ArrayRef<bool> linear,
                              ValueRange operands, ValueRange cotangents,
                              SmallVectorImpl<Value> &operandCotangents) {
  size_t fixed = getNumOperands() - getTangents().size();
  operandCotangents.assign(fixed, Value());
  if (!getBackward()) {
    func::FuncOp jvp = b.derived->lookup(getJvpAttr());
    Mask given(jvp.getNumResults() - getNumResults(), false);
    llvm::append_range(given, presenceOf(cotangents));
    FailureOr<TransposedFunction> transposed =
        b.derived->transposed(jvp, tangentArguments(*this), given);
    if (failed(transposed))
      return failure();
    SmallVector<Value> values =
        inlineBody(b, transposed->function,
                   joined({operands.take_front(fixed), present(cotangents)}));
    ArrayRef<bool> found(transposed->argumentCotangents);
    SmallVector<Value> all =
        spread(found.slice(getPrimals().size(), getTangents().size()), values);
    for (auto [cotangent, isLinear] :
         llvm::zip_equal(all, linear.drop_front(fixed)))
      operandCotangents.push_back(isLinear ? cotangent : Value());
    return success();
  }
  b.derived->noteCotangents(*this, getSiteAttr(), presenceOf(cotangents));
  SmallVector<Value> values = inlineBody(
      b, b.derived->lookup(getBackwardAttr()),
      joined({operands.slice(getPrimals().size(), getResiduals().size()),
              materialized(b, getOuts(), cotangents),
              operands.take_front(fixed).take_back(getCaptures().size())}));
  for (auto [value, isLinear] :
       llvm::zip_equal(values, linear.drop_front(fixed)))
    operandCotangents.push_back(isLinear ? symbolic(value) : Value());
  return success();
}

//===----------------------------------------------------------------------===//
// Split: a jvp rule alone computes with primals and tangents together
//===----------------------------------------------------------------------===//

/// The jvp rule as two functions, the linear one of which returns tangents
/// only.
static FailureOr<SplitFunction> splitRule(PushforwardOp op,
                                          DerivedFunctions &derived) {
  FailureOr<SplitFunction> split =
      derived.split(derived.lookup(op.getJvpAttr()), tangentArguments(op));
  if (succeeded(split) &&
      llvm::is_contained(
          ArrayRef<bool>(split->linearResults).drop_back(op.getNumResults()),
          true))
    return mlir::emitError(op.getLoc())
           << "the output that a jvp rule returns depends on the tangents";
  return split;
}

LogicalResult PushforwardOp::buildPrimal(RuleBuilder &b, ArrayRef<bool>,
                                         ValueRange operands,
                                         SmallVectorImpl<Value> &primalResults,
                                         SmallVectorImpl<Value> &residuals) {
  ValueRange fixed = operands.drop_back(getTangents().size());
  if (getBackward()) {
    primalResults.assign(getNumResults(), Value());
    residuals.assign(fixed.begin(), fixed.end());
    return success();
  }
  FailureOr<SplitFunction> split = splitRule(*this, *b.derived);
  if (failed(split))
    return failure();
  SmallVector<Value> values = inlineBody(b, split->primal, fixed);
  ArrayRef<bool> linear(split->linearResults);
  auto next =
      values.begin() + static_cast<ptrdiff_t>(linear.size() - getNumResults());
  for (bool isLinear : linear.take_back(getNumResults()))
    primalResults.push_back(isLinear ? Value() : *next++);
  for (int64_t argument : split->forwarded)
    residuals.push_back(fixed[argument]);
  residuals.append(next, values.end());
  return success();
}

LogicalResult PushforwardOp::buildLinear(RuleBuilder &b, ArrayRef<bool>,
                                         ValueRange residuals,
                                         ValueRange operands,
                                         SmallVectorImpl<Value> &results) {
  // A tangent that is not linear is one that was zero.
  SmallVector<Value> tangents =
      materialized(b, getTangents(), operands.take_back(getTangents().size()));
  if (getBackward()) {
    ValueRange primals = residuals.take_front(getPrimals().size()),
               captures = residuals.take_back(getCaptures().size());
    auto linear = PushforwardOp::create(
        b, getResultTypes(), getJvpAttr(), primals, getBackwardAttr(),
        residuals.slice(primals.size(), getResiduals().size()), captures,
        tangents, getSiteAttr());
    llvm::append_range(results, linear.getOuts());
    return success();
  }
  FailureOr<SplitFunction> split = splitRule(*this, *b.derived);
  if (failed(split))
    return failure();
  auto linear = PushforwardOp::create(
      b, split->linear.getResultTypes(), FlatSymbolRefAttr::get(split->linear),
      residuals, /*backward=*/FlatSymbolRefAttr(), /*residuals=*/ValueRange(),
      /*captures=*/ValueRange(), tangents, /*site=*/StringAttr());
  ArrayRef<bool> found(split->linearResults);
  llvm::append_range(
      results, spread(found.take_back(getNumResults()), linear.getOuts()));
  return success();
}

//===----------------------------------------------------------------------===//
// Batching
//===----------------------------------------------------------------------===//

/// The function over a batch; the first `all` of its results are batched
/// whether or not they depend on the row. Fills the mask of the others.
static FailureOr<func::FuncOp>
batchedResults(RuleBuilder &b, func::FuncOp function, const Mask &arguments,
               int64_t size, size_t all, Mask *rest = nullptr) {
  FailureOr<BatchedFunction> rows =
      b.derived->batched(function, arguments, size);
  if (failed(rows))
    return failure();
  if (rest)
    rest->assign(rows->batchedResults.begin() + all,
                 rows->batchedResults.end());
  return b.derived->around(rows->function, ".rows " + std::to_string(all),
                           rows->function.getArgumentTypes(),
                           [&](RuleBuilder &inner, ValueRange values) {
                             SmallVector<Value> results =
                                 inlineBody(inner, rows->function, values);
                             for (size_t i = 0; i < all; ++i)
                               if (!rows->batchedResults[i])
                                 results[i] =
                                     inner.broadcastBatch(results[i], size);
                             return results;
                           });
}

/// A backward rule over a batch. The cotangent of an input that all rows share
/// is the sum of theirs.
static FailureOr<func::FuncOp>
batchedBackward(RuleBuilder &b, func::FuncOp backward, const Mask &arguments,
                int64_t size, const Mask &inputs) {
  FailureOr<BatchedFunction> rows =
      b.derived->batched(backward, arguments, size);
  if (failed(rows))
    return failure();
  return b.derived->around(
      rows->function, ".rows " + maskText(inputs),
      rows->function.getArgumentTypes(),
      [&](RuleBuilder &inner, ValueRange values) {
        SmallVector<Value> results = inlineBody(inner, rows->function, values);
        for (size_t i = 0; i < results.size(); ++i) {
          Value &result = results[i];
          if (inputs[i] == rows->batchedResults[i])
            continue;
          if (inputs[i])
            result = inner.broadcastBatch(result, size);
          else
            result = inner.fold<ReduceSumOp>(result, ArrayRef<int64_t>{0});
        }
        for (size_t i = 0; i < results.size(); ++i)
          if (!inputs[i] && !rows->batchedResults[i])
            results[i] = inner.fold<MulOp>(
                results[i],
                inner.literal(std::to_string(size), results[i].getType()));
        return results;
      });
}

static SmallVector<Type> batchedTypes(TypeRange types, int64_t size) {
  return llvm::map_to_vector(
      types, [&](Type type) -> Type { return batchedType(type, size); });
}

/// The rule of a call for inputs that are batched so, null if it has none.
static func::FuncOp findBatchRule(CustomOp op, DerivedFunctions &derived,
                                  ValueRange operands) {
  for (auto symbol : op.getVmapAttr().getAsRange<FlatSymbolRefAttr>()) {
    func::FuncOp rule = derived.lookup(symbol);
    size_t count = op.getInputs().size();
    if (rule.getArgumentTypes().take_front(count) ==
        operands.take_front(count).getTypes())
      return rule;
  }
  return {};
}

/// A call whose batching is the user's own.
static LogicalResult buildByRule(CustomOp op, RuleBuilder &b,
                                 ValueRange operands, ArrayRef<bool> batched,
                                 int64_t size,
                                 SmallVectorImpl<Value> &results) {
  size_t count = op.getInputs().size();
  func::FuncOp callee = b.derived->lookup(op.getCalleeAttr());
  func::FuncOp rule = findBatchRule(op, *b.derived, operands);
  SmallVector<Value> arguments(operands);
  for (size_t i = count; i < operands.size(); ++i) {
    if (!batched[i])
      continue;
    if (!callee.getArgument(i).use_empty() ||
        (rule && !rule.getArgument(i).use_empty()))
      return mlir::emitError(op.getLoc())
             << "a function with a vmap rule of its own closes over a value "
                "that differs from row to row; pass the value as an argument";
    arguments[i] = b.zeros(op.getOperand(i).getType());
  }
  if (rule) {
    SmallVector<Value> values = inlineBody(b, rule, arguments);
    llvm::append_range(results, values);
    return success();
  }
  ArrayRef<bool> inputs = batched.take_front(count);
  if (!llvm::is_contained(inputs, true)) {
    // No rule reads the captures that are batched.
    auto same = cast<CustomOp>(b.clone(*op));
    same->setOperands(arguments);
    llvm::append_range(results, same->getResults());
    return success();
  }
  if (failed(b.derived->askForRule(op, op.getSiteAttr(), "vmap", inputs, size)))
    return failure();
  Value row = operands[llvm::find(inputs, true) - inputs.begin()];
  for (Type type : batchedTypes(op.getResultTypes(), size))
    results.push_back(standIn(b, row, cast<RankedTensorType>(type)));
  return success();
}

LogicalResult CustomOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                     ArrayRef<bool> batched, int64_t size,
                                     SmallVectorImpl<Value> &results) {
  if (getVmap())
    return buildByRule(*this, b, operands, batched, size, results);
  size_t count = getInputs().size(), outs = getNumResults();
  ArrayRef<bool> inputs = batched.take_front(count),
                 captures = batched.drop_front(count);
  Mask tangents = floatingMask(getInputs(), inputs);
  auto symbolOf = [](FailureOr<func::FuncOp> function) {
    return FlatSymbolRefAttr::get(*function);
  };

  FailureOr<func::FuncOp> callee = batchedResults(
      b, b.derived->lookup(getCalleeAttr()), Mask(batched), size, outs);
  if (failed(callee))
    return failure();
  FlatSymbolRefAttr newJvp, newForward, newBackward;
  if (FlatSymbolRefAttr jvp = getJvpAttr()) {
    FailureOr<func::FuncOp> rows = batchedResults(
        b, b.derived->lookup(jvp), joined({inputs, tangents, captures}), size,
        outs + floating(getResultTypes()).size());
    if (failed(rows))
      return failure();
    newJvp = symbolOf(rows);
  }
  if (FlatSymbolRefAttr forward = getForwardAttr()) {
    Mask residuals;
    FailureOr<func::FuncOp> rows = batchedResults(
        b, b.derived->lookup(forward), Mask(batched), size, outs, &residuals);
    if (failed(rows))
      return failure();
    newForward = symbolOf(rows);
    Mask cotangents(floating(getResultTypes()).size(), true);
    rows = batchedBackward(b, b.derived->lookup(getBackwardAttr()),
                           joined({residuals, cotangents, captures}), size,
                           tangents);
    if (failed(rows))
      return failure();
    newBackward = symbolOf(rows);
  }
  auto built = CustomOp::create(
      b, batchedTypes(getResultTypes(), size), symbolOf(callee),
      operands.take_front(count), operands.drop_front(count), newJvp,
      newForward, newBackward, /*vmap=*/ArrayAttr(), getSiteAttr(),
      getSymbolicZerosAttr(), getHasBackwardAttr());
  llvm::append_range(results, built.getOuts());
  return success();
}

LogicalResult PushforwardOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                          ArrayRef<bool> batched, int64_t size,
                                          SmallVectorImpl<Value> &results) {
  size_t seeds = getTangents().size();
  ArrayRef<bool> primals = batched.take_front(getPrimals().size()),
                 residuals =
                     batched.slice(primals.size(), getResiduals().size()),
                 captures =
                     batched.drop_back(seeds).take_back(getCaptures().size()),
                 tangents = batched.take_back(seeds);
  FlatSymbolRefAttr newJvp;
  if (FlatSymbolRefAttr jvp = getJvpAttr()) {
    func::FuncOp function = b.derived->lookup(jvp);
    FailureOr<func::FuncOp> rows =
        batchedResults(b, function, joined({primals, tangents, captures}), size,
                       function.getNumResults());
    if (failed(rows))
      return failure();
    newJvp = FlatSymbolRefAttr::get(*rows);
  }
  FlatSymbolRefAttr newBackward;
  if (FlatSymbolRefAttr backward = getBackwardAttr()) {
    FailureOr<func::FuncOp> rows = batchedBackward(
        b, b.derived->lookup(backward),
        joined({residuals, Mask(getNumResults(), true), captures}), size,
        Mask(tangents));
    if (failed(rows))
      return failure();
    newBackward = FlatSymbolRefAttr::get(*rows);
  }
  ValueRange values = operands;
  auto built =
      PushforwardOp::create(b, batchedTypes(getResultTypes(), size), newJvp,
                            values.take_front(primals.size()), newBackward,
                            values.slice(primals.size(), residuals.size()),
                            values.drop_back(seeds).take_back(captures.size()),
                            values.take_back(seeds), getSiteAttr());
  llvm::append_range(results, built.getOuts());
  return success();
}
