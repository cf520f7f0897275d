//===- ElementReads.cpp - what one element of a result reads --------------===//

#include "lowering/sparsity/ElementReads.h"

#include "dialect/Cumulative.h"
#include "dialect/Indexing.h"
#include "dialect/Ops.h"
#include "dialect/Windows.h"
#include "lowering/sparsity/Elements.h"
#include "lowering/sparsity/KnownIntegers.h"

#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <optional>

using namespace mlir;
using namespace xform;
using namespace xform::sparsity;

using Sources = SmallVectorImpl<Source>;

/// Calls `visit` with each element of a tensor whose index agrees with the
/// given one but for the free axes, which run over all of their places.
static void forEachAlong(Shape shape, Index index, ArrayRef<int64_t> free,
                         llvm::function_ref<void(int64_t)> visit) {
  Index sizes;
  for (int64_t axis : free)
    sizes.push_back(shape[axis]);
  for (int64_t i = 0, count = countOf(sizes); i < count; ++i) {
    for (auto [axis, place] : llvm::zip_equal(free, indexOf(i, sizes)))
      index[axis] = place;
    visit(elementAt(index, shape));
  }
}

static int64_t clamped(int64_t place, int64_t size) {
  return std::clamp<int64_t>(place, 0, std::max<int64_t>(size - 1, 0));
}

//===----------------------------------------------------------------------===//
// Operations that move elements
//===----------------------------------------------------------------------===//

static ElementReads readsOf(BroadcastInDimOp op) {
  return [op](int64_t element, Sources &sources) mutable {
    Shape shape = shapeOf(op.getX());
    Index index = indexOf(element, shapeOf(op.getResult())), inner;
    for (auto [axis, dim] : llvm::enumerate(op.getDims()))
      inner.push_back(shape[axis] == 1 ? 0 : index[dim]);
    sources.push_back({op.getX(), elementAt(inner, shape)});
  };
}

static ElementReads readsOf(TransposeOp op) {
  return [op](int64_t element, Sources &sources) mutable {
    Index index = indexOf(element, shapeOf(op.getResult()));
    Index inner(index.size());
    for (auto [to, from] : llvm::enumerate(op.getPermutation()))
      inner[from] = index[to];
    sources.push_back({op.getX(), elementAt(inner, shapeOf(op.getX()))});
  };
}

static ElementReads readsOf(ReverseOp op) {
  return [op](int64_t element, Sources &sources) mutable {
    Shape shape = shapeOf(op.getX());
    Index index = indexOf(element, shape);
    for (int64_t axis : op.getAxes())
      index[axis] = shape[axis] - 1 - index[axis];
    sources.push_back({op.getX(), elementAt(index, shape)});
  };
}

static ElementReads readsOf(SliceOp op) {
  return [op](int64_t element, Sources &sources) mutable {
    Index index = indexOf(element, shapeOf(op.getResult()));
    for (auto [axis, place] : llvm::enumerate(index))
      place = op.getStarts()[axis] + place * op.getStrides()[axis];
    sources.push_back({op.getX(), elementAt(index, shapeOf(op.getX()))});
  };
}

static ElementReads readsOf(PadOp op) {
  return [op](int64_t element, Sources &sources) mutable {
    Shape shape = shapeOf(op.getX());
    Index inner;
    for (auto [axis, place] :
         llvm::enumerate(indexOf(element, shapeOf(op.getResult())))) {
      int64_t offset = place - op.getLow()[axis];
      int64_t step = op.getInterior()[axis] + 1;
      if (offset < 0 || offset % step != 0 || offset / step >= shape[axis]) {
        sources.push_back({op.getValue(), 0});
        return;
      }
      inner.push_back(offset / step);
    }
    sources.push_back({op.getX(), elementAt(inner, shape)});
  };
}

static ElementReads readsOf(ConcatenateOp op) {
  return [op](int64_t element, Sources &sources) mutable {
    Index index = indexOf(element, shapeOf(op.getResult()));
    int64_t axis = op.getAxis();
    for (Value x : op.getXs()) {
      int64_t size = shapeOf(x)[axis];
      if (index[axis] < size) {
        sources.push_back({x, elementAt(index, shapeOf(x))});
        return;
      }
      index[axis] -= size;
    }
  };
}

static ElementReads readsOf(SelectOp op, const KnownIntegers &known) {
  const std::vector<int64_t> *pred = known.lookup(op.getPred());
  return [op, pred](int64_t element, Sources &sources) mutable {
    if (!pred || (*pred)[element])
      sources.push_back({op.getX(), element});
    if (!pred || !(*pred)[element])
      sources.push_back({op.getY(), element});
  };
}

//===----------------------------------------------------------------------===//
// Reading and writing at computed places
//===----------------------------------------------------------------------===//

namespace {

/// Where a gather or a scatter finds the element of `x` that belongs to an
/// element of the windows' tensor.
template <typename OpTy> class Places {
public:
  Places(OpTy op, const KnownIntegers &known)
      : op(op), dims(IndexingDims::of(op)),
        vectors(known.lookup(op.getIndices())),
        windowAxes(dims.windowAxes(shapeOf(op.getX()).size())),
        indexDims(dims.indexDims(shapeOf(op.getIndices()).size())) {}

  bool areKnown() const { return vectors; }

  /// The index into `x`, 0 along the indexed axes if places are not known;
  /// none for what is dropped.
  std::optional<Index> of(const Index &index) {
    Shape shape = shapeOf(op.getX()), indices = shapeOf(op.getIndices());
    Index found(shape.size());
    for (auto [axis, dim] : llvm::zip_equal(windowAxes, dims.windowDims))
      found[axis] = index[dim];
    for (auto [axis, batch] : llvm::zip_equal(dims.xBatch, dims.indicesBatch))
      found[axis] = index[indexDims[batch]];
    if (!vectors)
      return found;
    Index vector;
    for (int64_t dim : indexDims)
      vector.push_back(index[dim]);
    vector.push_back(0);
    int64_t first = elementAt(vector, indices);
    for (auto [k, axis] : llvm::enumerate(dims.axes)) {
      int64_t place = (*vectors)[first + k];
      if (op.getMode() == "drop" && (place < 0 || place >= shape[axis]))
        return std::nullopt;
      found[axis] = clamped(place, shape[axis]);
    }
    return found;
  }

  ArrayRef<int64_t> axes() const { return dims.axes; }

private:
  OpTy op;
  IndexingDims dims;
  const std::vector<int64_t> *vectors;
  SmallVector<int64_t> windowAxes, indexDims;
};

} // namespace

static ElementReads readsOf(GatherOp op, const KnownIntegers &known) {
  Places<GatherOp> places(op, known);
  return [op, places](int64_t element, Sources &sources) mutable {
    Shape shape = shapeOf(op.getX());
    std::optional<Index> index =
        places.of(indexOf(element, shapeOf(op.getResult())));
    if (!index)
      return;
    ArrayRef<int64_t> free =
        places.areKnown() ? ArrayRef<int64_t>() : places.axes();
    forEachAlong(shape, *index, free,
                 [&](int64_t at) { sources.push_back({op.getX(), at}); });
  };
}

/// The reads of a scatter. One that replaces reads the last update of a place;
/// it is `x` that the others combine with all of them.
template <typename OpTy>
static ElementReads scatterReads(OpTy op, const KnownIntegers &known) {
  Places<OpTy> places(op, known);
  if (!places.areKnown())
    return {};
  Shape shape = shapeOf(op.getX()), given = shapeOf(op.getUpdates());
  std::vector<SmallVector<int64_t, 1>> updates(countOf(shape));
  for (int64_t i = 0, n = countOf(given); i < n; ++i)
    if (std::optional<Index> index = places.of(indexOf(i, given)))
      updates[elementAt(*index, shape)].push_back(i);
  return [op, updates = std::move(updates)](int64_t element,
                                            Sources &sources) mutable {
    bool replaces = isa<ScatterOp>(op.getOperation());
    ArrayRef<int64_t> here = updates[element];
    if (!replaces || here.empty())
      sources.push_back({op.getX(), element});
    for (int64_t update : replaces ? here.take_back(!here.empty()) : here)
      sources.push_back({op.getUpdates(), update});
  };
}

/// The starts of a slice in `x`, clamped; none where one is not known.
static std::optional<Index> startsOf(ValueRange starts, Shape x, Shape slice,
                                     const KnownIntegers &known) {
  Index found;
  for (auto [start, whole, part] : llvm::zip_equal(starts, x, slice)) {
    const std::vector<int64_t> *number = known.lookup(start);
    if (!number && whole != part)
      return std::nullopt;
    found.push_back(number ? clamped((*number)[0], whole - part + 1) : 0);
  }
  return found;
}

static ElementReads readsOf(DynamicSliceOp op, const KnownIntegers &known) {
  Shape shape = shapeOf(op.getX()), part = op.getSizes();
  std::optional<Index> starts = startsOf(op.getStarts(), shape, part, known);
  return [op, starts](int64_t element, Sources &sources) mutable {
    Shape shape = shapeOf(op.getX());
    Index index = indexOf(element, shapeOf(op.getResult()));
    SmallVector<int64_t> free;
    for (auto [axis, place] : llvm::enumerate(index)) {
      if (starts)
        place += (*starts)[axis];
      else if (shape[axis] != op.getSizes()[axis])
        free.push_back(axis);
    }
    forEachAlong(shape, index, free,
                 [&](int64_t at) { sources.push_back({op.getX(), at}); });
  };
}

static ElementReads readsOf(DynamicUpdateSliceOp op,
                            const KnownIntegers &known) {
  Shape part = shapeOf(op.getUpdate());
  std::optional<Index> starts =
      startsOf(op.getStarts(), shapeOf(op.getX()), part, known);
  if (!starts)
    return {};
  return [op, starts](int64_t element, Sources &sources) mutable {
    Shape shape = shapeOf(op.getX()), part = shapeOf(op.getUpdate());
    Index index = indexOf(element, shape);
    for (auto [axis, place] : llvm::enumerate(index)) {
      place -= (*starts)[axis];
      if (place < 0 || place >= part[axis]) {
        sources.push_back({op.getX(), element});
        return;
      }
    }
    sources.push_back({op.getUpdate(), elementAt(index, part)});
  };
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

static ElementReads readsOf(ReduceSumOp op) {
  return [op](int64_t element, Sources &sources) mutable {
    Shape shape = shapeOf(op.getX());
    Index index = indexOf(element, shapeOf(op.getResult()));
    Index whole(shape.size());
    size_t next = 0;
    for (size_t axis = 0; axis < shape.size(); ++axis)
      if (!llvm::is_contained(op.getAxes(), static_cast<int64_t>(axis)))
        whole[axis] = index[next++];
    forEachAlong(shape, whole, op.getAxes(),
                 [&](int64_t at) { sources.push_back({op.getX(), at}); });
  };
}

static ElementReads readsOf(DotGeneralOp op) {
  return [op](int64_t element, Sources &sources) mutable {
    Index index = indexOf(element, shapeOf(op.getResult()));
    size_t next = op.getLhsBatch().size();
    auto side = [&](Value operand, ArrayRef<int64_t> batch,
                    ArrayRef<int64_t> contracting) {
      Shape shape = shapeOf(operand);
      Index whole(shape.size());
      for (auto [place, axis] : llvm::enumerate(batch))
        whole[axis] = index[place];
      for (int64_t axis = 0; axis < static_cast<int64_t>(shape.size()); ++axis)
        if (!llvm::is_contained(batch, axis) &&
            !llvm::is_contained(contracting, axis))
          whole[axis] = index[next++];
      forEachAlong(shape, whole, contracting,
                   [&](int64_t at) { sources.push_back({operand, at}); });
    };
    side(op.getLhs(), op.getLhsBatch(), op.getLhsContracting());
    side(op.getRhs(), op.getRhsBatch(), op.getRhsContracting());
  };
}

static ElementReads readsOf(CumsumOp op) {
  return [op](int64_t element, Sources &sources) mutable {
    Shape shape = shapeOf(op.getX());
    Index index = indexOf(element, shape);
    int64_t &place = index[op.getAxis()];
    int64_t first = op.getReverse() ? place : 0;
    int64_t last = op.getReverse() ? shape[op.getAxis()] - 1 : place;
    for (place = first; place <= last; ++place)
      sources.push_back({op.getX(), elementAt(index, shape)});
  };
}

/// Where window `window` of a convolution or a reduction reads with entry
/// `entry`, along one axis; none between and beside elements.
template <typename OpTy>
static std::optional<int64_t> placeInWindow(OpTy op, size_t axis, int64_t size,
                                            int64_t window, int64_t entry) {
  int64_t dilation = op.getBaseDilation()[axis];
  int64_t place = window * op.getStrides()[axis] +
                  entry * op.getWindowDilation()[axis] - op.getLow()[axis];
  if (place < 0 || place % dilation != 0 || place / dilation >= size)
    return std::nullopt;
  return place / dilation;
}

/// Calls `visit` with the entries of a window that read elements, and sets the
/// last axes of `index` to the places that they read.
template <typename OpTy>
static void forEachInWindow(OpTy op, Shape window, Shape shape,
                            ArrayRef<int64_t> at, Index &index,
                            llvm::function_ref<void(ArrayRef<int64_t>)> visit) {
  size_t first = shape.size() - window.size();
  for (int64_t i = 0, n = countOf(window); i < n; ++i) {
    Index entry = indexOf(i, window);
    bool isInside = true;
    for (size_t axis = 0; axis < window.size() && isInside; ++axis) {
      std::optional<int64_t> place =
          placeInWindow(op, axis, shape[first + axis], at[axis], entry[axis]);
      isInside = place.has_value();
      index[first + axis] = place.value_or(0);
    }
    if (isInside)
      visit(entry);
  }
}

static ElementReads readsOf(ReduceWindowSumOp op) {
  return [op](int64_t element, Sources &sources) mutable {
    Shape shape = shapeOf(op.getX());
    Index index = indexOf(element, shapeOf(op.getResult()));
    ArrayRef<int64_t> at(index);
    Index last(at.take_back(op.getWindow().size()));
    forEachInWindow(op, op.getWindow(), shape, last, index,
                    [&](ArrayRef<int64_t>) {
                      sources.push_back({op.getX(), elementAt(index, shape)});
                    });
  };
}

static ElementReads readsOf(ConvOp op) {
  return [op](int64_t element, Sources &sources) mutable {
    Shape lhs = shapeOf(op.getLhs()), rhs = shapeOf(op.getRhs());
    size_t spatial = op.getStrides().size();
    size_t groups = lhs.size() - spatial - 2;
    Index result = indexOf(element, shapeOf(op.getResult()));
    ArrayRef<int64_t> at = ArrayRef<int64_t>(result).take_back(spatial);
    Index left(result), right(rhs.size());
    for (size_t axis = 0; axis < groups; ++axis)
      right[axis] = result[axis];
    right[groups] = result[groups + 1];
    for (int64_t in = 0; in < lhs[groups + 1]; ++in) {
      left[groups + 1] = right[groups + 1] = in;
      forEachInWindow(op, rhs.take_back(spatial), lhs, at, left,
                      [&](ArrayRef<int64_t> entry) {
                        llvm::copy(entry, right.end() - spatial);
                        sources.push_back({op.getLhs(), elementAt(left, lhs)});
                        sources.push_back({op.getRhs(), elementAt(right, rhs)});
                      });
    }
  };
}

//===----------------------------------------------------------------------===//
// All of them
//===----------------------------------------------------------------------===//

/// The same element of each operand.
static ElementReads elementwiseReads(Operation *op) {
  return [op](int64_t element, Sources &sources) {
    for (Value operand : op->getOperands())
      sources.push_back({operand, element});
  };
}

bool xform::sparsity::movesElements(Operation *op) {
  return isa<ReshapeOp, BroadcastInDimOp, TransposeOp, ReverseOp, SliceOp,
             PadOp, ConcatenateOp, GatherOp, DynamicSliceOp>(op);
}

ElementReads xform::sparsity::elementReads(Operation *op,
                                           const KnownIntegers &known) {
  return llvm::TypeSwitch<Operation *, ElementReads>(op)
      .Case<BroadcastInDimOp, TransposeOp, ReverseOp, SliceOp, PadOp,
            ConcatenateOp, ReduceSumOp, DotGeneralOp, CumsumOp,
            ReduceWindowSumOp, ConvOp>([](auto op) { return readsOf(op); })
      .Case<SelectOp, GatherOp, DynamicSliceOp, DynamicUpdateSliceOp>(
          [&](auto op) { return readsOf(op, known); })
      .Case<ScatterOp, ScatterAddOp>(
          [&](auto op) { return scatterReads(op, known); })
      .Case<ReshapeOp, ConvertOp, StopGradientOp>(
          [](auto op) { return elementwiseReads(op); })
      .Default([](Operation *op) {
        return op->hasTrait<OpTrait::Elementwise>() ? elementwiseReads(op)
                                                    : ElementReads();
      });
}
