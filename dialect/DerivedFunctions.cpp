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
