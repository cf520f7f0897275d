//===- Pullback.cpp - a derivative backwards ------------------------------===//
//
// A pullback is the transpose of a jvp's linear part. Where each element of the
// operand counts by itself, that part is its own transpose.
//
//===----------------------------------------------------------------------===//

#include "lowering/transforms/Expander.h"

#include "dialect/OperandGroups.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace xform;

/// The place of the only result that a cotangent is given for.
static std::optional<size_t> onlyCotangent(func::FuncOp callee,
                                           ValueRange cotangents) {
  std::optional<size_t> place;
  size_t next = 0;
  for (auto [index, type] : llvm::enumerate(callee.getResultTypes())) {
    if (!isDifferentiable(type) || !cotangents[next++])
      continue;
    if (place)
      return std::nullopt;
    place = index;
  }
  return place;
}

static bool isNumber(Value value) {
  return cast<RankedTensorType>(value.getType()).getRank() == 0;
}

namespace {

/// A jvp whose tangent, the last argument, goes to a result element by element,
/// which may be added up at the end. Backwards it is the same products with the
/// result's cotangent in place of the tangent: without residuals, and
/// derivatives of it grow with a power of their order, where those of a
/// pullback double with each.
class Diagonal {
public:
  static std::optional<Diagonal> of(func::FuncOp jvp, unsigned result) {
    Diagonal found(jvp);
    found.end = jvp.front().getTerminator()->getOperand(result);
    Type type = found.tangent.getType();
    // A number's derivative is one number, whatever lies between.
    if (isNumber(found.tangent) && found.end.getType() == type)
      return found;
    DenseSet<Value> elements = found.reached(found.tangent);
    if (elements.contains(found.end))
      return found;
    for (auto sum : jvp.getOps<ReduceSumOp>()) {
      if (!isNumber(sum) || !elements.contains(sum.getX()))
        continue;
      found.behindSum = found.reached(sum);
      if (found.behindSum.contains(found.end)) {
        found.sum = sum;
        return found;
      }
    }
    return std::nullopt;
  }

  /// The operand's cotangent; appends the results before the tangents.
  Value inlined(RuleBuilder &b, ValueRange primals, Value cotangent,
                SmallVectorImpl<Value> &results, size_t count) {
    IRMapping mapping;
    mapping.map(jvp.getArguments().drop_back(), primals);
    auto write = [&](llvm::function_ref<bool(Value)> isWanted) {
      for (Operation &op : jvp.front().without_terminator())
        if (llvm::any_of(op.getResults(), isWanted))
          b.clone(op, mapping);
    };
    write([&](Value value) { return !linear.contains(value); });
    if (sum) {
      // What is done with the sum comes first on the way back.
      mapping.map(sum.getResult(), cotangent);
      write([&](Value value) {
        return value != sum && behindSum.contains(value);
      });
      cotangent = b.broadcastTo(mapping.lookup(end),
                                cast<RankedTensorType>(tangent.getType()), {});
    }
    mapping.map(tangent, cotangent);
    write([&](Value value) {
      return linear.contains(value) && !behindSum.contains(value);
    });
    for (Value value :
         jvp.front().getTerminator()->getOperands().take_front(count))
      results.push_back(mapping.lookup(value));
    return mapping.lookup(sum ? sum.getX() : end);
  }

private:
  explicit Diagonal(func::FuncOp jvp)
      : jvp(jvp), tangent(jvp.getArguments().back()) {
    linear.insert(tangent);
    for (Operation &op : jvp.front().without_terminator())
      if (llvm::any_of(op.getOperands(),
                       [&](Value value) { return linear.contains(value); }))
        linear.insert(op.result_begin(), op.result_end());
  }

  /// The linear values each of whose elements depends on the same element of
  /// this one, and on nothing else that is linear.
  DenseSet<Value> reached(Value start) {
    DenseSet<Value> values{start};
    for (Operation &op : jvp.front().without_terminator()) {
      if (op.hasTrait<OpTrait::Elementwise>() && op.getNumResults() == 1 &&
          op.getResult(0).getType() == start.getType() &&
          linear.contains(op.getResult(0)) &&
          llvm::all_of(op.getOperands(), [&](Value operand) {
            return values.contains(operand) || !linear.contains(operand);
          }))
        values.insert(op.getResult(0));
    }
    return values;
  }

  func::FuncOp jvp;
  BlockArgument tangent;
  /// What depends on the tangent.
  DenseSet<Value> linear;
  ReduceSumOp sum;
  DenseSet<Value> behindSum;
  /// The result's tangent.
  Value end;
};

} // namespace

LogicalResult Expander::pullback(RuleBuilder &b, func::FuncOp callee,
                                 ValueRange primals, ArrayRef<int64_t> argnums,
                                 ValueRange cotangents,
                                 SmallVectorImpl<Value> &results,
                                 SmallVectorImpl<Value> &argumentCotangents) {
  FailureOr<JvpFunction> derivative =
      jvp(callee, maskOf(primals.size(), argnums));
  if (failed(derivative))
    return failure();
  if (std::optional<size_t> place = onlyCotangent(callee, cotangents);
      place && argnums.size() == 1 && derivative->tangentResults[*place] &&
      !leavesModeOpen(derivative->function)) {
    size_t before = llvm::count(
        ArrayRef(derivative->tangentResults).take_front(*place), true);
    if (std::optional<Diagonal> diagonal = Diagonal::of(
            derivative->function, callee.getNumResults() + before)) {
      Value cotangent =
          *llvm::find_if(cotangents, [](Value value) { return !!value; });
      argumentCotangents.push_back(diagonal->inlined(
          b, primals, cotangent, results, callee.getNumResults()));
      return success();
    }
  }
  size_t tangentCount = argnums.size();
  Mask linear(primals.size(), false);
  linear.append(tangentCount, true);
  FailureOr<SplitFunction> parts = split(derivative->function, linear);
  if (failed(parts))
    return failure();

  SmallVector<Value> values = inlineBody(b, parts->primal, primals);
  size_t resultCount = callee.getNumResults();
  results.assign(values.begin(), values.begin() + resultCount);

  // A cotangent of a result without tangent goes nowhere.
  SmallVector<Value> operands;
  for (int64_t place : parts->forwarded)
    operands.push_back(primals[place]);
  operands.append(values.begin() + resultCount, values.end());
  Mask linearArguments(operands.size(), false);
  linearArguments.append(tangentCount, true);
  Mask floats = llvm::map_to_vector(callee.getResultTypes(), isDifferentiable);
  SmallVector<Value> given;
  for (auto [cotangent, hasTangent] :
       llvm::zip_equal(spread(floats, cotangents), derivative->tangentResults))
    if (hasTangent)
      given.push_back(cotangent);
  llvm::append_range(operands, present(given));
  FailureOr<TransposedFunction> backward =
      transposed(parts->linear, linearArguments, presenceOf(given));
  if (failed(backward))
    return failure();
  SmallVector<Value> built = inlineBody(b, backward->function, operands);
  ArrayRef<bool> found(backward->argumentCotangents);
  llvm::append_range(argumentCotangents,
                     spread(found.take_back(tangentCount), built));
  return success();
}
