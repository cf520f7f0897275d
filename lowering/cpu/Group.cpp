//===- Group.cpp - operations that make one loop --------------------------===//

#include "lowering/cpu/Group.h"

#include "lowering/Work.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace xform;

/// How many operations a loop has at most: LLVM takes longer than twice as long
/// for twice as many.
constexpr size_t kMostOps = 64;

/// The work of a chunk.
constexpr double kWorkOfChunk = 5e4;

/// What the operations of a block read and write in all.
constexpr double kBytesOfBlock = 24 << 10;

bool Group::add(Cut cut) {
  if (cuts.size() == kMostOps ||
      (!cuts.empty() && cuts.front().range() != cut.range()))
    return false;
  SmallVector<Access> found =
      accessesOf(cut.op, cut.loop, cut.combiner != nullptr);
  if (depend(found))
    return false;
  for (Access &access : found)
    access.cut = cuts.size();
  llvm::append_range(accesses, found);
  cuts.push_back(cut);
  workOfTurn += workOf(cut.op);
  return true;
}

bool Group::changesWith(linalg::GenericOp op) const {
  return depend(accessesOf(op, std::nullopt, /*isReduced=*/false));
}

bool Group::depend(ArrayRef<Access> found) const {
  return llvm::any_of(found, [&](const Access &access) {
    return llvm::any_of(accesses, [&](const Access &earlier) {
      return access.dependsOn(earlier);
    });
  });
}

int64_t Group::wantedChunks() const {
  return std::clamp<int64_t>(static_cast<int64_t>(workOfTurn / kWorkOfChunk), 2,
                             kMostChunks);
}

/// Whether the loop is the one that an operand's memory runs along.
static bool isInnermost(Cut cut) {
  return llvm::any_of(cut.op.getIndexingMapsArray(), [&](AffineMap map) {
    return map.getNumResults() > 0 &&
           map.getResults().back() ==
               getAffineDimExpr(cut.loop, cut.op.getContext());
  });
}

/// Blocks end where lines of the cache do, or tiles of rows. A short axis is
/// cut finer: some cores without work cost more than lines that two of them
/// read.
int64_t Group::unitOf() const {
  constexpr int64_t kLines = 64, kRows = 8, kFewBlocks = 8;
  double along = 0;
  for (Cut cut : cuts)
    if (isInnermost(cut))
      along += workOf(cut.op);
  int64_t unit = 2 * along > workOfTurn ? kLines : kRows;
  while (unit > kRows && cuts.front().range() < kFewBlocks * unit)
    unit /= 2;
  return unit;
}

static MemRefType withSize(MemRefType type, unsigned axis, int64_t size) {
  SmallVector<int64_t> shape(type.getShape());
  shape[axis] = size;
  return MemRefType::get(shape, type.getElementType());
}

/// Finds the buffers that nothing but operations of the group sees, and all of
/// them the same part.
void Group::findOwn() {
  llvm::MapVector<Value, Own> found;
  llvm::DenseMap<Value, size_t> uses;
  for (const Access &access : accesses) {
    auto place = static_cast<int64_t>(access.cut);
    auto [known, isNew] = found.insert({access.view, Own{}});
    if (isNew)
      known->second = {access.view, access.axis.value_or(0), {0, place, place}};
    known->second.life.end = place;
    // Not counted, it has too many uses.
    uses[access.view] += access.axis.has_value();
  }
  for (auto &[buffer, own] : found)
    if (buffer.getDefiningOp<memref::AllocaOp>() &&
        static_cast<size_t>(std::distance(buffer.use_begin(),
                                          buffer.use_end())) == uses[buffer])
      owned.push_back(own);
}

/// The bytes of a chunk's own memory, and where the parts of buffers lie in it.
int64_t Group::layOut(int64_t block) {
  SmallVector<Lifetime *> lives;
  for (Own &own : owned) {
    own.life.bytes = bytesOf(
        withSize(cast<MemRefType>(own.buffer.getType()), own.axis, block));
    lives.push_back(&own.life);
  }
  return shareMemory(lives);
}

/// The bytes that one place along the axis stands for.
double Group::bytesOfPlace() {
  llvm::SmallDenseMap<Value, double> bytes;
  for (const Access &access : accesses) {
    auto type = cast<MemRefType>(access.view.getType());
    if (access.axis)
      bytes[access.view] = llvm::divideCeil(type.getElementTypeBitWidth(), 8) *
                           static_cast<double>(type.getNumElements()) /
                           static_cast<double>(type.getDimSize(*access.axis));
  }
  for (const Own &own : owned)
    bytes.erase(own.buffer);
  constexpr int64_t kMany = 64;
  double sum = static_cast<double>(layOut(kMany)) / kMany;
  for (auto [view, of] : bytes)
    sum += of;
  return sum;
}

/// What an operation reads is still in the cache when the next one does. An
/// operation alone has no use for that.
int64_t Group::sizeOfBlock() {
  int64_t range = cuts.front().range();
  int64_t size = llvm::divideCeil(range, wantedChunks());
  if (cuts.size() > 1)
    size = std::min(size, static_cast<int64_t>(kBytesOfBlock /
                                               std::max(1.0, bytesOfPlace())));
  int64_t unit = unitOf();
  if (size >= unit || llvm::any_of(cuts, [](Cut cut) {
        return !cut.combiner && cut.op.getNumReductionLoops() > 0 &&
               cut.op.getNumDpsInputs() > 1;
      }))
    size = llvm::alignTo(std::max<int64_t>(size, 1), unit);
  else
    unit = 1;
  // Without a smaller one at the end, there is half as much text.
  for (int64_t even = size + size / 3; 2 * even >= size; --even)
    if (even > 0 && even % unit == 0 && range % even == 0)
      return even;
  return std::clamp<int64_t>(size, 1, range);
}

static Value constant(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

/// From `offset` on so many places along an axis, all others whole; without the
/// axis if it is to be dropped.
static Value partOf(ImplicitLocOpBuilder &b, Value view, unsigned axis,
                    Value offset, int64_t size, bool isDropped = false) {
  auto type = cast<MemRefType>(view.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0)),
      sizes = getAsIndexOpFoldResult(b.getContext(), type.getShape()),
      strides(type.getRank(), b.getIndexAttr(1));
  offsets[axis] = offset;
  sizes[axis] = b.getIndexAttr(size);
  if (!isDropped)
    return memref::SubViewOp::create(b, view, offsets, sizes, strides);
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + axis);
  MemRefType dropped = memref::SubViewOp::inferRankReducedResultType(
      shape, type, offsets, sizes, strides);
  return memref::SubViewOp::create(b, dropped, view, offsets, sizes, strides);
}

/// The part of partial results that belongs to a chunk.
static Value resultOf(ImplicitLocOpBuilder &b, Value partials, Value chunk) {
  return partOf(b, partials, 0, chunk, 1, /*isDropped=*/true);
}

/// A buffer with a first axis for the number of a chunk.
static Value perChunk(Operation *op, int64_t count, MemRefType type) {
  OpBuilder b =
      OpBuilder::atBlockBegin(&op->getParentOfType<func::FuncOp>().front());
  SmallVector<int64_t> shape(type.getShape());
  shape.insert(shape.begin(), count);
  return memref::AllocaOp::create(
      b, op->getLoc(), MemRefType::get(shape, type.getElementType()));
}

/// Gives each chunk memory of its own for what it computes for itself.
void Group::placeResults(int64_t count, int64_t block) {
  Operation *first = cuts.front().op;
  for (Cut cut : cuts) {
    auto type = cast<MemRefType>(cut.op.getDpsInits()[0].getType());
    partials.push_back(cut.combiner ? perChunk(first, count, type) : Value());
  }
  bytesOfChunk = layOut(block);
  if (bytesOfChunk)
    memory =
        perChunk(first, count * bytesOfChunk,
                 MemRefType::get({}, IntegerType::get(first->getContext(), 8)));
}

/// Partial results begin with the combination of nothing.
void Group::begin(ImplicitLocOpBuilder &b, Value chunk) {
  for (auto [cut, partial] : llvm::zip(cuts, partials)) {
    if (!partial)
      continue;
    Value neutral =
        arith::ConstantOp::create(b, *arith::getNeutralElement(cut.combiner));
    linalg::FillOp::create(b, neutral, resultOf(b, partial, chunk));
  }
}

void Group::writeBlock(ImplicitLocOpBuilder &b, Value chunk, Value offset,
                       int64_t size) {
  llvm::SmallDenseMap<Value, Value> parts;
  for (const Own &own : owned) {
    Value place = arith::AddIOp::create(
        b, arith::MulIOp::create(b, chunk, constant(b, bytesOfChunk)),
        constant(b, own.life.offset));
    parts[own.buffer] = memref::ViewOp::create(
        b, withSize(cast<MemRefType>(own.buffer.getType()), own.axis, size),
        memory, place, ValueRange());
  }
  auto partFor = [&](Value view, unsigned axis) {
    Value own = parts.lookup(view);
    return own ? own : partOf(b, view, axis, offset, size);
  };
  for (auto [cut, partial] : llvm::zip(cuts, partials)) {
    unsigned number = cut.loop;
    AffineExpr loop = getAffineDimExpr(number, b.getContext());
    SmallVector<Value> operands;
    for (OpOperand &operand : cut.op->getOpOperands()) {
      std::optional<unsigned> axis =
          cut.op.getMatchingIndexingMap(&operand).getResultPosition(loop);
      operands.push_back(cut.op.isDpsInit(&operand) && partial
                             ? resultOf(b, partial, chunk)
                         : axis ? partFor(operand.get(), *axis)
                                : operand.get());
    }
    auto part = cast<linalg::GenericOp>(b.clone(*cut.op));
    part->setOperands(operands);
    part.walk([&](linalg::IndexOp index) {
      if (index.getDim() != number)
        return;
      ImplicitLocOpBuilder inner(index.getLoc(), index->getBlock(),
                                 std::next(index->getIterator()));
      Value place = arith::AddIOp::create(inner, index, offset);
      index.getResult().replaceAllUsesExcept(place, place.getDefiningOp());
    });
  }
}

/// Combines what is there and the partial results, in their order.
void Group::combine(ImplicitLocOpBuilder &b, Cut cut, Value partials) {
  Value result = cut.op.getDpsInits()[0];
  int64_t rank = cast<MemRefType>(result.getType()).getRank();
  AffineMap whole = b.getMultiDimIdentityMap(rank + 1);
  SmallVector<AffineMap> maps{whole, whole.dropResult(0)};
  SmallVector<utils::IteratorType> iterators(rank + 1,
                                             utils::IteratorType::parallel);
  iterators[0] = utils::IteratorType::reduction;
  auto combined = linalg::GenericOp::create(
      b, TypeRange(), partials, result, maps, iterators,
      [&](OpBuilder &inner, Location loc, ValueRange arguments) {
        Operation *added = inner.clone(*cut.combiner);
        added->setOperands({arguments[1], arguments[0]});
        linalg::YieldOp::create(inner, loc, added->getResults());
      });
  (void)combined;
}

scf::ForOp Group::write() {
  Operation *last = cuts.back().op;
  ImplicitLocOpBuilder b(last->getLoc(), last);
  findOwn();
  int64_t range = cuts.front().range(), block = sizeOfBlock(),
          whole = range - range % block,
          numBlocks = llvm::divideCeil(range, block),
          blocksOfChunk = llvm::divideCeil(numBlocks, wantedChunks()),
          count = llvm::divideCeil(numBlocks, blocksOfChunk);
  placeResults(count, block);
  auto chunks =
      scf::ForOp::create(b, constant(b, 0), constant(b, count), constant(b, 1));
  b.setInsertionPointToStart(chunks.getBody());
  Value chunk = chunks.getInductionVar();
  begin(b, chunk);
  Value from =
            arith::MulIOp::create(b, chunk, constant(b, blocksOfChunk * block)),
        to = arith::AddIOp::create(b, from, constant(b, blocksOfChunk * block));
  if (count * blocksOfChunk * block != whole)
    to = arith::MinUIOp::create(b, to, constant(b, whole));
  auto inner = scf::ForOp::create(b, from, to, constant(b, block));
  b.setInsertionPointToStart(inner.getBody());
  writeBlock(b, chunk, inner.getInductionVar(), block);
  b.setInsertionPointAfter(inner);
  if (whole != range) {
    Value isLast = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, chunk,
                                         constant(b, count - 1));
    auto branch = scf::IfOp::create(b, isLast, /*withElseRegion=*/false);
    b.setInsertionPointToStart(branch.thenBlock());
    writeBlock(b, chunk, constant(b, whole), range - whole);
  }
  b.setInsertionPointAfter(chunks);
  for (auto [cut, partial] : llvm::zip(cuts, partials))
    if (partial)
      combine(b, cut, partial);
  for (Cut cut : cuts)
    cut.op.erase();
  for (const Own &own : owned)
    own.buffer.getDefiningOp()->erase();
  return chunks;
}
