//===- Sparsity.h - which elements an element depends on --------*- C++ -*-===//

#ifndef XFORM_LOWERING_SPARSITY_H
#define XFORM_LOWERING_SPARSITY_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <cstdint>
#include <map>
#include <vector>

namespace xform {

/// A set of columns for each row, in compressed form: those of row r are
/// columns[offsets[r]] to columns[offsets[r + 1]], increasing.
struct SparsityPattern {
  std::vector<int64_t> offsets{0};
  std::vector<int32_t> columns;

  int64_t rows() const { return static_cast<int64_t>(offsets.size()) - 1; }
  llvm::ArrayRef<int32_t> row(int64_t index) const {
    return llvm::ArrayRef<int32_t>(columns).slice(
        offsets[index], offsets[index + 1] - offsets[index]);
  }
};

/// The elements of integer or bool arguments, by the arguments' numbers.
using ArgumentIntegers = std::map<int64_t, std::vector<int64_t>>;

/// For each result of a flat function, which elements of the marked arguments
/// (concatenated, each in row-major order) its elements may depend on, through
/// the marked arguments alone. Exact for elementwise operations, sums, windows,
/// and those that move elements, to and from places that follow from `given`;
/// others are taken to read all of their operands. Fails, with an error at the
/// operation, on sizes that are not static.
llvm::FailureOr<llvm::SmallVector<SparsityPattern>>
dependencePattern(mlir::func::FuncOp function, llvm::ArrayRef<bool> arguments,
                  const ArgumentIntegers &given);

/// The elements of those integer or bool results of a flat function that follow
/// from `given`, by the results' numbers.
ArgumentIntegers knownResults(mlir::func::FuncOp function,
                              const ArgumentIntegers &given);

} // namespace xform

#endif // XFORM_LOWERING_SPARSITY_H
