//===- While.cpp - the rules of xform.while -------------------------------===//
//
// What is carried has a tangent, or is batched, if it is so at the start of any
// step. There is no transpose: see the op.
//
//===----------------------------------------------------------------------===//

#include "dialect/Control.h"
#include "dialect/OperandGroups.h"

using namespace mlir;
using namespace xform;

/// The arguments of a step that takes captures behind what is carried.
static SmallVector<Type> stepTypes(ValueRange carried, ValueRange captures) {
  SmallVector<Type> types(carried.getTypes());
  llvm::append_range(types, captures.getTypes());
  return types;
}

/// A value followed by its captures, without what lies between.
static SmallVector<Value> withoutMiddle(ValueRange values, size_t front,
                                        size_t back) {
  SmallVector<Value> kept(values.take_front(front));
  llvm::append_range(kept, values.take_back(back));
  return kept;
}

static WhileOp buildWhile(RuleBuilder &b, ValueRange init, func::FuncOp cond,
                          ValueRange condCaptures, func::FuncOp body,
                          ValueRange bodyCaptures) {
  return WhileOp::create(b, init.getTypes(), init, FlatSymbolRefAttr::get(cond),
                         condCaptures, FlatSymbolRefAttr::get(body),
                         bodyCaptures);
}

//===----------------------------------------------------------------------===//
// jvp
//===----------------------------------------------------------------------===//

LogicalResult WhileOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                                SmallVectorImpl<Value> &resultTangents) {
  func::FuncOp cond = b.derived->lookup(getCondAttr());
  func::FuncOp body = b.derived->lookup(getBodyAttr());
  size_t carried = getInit().size();
  size_t condCount = getCondCaptures().size();
  size_t bodyCount = getBodyCaptures().size();
  // The condition's captures have no say in a derivative.
  Mask active = presenceOf(withoutMiddle(tangents, carried, bodyCount));
  auto jvp = deriveStep<JvpFunction>(
      active, carried, &JvpFunction::tangentResults,
      [&](const Mask &mask) { return b.derived->jvp(body, mask); });
  if (failed(jvp))
    return failure();

  ArrayRef<bool> ofCarried = ArrayRef<bool>(active).take_front(carried);
  SmallVector<Value> init =
      joined({getInit(), withZeros(b, ofCarried, tangents.take_front(carried),
                                   getInit().getTypes())});
  SmallVector<Value> captures =
      joined({getBodyCaptures(), present(tangents.take_back(bodyCount))});
  size_t carriedTangents = init.size() - carried;

  func::FuncOp newCond = b.derived->around(
      cond, ".step jvp" + maskText(active), stepTypes(init, getCondCaptures()),
      [&](RuleBuilder &inner, ValueRange arguments) {
        return inlineBody(inner, cond,
                          withoutMiddle(arguments, carried, condCount));
      });
  func::FuncOp newBody = b.derived->around(
      jvp->function, ".step jvp" + std::to_string(carried),
      stepTypes(init, captures), [&](RuleBuilder &inner, ValueRange arguments) {
        // Tangents lie behind all primal values in the function's order.
        SmallVector<Value> ordered(arguments.take_front(carried));
        llvm::append_range(ordered, arguments.slice(init.size(), bodyCount));
        llvm::append_range(ordered, arguments.slice(carried, carriedTangents));
        llvm::append_range(ordered,
                           arguments.drop_front(init.size() + bodyCount));
        SmallVector<Value> values = inlineBody(inner, jvp->function, ordered);
        ValueRange results = ValueRange(values).take_front(carried);
        SmallVector<Value> found =
            spread(jvp->tangentResults, ValueRange(values).drop_front(carried));
        return joined(
            {results, withZeros(inner, ofCarried, found, results.getTypes())});
      });
  WhileOp built =
      buildWhile(b, init, newCond, getCondCaptures(), newBody, captures);
  // The new loop computes the results too.
  llvm::append_range(resultTangents,
                     tangentsFirst(ofCarried, built->getResults()));
  return success();
}

//===----------------------------------------------------------------------===//
// Batching: until every row is done; one that is keeps its value
//===----------------------------------------------------------------------===//

LogicalResult WhileOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                    ArrayRef<bool> batched, int64_t size,
                                    SmallVectorImpl<Value> &results) {
  func::FuncOp cond = b.derived->lookup(getCondAttr());
  func::FuncOp body = b.derived->lookup(getBodyAttr());
  size_t carried = getInit().size();
  size_t condCount = getCondCaptures().size();
  size_t bodyCount = getBodyCaptures().size();
  Mask condMarks(batched.take_front(carried + condCount));
  Mask bodyMarks(batched.take_front(carried));
  llvm::append_range(bodyMarks, batched.take_back(bodyCount));

  FailureOr<BatchedFunction> rowsCond, rowsBody;
  while (true) {
    rowsBody = deriveStep<BatchedFunction>(
        bodyMarks, carried, &BatchedFunction::batchedResults,
        [&](const Mask &mask) { return b.derived->batched(body, mask, size); });
    if (failed(rowsBody))
      return failure();
    std::copy_n(bodyMarks.begin(), carried, condMarks.begin());
    rowsCond = b.derived->batched(cond, condMarks, size);
    if (failed(rowsCond))
      return failure();
    // Rows that stop at different steps differ in all that is carried.
    if (!rowsCond->batchedResults[0] ||
        !markCarried(bodyMarks, Mask(carried, true), carried))
      break;
  }
  bool rowsStopAlone = rowsCond->batchedResults[0];

  SmallVector<Value> init;
  for (size_t i = 0; i < carried; ++i)
    init.push_back(bodyMarks[i] && !batched[i]
                       ? b.broadcastBatch(operands[i], size)
                       : operands[i]);
  SmallVector<Value> condCaptures(operands.slice(carried, condCount));
  SmallVector<Value> bodyCaptures(operands.take_back(bodyCount));

  /// The body's results, all those that are marked batched.
  auto buildStep = [&](RuleBuilder &inner, ValueRange arguments) {
    return batchedAs(inner, inlineBody(inner, rowsBody->function, arguments),
                     ArrayRef(bodyMarks).take_front(carried),
                     rowsBody->batchedResults, size);
  };
  WhileOp built;
  if (!rowsStopAlone) {
    func::FuncOp newBody = b.derived->around(
        rowsBody->function, ".step vmap" + std::to_string(carried),
        stepTypes(init, bodyCaptures), buildStep);
    built = buildWhile(b, init, rowsCond->function, condCaptures, newBody,
                       bodyCaptures);
  } else {
    // Which rows go on is carried, so that each step asks once.
    SmallVector<Value> first(init);
    llvm::append_range(first, condCaptures);
    SmallVector<Value> all(init);
    all.push_back(inlineBody(b, rowsCond->function, first)[0]);
    func::FuncOp newCond = b.derived->around(
        rowsCond->function, ".any", ValueRange(all).getTypes(),
        [&](RuleBuilder &inner, ValueRange arguments) -> SmallVector<Value> {
          return {
              inner.fold<ReduceOrOp>(arguments.back(), ArrayRef<int64_t>{0})};
        });
    SmallVector<Value> captures(bodyCaptures);
    llvm::append_range(captures, condCaptures);
    func::FuncOp newBody = b.derived->around(
        rowsBody->function,
        ".step masked " + std::to_string(carried) + " " +
            rowsCond->function.getName().str(),
        stepTypes(all, captures),
        [&](RuleBuilder &inner, ValueRange arguments) {
          SmallVector<Value> own(arguments.take_front(carried));
          llvm::append_range(own, arguments.slice(carried + 1, bodyCount));
          SmallVector<Value> values = buildStep(inner, own);
          for (size_t i = 0; i < carried; ++i) {
            auto type = cast<RankedTensorType>(values[i].getType());
            Value goes = inner.broadcastTo(arguments[carried],
                                           type.clone(inner.getI1Type()), {0});
            values[i] = inner.fold<SelectOp>(goes, values[i], arguments[i]);
          }
          SmallVector<Value> asked(values);
          llvm::append_range(asked, arguments.take_back(condCount));
          // A row that is done stays so, since its values stay.
          values.push_back(inlineBody(inner, rowsCond->function, asked)[0]);
          return values;
        });
    built = buildWhile(b, all, newCond, {}, newBody, captures);
  }
  for (size_t i = 0; i < carried; ++i)
    results.push_back(bodyMarks[i]
                          ? Value(built->getResult(i))
                          : b.broadcastBatch(built->getResult(i), size));
  return success();
}

//===----------------------------------------------------------------------===//
// Split: the linear op is the whole loop, which runs again; no transpose
//===----------------------------------------------------------------------===//

namespace {

/// What of a loop depends on its marked operands.
struct Parts {
  Mask carried, condCaptures, bodyCaptures;
  SplitFunction cond, body;
};

} // namespace

static FailureOr<Parts> partsOf(WhileOp op, RuleBuilder &b,
                                ArrayRef<bool> linear) {
  func::FuncOp cond = b.derived->lookup(op.getCondAttr());
  func::FuncOp body = b.derived->lookup(op.getBodyAttr());
  size_t carried = op.getInit().size(), condCount = op.getCondCaptures().size();
  Mask marks(linear.take_front(carried));
  llvm::append_range(marks, linear.drop_front(carried + condCount));
  auto step = deriveStep<SplitFunction>(
      marks, carried, &SplitFunction::linearResults,
      [&](const Mask &mask) { return b.derived->split(body, mask); });
  if (failed(step))
    return failure();

  Parts parts;
  parts.carried.assign(marks.begin(), marks.begin() + carried);
  parts.bodyCaptures.assign(marks.begin() + carried, marks.end());
  parts.condCaptures = Mask(linear.slice(carried, condCount));
  parts.body = *step;
  Mask asked(parts.carried);
  llvm::append_range(asked, parts.condCaptures);
  FailureOr<SplitFunction> test = b.derived->split(cond, asked);
  if (failed(test))
    return failure();
  if (test->linearResults[0])
    return op.emitOpError("ends by what is linear in its tangent operands");
  parts.cond = *test;
  return parts;
}

/// The values at places that are not marked.
static SmallVector<Value> unmarked(ValueRange values, ArrayRef<bool> marks) {
  SmallVector<Value> kept;
  for (auto [value, marked] : llvm::zip_equal(values, marks))
    if (!marked)
      kept.push_back(value);
  return kept;
}

LogicalResult WhileOp::buildPrimal(RuleBuilder &b, ArrayRef<bool> linear,
                                   ValueRange operands,
                                   SmallVectorImpl<Value> &primalResults,
                                   SmallVectorImpl<Value> &residuals) {
  FailureOr<Parts> parts = partsOf(*this, b, linear);
  if (failed(parts))
    return failure();
  size_t carried = getInit().size(), condCount = getCondCaptures().size();
  SmallVector<Value> init =
      unmarked(operands.take_front(carried), parts->carried);
  SmallVector<Value> condCaptures =
      unmarked(operands.slice(carried, condCount), parts->condCaptures);
  SmallVector<Value> bodyCaptures =
      unmarked(operands.drop_front(carried + condCount), parts->bodyCaptures);
  func::FuncOp cond = b.derived->around(
      parts->cond.primal, ".step", stepTypes(init, condCaptures),
      [&](RuleBuilder &inner, ValueRange arguments) -> SmallVector<Value> {
        return {inlineBody(inner, parts->cond.primal, arguments)[0]};
      });
  func::FuncOp body =
      b.derived->around(parts->body.primal, ".step " + maskText(parts->carried),
                        stepTypes(init, bodyCaptures),
                        [&](RuleBuilder &inner, ValueRange arguments) {
                          SmallVector<Value> values =
                              inlineBody(inner, parts->body.primal, arguments);
                          // Some are carried as linear although the body sets
                          // them anew.
                          SmallVector<Value> kept;
                          size_t next = 0;
                          for (auto [result, marked] : llvm::zip_equal(
                                   parts->body.linearResults, parts->carried)) {
                            if (!marked)
                              kept.push_back(values[next]);
                            next += !result;
                          }
                          return kept;
                        });
  WhileOp built = buildWhile(b, init, cond, condCaptures, body, bodyCaptures);
  size_t next = 0;
  for (bool marked : parts->carried)
    primalResults.push_back(marked ? Value() : built->getResult(next++));
  residuals.append(present(operands));
  return success();
}

LogicalResult WhileOp::buildLinear(RuleBuilder &b, ArrayRef<bool> linear,
                                   ValueRange residuals, ValueRange operands,
                                   SmallVectorImpl<Value> &results) {
  FailureOr<Parts> parts = partsOf(*this, b, linear);
  if (failed(parts))
    return failure();
  SmallVector<Value> all;
  for (auto [operand, marked] : llvm::zip_equal(operands, linear)) {
    all.push_back(marked ? operand : residuals.front());
    residuals = residuals.drop_front(marked ? 0 : 1);
  }
  auto built = cast<WhileOp>(b.clone(*getOperation()));
  built->setOperands(all);
  for (auto [result, marked] :
       llvm::zip_equal(built->getResults(), parts->carried))
    results.push_back(marked ? Value(result) : Value());
  return success();
}

bool WhileOp::isLinearIn(ArrayRef<bool>) { return true; }

LogicalResult WhileOp::buildTranspose(RuleBuilder &, ArrayRef<bool>, ValueRange,
                                      ValueRange, SmallVectorImpl<Value> &) {
  // Not emitOpError: the user knows this op by its Python name.
  return mlir::emitError(getLoc())
         << "while_loop has no derivative in reverse mode, because the number "
            "of its steps is not known before it runs; use scan, or fori_loop "
            "with bounds that are Python ints";
}
