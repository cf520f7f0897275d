//===- Sparsity.cpp - which elements an element depends on ----------------===//

#include "lowering/Sparsity.h"

#include "lowering/sparsity/ElementReads.h"
#include "lowering/sparsity/Elements.h"
#include "lowering/sparsity/KnownIntegers.h"

using namespace mlir;
using namespace xform;
using namespace xform::sparsity;

namespace {

class Analysis {
public:
  explicit Analysis(const KnownIntegers &known) : known(known) {}

  LogicalResult run(func::FuncOp function, ArrayRef<bool> arguments);

  SparsityPattern patternOf(Value value) const {
    auto found = patterns.find(value);
    if (found != patterns.end())
      return found->second;
    SparsityPattern empty;
    empty.offsets.assign(countOf(shapeOf(value)) + 1, 0);
    return empty;
  }

private:
  LogicalResult visit(Operation &op);
  bool depends(Value value) const { return patterns.contains(value); }

  const KnownIntegers &known;
  DenseMap<Value, SparsityPattern> patterns;
};

} // namespace

static void append(SparsityPattern &pattern, SmallVectorImpl<int32_t> &row) {
  llvm::sort(row);
  row.erase(std::unique(row.begin(), row.end()), row.end());
  pattern.columns.insert(pattern.columns.end(), row.begin(), row.end());
  pattern.offsets.push_back(static_cast<int64_t>(pattern.columns.size()));
}

LogicalResult Analysis::visit(Operation &op) {
  if (!llvm::any_of(op.getOperands(),
                    [&](Value operand) { return depends(operand); }))
    return success();
  for (Value value : llvm::concat<Value>(op.getOperands(), op.getResults()))
    if (!cast<RankedTensorType>(value.getType()).hasStaticShape())
      return op.emitOpError("has a size that is not static");
  SmallVector<int32_t> row;
  ElementReads reads =
      op.getNumResults() == 1 ? elementReads(&op, known) : ElementReads();
  if (!reads) {
    for (Value operand : op.getOperands())
      if (auto found = patterns.find(operand); found != patterns.end())
        row.append(found->second.columns.begin(), found->second.columns.end());
    SparsityPattern one;
    append(one, row);
    for (Value result : op.getResults()) {
      SparsityPattern pattern;
      for (int64_t i = 0, n = countOf(shapeOf(result)); i < n; ++i) {
        pattern.columns.insert(pattern.columns.end(), one.columns.begin(),
                               one.columns.end());
        pattern.offsets.push_back(static_cast<int64_t>(pattern.columns.size()));
      }
      patterns[result] = std::move(pattern);
    }
    return success();
  }
  SparsityPattern pattern;
  SmallVector<Source> sources;
  for (int64_t i = 0, n = countOf(shapeOf(op.getResult(0))); i < n; ++i) {
    sources.clear();
    row.clear();
    reads(i, sources);
    for (auto [operand, element] : sources)
      if (auto found = patterns.find(operand); found != patterns.end())
        llvm::append_range(row, found->second.row(element));
    append(pattern, row);
  }
  patterns[op.getResult(0)] = std::move(pattern);
  return success();
}

LogicalResult Analysis::run(func::FuncOp function, ArrayRef<bool> arguments) {
  int32_t next = 0;
  for (auto [argument, marked] :
       llvm::zip_equal(function.getArguments(), arguments)) {
    if (!marked)
      continue;
    if (!cast<RankedTensorType>(argument.getType()).hasStaticShape())
      return function.emitError("has an argument whose size is not static");
    SparsityPattern pattern;
    for (int64_t i = 0, n = countOf(shapeOf(argument)); i < n; ++i) {
      SmallVector<int32_t> row{next++};
      append(pattern, row);
    }
    patterns[argument] = std::move(pattern);
  }
  for (Operation &op : function.front().without_terminator())
    if (failed(visit(op)))
      return failure();
  return success();
}

static KnownIntegers knownIn(func::FuncOp function,
                             const ArgumentIntegers &given) {
  KnownIntegers known;
  for (const auto &[argument, elements] : given)
    known.set(function.getArgument(argument), elements);
  known.propagate(function);
  return known;
}

FailureOr<SmallVector<SparsityPattern>>
xform::dependencePattern(func::FuncOp function, ArrayRef<bool> arguments,
                         const ArgumentIntegers &given) {
  KnownIntegers known = knownIn(function, given);
  Analysis analysis(known);
  if (failed(analysis.run(function, arguments)))
    return failure();
  return llvm::map_to_vector(
      function.front().getTerminator()->getOperands(),
      [&](Value value) { return analysis.patternOf(value); });
}

ArgumentIntegers xform::knownResults(func::FuncOp function,
                                     const ArgumentIntegers &given) {
  KnownIntegers known = knownIn(function, given);
  ArgumentIntegers results;
  for (auto [number, value] :
       llvm::enumerate(function.front().getTerminator()->getOperands()))
    if (const std::vector<int64_t> *elements = known.lookup(value))
      results[number] = *elements;
  return results;
}
