//===- Scratch.cpp - where buffers lie ------------------------------------===//

#include "lowering/kernels/Kernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

#include <set>

using namespace mlir;
using namespace xform;

/// Buffers from this size on are no part of the stack, where they have no
/// alignment and little room.
constexpr int64_t kLargeBytes = 1 << 10;

/// What small buffers may take of the stack in all.
constexpr int64_t kMostStackBytes = 16 << 10;

constexpr int64_t kAlignment = 64;

static int64_t bytesOf(MemRefType type) {
  return llvm::alignTo(type.getNumElements() *
                           llvm::divideCeil(type.getElementTypeBitWidth(), 8),
                       kAlignment);
}

namespace {

/// A buffer, its number in program order, and the first and last operation of
/// the program that may see it.
struct Life {
  memref::AllocaOp alloca;
  size_t order;
  int64_t bytes, begin, end, offset = 0;
};

class Placement {
public:
  explicit Placement(func::FuncOp function) : function(function) {
    int64_t place = 0;
    for (Operation &op : function.front())
      places[&op] = place++;
  }

  SmallVector<Life> collect() {
    int64_t small = 0;
    SmallVector<Life> lives;
    function.walk([&](memref::AllocaOp alloca) {
      int64_t bytes = bytesOf(alloca.getType());
      if (bytes < kLargeBytes && small + bytes <= kMostStackBytes) {
        small += bytes;
        return;
      }
      Life life{alloca, lives.size(), bytes,
                std::numeric_limits<int64_t>::max(), -1};
      follow(alloca.getResult(), life);
      lives.push_back(life);
    });
    return lives;
  }

  /// Gives each, in the order in which they begin, the first place that is
  /// large enough and free by then; the bytes of all.
  static int64_t place(SmallVector<Life> &lives) {
    llvm::sort(lives, [](const Life &a, const Life &b) {
      return std::pair(a.begin, a.order) < std::pair(b.begin, b.order);
    });
    auto endsFirst = [](const Life *a, const Life *b) {
      return std::pair(a->end, a) < std::pair(b->end, b);
    };
    auto liesFirst = [](const Life *a, const Life *b) {
      return std::pair(a->offset, a) < std::pair(b->offset, b);
    };
    std::set<const Life *, decltype(endsFirst)> byEnd(endsFirst);
    std::set<const Life *, decltype(liesFirst)> byOffset(liesFirst);
    int64_t total = 0;
    for (Life &life : lives) {
      while (!byEnd.empty() && (*byEnd.begin())->end < life.begin) {
        byOffset.erase(*byEnd.begin());
        byEnd.erase(byEnd.begin());
      }
      for (const Life *other : byOffset) {
        if (life.offset + life.bytes <= other->offset)
          break;
        life.offset = std::max(life.offset, other->offset + other->bytes);
      }
      byEnd.insert(&life);
      byOffset.insert(&life);
      total = std::max(total, life.offset + life.bytes);
    }
    return total;
  }

private:
  /// Goes through all that may be the buffer, or a part of it.
  void follow(Value value, Life &life) {
    for (Operation *user : value.getUsers()) {
      Operation *outer = function.front().findAncestorOpInBlock(*user);
      life.begin = std::min(life.begin, places.lookup(outer));
      life.end = std::max(life.end, places.lookup(outer));
      if (isa<ViewLikeOpInterface>(user))
        for (Value result : user->getResults())
          follow(result, life);
      else if (llvm::any_of(user->getResultTypes(),
                            llvm::IsaPred<MemRefType>) ||
               user->hasTrait<OpTrait::IsTerminator>())
        // Handed on: who has it then is not known here.
        life.begin = 0, life.end = std::numeric_limits<int64_t>::max();
    }
  }

  func::FuncOp function;
  llvm::DenseMap<Operation *, int64_t> places;
};

} // namespace

int64_t xform::placeBuffers(func::FuncOp function) {
  SmallVector<Life> lives = Placement(function).collect();
  if (lives.empty())
    return 0;
  int64_t bytes = Placement::place(lives);
  ImplicitLocOpBuilder b(function.getLoc(), function.getContext());
  unsigned last = function.getNumArguments();
  (void)function.insertArgument(last, MemRefType::get({bytes}, b.getI8Type()),
                                {}, function.getLoc());
  for (Life &life : lives) {
    b.setInsertionPoint(life.alloca);
    Value view = memref::ViewOp::create(
        b, life.alloca.getType(), function.getArgument(last),
        arith::ConstantIndexOp::create(b, life.offset), ValueRange());
    life.alloca.replaceAllUsesWith(view);
    life.alloca.erase();
  }
  return bytes;
}

static Operation *dispatchOf(func::FuncOp kernel) {
  Operation *found = nullptr;
  kernel->getParentOp()->walk([&](Operation *op) {
    auto properties =
        dyn_cast_or_null<DictionaryAttr>(op->getPropertiesAsAttribute());
    auto entries =
        properties ? properties.getAs<ArrayAttr>("entry_points") : ArrayAttr();
    if (entries && cast<SymbolRefAttr>(entries[0]).getRootReference() ==
                       kernel.getNameAttr())
      found = op;
  });
  return found;
}

/// One more result of the dispatch, which nobody reads.
static void addResult(Operation *dispatch, RankedTensorType type) {
  OpBuilder b(dispatch);
  NamedAttrList properties(
      cast<DictionaryAttr>(dispatch->getPropertiesAsAttribute()));
  SmallVector<Type> types(dispatch->getResultTypes());
  types.push_back(type);
  properties.set("tied_operands", b.getArrayAttr(SmallVector<Attribute>(
                                      types.size(), b.getIndexAttr(-1))));
  OperationState state(dispatch->getLoc(), dispatch->getName(),
                       dispatch->getOperands(), types);
  state.propertiesAttr = properties.getDictionary(b.getContext());
  Operation *larger = b.create(state);
  dispatch->replaceAllUsesWith(
      larger->getResults().take_front(dispatch->getNumResults()));
  dispatch->erase();
}

void xform::moveToScratch(func::FuncOp kernel) {
  int64_t bytes = placeBuffers(kernel);
  if (bytes == 0)
    return;
  Builder b(kernel.getContext());
  auto results = kernel->getAttrOfType<IntegerAttr>(kKernelAttr).getInt();
  kernel->setAttr(kKernelAttr, b.getI64IntegerAttr(results + 1));
  addResult(dispatchOf(kernel), RankedTensorType::get({bytes}, b.getI8Type()));
}
