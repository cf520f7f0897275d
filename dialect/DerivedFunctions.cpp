//===- DerivedFunctions.cpp - functions made from functions ---------------===//

#include "dialect/DerivedFunctions.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace xform;

std::string xform::maskText(ArrayRef<bool> mask) {
  std::string text;
  for (bool marked : mask)
    text += marked ? '1' : '0';
  return text;
}

Mask xform::presenceOf(ValueRange values) {
  return llvm::map_to_vector(
      values, [](Value value) { return static_cast<bool>(value); });
}

Mask xform::maskOf(size_t size, ArrayRef<int64_t> marked) {
  Mask mask(size, false);
  for (int64_t index : marked)
    mask[index] = true;
  return mask;
}

SmallVector<Value> xform::present(ValueRange values) {
  return llvm::filter_to_vector(
      values, [](Value value) { return static_cast<bool>(value); });
}

SmallVector<Value> xform::spread(ArrayRef<bool> mask, ValueRange values) {
  auto next = values.begin();
  return llvm::map_to_vector(
      mask, [&](bool marked) { return marked ? *next++ : Value(); });
}

SmallVector<Value> xform::tangentsFirst(ArrayRef<bool> mask,
                                        ValueRange values) {
  size_t results = values.size() - llvm::count(mask, true);
  SmallVector<Value> ordered = spread(mask, values.drop_front(results));
  llvm::append_range(ordered, values.take_front(results));
  return ordered;
}

SmallVector<Value> xform::batchedAs(RuleBuilder &b, ValueRange values,
                                    ArrayRef<bool> marked,
                                    ArrayRef<bool> batched, int64_t size) {
  SmallVector<Value> rows(values);
  for (size_t i = 0; i < marked.size(); ++i)
    if (marked[i] && !batched[i])
      rows[i] = b.broadcastBatch(rows[i], size);
  return rows;
}

SmallVector<Value> xform::withZeros(RuleBuilder &b, ArrayRef<bool> mask,
                                    ValueRange values, TypeRange types) {
  SmallVector<Value> filled;
  for (auto [marked, value, type] : llvm::zip_equal(mask, values, types))
    if (marked)
      filled.push_back(value ? value : b.zeros(type));
  return filled;
}

SmallVector<Value> xform::inlineBody(OpBuilder &builder, func::FuncOp function,
                                     ValueRange arguments) {
  IRMapping mapping;
  mapping.map(function.getArguments(), arguments);
  for (Operation &op : function.front().without_terminator())
    builder.clone(op, mapping);
  return llvm::map_to_vector(
      function.front().getTerminator()->getOperands(),
      [&](Value value) { return mapping.lookup(value); });
}
