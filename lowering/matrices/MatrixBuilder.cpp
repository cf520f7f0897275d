//===- MatrixBuilder.cpp - steps of algorithms on matrices ----------------===//

#include "lowering/matrices/MatrixBuilder.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

Value MatrixBuilder::toIndex(OpFoldResult index) {
  if (auto value = dyn_cast<Value>(index))
    return value;
  return arith::ConstantIndexOp::create(
      *this, cast<IntegerAttr>(cast<Attribute>(index)).getInt());
}

OpFoldResult MatrixBuilder::sum(OpFoldResult x, OpFoldResult y) {
  auto m = getConstantIntValue(x), n = getConstantIntValue(y);
  if (m && n)
    return at(*m + *n);
  if (m == 0 || n == 0)
    return m == 0 ? y : x;
  return arith::AddIOp::create(*this, toIndex(x), toIndex(y)).getResult();
}

namespace {

/// Intervals of the last axes, and all of the others.
struct Window {
  SmallVector<OpFoldResult> offsets, sizes, strides;

  Window(OpBuilder &b, Value tensor, ArrayRef<Interval> intervals)
      : sizes(tensor::getMixedSizes(b, tensor.getLoc(), tensor)) {
    offsets.assign(sizes.size(), b.getIndexAttr(0));
    strides.assign(sizes.size(), b.getIndexAttr(1));
    size_t axis = sizes.size() - intervals.size();
    for (const Interval &interval : intervals) {
      offsets[axis] = interval.start;
      sizes[axis++] = b.getIndexAttr(interval.size);
    }
  }
};

} // namespace

static Value extract(MatrixBuilder &b, Value tensor,
                     ArrayRef<Interval> intervals) {
  Window window(b, tensor, intervals);
  RankedTensorType type = tensorType(tensor);
  SmallVector<int64_t> shape(type.getShape().drop_back(intervals.size()));
  for (const Interval &interval : intervals)
    if (!interval.single)
      shape.push_back(interval.size);
  return tensor::ExtractSliceOp::create(b, type.clone(shape), tensor,
                                        window.offsets, window.sizes,
                                        window.strides);
}

Value MatrixBuilder::part(Value matrices, Interval rows, Interval columns) {
  return extract(*this, matrices, {rows, columns});
}

Value MatrixBuilder::part(Value vectors, Interval interval) {
  return extract(*this, vectors, interval);
}

Value MatrixBuilder::withPart(Value matrices, Value part, Interval rows,
                              Interval columns) {
  Window window(*this, matrices, {rows, columns});
  return tensor::InsertSliceOp::create(*this, part, matrices, window.offsets,
                                       window.sizes, window.strides);
}

SmallVector<Value> MatrixBuilder::repeat(int64_t count, int64_t stride,
                                         int64_t unrolled, ValueRange start,
                                         Step step) {
  if (count <= unrolled) {
    SmallVector<Value> values(start);
    for (int64_t index = 0; index < count; ++index)
      values = step(*this, at(index * stride), values);
    return values;
  }
  auto loop = scf::ForOp::create(
      *this, toIndex(at(0)), toIndex(at(count * stride)), toIndex(at(stride)),
      start,
      [&](OpBuilder &builder, Location loc, Value index, ValueRange carried) {
        MatrixBuilder inner(loc, builder);
        scf::YieldOp::create(inner, step(inner, index, carried));
      });
  return loop.getResults();
}

Value MatrixBuilder::panels(
    int64_t n, Value start,
    function_ref<Value(MatrixBuilder &, Interval, Value)> panel) {
  int64_t whole = n / kPanelWidth;
  Value value =
      repeat(whole, kPanelWidth, /*unrolled=*/1, start,
             [&](MatrixBuilder &b, OpFoldResult first, ValueRange carried) {
               return SmallVector<Value>{
                   panel(b, Interval{first, kPanelWidth}, carried[0])};
             })[0];
  if (int64_t rest = n % kPanelWidth)
    value = panel(*this, Interval{at(whole * kPanelWidth), rest}, value);
  return value;
}

Value MatrixBuilder::filledLike(StringRef number, Value like) {
  return filled(*this, number, tensorType(like));
}

Value MatrixBuilder::elementwise(
    ArrayRef<Value> operands, ArrayRef<SmallVector<unsigned>> axes,
    function_ref<Value(MatrixBuilder &, ValueRange)> body) {
  RankedTensorType type = tensorType(operands[0]);
  int64_t rank = type.getRank();
  SmallVector<AffineMap> maps{getMultiDimIdentityMap(rank)};
  for (ArrayRef<unsigned> dims : axes)
    maps.push_back(
        AffineMap::getMultiDimMapWithTargets(rank, dims, getContext()));
  maps.push_back(maps.front());
  Value empty = tensor::EmptyOp::create(
      *this, tensor::getMixedSizes(*this, getLoc(), operands[0]),
      type.getElementType());
  SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             *this, type, operands, empty, maps, loops,
             [&](OpBuilder &builder, Location loc, ValueRange elements) {
               MatrixBuilder inner(loc, builder);
               linalg::YieldOp::create(inner,
                                       body(inner, elements.drop_back()));
             })
      .getResult(0);
}

Value MatrixBuilder::eachElement(
    Value matrices, ArrayRef<Value> vectors, ArrayRef<int> axes,
    function_ref<Value(MatrixBuilder &, Value, Value, ValueRange)> body) {
  uint64_t rank = tensorType(matrices).getRank();
  SmallVector<SmallVector<unsigned>> dims;
  for (int axis : axes) {
    dims.push_back(llvm::to_vector(llvm::seq<unsigned>(0, rank - 2)));
    if (axis >= 0)
      dims.back().push_back(rank - 2 + axis);
  }
  SmallVector<Value> operands{matrices};
  llvm::append_range(operands, vectors);
  return elementwise(operands, dims,
                     [&](MatrixBuilder &b, ValueRange elements) {
                       Value row = linalg::IndexOp::create(b, rank - 2);
                       Value column = linalg::IndexOp::create(b, rank - 1);
                       return body(b, row, column, elements);
                     });
}

Value MatrixBuilder::eachPlace(
    Value vectors, ArrayRef<Value> numbers,
    function_ref<Value(MatrixBuilder &, Value, ValueRange)> body) {
  uint64_t rank = tensorType(vectors).getRank();
  auto batch = llvm::to_vector(llvm::seq<unsigned>(0, rank - 1));
  SmallVector<Value> operands{vectors};
  llvm::append_range(operands, numbers);
  return elementwise(
      operands, SmallVector<SmallVector<unsigned>>(numbers.size(), batch),
      [&](MatrixBuilder &b, ValueRange elements) {
        return body(b, linalg::IndexOp::create(b, rank - 1), elements);
      });
}

Value MatrixBuilder::reduced(
    Value vectors, bool largest, ArrayRef<Value> numbers,
    function_ref<Value(MatrixBuilder &, Value, ValueRange)> body) {
  Value terms = eachPlace(vectors, numbers, body);
  int64_t axis = tensorType(vectors).getRank() - 1;
  return largest ? fold<ReduceMaxOp>(terms, ArrayRef<int64_t>(axis))
                 : fold<ReduceSumOp>(terms, ArrayRef<int64_t>(axis));
}

Value xform::literal(MatrixBuilder &b, double number, Value like) {
  return filled(b, number, tensorType(like));
}

Value xform::computed(
    MatrixBuilder &b, Value like, ArrayRef<int64_t> shape,
    function_ref<Value(MatrixBuilder &, ValueRange batch, ValueRange own)>
        body) {
  RankedTensorType type = tensorType(like);
  int64_t batch = type.getRank() - 2;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, b.getLoc(), like);
  SmallVector<int64_t> all(type.getShape().take_front(batch));
  sizes.truncate(batch);
  for (int64_t size : shape) {
    sizes.push_back(b.at(size));
    all.push_back(size);
  }
  int64_t rank = batch + static_cast<int64_t>(shape.size());
  Value empty = tensor::EmptyOp::create(b, sizes, type.getElementType());
  return linalg::GenericOp::create(
             b, type.clone(all), ValueRange(), empty,
             ArrayRef(b.getMultiDimIdentityMap(rank)),
             SmallVector<utils::IteratorType>(rank,
                                              utils::IteratorType::parallel),
             [&](OpBuilder &builder, Location loc, ValueRange) {
               MatrixBuilder inner(loc, builder);
               SmallVector<Value> places;
               for (int64_t axis : axesUpTo(rank))
                 places.push_back(linalg::IndexOp::create(inner, axis));
               linalg::YieldOp::create(
                   inner, body(inner, ArrayRef(places).take_front(batch),
                               ArrayRef(places).drop_front(batch)));
             })
      .getResult(0);
}

Value xform::elementAt(MatrixBuilder &b, Value tensor, ValueRange batch,
                       ArrayRef<Value> own) {
  SmallVector<Value> place(batch);
  llvm::append_range(place, own);
  return tensor::ExtractOp::create(b, tensor, place);
}

Value xform::identities(MatrixBuilder &b, Value like, int64_t rows,
                        int64_t columns) {
  return computed(
      b, like, {rows, columns},
      [&](MatrixBuilder &b, ValueRange, ValueRange place) {
        Type type = tensorType(like).getElementType();
        Value one = arith::ConstantOp::create(
            b, cast<TypedAttr>(b.getFloatAttr(type, 1)));
        Value zero =
            arith::ConstantOp::create(b, cast<TypedAttr>(b.getZeroAttr(type)));
        return b.select(b.compare(arith::CmpIPredicate::eq, place[0], place[1]),
                        one, zero);
      });
}

Value xform::scaleOf(MatrixBuilder &b, Value x) {
  int64_t rank = tensorType(x).getRank();
  Value largest = b.fold<ReduceMaxOp>(b.fold<AbsOp>(x),
                                      ArrayRef<int64_t>{rank - 2, rank - 1});
  Value one = literal(b, 1, largest);
  Value isUsable =
      b.fold<AndOp>(b.fold<GtOp>(largest, literal(b, 0, largest)),
                    b.fold<LtOp>(largest, b.filledLike("inf", largest)));
  return b.fold<SelectOp>(isUsable, largest, one);
}

Value xform::overEach(RuleBuilder &b, Value numbers, Value like) {
  RankedTensorType type = tensorType(numbers);
  return b.broadcastTo(numbers, tensorType(like).clone(type.getElementType()),
                       axesUpTo(type.getRank()));
}
