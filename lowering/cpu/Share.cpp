//===- Share.cpp - --xform-cpu-share --------------------------------------===//
//
// What cores do at the same time. Operations on buffers that are worth it are
// cut along one of their axes, and operations after one another that are cut
// in the same way, and read of each other nothing but the same part, make one
// loop. How many chunks there are depends on the program only, so that results
// are the same on any number of cores.
//
//===----------------------------------------------------------------------===//

#include "lowering/Passes.h"
#include "lowering/cpu/Cost.h"
#include "lowering/cpu/Outlining.h"
#include "lowering/cpu/Team.h"
#include "lowering/kernels/GeneralForm.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMCPUSHARE
#include "lowering/Passes.h.inc"
} // namespace xform

/// The work of a loop from which on it is worth to be offered, and that of all
/// such loops of a program from which on others are woken up for it.
constexpr double kLeastWork = 1e5, kLeastWorkOfAll = 1e6;

/// That of an operation which ends a group of others that it cannot join.
constexpr double kLeastWorkOfOp = 1e4;

/// The work of a chunk, and how many there are at most.
constexpr double kWorkOfChunk = 5e4;
constexpr int64_t kMostChunks = 64;

/// What the operations of a block read and write in all.
constexpr double kBytesOfBlock = 24 << 10;

/// Axes that are shorter than this leave cores without work; half of that does
/// where there is too little work for many of them.
constexpr int64_t kLongAxis = 16;
constexpr double kWorkOfFewCores = 4e6;

/// What the partial results of a reduction may take.
constexpr int64_t kMostPartialElements = 1 << 20;

static Value rootOf(Value value) {
  while (auto view = value.getDefiningOp<ViewLikeOpInterface>())
    value = view.getViewSource();
  return value;
}

/// Whether nothing but views of it refers to the buffer's memory.
static bool isOwn(Value root) {
  if (auto argument = dyn_cast<BlockArgument>(root))
    return isa<func::FuncOp>(argument.getOwner()->getParentOp());
  return isa<memref::AllocaOp, memref::GetGlobalOp>(root.getDefiningOp());
}

namespace {

/// An operation, the loop of it that is cut, and what combines the results of
/// the parts if that loop is a reduction.
struct Cut {
  linalg::GenericOp op;
  unsigned loop;
  Operation *combiner;

  int64_t range() const {
    return linalg::GenericOp(op).getStaticLoopRanges()[loop];
  }
};

/// What a part of an operation sees of a view of a buffer: a part along an
/// axis, or any place.
struct Access {
  Value view;
  std::optional<unsigned> axis;
  bool isWritten;
  /// The number of the operation in its group.
  size_t cut = 0;

  bool dependsOn(const Access &other) const {
    if ((!isWritten && !other.isWritten) || rootOf(view) != rootOf(other.view))
      return false;
    return view != other.view || !axis || axis != other.axis;
  }
};

/// A buffer of which each chunk has its part for itself, and when it needs it.
struct Own {
  Value buffer;
  unsigned axis;
  Lifetime life;
};

/// How to cut an operation, if its work can be shared.
class Cutting {
public:
  explicit Cutting(linalg::GenericOp op)
      : op(op), ranges(op.getStaticLoopRanges()),
        maps(op.getIndexingMapsArray()) {}

  std::optional<Cut> find() {
    if (!isKnown())
      return std::nullopt;
    std::optional<unsigned> parallel = longAxis();
    if (Operation *combiner = combinerOf(); combiner && prefersParts(parallel))
      return Cut{op, outermostReduction(), combiner};
    if (parallel && ranges[*parallel] > 1)
      return Cut{op, *parallel, nullptr};
    return std::nullopt;
  }

private:
  /// Whether each operand is a number, or a buffer with a place of its own that
  /// is read at whole axes.
  bool isKnown() {
    bool known = true;
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        known &= !isa<MemRefType>(operand.getType()) || isOwn(rootOf(operand));
    });
    return known && llvm::all_of(maps, [](AffineMap map) {
             return map.isProjectedPermutation(/*allowZeroInResults=*/true);
           });
  }

  /// The outermost long axis that all results have, else the longest.
  std::optional<unsigned> longAxis() {
    int64_t enough = workOf(op) < kWorkOfFewCores ? kLongAxis / 2 : kLongAxis;
    std::optional<unsigned> longest;
    unsigned first = op.getNumDpsInputs();
    for (AffineExpr result : maps[first].getResults()) {
      auto dim = dyn_cast<AffineDimExpr>(result);
      if (!dim ||
          llvm::any_of(llvm::drop_begin(maps, first), [&](AffineMap map) {
            return !map.isFunctionOfDim(dim.getPosition());
          }))
        continue;
      unsigned loop = dim.getPosition();
      if (ranges[loop] >= enough)
        return loop;
      if (!longest || ranges[loop] > ranges[*longest])
        longest = loop;
    }
    return longest;
  }

  Operation *combinerOf() {
    SmallVector<Operation *> combiners;
    if (op.getNumReductionLoops() == 0 || op.getNumDpsInits() != 1 ||
        !matchReduction(op.getRegionOutputArgs(), 0, combiners) ||
        combiners.size() != 1 || !arith::getNeutralElement(combiners[0]))
      return nullptr;
    return combiners[0];
  }

  /// Whether sums of parts are better than parts of the sums: these are few, or
  /// a part of them would be read across memory.
  bool prefersParts(std::optional<unsigned> parallel) {
    int64_t kept = 1, reduced = 1;
    for (auto [range, type] : llvm::zip(ranges, op.getIteratorTypesArray()))
      (type == utils::IteratorType::reduction ? reduced : kept) *= range;
    if (kept * kMostChunks > kMostPartialElements ||
        ranges[outermostReduction()] < 2)
      return false;
    if (!parallel || ranges[*parallel] < kLongAxis / 2)
      return true;
    bool isOutermost = llvm::all_of(
        llvm::seq<unsigned>(0, op.getNumDpsInputs()), [&](unsigned i) {
          return !maps[i].isFunctionOfDim(*parallel) ||
                 maps[i].getResult(0) ==
                     getAffineDimExpr(*parallel, op.getContext());
        });
    return !isOutermost && reduced >= kLongAxis * kept;
  }

  unsigned outermostReduction() {
    SmallVector<unsigned> reductions;
    op.getReductionDims(reductions);
    for (unsigned i = 0; i < op.getNumDpsInputs(); ++i)
      for (AffineExpr result : maps[i].getResults())
        if (auto dim = dyn_cast<AffineDimExpr>(result))
          if (llvm::is_contained(reductions, dim.getPosition()) &&
              ranges[dim.getPosition()] > 1)
            return dim.getPosition();
    return reductions.front();
  }

  linalg::GenericOp op;
  SmallVector<int64_t> ranges;
  SmallVector<AffineMap> maps;
};

/// Operations that make one loop over chunks.
class Group {
public:
  explicit Group(double turns) : turns(turns) {}

  bool isEmpty() const { return cuts.empty(); }
  double work() const { return workOfTurn; }
  double workOfAll() const { return turns * workOfTurn; }

  /// Whether the operation can be the next.
  bool takes(Cut cut) {
    if (!cuts.empty() && cuts.front().range() != cut.range())
      return false;
    return !depend(accessesOf(cut.op, cut.loop, cut.combiner));
  }

  /// Whether the operation must come after those of the group.
  bool changesWith(linalg::GenericOp op) {
    return depend(accessesOf(op, std::nullopt, nullptr));
  }

  void add(Cut cut) {
    for (Access access : accessesOf(cut.op, cut.loop, cut.combiner)) {
      access.cut = cuts.size();
      accesses.push_back(access);
    }
    cuts.push_back(cut);
    workOfTurn += workOf(cut.op);
  }

  /// Writes the loop in place of the operations.
  scf::ForOp write();

private:
  bool depend(ArrayRef<Access> found) {
    return llvm::any_of(found, [&](const Access &access) {
      return llvm::any_of(accesses, [&](const Access &earlier) {
        return access.dependsOn(earlier);
      });
    });
  }

  static SmallVector<Access> accessesOf(linalg::GenericOp op,
                                        std::optional<unsigned> loop,
                                        Operation *combiner) {
    SmallVector<Access> found;
    for (OpOperand &operand : op->getOpOperands()) {
      if (!isa<MemRefType>(operand.get().getType()))
        continue;
      bool isWritten = op.isDpsInit(&operand);
      std::optional<unsigned> axis;
      // Partial results are put together behind the loop.
      if (loop && !(isWritten && combiner))
        axis = op.getMatchingIndexingMap(&operand).getResultPosition(
            getAffineDimExpr(*loop, op.getContext()));
      found.push_back({operand.get(), axis, isWritten});
    }
    op.getRegion().walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (isa<MemRefType>(operand.getType()))
          found.push_back({operand, std::nullopt, false});
    });
    return found;
  }

  int64_t wantedChunks() const {
    return std::clamp<int64_t>(static_cast<int64_t>(workOfTurn / kWorkOfChunk),
                               2, kMostChunks);
  }
  int64_t sizeOfBlock();
  int64_t unitOf() const;
  void findOwn();
  int64_t layOut(int64_t block);
  double bytesOfPlace();
  void placeResults(int64_t count, int64_t block);
  void begin(ImplicitLocOpBuilder &b, Value chunk);
  void writeBlock(ImplicitLocOpBuilder &b, Value chunk, Value offset,
                  int64_t size);
  static void combine(ImplicitLocOpBuilder &b, Cut cut, Value partials);

  double turns, workOfTurn = 0;
  SmallVector<Cut> cuts;
  SmallVector<Access> accesses;
  /// By operation, of each reduction that is cut: the results of all chunks.
  SmallVector<Value> partials;
  SmallVector<Own> owned;
  /// The own memory of all chunks.
  Value memory;
  int64_t bytesOfChunk = 0;
};

} // namespace

/// Whether the loop is the one that an operand's memory runs along.
static bool isInnermost(Cut cut) {
  return llvm::any_of(cut.op.getIndexingMapsArray(), [&](AffineMap map) {
    return map.getNumResults() > 0 &&
           map.getResults().back() ==
               getAffineDimExpr(cut.loop, cut.op.getContext());
  });
}

/// Blocks end where lines of the cache do, or tiles of rows.
int64_t Group::unitOf() const {
  double along = 0;
  for (Cut cut : cuts)
    if (isInnermost(cut))
      along += workOf(cut.op);
  return 2 * along > workOfTurn ? 64 : 8;
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
    size = std::min(size, static_cast<int64_t>(kBytesOfBlock / bytesOfPlace()));
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

static Value partOf(ImplicitLocOpBuilder &b, Value view, unsigned axis,
                    Value offset, int64_t size) {
  auto type = cast<MemRefType>(view.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0)),
      sizes = getAsIndexOpFoldResult(b.getContext(), type.getShape()),
      strides(type.getRank(), b.getIndexAttr(1));
  offsets[axis] = offset;
  sizes[axis] = b.getIndexAttr(size);
  return memref::SubViewOp::create(b, view, offsets, sizes, strides);
}

/// The part of partial results that belongs to a chunk.
static Value resultOf(ImplicitLocOpBuilder &b, Value partials, Value chunk) {
  auto type = cast<MemRefType>(partials.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0)),
      sizes = getAsIndexOpFoldResult(b.getContext(), type.getShape()),
      strides(type.getRank(), b.getIndexAttr(1));
  offsets[0] = chunk;
  sizes[0] = b.getIndexAttr(1);
  MemRefType reduced = memref::SubViewOp::inferRankReducedResultType(
      type.getShape().drop_front(), type, offsets, sizes, strides);
  return memref::SubViewOp::create(b, reduced, partials, offsets, sizes,
                                   strides);
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
    AffineExpr loop = getAffineDimExpr(cut.loop, b.getContext());
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
      if (index.getDim() != cut.loop)
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

namespace {

/// Finds the groups of a function, and has them written if all together are
/// worth it.
class Sharing {
public:
  explicit Sharing(func::FuncOp function)
      : function(function), symbols(function->getParentOfType<ModuleOp>()) {}

  void run() {
    visit(function.front(), /*turns=*/1);
    double work = 0;
    for (const Group &group : groups)
      work += group.workOfAll();
    if (work < kLeastWorkOfAll)
      return;
    OpBuilder b = OpBuilder::atBlockBegin(&function.front());
    team = memref::AllocaOp::create(
        b, function.getLoc(), MemRefType::get({kTeamWords}, b.getI64Type()));
    team.getDefiningOp()->setAttr(kTeamAttr, b.getUnitAttr());
    function->setAttr(kTeamAttr, b.getUnitAttr());
    for (Group &group : groups)
      offer(group.write());
  }

private:
  void visit(Block &block, double turns) {
    Group group(turns);
    auto close = [&] {
      if (!group.isEmpty() && group.work() >= kLeastWork)
        groups.push_back(group);
      group = Group(turns);
    };
    for (Operation &op : block) {
      if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
        std::optional<Cut> cut = Cutting(generic).find();
        if (cut && group.takes(*cut)) {
          group.add(*cut);
          continue;
        }
        bool isLarge = cut && workOf(generic) >= kLeastWorkOfOp;
        // What stays outside is done before the loop.
        if (isLarge || group.changesWith(generic))
          close();
        if (isLarge)
          group.add(*cut);
        continue;
      }
      if (op.getNumRegions() == 0 && isPure(&op))
        continue;
      if (isa<memref::AllocaOp>(op))
        continue;
      close();
      auto loop = dyn_cast<scf::ForOp>(op);
      std::optional<APInt> count =
          loop ? loop.getStaticTripCount() : std::nullopt;
      double inner =
          count ? turns * static_cast<double>(count->getLimitedValue()) : turns;
      for (Region &region : op.getRegions())
        for (Block &nested : region)
          visit(nested, inner);
    }
    close();
  }

  /// Makes the loop a function, which cores run for chunks of their own.
  void offer(scf::ForOp loop) {
    OpBuilder b(loop);
    APInt count = *loop.getStaticTripCount();
    Operation *moved = loop;
    Surroundings around(moved);
    std::string name = (function.getName() + ".chunk").str();
    func::FuncOp chunk =
        around.declare(symbols, loop.getLoc(), name, b.getIndexType());
    func::FuncOp all =
        around.declare(symbols, loop.getLoc(), name + "s", team.getType());
    all->setAttr(kChunksAttr, b.getI64IntegerAttr(count.getSExtValue()));
    all->setAttr(kChunkAttr, FlatSymbolRefAttr::get(chunk.getNameAttr()));
    SmallVector<Value> given{team};
    llvm::append_range(given, around.passed());
    func::CallOp::create(b, loop.getLoc(), all, given);
    around.moveInto(chunk);
    loop.getInductionVar().replaceAllUsesWith(chunk.getArgument(0));
    loop.getBody()->getTerminator()->erase();
    loop->getBlock()->getOperations().splice(loop->getIterator(),
                                             loop.getBody()->getOperations());
    loop.erase();
  }

  func::FuncOp function;
  SymbolTable symbols;
  SmallVector<Group, 0> groups;
  Value team;
};

} // namespace

namespace {

struct XformCpuShare : xform::impl::XformCpuShareBase<XformCpuShare> {
  using XformCpuShareBase::XformCpuShareBase;

  void runOnOperation() override {
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions) {
      generalizeOps(function);
      Sharing(function).run();
    }
  }
};

} // namespace
