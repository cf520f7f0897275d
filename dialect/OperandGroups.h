//===- OperandGroups.h - operands in several lists --------------*- C++ -*-===//

#ifndef XFORM_DIALECT_OPERANDGROUPS_H
#define XFORM_DIALECT_OPERANDGROUPS_H

#include "dialect/DerivedFunctions.h"

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

/// The groups one behind the other.
SmallVector<Type> joined(std::initializer_list<mlir::TypeRange> groups);
SmallVector<Value> joined(std::initializer_list<ValueRange> groups);
Mask joined(std::initializer_list<ArrayRef<bool>> groups);

/// The types that have tangents.
SmallVector<Type> floating(mlir::TypeRange types);

} // namespace xform

#endif // XFORM_DIALECT_OPERANDGROUPS_H
