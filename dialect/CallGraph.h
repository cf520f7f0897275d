//===- CallGraph.h - which functions an op runs -----------------*- C++ -*-===//

#ifndef XFORM_DIALECT_CALLGRAPH_H
#define XFORM_DIALECT_CALLGRAPH_H

#include "dialect/Ops.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"

namespace xform {

/// How deep calls may nest. What goes through them recurses.
constexpr size_t kMostNestedCalls = 1000;

/// The functions with a body that an op runs.
SmallVector<mlir::func::FuncOp> calleesOf(Operation &op,
                                          mlir::SymbolTableCollection &symbols);

/// An error at the op if a function that it runs calls itself, by way of others
/// or not, or nests calls too deep.
llvm::LogicalResult checkCalls(Operation *op, mlir::func::FuncOp callee,
                               mlir::SymbolTableCollection &symbols);

/// The same for all functions of a module, at the module.
llvm::LogicalResult checkCalls(mlir::ModuleOp module);

} // namespace xform

#endif // XFORM_DIALECT_CALLGRAPH_H
