//===- Memory.cpp - where a program's buffers lie -------------------------===//

#include "lowering/cpu/Memory.h"

#include "lowering/cpu/EntryPoints.h"

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

/// A buffer, and the first and last operation of the program that may see it.
struct Life {
  memref::AllocaOp alloca;
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
      Life life{alloca, bytes, std::numeric_limits<int64_t>::max(), -1};
      follow(alloca.getResult(), life);
      lives.push_back(life);
    });
    return lives;
  }

  /// Gives each, in the order in which they begin, the first place that is
  /// large enough and free by then; the bytes of all.
  static int64_t place(SmallVector<Life> &lives) {
    llvm::stable_sort(
        lives, [](const Life &a, const Life &b) { return a.begin < b.begin; });
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

void xform::placeBuffers(func::FuncOp function) {
  SmallVector<Life> lives = Placement(function).collect();
  int64_t bytes = Placement::place(lives);
  ImplicitLocOpBuilder b(function.getLoc(), function.getContext());
  function->setAttr(kScratchAttr, b.getI64IntegerAttr(bytes));
  if (lives.empty())
    return;
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
}
