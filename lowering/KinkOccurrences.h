//===- KinkOccurrences.h - slopes and shares in values ----------*- C++ -*-===//
//
// In which values of a function the slope or share of a kink occurs linearly.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_KINKOCCURRENCES_H
#define XFORM_LOWERING_KINKOCCURRENCES_H

#include "dialect/Kinks.h"
#include "lowering/ValueNumbers.h"

#include <memory>
#include <optional>

namespace xform {

/// Where two values are equal, element by element: x and 0 for |x|, x and y for
/// their max or min. On one side of it the first is the greater one, and its
/// share is 1; on the other it is the other's. Where elements are moved, it is
/// another kink.
struct Kink {
  /// The number of what is true where the first is the greater one.
  unsigned number;
  /// An AbsSlopeOp, a ShareOp or an op that moves kinks.
  Operation *op;
  /// Kinks of the operands of an op that moves kinks, null where they have
  /// none.
  SmallVector<const Kink *> moved;
};

/// A kink, perhaps with both sides exchanged.
struct OrientedKink {
  const Kink *kink = nullptr;
  bool isExchanged = false;
};

/// How a kink's slope or share is in a value.
enum class KinkForm {
  /// The slope times something.
  kSlope,
  /// The share times something: e, or 1 - e.
  kShare,
  kOtherShare,
  /// Linearly, with something beside.
  kMixed,
};

struct KinkOccurrence {
  const Kink *kink;
  /// The derivatives that it comes from.
  uint64_t levels;
  KinkForm form;
  /// How many operations lie between it and the value.
  unsigned distance = 0;

  bool isOfOtherLevels(const KinkOccurrence &other) const {
    return (levels & other.levels) == 0;
  }
};

/// Whether the op moves elements, or sums them up: where all summands have one
/// slope or share, so has the sum.
bool movesKinks(Operation *op);

/// Filled by reading operations in their order.
class KinkOccurrences {
public:
  /// Whether the op was not read before.
  bool read(Operation *op);
  bool isRead(Operation *op) const { return seen.contains(op); }

  SmallVector<KinkOccurrence, 2> of(Value value) const {
    return found.lookup(value);
  }
  std::optional<KinkOccurrence> of(Value value, const Kink *kink) const;

  /// The kink at which a share or slope is, exchanged where it is 1 on the
  /// other's side; null for the larger of a value and itself, and for what is
  /// of no derivative.
  OrientedKink kinkOf(Operation *op);
  /// The kinks of the operands that an op moves to one of its result.
  SmallVector<OrientedKink> movedTo(Operation *op, const Kink *kink) const {
    return sources.lookup({op, kink});
  }

private:
  using Occurrences = SmallVector<KinkOccurrence, 2>;

  Occurrences ofSlope(AbsSlopeOp op);
  Occurrences ofShare(ShareOp op);
  Occurrences ofProduct(Value x, Value y) const;
  Occurrences ofQuotient(Value x, Value y) const;
  Occurrences ofSum(ArrayRef<Value> terms) const;
  Occurrences ofMoved(Operation *op);
  /// Adds what an op that moves elements makes of the operands' kinks.
  void addMoved(Occurrences &all, Operation *op, ArrayRef<const Kink *> kinks,
                KinkOccurrence inside);

  OrientedKink intern(Kink kink);
  OrientedKink movedKink(Operation *op, ArrayRef<const Kink *> operands);

  ValueNumbers numbers;
  llvm::DenseSet<Operation *> seen;
  llvm::DenseMap<Value, Occurrences> found;
  std::vector<std::unique_ptr<Kink>> kinks;
  llvm::DenseMap<unsigned, OrientedKink> known;
  llvm::DenseMap<std::pair<Operation *, const Kink *>,
                 SmallVector<OrientedKink>>
      sources;
};

} // namespace xform

#endif // XFORM_LOWERING_KINKOCCURRENCES_H
