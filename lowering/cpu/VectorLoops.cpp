//===- VectorLoops.cpp - linalg operations as loops over vectors ----------===//
//
// Elementwise operations run along the last axis of their result. Reductions
// keep a tile of results in registers while their loops run, or, where only
// the reduced axis lies in the order of memory, have their lanes along that.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/VectorLoops.h"

#include "lowering/cpu/GeneralForm.h"
#include "lowering/cpu/Placement.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace xform;

/// So many vectors, and operations on them, are written out without loops:
/// small buffers then become registers.
constexpr int64_t kVectorsWrittenOut = 16, kOpsWrittenOut = 256;

/// Sums of vectors that do not wait for each other.
constexpr int64_t kSumsAtOnce = 4;

namespace {

/// Neighbouring elements that are computed at once; no lanes for a scalar.
struct Piece {
  int64_t offset, lanes;
};

/// How an operand is read along the axis of lanes.
enum class Access { uniform, contiguous, strided };

class LoopWriter {
public:
  LoopWriter(linalg::GenericOp op, int64_t vectorBytes)
      : op(op), b(op.getLoc(), op), ranges(op.getStaticLoopRanges()),
        maps(op.getIndexingMapsArray()), indices(ranges.size()),
        vectorBytes(vectorBytes) {}

  LogicalResult run() {
    if (!canBeVectors() ||
        (op.getNumReductionLoops() == 0 ? !writeElementwise()
                                        : !writeReduction())) {
      IRRewriter rewriter(op.getContext());
      rewriter.setInsertionPoint(op);
      if (failed(linalg::linalgOpToLoops(rewriter, op)))
        return failure();
    }
    op.erase();
    return success();
  }

private:
  //===-- What the operation allows ---------------------------------------===//

  bool canBeVectors() {
    if (!llvm::all_of(maps, isPlain))
      return false;
    int64_t widest = 1;
    for (Operation &inner : op.getBody()->without_terminator()) {
      if (!isa<arith::ConstantOp>(inner) &&
          !OpTrait::hasElementwiseMappableTraits(&inner))
        return false;
      for (Type type : inner.getResultTypes())
        widest = std::max(widest, bytesOf(type));
    }
    for (BlockArgument argument : op.getBody()->getArguments())
      widest = std::max(widest, bytesOf(argument.getType()));
    lanesOfVector = std::max<int64_t>(1, vectorBytes / widest);
    bodyOps = std::max<int64_t>(1, op.getBody()->getOperations().size());
    return true;
  }

  /// Whether each index is a loop of its own, or zero.
  static bool isPlain(AffineMap map) {
    llvm::SmallDenseSet<unsigned> seen;
    return llvm::all_of(map.getResults(), [&](AffineExpr result) {
      if (auto dim = dyn_cast<AffineDimExpr>(result))
        return seen.insert(dim.getPosition()).second;
      auto number = dyn_cast<AffineConstantExpr>(result);
      return number && number.getValue() == 0;
    });
  }

  static int64_t bytesOf(Type type) {
    return type.isIndex()
               ? 8
               : std::max<int64_t>(1, type.getIntOrFloatBitWidth() / 8);
  }

  AffineMap resultMap() { return maps[op.getNumDpsInputs()]; }

  std::optional<unsigned> lastAxis() {
    if (resultMap().getNumResults() == 0)
      return std::nullopt;
    auto dim = dyn_cast<AffineDimExpr>(resultMap().getResults().back());
    return dim ? std::optional(dim.getPosition()) : std::nullopt;
  }

  Access accessOf(unsigned operand, unsigned axis) {
    AffineMap map = maps[operand];
    if (!map.isFunctionOfDim(axis))
      return Access::uniform;
    SmallVector<int64_t> strides;
    int64_t offset = 0;
    auto type = cast<MemRefType>(op->getOperand(operand).getType());
    bool isLast =
        map.getResults().back() == getAffineDimExpr(axis, map.getContext());
    return isLast && succeeded(type.getStridesAndOffset(strides, offset)) &&
                   strides.back() == 1
               ? Access::contiguous
               : Access::strided;
  }

  bool isAll(unsigned axis, ArrayRef<Access> allowed) {
    return llvm::all_of(llvm::seq<unsigned>(0, maps.size()), [&](unsigned i) {
      return llvm::is_contained(allowed, accessOf(i, axis));
    });
  }

  bool mayBeWrittenOut(int64_t vectors) const {
    return vectors <= kVectorsWrittenOut && vectors * bodyOps <= kOpsWrittenOut;
  }

  //===-- Loops -----------------------------------------------------------===//

  using Step = llvm::function_ref<SmallVector<Value>(Value, ValueRange)>;

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }

  Value plus(Value index, int64_t offset) {
    return offset ? b.createOrFold<arith::AddIOp>(index, constant(offset))
                  : index;
  }

  /// Runs a step at 0, `by`, ... below `end`.
  SmallVector<Value> repeat(int64_t end, int64_t by, ValueRange carried,
                            Step step) {
    if (isWrittenOut || end <= by) {
      SmallVector<Value> values(carried);
      for (int64_t i = 0; i < end; i += by)
        values = step(constant(i), values);
      return values;
    }
    auto loop = scf::ForOp::create(b, constant(0), constant(end), constant(by),
                                   carried);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> values =
        step(loop.getInductionVar(), loop.getRegionIterArgs());
    if (!carried.empty())
      scf::YieldOp::create(b, values);
    return SmallVector<Value>(loop.getResults());
  }

  /// Runs through all places along some axes.
  SmallVector<Value>
  nest(ArrayRef<unsigned> axes, ValueRange carried,
       llvm::function_ref<SmallVector<Value>(ValueRange)> inner) {
    if (axes.empty())
      return inner(carried);
    return repeat(ranges[axes[0]], 1, carried,
                  [&](Value index, ValueRange values) {
                    indices[axes[0]] = index;
                    return nest(axes.drop_front(), values, inner);
                  });
  }

  void nest(ArrayRef<unsigned> axes, llvm::function_ref<void()> inner) {
    nest(axes, {}, [&](ValueRange) {
      inner();
      return SmallVector<Value>();
    });
  }

  /// Runs through an axis by tiles, the last of which may be smaller.
  void tile(int64_t range, int64_t size,
            llvm::function_ref<void(Value, int64_t)> inner) {
    int64_t rest = range % size;
    if (range > rest)
      repeat(range - rest, size, {}, [&](Value index, ValueRange) {
        inner(index, size);
        return SmallVector<Value>();
      });
    if (rest)
      inner(constant(range - rest), rest);
  }

  SmallVector<Piece> piecesOf(int64_t range) {
    SmallVector<Piece> pieces;
    for (int64_t i = 0; i < range; i += lanesOfVector)
      pieces.push_back({i, std::min(lanesOfVector, range - i)});
    return pieces;
  }

  //===-- Elements --------------------------------------------------------===//

  SmallVector<Value> placeOf(unsigned operand) {
    SmallVector<Value> place;
    for (AffineExpr result : maps[operand].getResults()) {
      auto dim = dyn_cast<AffineDimExpr>(result);
      place.push_back(dim ? indices[dim.getPosition()] : constant(0));
    }
    return place;
  }

  /// A scalar where the operand is the same in all lanes.
  Value load(unsigned operand, std::optional<unsigned> axis, int64_t lanes) {
    Value buffer = op->getOperand(operand);
    if (!isa<MemRefType>(buffer.getType()))
      return buffer;
    SmallVector<Value> place = placeOf(operand);
    Access access = axis ? accessOf(operand, *axis) : Access::uniform;
    Type element = cast<MemRefType>(buffer.getType()).getElementType();
    auto type = VectorType::get({lanes}, element);
    if (access == Access::uniform)
      return memref::LoadOp::create(b, buffer, place);
    if (access == Access::contiguous)
      return vector::LoadOp::create(b, type, buffer, place);
    size_t position = *maps[operand].getResultPosition(
        getAffineDimExpr(*axis, b.getContext()));
    SmallVector<Value> elements;
    for (int64_t i = 0; i < lanes; ++i) {
      SmallVector<Value> at(place);
      at[position] = plus(place[position], i);
      elements.push_back(memref::LoadOp::create(b, buffer, at));
    }
    return vector::FromElementsOp::create(b, type, elements);
  }

  void store(unsigned operand, Value value) {
    Value buffer = op->getOperand(operand);
    if (isa<VectorType>(value.getType()))
      vector::StoreOp::create(b, value, buffer, placeOf(operand));
    else
      memref::StoreOp::create(b, value, buffer, placeOf(operand));
  }

  Value asVector(Value value, int64_t lanes) {
    if (isa<VectorType>(value.getType()))
      return value;
    return vector::BroadcastOp::create(
        b, VectorType::get({lanes}, value.getType()), value);
  }

  /// The values of the body for these operands, by element; without those of
  /// one operation, if it is given.
  IRMapping evaluate(ArrayRef<Value> operands, int64_t lanes,
                     Operation *except = nullptr) {
    IRMapping mapping;
    for (auto [argument, operand] :
         llvm::zip(op.getBody()->getArguments(), operands))
      mapping.map(argument, operand);
    for (Operation &inner : op.getBody()->without_terminator()) {
      if (&inner == except)
        continue;
      SmallVector<Value> values;
      for (Value operand : inner.getOperands())
        values.push_back(mapping.lookupOrDefault(operand));
      if (llvm::none_of(values, [](Value value) {
            return isa<VectorType>(value.getType());
          })) {
        b.clone(inner, mapping);
        continue;
      }
      SmallVector<Type> types;
      for (Type type : inner.getResultTypes())
        types.push_back(VectorType::get({lanes}, type));
      for (Value &value : values)
        value = asVector(value, lanes);
      OperationState state(inner.getLoc(), inner.getName(), values, types,
                           inner.getAttrs());
      mapping.map(inner.getResults(), b.create(state)->getResults());
    }
    return mapping;
  }

  /// What the operation yields for these operands; vectors if there are lanes.
  SmallVector<Value> compute(ArrayRef<Value> operands, int64_t lanes) {
    IRMapping mapping = evaluate(operands, lanes);
    SmallVector<Value> results;
    for (Value value : op.getBody()->getTerminator()->getOperands()) {
      Value result = mapping.lookupOrDefault(value);
      results.push_back(lanes ? asVector(result, lanes) : result);
    }
    return results;
  }

  //===-- Forms -----------------------------------------------------------===//

  bool writeElementwise() {
    std::optional<unsigned> axis = lastAxis();
    if (axis)
      for (unsigned i = op.getNumDpsInputs(); i < maps.size(); ++i)
        if (accessOf(i, *axis) != Access::contiguous)
          return false;
    SmallVector<unsigned> outer;
    int64_t vectors = 1;
    for (unsigned i = 0; i < ranges.size(); ++i) {
      if (i == axis)
        vectors *= llvm::divideCeil(ranges[i], lanesOfVector);
      else {
        outer.push_back(i);
        vectors *= ranges[i];
      }
    }
    isWrittenOut = mayBeWrittenOut(vectors);
    auto element = [&](int64_t lanes) {
      SmallVector<Value> arguments;
      for (unsigned i = 0; i < maps.size(); ++i)
        arguments.push_back(op.getBody()->getArgument(i).use_empty()
                                ? Value()
                                : load(i, axis, lanes));
      for (auto [i, value] : llvm::enumerate(compute(arguments, lanes)))
        store(op.getNumDpsInputs() + i, value);
    };
    nest(outer, [&] {
      if (!axis)
        return element(0);
      tile(ranges[*axis], lanesOfVector, [&](Value index, int64_t lanes) {
        indices[*axis] = index;
        element(lanes);
      });
    });
    return true;
  }

  bool writeReduction() {
    if (op.getNumDpsInits() != 1)
      return false;
    std::optional<unsigned> axis = lastAxis();
    bool areRegisters =
        axis && isAll(*axis, {Access::uniform, Access::contiguous}) &&
        accessOf(op.getNumDpsInputs(), *axis) == Access::contiguous;
    std::optional<unsigned> reduced = reducedLanes();
    if (areRegisters &&
        !(reduced && ranges[*axis] < 4 && ranges[*reduced] > ranges[*axis]))
      return writeTiles(*axis), true;
    if (reduced)
      return writeReducedLanes(*reduced), true;
    return false;
  }

  /// A tile of rows and neighbouring elements stays in registers.
  void writeTiles(unsigned axis) {
    SmallVector<unsigned> outer, reduced;
    for (AffineExpr result : resultMap().getResults())
      if (auto dim = dyn_cast<AffineDimExpr>(result))
        if (dim.getPosition() != axis)
          outer.push_back(dim.getPosition());
    // Rather rows that share what is loaded as vectors.
    std::optional<unsigned> row;
    for (unsigned loop : outer)
      if (!row || sharesVectors(loop, axis) || !sharesVectors(*row, axis))
        row = loop;
    llvm::erase_if(outer, [&](unsigned loop) { return loop == row; });
    int64_t vectors = 1;
    for (auto [i, type] : llvm::enumerate(op.getIteratorTypesArray())) {
      if (linalg::isReductionIterator(type))
        reduced.push_back(i);
      vectors *=
          i == axis ? llvm::divideCeil(ranges[i], lanesOfVector) : ranges[i];
    }
    isWrittenOut = mayBeWrittenOut(vectors);
    // 32 registers, or 16 of AVX2.
    int64_t registers = vectorBytes == 32 ? 8 : 16;
    int64_t rows = row ? registers / 2 : 1;
    int64_t columns = (row ? 2 : registers / 2) * lanesOfVector;
    nest(outer, [&] {
      tile(row ? ranges[*row] : 1, rows, [&](Value firstRow, int64_t count) {
        tile(ranges[axis], columns, [&](Value firstColumn, int64_t width) {
          writeTile(axis, row, reduced, firstRow, count, firstColumn, width);
        });
      });
    });
  }

  /// Whether some operand has lanes, and the same ones in all turns of a loop.
  bool sharesVectors(unsigned loop, unsigned axis) {
    return llvm::any_of(
        ArrayRef(maps).take_front(op.getNumDpsInputs()), [&](AffineMap map) {
          return map.isFunctionOfDim(axis) && !map.isFunctionOfDim(loop);
        });
  }

  void writeTile(unsigned axis, std::optional<unsigned> row,
                 ArrayRef<unsigned> reduced, Value firstRow, int64_t count,
                 Value firstColumn, int64_t width) {
    unsigned result = op.getNumDpsInputs();
    SmallVector<Piece> pieces = piecesOf(width);
    auto eachPlace = [&](llvm::function_ref<void(int64_t, size_t)> visit) {
      for (int64_t r = 0; r < count; ++r)
        for (size_t p = 0; p < pieces.size(); ++p) {
          if (row)
            indices[*row] = plus(firstRow, r);
          indices[axis] = plus(firstColumn, pieces[p].offset);
          visit(r, p);
        }
    };
    SmallVector<Value> sums;
    eachPlace([&](int64_t, size_t p) {
      sums.push_back(load(result, axis, pieces[p].lanes));
    });
    sums = nest(reduced, sums, [&](ValueRange before) {
      SmallVector<Value> after;
      // An operand is loaded once for all rows or columns that share it.
      llvm::DenseMap<std::tuple<unsigned, int64_t, int64_t>, Value> loaded;
      eachPlace([&](int64_t r, size_t p) {
        SmallVector<Value> arguments;
        for (unsigned i = 0; i < result; ++i) {
          bool hasRow = row && maps[i].isFunctionOfDim(*row);
          bool hasColumn = maps[i].isFunctionOfDim(axis);
          Value &value = loaded[{i, hasRow ? r : -1,
                                 hasColumn ? static_cast<int64_t>(p) : -1}];
          if (!value)
            value = load(i, axis, pieces[p].lanes);
          arguments.push_back(value);
        }
        arguments.push_back(before[after.size()]);
        after.push_back(compute(arguments, pieces[p].lanes)[0]);
      });
      return after;
    });
    eachPlace([&](int64_t r, size_t p) {
      store(result, sums[r * pieces.size() + p]);
    });
  }

  /// What combines the result so far with an element, if it is simple enough.
  Operation *combiner() {
    BlockArgument soFar = op.getRegionOutputArgs()[0];
    Operation *last =
        op.getBody()->getTerminator()->getOperand(0).getDefiningOp();
    if (!last || !soFar.hasOneUse() || *soFar.user_begin() != last ||
        last->getNumOperands() != 2 || !kindOf(last))
      return nullptr;
    return last;
  }

  static std::optional<vector::CombiningKind> kindOf(Operation *op) {
    return linalg::getCombinerOpKind(op);
  }

  /// An axis along which lanes can be summed up in the end.
  std::optional<unsigned> reducedLanes() {
    if (!combiner())
      return std::nullopt;
    std::optional<unsigned> found;
    for (auto [i, type] : llvm::enumerate(op.getIteratorTypesArray()))
      if (linalg::isReductionIterator(type) &&
          isAll(i, {Access::uniform, Access::contiguous}))
        found = i;
    return found;
  }

  void writeReducedLanes(unsigned axis) {
    unsigned result = op.getNumDpsInputs();
    Operation *combine = combiner();
    BlockArgument soFar = op.getRegionOutputArgs()[0];
    unsigned side = combine->getOperand(0) == soFar ? 1 : 0;
    SmallVector<unsigned> kept, reduced;
    int64_t vectors = 1;
    for (auto [i, type] : llvm::enumerate(op.getIteratorTypesArray())) {
      if (!linalg::isReductionIterator(type))
        kept.push_back(i);
      else if (i != axis)
        reduced.push_back(i);
      vectors *=
          i == axis ? llvm::divideCeil(ranges[i], lanesOfVector) : ranges[i];
    }
    isWrittenOut = mayBeWrittenOut(vectors);
    // The elements that are to be combined, without the combination.
    auto elements = [&](Value index, int64_t lanes) {
      indices[axis] = index;
      SmallVector<Value> arguments;
      for (unsigned i = 0; i < result; ++i)
        arguments.push_back(load(i, axis, lanes));
      Value element = evaluate(arguments, lanes, combine)
                          .lookupOrDefault(combine->getOperand(side));
      return asVector(element, lanes);
    };
    auto add = [&](Value a, Value x) {
      Operation *added = b.clone(*combine);
      added->setOperands({a, x});
      added->getResult(0).setType(a.getType());
      return added->getResult(0);
    };
    auto reduce = [&](Value lanes, Value sum) -> Value {
      return vector::ReductionOp::create(b, *kindOf(combine), lanes, sum,
                                         arith::FastMathFlags::reassoc);
    };
    int64_t rest = ranges[axis] % lanesOfVector, whole = ranges[axis] - rest;
    nest(kept, [&] {
      Value sum = load(result, std::nullopt, 0);
      sum = nest(reduced, sum, [&](ValueRange before) {
        Value after = before[0];
        if (whole) {
          // As many sums as hide how long an addition takes.
          int64_t vectors = whole / lanesOfVector,
                  sums = vectors >= 2 * kSumsAtOnce ? kSumsAtOnce : 1;
          SmallVector<Value> partial;
          for (int64_t i = 0; i < sums; ++i)
            partial.push_back(
                elements(constant(i * lanesOfVector), lanesOfVector));
          auto addAll = [&](int64_t begin, int64_t end,
                            ArrayRef<Value> values) {
            int64_t step = static_cast<int64_t>(values.size()) * lanesOfVector;
            return repeat(
                end - begin, step, values, [&](Value index, ValueRange before) {
                  SmallVector<Value> after;
                  for (auto [i, sum] : llvm::enumerate(before))
                    after.push_back(add(
                        sum, elements(plus(index, begin + i * lanesOfVector),
                                      lanesOfVector)));
                  return after;
                });
          };
          int64_t first = sums * lanesOfVector, last = whole - whole % first;
          if (last > first)
            partial = addAll(first, last, partial);
          for (; partial.size() > 1; partial.pop_back())
            partial[partial.size() - 2] =
                add(partial[partial.size() - 2], partial.back());
          if (whole > last)
            partial = addAll(last, whole, partial);
          after = reduce(partial[0], after);
        }
        if (rest)
          after = reduce(elements(constant(whole), rest), after);
        return SmallVector<Value>{after};
      })[0];
      store(result, sum);
    });
  }

  linalg::GenericOp op;
  ImplicitLocOpBuilder b;
  SmallVector<int64_t> ranges;
  SmallVector<AffineMap> maps;
  /// Where each loop of the operation stands.
  SmallVector<Value> indices;
  int64_t vectorBytes, lanesOfVector = 1, bodyOps = 1;
  bool isWrittenOut = false;
};

} // namespace

LogicalResult xform::writeLoops(func::FuncOp function, int64_t vectorBytes) {
  generalizeOps(function);
  flattenOps(function);
  SmallVector<linalg::GenericOp> ops;
  function.walk([&](linalg::GenericOp op) { ops.push_back(op); });
  for (linalg::GenericOp op : ops)
    if (failed(LoopWriter(op, vectorBytes).run()))
      return failure();
  return success();
}
