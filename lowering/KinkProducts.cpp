//===- KinkProducts.cpp - products of derivatives at one kink -------------===//
//
// The derivative of a program at a kink is the mean of those on both sides
// (dialect/Kinks.td). A value in which a slope s or share e occurs linearly has
// two values there, one on each side, of which the mean is computed. A product
// of two such values is that of one side or the other, which holds everywhere:
//
//   u v = e (u+ v+) + (1 - e) (u- v-)
//
// where u+ is u with 1 for e and s, and u- is u with 0 for e and -1 for s.
// Factors that are only a slope or share times something need less:
//
//   (s a) (s b) = a b
//   (e a) v     = e (a v+)
//
// A function is read once from front to end. Each value keeps of which kinks it
// has a slope or share; the sides are built only where a product asks for them.
//
//===----------------------------------------------------------------------===//

#include "lowering/KinkProducts.h"

#include "dialect/Checkpoint.h"
#include "lowering/KinkOccurrences.h"
#include "lowering/Simplify.h"

#include "mlir/IR/PatternMatch.h"

#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace xform;

namespace {

class Products {
public:
  explicit Products(func::FuncOp function)
      : function(function), rewriter(function.getContext()) {}

  bool run();

private:
  void rewrite(MulOp op);
  void rewrite(ShareOp op);

  /// The product of two values, one of their kinks written away; null where
  /// they share none.
  Value productAtKink(RuleBuilder &b, Value u, Value v);
  Value product(RuleBuilder &b, Value u, Value v);
  /// The share of a kink in a value.
  Value share(RuleBuilder &b, Value value, const Kink *kink, bool isOther,
              uint64_t levels);
  void replace(Operation *op, Value value);

  /// The value on one side of a kink.
  Value side(Value value, const Kink *kink, bool isOther);
  Value buildSide(RuleBuilder &b, Operation *op, Value value, const Kink *kink,
                  bool isOther);

  /// What is true on one side of a kink, or at the kink.
  enum class Place { kFirst, kOther, kAt };
  Value predicate(const Kink *kink, Place place);
  Value buildPredicate(RuleBuilder &b, const Kink *kink, Place place);

  RuleBuilder after(Operation *op) {
    OpBuilder builder(op->getContext());
    builder.setInsertionPointAfter(op);
    return {op->getLoc(), builder, nullptr};
  }
  /// An op, read as it is built.
  template <typename OpTy, typename... Args>
  Value build(RuleBuilder &b, Args &&...args) {
    return read(b.fold<OpTy>(std::forward<Args>(args)...));
  }
  Value read(Value value) {
    if (Operation *op = value.getDefiningOp())
      occurrences.read(op);
    return value;
  }
  Value cloneWith(RuleBuilder &b, Operation *op, ValueRange operands,
                  Type element);
  /// A product, of which nothing is left where a factor is 0.
  Value timesOf(RuleBuilder &b, Value x, Value y) {
    return isSplat(x, 0) || isSplat(y, 0) ? b.zeros(x.getType())
                                          : build<MulOp>(b, x, y);
  }

  func::FuncOp function;
  IRRewriter rewriter;
  KinkOccurrences occurrences;
  std::map<std::tuple<void *, const Kink *, bool>, Value> sides;
  std::map<std::pair<const Kink *, Place>, Value> predicates;
  bool changed = false;
};

} // namespace

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static uint64_t levelsOf(Operation *op) {
  if (auto slope = dyn_cast<AbsSlopeOp>(op))
    return slope.getLevels();
  if (auto share = dyn_cast<ShareOp>(op))
    return share.getLevels();
  return 0;
}

bool Products::run() {
  uint64_t levels = 0;
  for (Operation &op : function.front())
    levels |= levelsOf(&op);
  // Products of one derivative stay what they are.
  if (llvm::popcount(levels) < 2)
    return false;
  for (Operation &op :
       llvm::make_early_inc_range(function.front().without_terminator())) {
    if (!occurrences.read(&op))
      continue;
    if (auto product = dyn_cast<MulOp>(op))
      rewrite(product);
    else if (auto share = dyn_cast<ShareOp>(op))
      rewrite(share);
  }
  return changed;
}

//===----------------------------------------------------------------------===//
// Where the sides are
//===----------------------------------------------------------------------===//

/// The first elements along some axes, which the result does not have.
static Value firstAlong(RuleBuilder &b, Value value, ArrayRef<int64_t> axes) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> starts(type.getRank(), 0), strides(type.getRank(), 1),
      limits(type.getShape()), shape;
  for (auto [axis, limit] : llvm::enumerate(limits)) {
    if (llvm::is_contained(axes, static_cast<int64_t>(axis)))
      limit = 1;
    else
      shape.push_back(limit);
  }
  return b.reshapeTo(b.fold<SliceOp>(value, starts, limits, strides), shape);
}

Value Products::predicate(const Kink *kink, Place place) {
  if (auto it = predicates.find({kink, place}); it != predicates.end())
    return it->second;
  RuleBuilder b = after(kink->op);
  Value result = buildPredicate(b, kink, place);
  return predicates[{kink, place}] = result;
}

Value Products::buildPredicate(RuleBuilder &b, const Kink *kink, Place place) {
  if (auto slope = dyn_cast<AbsSlopeOp>(kink->op)) {
    Value x = slope.getX(), zero = b.zeros(slope.getType());
    if (place == Place::kAt)
      return b.fold<EqOp>(x, zero);
    return place == Place::kFirst ? b.fold<GtOp>(x, zero)
                                  : b.fold<LtOp>(x, zero);
  }
  if (auto share = dyn_cast<ShareOp>(kink->op)) {
    if (place != Place::kOther)
      return place == Place::kAt ? share.getEqual() : share.getGreater();
    Operation *comparison = share.getGreater().getDefiningOp();
    if (isa_and_nonnull<GtOp>(comparison))
      return b.fold<LtOp>(comparison->getOperand(0), comparison->getOperand(1));
    if (isa_and_nonnull<LtOp>(comparison))
      return b.fold<GtOp>(comparison->getOperand(0), comparison->getOperand(1));
    return b.fold<NotOp>(b.fold<OrOp>(share.getGreater(), share.getEqual()));
  }
  SmallVector<Value> operands;
  for (auto [inside, operand] :
       llvm::zip_equal(kink->moved, kink->op->getOperands()))
    operands.push_back(
        inside ? predicate(inside, place)
               : b.literal("0", cast<RankedTensorType>(operand.getType())
                                    .clone(b.getI1Type())));
  if (auto sum = dyn_cast<ReduceSumOp>(kink->op))
    return firstAlong(b, operands[0], sum.getAxes());
  return cloneWith(b, kink->op, operands, b.getI1Type());
}

/// The op on other operands, with elements of the given type.
Value Products::cloneWith(RuleBuilder &b, Operation *op, ValueRange operands,
                          Type element) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  OperationState state(b.getLoc(), op->getName(), operands,
                       {type.clone(element)},
                       op->getAttrDictionary().getValue());
  return read(b.create(state)->getResult(0));
}

//===----------------------------------------------------------------------===//
// What values are on a side
//===----------------------------------------------------------------------===//

Value Products::side(Value value, const Kink *kink, bool isOther) {
  if (!occurrences.of(value, kink))
    return value;
  auto key = std::make_tuple(value.getAsOpaquePointer(), kink, isOther);
  if (auto it = sides.find(key); it != sides.end())
    return it->second;
  Operation *op = value.getDefiningOp();
  RuleBuilder b = after(op);
  Value result = buildSide(b, op, value, kink, isOther);
  return sides[key] = result;
}

Value Products::buildSide(RuleBuilder &b, Operation *op, Value value,
                          const Kink *kink, bool isOther) {
  if (isa<AbsSlopeOp>(op))
    return b.literal(occurrences.kinkOf(op).isExchanged == isOther ? "1" : "-1",
                     value.getType());
  if (auto share = dyn_cast<ShareOp>(op)) {
    OrientedKink at = occurrences.kinkOf(op);
    if (at.kink == kink)
      return at.isExchanged == isOther ? side(share.getT(), kink, isOther)
                                       : b.zeros(share.getType());
  }
  if (auto barrier = dyn_cast<BarrierOp>(op))
    return side(barrier.getInputs()[cast<OpResult>(value).getResultNumber()],
                kink, isOther);
  SmallVector<Value> operands(op->getOperands());
  if (movesKinks(op)) {
    for (auto [operand, inside] :
         llvm::zip_equal(operands, occurrences.movedTo(op, kink)))
      if (inside.kink)
        operand = side(operand, inside.kink, isOther != inside.isExchanged);
  } else {
    for (Value &operand : operands)
      operand = side(operand, kink, isOther);
  }
  if (isa<MulOp>(op))
    return timesOf(b, operands[0], operands[1]);
  if (isa<AddOp, SubOp>(op))
    for (unsigned i : {0, 1})
      if (isSplat(operands[i], 0) && (i || isa<AddOp>(op)))
        return operands[1 - i];
  return cloneWith(b, op, operands, getElementTypeOrSelf(value.getType()));
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

void Products::replace(Operation *op, Value value) {
  changed = true;
  rewriter.replaceAllUsesWith(op->getResult(0), value);
}

void Products::rewrite(MulOp op) {
  RuleBuilder b = after(op);
  if (Value product = productAtKink(b, op.getX(), op.getY()))
    replace(op, product);
}

Value Products::productAtKink(RuleBuilder &b, Value u, Value v) {
  for (const KinkOccurrence &left : occurrences.of(u)) {
    std::optional<KinkOccurrence> right = occurrences.of(v, left.kink);
    if (!right || !left.isOfOtherLevels(*right))
      continue;
    auto onSide = [&](bool isOther) {
      return product(b, side(u, left.kink, isOther),
                     side(v, left.kink, isOther));
    };
    auto either = [&](KinkForm form) {
      return left.form == form || right->form == form;
    };
    if (left.form == KinkForm::kSlope && right->form == KinkForm::kSlope)
      return onSide(false);
    Value sum;
    for (bool isOther : {false, true}) {
      if (either(isOther ? KinkForm::kShare : KinkForm::kOtherShare))
        continue;
      Value part = onSide(isOther);
      if (!isSplat(part, 0))
        sum = read(b.accumulate(sum, share(b, part, left.kink, isOther,
                                           left.levels | right->levels)));
    }
    return sum ? sum : b.zeros(u.getType());
  }
  return {};
}

Value Products::product(RuleBuilder &b, Value u, Value v) {
  Value product = productAtKink(b, u, v);
  return product ? product : timesOf(b, u, v);
}

Value Products::share(RuleBuilder &b, Value value, const Kink *kink,
                      bool isOther, uint64_t levels) {
  return build<ShareOp>(
      b, value, predicate(kink, isOther ? Place::kOther : Place::kFirst),
      predicate(kink, Place::kAt), levels);
}

/// A share of what has another share of the kink: where it is not 0, that has
/// one of its sides.
void Products::rewrite(ShareOp op) {
  OrientedKink at = occurrences.kinkOf(op);
  if (!at.kink)
    return;
  std::optional<KinkOccurrence> inside = occurrences.of(op.getT(), at.kink);
  if (!inside || inside->levels & op.getLevels())
    return;
  RuleBuilder b = after(op);
  replace(op, build<ShareOp>(b, side(op.getT(), at.kink, at.isExchanged),
                             op.getGreater(), op.getEqual(),
                             op.getLevels() | inside->levels));
}

bool xform::multiplyKinks(func::FuncOp function) {
  return Products(function).run();
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// Whether there were slopes or shares.
static bool replaceByValues(func::FuncOp function) {
  bool any = false;
  for (Operation &op :
       llvm::make_early_inc_range(function.front().without_terminator())) {
    RuleBuilder b(op.getLoc(), OpBuilder(&op), nullptr);
    Value value;
    if (auto slope = dyn_cast<AbsSlopeOp>(op)) {
      value = b.fold<SignOp>(slope.getX());
    } else if (auto share = dyn_cast<ShareOp>(op)) {
      Type type = share.getType();
      Value half = b.fold<MulOp>(share.getT(), b.literal("0.5", type));
      Value rest = b.fold<SelectOp>(share.getEqual(), half, b.zeros(type));
      value = b.fold<SelectOp>(share.getGreater(), share.getT(), rest);
    } else {
      continue;
    }
    op.getResult(0).replaceAllUsesWith(value);
    op.erase();
    any = true;
  }
  return any;
}

void xform::replaceKinks(ModuleOp module) {
  Simplifier simplifier(module.getContext());
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal())
      continue;
    if (replaceByValues(function))
      simplifier.run(function);
  }
}
