//===- Map.cpp - the rules of xform.map -----------------------------------===//
//
// A map of a function is differentiated, split, transposed and batched by doing
// so to the function. Operands are the rows' tensors (xs), then captures, which
// every step sees whole; a derived function's arguments are put in that order.
//
//===----------------------------------------------------------------------===//

#include "dialect/DerivedFunctions.h"
#include "dialect/Ops.h"

using namespace mlir;
using namespace xform;

namespace {

/// Collects the operands of a new map with their places among the arguments of
/// a derived function, which come in any order.
class MapOperands {
public:
  void add(Value value, bool isRow) {
    (isRow ? xs : captures).push_back(value);
    (isRow ? xPlaces : capturePlaces).push_back(count++);
  }

  /// Builds the map of `function`, with its arguments reordered to xs,
  /// captures.
  MapOp build(RuleBuilder &b, func::FuncOp function, int64_t length) {
    SmallVector<int64_t> order(xPlaces);
    llvm::append_range(order, capturePlaces);
    func::FuncOp body = b.derived->reordered(function, order);
    SmallVector<Type> types;
    for (Type type : body.getResultTypes())
      types.push_back(batchedType(type, length));
    return MapOp::create(b, types, FlatSymbolRefAttr::get(body), xs, captures);
  }

private:
  SmallVector<Value> xs, captures;
  SmallVector<int64_t> xPlaces, capturePlaces;
  int64_t count = 0;
};

} // namespace

static int64_t lengthOf(MapOp op) {
  return cast<RankedTensorType>(op.getXs()[0].getType()).getDimSize(0);
}

static bool isRow(MapOp op, size_t operand) {
  return operand < op.getXs().size();
}

/// The permutation that swaps the first two axes.
static SmallVector<int64_t> swapFront(Value value) {
  auto axes = axesUpTo(cast<RankedTensorType>(value.getType()).getRank());
  std::swap(axes[0], axes[1]);
  return axes;
}

LogicalResult MapOp::buildJvp(RuleBuilder &b, ValueRange tangents,
                              SmallVectorImpl<Value> &resultTangents) {
  func::FuncOp body = b.derived->lookup(getCalleeAttr());
  Mask marked;
  for (Value tangent : tangents)
    marked.push_back(static_cast<bool>(tangent));
  FailureOr<JvpFunction> jvp = b.derived->jvp(body, marked);
  if (failed(jvp))
    return failure();
  MapOperands operands;
  for (auto [index, operand] : llvm::enumerate(getOperands()))
    operands.add(operand, isRow(*this, index));
  for (auto [index, tangent] : llvm::enumerate(tangents))
    if (tangent)
      operands.add(tangent, isRow(*this, index));
  MapOp map = operands.build(b, jvp->function, lengthOf(*this));
  auto next = map->result_begin() + getNumResults();
  for (bool hasTangent : jvp->tangentResults)
    resultTangents.push_back(hasTangent ? *next++ : Value());
  // The new map computes the results too: one loop instead of two.
  llvm::append_range(resultTangents,
                     map->getResults().take_front(getNumResults()));
  return success();
}

LogicalResult MapOp::buildBatched(RuleBuilder &b, ValueRange operands,
                                  ArrayRef<bool> batched, int64_t size,
                                  SmallVectorImpl<Value> &results) {
  func::FuncOp body = b.derived->lookup(getCalleeAttr());
  FailureOr<BatchedFunction> rows =
      b.derived->batched(body, Mask(batched), size);
  if (failed(rows))
    return failure();
  MapOperands mapOperands;
  for (auto [index, operand, isBatched] : llvm::enumerate(operands, batched)) {
    bool row = isRow(*this, index);
    mapOperands.add(row && isBatched ? b.permute(operand, swapFront(operand))
                                     : operand,
                    row);
  }
  MapOp map = mapOperands.build(b, rows->function, lengthOf(*this));
  for (auto [result, isBatched] :
       llvm::zip_equal(map.getOuts(), rows->batchedResults))
    results.push_back(isBatched ? b.permute(result, swapFront(result))
                                : b.broadcastBatch(result, size));
  return success();
}

//===----------------------------------------------------------------------===//
// Split: the primal map stacks the residuals of its body's steps
//===----------------------------------------------------------------------===//

LogicalResult MapOp::buildPrimal(RuleBuilder &b, ArrayRef<bool> linear,
                                 ValueRange operands,
                                 SmallVectorImpl<Value> &primalResults,
                                 SmallVectorImpl<Value> &residuals) {
  func::FuncOp body = b.derived->lookup(getCalleeAttr());
  FailureOr<SplitFunction> split = b.derived->split(body, Mask(linear));
  if (failed(split))
    return failure();
  MapOperands mapOperands;
  SmallVector<Value> arguments;
  for (auto [index, operand] : llvm::enumerate(operands)) {
    if (linear[index])
      continue;
    mapOperands.add(operand, isRow(*this, index));
    arguments.push_back(operand);
  }
  for (int64_t argument : split->forwarded)
    residuals.push_back(arguments[argument]);
  if (arguments.empty() || split->primal.getNumResults() == 0) {
    primalResults.assign(getNumResults(), Value());
    return success();
  }
  MapOp map = mapOperands.build(b, split->primal, lengthOf(*this));
  auto next = map->result_begin();
  for (bool isLinear : split->linearResults)
    primalResults.push_back(isLinear ? Value() : *next++);
  residuals.append(next, map->result_end());
  return success();
}

LogicalResult MapOp::buildLinear(RuleBuilder &b, ArrayRef<bool> linear,
                                 ValueRange residuals, ValueRange operands,
                                 SmallVectorImpl<Value> &results) {
  func::FuncOp body = b.derived->lookup(getCalleeAttr());
  FailureOr<SplitFunction> split = b.derived->split(body, Mask(linear));
  if (failed(split))
    return failure();
  SmallVector<size_t> arguments;
  for (size_t index = 0; index < linear.size(); ++index)
    if (!linear[index])
      arguments.push_back(index);
  MapOperands mapOperands;
  for (auto [index, residual] : llvm::enumerate(residuals)) {
    bool forwarded = index < split->forwarded.size();
    mapOperands.add(residual,
                    !forwarded ||
                        isRow(*this, arguments[split->forwarded[index]]));
  }
  for (auto [index, operand] : llvm::enumerate(operands))
    if (linear[index])
      mapOperands.add(operand, isRow(*this, index));
  MapOp map = mapOperands.build(b, split->linear, lengthOf(*this));
  auto next = map->result_begin();
  for (bool isLinear : split->linearResults)
    results.push_back(isLinear ? *next++ : Value());
  return success();
}

//===----------------------------------------------------------------------===//
// Transpose: each row's cotangents, summed where a capture was seen by all
//===----------------------------------------------------------------------===//

bool MapOp::isLinearIn(ArrayRef<bool> linear) {
  return llvm::is_contained(linear, true);
}

LogicalResult MapOp::buildTranspose(RuleBuilder &b, ArrayRef<bool> linear,
                                    ValueRange operands, ValueRange cotangents,
                                    SmallVectorImpl<Value> &operandCotangents) {
  func::FuncOp body = b.derived->lookup(getCalleeAttr());
  Mask marked;
  for (Value cotangent : cotangents)
    marked.push_back(static_cast<bool>(cotangent));
  FailureOr<TransposedFunction> transposed =
      b.derived->transposed(body, Mask(linear), marked);
  if (failed(transposed))
    return failure();
  MapOperands mapOperands;
  for (auto [index, operand] : llvm::enumerate(operands))
    if (!linear[index])
      mapOperands.add(operand, isRow(*this, index));
  for (Value cotangent : cotangents)
    if (cotangent)
      mapOperands.add(cotangent, /*isRow=*/true);
  MapOp map = mapOperands.build(b, transposed->function, lengthOf(*this));
  auto next = map->result_begin();
  for (auto [index, hasCotangent] :
       llvm::enumerate(transposed->argumentCotangents)) {
    Value cotangent = hasCotangent ? Value(*next++) : Value();
    if (cotangent && !isRow(*this, index))
      cotangent = b.fold<ReduceSumOp>(cotangent, ArrayRef<int64_t>{0});
    operandCotangents.push_back(cotangent);
  }
  return success();
}
