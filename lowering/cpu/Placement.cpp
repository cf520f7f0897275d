//===- Placement.cpp - where buffers lie ----------------------------------===//

#include "lowering/cpu/Placement.h"

#include "lowering/cpu/Team.h"

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

constexpr int64_t kForEver = std::numeric_limits<int64_t>::max();

namespace {

/// A buffer, and where it lies.
struct Placed {
  memref::AllocaOp alloca;
  Lifetime life;
};

class Placement {
public:
  explicit Placement(func::FuncOp function) : function(function) {
    int64_t place = 0;
    for (Operation &op : function.front())
      places[&op] = place++;
  }

  SmallVector<Placed> collect() {
    int64_t small = 0;
    SmallVector<Placed> placed;
    function.walk([&](memref::AllocaOp alloca) {
      int64_t bytes = bytesOf(alloca.getType());
      if (alloca->hasAttr(kTeamAttr)) {
        placed.push_back({alloca, {bytes, -1, kForEver}});
        return;
      }
      if (bytes < kLargeBytes && small + bytes <= kMostStackBytes) {
        small += bytes;
        return;
      }
      Lifetime life{bytes, kForEver, -1};
      follow(alloca.getResult(), life);
      placed.push_back({alloca, life});
    });
    return placed;
  }

private:
  /// Goes through all that may be the buffer, or a part of it.
  void follow(Value value, Lifetime &life) {
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
        life.begin = 0, life.end = kForEver;
    }
  }

  func::FuncOp function;
  llvm::DenseMap<Operation *, int64_t> places;
};

} // namespace

int64_t xform::shareMemory(ArrayRef<Lifetime *> lives) {
  using Numbered = std::pair<int64_t, size_t>;
  SmallVector<Numbered> begins;
  for (auto [i, life] : llvm::enumerate(lives))
    begins.push_back({life->begin, i});
  llvm::sort(begins);
  std::set<Numbered> byEnd, byOffset;
  int64_t total = 0;
  for (auto [begin, i] : begins) {
    Lifetime &life = *lives[i];
    while (!byEnd.empty() && byEnd.begin()->first < begin) {
      size_t over = byEnd.begin()->second;
      byOffset.erase({lives[over]->offset, over});
      byEnd.erase(byEnd.begin());
    }
    life.offset = 0;
    for (auto [offset, other] : byOffset) {
      if (life.offset + life.bytes <= offset)
        break;
      life.offset = std::max(life.offset, offset + lives[other]->bytes);
    }
    byEnd.insert({life.end, i});
    byOffset.insert({life.offset, i});
    total = std::max(total, life.offset + life.bytes);
  }
  return total;
}

int64_t xform::bytesOf(MemRefType type) {
  return llvm::alignTo(type.getNumElements() *
                           llvm::divideCeil(type.getElementTypeBitWidth(), 8),
                       kAlignment);
}

int64_t xform::placeBuffers(func::FuncOp function) {
  SmallVector<Placed> placed = Placement(function).collect();
  if (placed.empty())
    return 0;
  SmallVector<Lifetime *> lives;
  for (Placed &buffer : placed)
    lives.push_back(&buffer.life);
  int64_t bytes = shareMemory(lives);
  ImplicitLocOpBuilder b(function.getLoc(), function.getContext());
  unsigned last = function.getNumArguments();
  (void)function.insertArgument(last, MemRefType::get({bytes}, b.getI8Type()),
                                {}, function.getLoc());
  for (auto &[alloca, life] : placed) {
    b.setInsertionPoint(alloca);
    Value view = memref::ViewOp::create(
        b, alloca.getType(), function.getArgument(last),
        arith::ConstantIndexOp::create(b, life.offset), ValueRange());
    alloca.replaceAllUsesWith(view);
    alloca.erase();
  }
  return bytes;
}
