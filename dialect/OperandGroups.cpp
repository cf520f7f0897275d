//===- OperandGroups.cpp - operands in several lists ----------------------===//

#include "dialect/OperandGroups.h"

using namespace mlir;
using namespace xform;

ParseResult xform::parseTypeGroups(OpAsmParser &parser,
                                   ArrayRef<SmallVectorImpl<Type> *> groups,
                                   SmallVectorImpl<Type> &results) {
  bool isFirst = true;
  for (SmallVectorImpl<Type> *group : groups) {
    if (!isFirst && parser.parseComma())
      return failure();
    isFirst = false;
    if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, [&] {
          return parser.parseType(group->emplace_back());
        }))
      return failure();
  }
  return parser.parseArrowTypeList(results);
}

void xform::printTypeGroups(OpAsmPrinter &printer, ArrayRef<TypeRange> groups,
                            TypeRange results) {
  llvm::interleaveComma(groups, printer, [&](TypeRange group) {
    printer << '(' << group << ')';
  });
  printer.printArrowTypeList(results);
}

SmallVector<Type> xform::joined(std::initializer_list<TypeRange> groups) {
  SmallVector<Type> types;
  for (TypeRange group : groups)
    llvm::append_range(types, group);
  return types;
}

SmallVector<Value> xform::joined(std::initializer_list<ValueRange> groups) {
  SmallVector<Value> values;
  for (ValueRange group : groups)
    llvm::append_range(values, group);
  return values;
}

Mask xform::joined(std::initializer_list<ArrayRef<bool>> groups) {
  Mask mask;
  for (ArrayRef<bool> group : groups)
    llvm::append_range(mask, group);
  return mask;
}

SmallVector<Type> xform::floating(TypeRange types) {
  return llvm::to_vector(llvm::make_filter_range(types, isDifferentiable));
}
