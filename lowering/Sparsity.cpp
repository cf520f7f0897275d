//===- Sparsity.cpp - which elements an element depends on ----------------===//

#include "lowering/Sparsity.h"

#include "dialect/Ops.h"

#include "llvm/ADT/TypeSwitch.h"

#include <functional>
#include <numeric>

using namespace mlir;
using namespace xform;

namespace {

using Shape = ArrayRef<int64_t>;

/// One element of an operand.
struct Source {
  Value operand;
  int64_t element;
};

Shape shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

int64_t countOf(Shape shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1},
                         std::multiplies<>());
}

SmallVector<int64_t> indexOf(int64_t element, Shape shape) {
  SmallVector<int64_t> index(shape.size());
  for (size_t axis = shape.size(); axis-- > 0;) {
    index[axis] = element % shape[axis];
    element /= shape[axis];
  }
  return index;
}

int64_t elementAt(ArrayRef<int64_t> index, Shape shape) {
  int64_t element = 0;
  for (auto [place, size] : llvm::zip_equal(index, shape))
    element = element * size + place;
  return element;
}

class Analysis {
public:
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
  /// Fills `sources` with what one element of the result reads.
  static void sourcesOf(Operation *op, int64_t element,
                        SmallVectorImpl<Source> &sources);
  bool depends(Value value) const { return patterns.contains(value); }

  DenseMap<Value, SparsityPattern> patterns;
};

/// Whether the op is one whose elements read certain elements, see sourcesOf.
bool isUnderstood(Operation *op) {
  return op->hasTrait<OpTrait::Elementwise>() ||
         isa<ConvertOp, SelectOp, StopGradientOp, ReshapeOp, BroadcastInDimOp,
             TransposeOp, ReverseOp, SliceOp, PadOp, ConcatenateOp, ReduceSumOp,
             DotGeneralOp>(op);
}

} // namespace

//===----------------------------------------------------------------------===//
// What one element reads
//===----------------------------------------------------------------------===//

static void padSources(PadOp op, ArrayRef<int64_t> index,
                       SmallVectorImpl<Source> &sources) {
  SmallVector<int64_t> inner;
  for (auto [axis, place] : llvm::enumerate(index)) {
    int64_t offset = place - op.getLow()[axis];
    int64_t step = op.getInterior()[axis] + 1;
    int64_t size = shapeOf(op.getX())[axis];
    if (offset < 0 || offset % step != 0 || offset / step >= size) {
      sources.push_back({op.getValue(), 0});
      return;
    }
    inner.push_back(offset / step);
  }
  sources.push_back({op.getX(), elementAt(inner, shapeOf(op.getX()))});
}

static void concatenateSources(ConcatenateOp op, SmallVector<int64_t> index,
                               SmallVectorImpl<Source> &sources) {
  int64_t axis = op.getAxis();
  for (Value x : op.getXs()) {
    int64_t size = shapeOf(x)[axis];
    if (index[axis] < size) {
      sources.push_back({x, elementAt(index, shapeOf(x))});
      return;
    }
    index[axis] -= size;
  }
}

/// Calls `visit` with each element of an operand whose index agrees with the
/// given one but for the free axes, which run over all of their places.
static void forEachAlong(Shape shape, SmallVector<int64_t> index,
                         ArrayRef<int64_t> free,
                         llvm::function_ref<void(int64_t)> visit) {
  SmallVector<int64_t> sizes;
  for (int64_t axis : free)
    sizes.push_back(shape[axis]);
  int64_t count = countOf(sizes);
  for (int64_t i = 0; i < count; ++i) {
    SmallVector<int64_t> places = indexOf(i, sizes);
    for (auto [axis, place] : llvm::zip_equal(free, places))
      index[axis] = place;
    visit(elementAt(index, shape));
  }
}

static void sumSources(ReduceSumOp op, ArrayRef<int64_t> index,
                       SmallVectorImpl<Source> &sources) {
  Shape shape = shapeOf(op.getX());
  SmallVector<int64_t> whole(shape.size());
  size_t next = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis)
    if (!llvm::is_contained(op.getAxes(), static_cast<int64_t>(axis)))
      whole[axis] = index[next++];
  forEachAlong(shape, whole, op.getAxes(), [&](int64_t element) {
    sources.push_back({op.getX(), element});
  });
}

static void dotSources(DotGeneralOp op, ArrayRef<int64_t> index,
                       SmallVectorImpl<Source> &sources) {
  size_t next = op.getLhsBatch().size();
  auto side = [&](Value operand, ArrayRef<int64_t> batch,
                  ArrayRef<int64_t> contracting) {
    Shape shape = shapeOf(operand);
    SmallVector<int64_t> whole(shape.size());
    for (auto [place, axis] : llvm::enumerate(batch))
      whole[axis] = index[place];
    for (int64_t axis = 0; axis < static_cast<int64_t>(shape.size()); ++axis)
      if (!llvm::is_contained(batch, axis) &&
          !llvm::is_contained(contracting, axis))
        whole[axis] = index[next++];
    forEachAlong(shape, whole, contracting, [&](int64_t element) {
      sources.push_back({operand, element});
    });
  };
  side(op.getLhs(), op.getLhsBatch(), op.getLhsContracting());
  side(op.getRhs(), op.getRhsBatch(), op.getRhsContracting());
}

void Analysis::sourcesOf(Operation *op, int64_t element,
                         SmallVectorImpl<Source> &sources) {
  SmallVector<int64_t> index = indexOf(element, shapeOf(op->getResult(0)));
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](ReshapeOp reshape) {
        sources.push_back({reshape.getX(), element});
      })
      .Case([&](BroadcastInDimOp broadcast) {
        Shape shape = shapeOf(broadcast.getX());
        SmallVector<int64_t> inner;
        for (auto [axis, dim] : llvm::enumerate(broadcast.getDims()))
          inner.push_back(shape[axis] == 1 ? 0 : index[dim]);
        sources.push_back({broadcast.getX(), elementAt(inner, shape)});
      })
      .Case([&](TransposeOp transpose) {
        SmallVector<int64_t> inner(index.size());
        for (auto [to, from] : llvm::enumerate(transpose.getPermutation()))
          inner[from] = index[to];
        sources.push_back(
            {transpose.getX(), elementAt(inner, shapeOf(transpose.getX()))});
      })
      .Case([&](ReverseOp reverse) {
        Shape shape = shapeOf(reverse.getX());
        for (int64_t axis : reverse.getAxes())
          index[axis] = shape[axis] - 1 - index[axis];
        sources.push_back({reverse.getX(), elementAt(index, shape)});
      })
      .Case([&](SliceOp slice) {
        for (auto [axis, place] : llvm::enumerate(index))
          place = slice.getStarts()[axis] + place * slice.getStrides()[axis];
        sources.push_back(
            {slice.getX(), elementAt(index, shapeOf(slice.getX()))});
      })
      .Case([&](PadOp pad) { padSources(pad, index, sources); })
      .Case([&](ConcatenateOp concatenate) {
        concatenateSources(concatenate, index, sources);
      })
      .Case([&](ReduceSumOp sum) { sumSources(sum, index, sources); })
      .Case([&](DotGeneralOp dot) { dotSources(dot, index, sources); })
      .Default([&](Operation *elementwise) {
        for (Value operand : elementwise->getOperands())
          sources.push_back({operand, element});
      });
}

//===----------------------------------------------------------------------===//
// The whole function
//===----------------------------------------------------------------------===//

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
  if (!isUnderstood(&op)) {
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
    sourcesOf(&op, i, sources);
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

FailureOr<SmallVector<SparsityPattern>>
xform::dependencePattern(func::FuncOp function, ArrayRef<bool> arguments) {
  Analysis analysis;
  if (failed(analysis.run(function, arguments)))
    return failure();
  return llvm::map_to_vector(
      function.front().getTerminator()->getOperands(),
      [&](Value value) { return analysis.patternOf(value); });
}
