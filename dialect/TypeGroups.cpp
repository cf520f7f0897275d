//===- TypeGroups.cpp - operand types in several lists --------------------===//

#include "dialect/TypeGroups.h"

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
