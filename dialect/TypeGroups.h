//===- TypeGroups.h - operand types in several lists ------------*- C++ -*-===//

#ifndef XFORM_DIALECT_TYPEGROUPS_H
#define XFORM_DIALECT_TYPEGROUPS_H

#include "mlir/IR/OpImplementation.h"

namespace xform {

/// (types), (types) -> results: how ops print that have several groups of
/// operands.
mlir::ParseResult
parseTypeGroups(mlir::OpAsmParser &parser,
                llvm::ArrayRef<llvm::SmallVectorImpl<mlir::Type> *> groups,
                llvm::SmallVectorImpl<mlir::Type> &results);
void printTypeGroups(mlir::OpAsmPrinter &printer,
                     llvm::ArrayRef<mlir::TypeRange> groups,
                     mlir::TypeRange results);

} // namespace xform

#endif // XFORM_DIALECT_TYPEGROUPS_H
