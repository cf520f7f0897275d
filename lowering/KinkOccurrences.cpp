//===- KinkOccurrences.cpp - slopes and shares in values ------------------===//

#include "lowering/KinkOccurrences.h"

#include "dialect/Checkpoint.h"

using namespace mlir;
using namespace xform;

/// Of how many kinks a value may have a slope or share; what has more is taken
/// to have none of the others.
constexpr size_t kMostKinks = 16;
/// Nor is a slope or share seen behind more operations.
constexpr unsigned kFarthest = 1000;

using Occurrences = SmallVector<KinkOccurrence, 2>;

static void add(Occurrences &all, const KinkOccurrence &one) {
  if (all.size() < kMostKinks)
    all.push_back(one);
}

bool xform::movesKinks(Operation *op) {
  return movesElements(op) || isa<ReduceSumOp>(op);
}

std::optional<KinkOccurrence> KinkOccurrences::of(Value value,
                                                  const Kink *kink) const {
  auto it = found.find(value);
  if (it == found.end())
    return std::nullopt;
  const auto *place =
      llvm::find_if(it->second, [&](const KinkOccurrence &each) {
        return each.kink == kink;
      });
  return place == it->second.end() ? std::nullopt : std::optional(*place);
}

bool KinkOccurrences::read(Operation *op) {
  if (!seen.insert(op).second)
    return false;
  // In the order of the operations, so that none is behind many that have none.
  for (Value result : op->getResults())
    numbers.of(result);
  if (auto barrier = dyn_cast<BarrierOp>(op)) {
    for (auto [input, result] :
         llvm::zip_equal(barrier.getInputs(), barrier.getOuts()))
      found[result] = of(input);
    return true;
  }
  if (op->getNumResults() != 1 || !isDifferentiable(op->getResult(0).getType()))
    return true;
  Occurrences all;
  if (auto slope = dyn_cast<AbsSlopeOp>(op))
    all = ofSlope(slope);
  else if (auto share = dyn_cast<ShareOp>(op))
    all = ofShare(share);
  else if (auto product = dyn_cast<MulOp>(op))
    all = ofProduct(product.getX(), product.getY());
  else if (auto quotient = dyn_cast<DivOp>(op))
    all = ofQuotient(quotient.getX(), quotient.getY());
  else if (isa<AddOp, SubOp>(op))
    all = ofSum({op->getOperand(0), op->getOperand(1)});
  else if (auto select = dyn_cast<SelectOp>(op))
    all = ofSum({select.getX(), select.getY()});
  else if (isa<NegOp, ConvertOp, StopGradientOp, CheckpointNameOp>(op))
    all = of(op->getOperand(0));
  else if (movesKinks(op))
    all = ofMoved(op);
  for (KinkOccurrence &each : all)
    ++each.distance;
  llvm::erase_if(all, [](const KinkOccurrence &each) {
    return each.distance > kFarthest;
  });
  if (!all.empty())
    found[op->getResult(0)] = std::move(all);
  return true;
}

//===----------------------------------------------------------------------===//
// What an op's result has
//===----------------------------------------------------------------------===//

Occurrences KinkOccurrences::ofSlope(AbsSlopeOp op) {
  OrientedKink at = kinkOf(op);
  if (!at.kink)
    return {};
  return {{at.kink, op.getLevels(), KinkForm::kSlope}};
}

Occurrences KinkOccurrences::ofShare(ShareOp op) {
  OrientedKink at = kinkOf(op);
  Occurrences all;
  for (const KinkOccurrence &each : of(op.getT()))
    if (each.kink != at.kink)
      add(all, each);
  if (!at.kink)
    return all;
  KinkOccurrence own{at.kink, op.getLevels(),
                     at.isExchanged ? KinkForm::kOtherShare : KinkForm::kShare};
  if (std::optional<KinkOccurrence> inside = of(op.getT(), at.kink)) {
    if (!own.isOfOtherLevels(*inside))
      return all;
    own.levels |= inside->levels;
    own.distance = inside->distance;
  }
  add(all, own);
  return all;
}

Occurrences KinkOccurrences::ofProduct(Value x, Value y) const {
  Occurrences all;
  for (const KinkOccurrence &each : of(x)) {
    std::optional<KinkOccurrence> other = of(y, each.kink);
    if (!other)
      add(all, each);
    else if (each.isOfOtherLevels(*other))
      add(all, {each.kink, each.levels | other->levels, KinkForm::kMixed,
                std::max(each.distance, other->distance)});
  }
  for (const KinkOccurrence &each : of(y))
    if (!of(x, each.kink))
      add(all, each);
  return all;
}

Occurrences KinkOccurrences::ofQuotient(Value x, Value y) const {
  Occurrences all;
  for (const KinkOccurrence &each : of(x))
    if (!of(y, each.kink))
      add(all, each);
  return all;
}

/// A sum has what each of its terms has; with nothing beside, where every other
/// term has it as well or is 0.
Occurrences KinkOccurrences::ofSum(ArrayRef<Value> terms) const {
  Occurrences all;
  for (Value term : terms)
    for (KinkOccurrence each : of(term)) {
      if (llvm::any_of(all, [&](auto &o) { return o.kink == each.kink; }))
        continue;
      for (Value other : terms) {
        std::optional<KinkOccurrence> there = of(other, each.kink);
        if (there) {
          each.levels |= there->levels;
          each.distance = std::max(each.distance, there->distance);
        }
        if (!isSplat(other, 0) && (!there || there->form != each.form))
          each.form = KinkForm::kMixed;
      }
      add(all, each);
    }
  return all;
}

Occurrences KinkOccurrences::ofMoved(Operation *op) {
  Occurrences all;
  if (!isa<ConcatenateOp>(op)) {
    for (const KinkOccurrence &each : of(op->getOperand(0)))
      addMoved(all, op, each.kink, each);
    return all;
  }
  // Where each part has one kink, these are one kink of the whole.
  KinkOccurrence whole{nullptr, 0, KinkForm::kMixed};
  SmallVector<const Kink *> firsts;
  for (Value part : op->getOperands()) {
    Occurrences here = of(part);
    bool fits = here.size() == 1 && here[0].form != KinkForm::kMixed &&
                (!whole.kink || here[0].form == whole.form);
    if (!fits && !isSplat(part, 0)) {
      whole.kink = nullptr;
      break;
    }
    firsts.push_back(fits ? here[0].kink : nullptr);
    if (fits)
      whole = {here[0].kink, whole.levels | here[0].levels, here[0].form,
               std::max(whole.distance, here[0].distance)};
  }
  if (whole.kink) {
    addMoved(all, op, firsts, whole);
    return all;
  }
  for (auto [index, part] : llvm::enumerate(op->getOperands()))
    for (const KinkOccurrence &each : of(part)) {
      SmallVector<const Kink *> only(op->getNumOperands());
      only[index] = each.kink;
      addMoved(all, op, only,
               {each.kink, each.levels, KinkForm::kMixed, each.distance});
    }
  return all;
}

static KinkForm exchanged(KinkForm form) {
  switch (form) {
  case KinkForm::kShare:
    return KinkForm::kOtherShare;
  case KinkForm::kOtherShare:
    return KinkForm::kShare;
  default:
    return form;
  }
}

void KinkOccurrences::addMoved(Occurrences &all, Operation *op,
                               ArrayRef<const Kink *> kinks,
                               KinkOccurrence inside) {
  OrientedKink at = movedKink(op, kinks);
  if (!at.kink)
    return;
  SmallVector<OrientedKink> from;
  for (const Kink *kink : kinks)
    from.push_back({kink, at.isExchanged});
  // Two kinks of the operand that become one are not told apart any more.
  if (!sources.try_emplace({op, at.kink}, from).second)
    return;
  inside.kink = at.kink;
  if (at.isExchanged)
    inside.form = exchanged(inside.form);
  add(all, inside);
}

//===----------------------------------------------------------------------===//
// Kinks
//===----------------------------------------------------------------------===//

OrientedKink KinkOccurrences::intern(Kink kink) {
  if (auto it = known.find(kink.number); it != known.end())
    return it->second;
  std::optional<unsigned> opposite = numbers.opposite(kink.number);
  if (opposite == kink.number)
    return {};
  unsigned number = kink.number;
  kinks.push_back(std::make_unique<Kink>(std::move(kink)));
  if (opposite)
    known[*opposite] = {kinks.back().get(), true};
  return known[number] = {kinks.back().get(), false};
}

OrientedKink KinkOccurrences::kinkOf(Operation *op) {
  if (auto slope = dyn_cast<AbsSlopeOp>(op))
    return slope.getLevels()
               ? intern({numbers.positive(numbers.of(slope.getX())), op, {}})
               : OrientedKink();
  auto share = cast<ShareOp>(op);
  return share.getLevels() ? intern({numbers.of(share.getGreater()), op, {}})
                           : OrientedKink();
}

/// The kink behind an op that moves the elements of operands with these kinks;
/// null where none of their elements is left.
OrientedKink KinkOccurrences::movedKink(Operation *op,
                                        ArrayRef<const Kink *> operands) {
  Type element = IntegerType::get(op->getContext(), 1);
  SmallVector<unsigned> inside;
  for (auto [kink, operand] : llvm::zip_equal(operands, op->getOperands()))
    inside.push_back(
        kink ? kink->number
             : numbers.nothing(
                   cast<RankedTensorType>(operand.getType()).clone(element)));
  unsigned number = numbers.moved(op, inside, element);
  if (numbers.isNothing(number))
    return {};
  return intern({number, op, SmallVector<const Kink *>(operands)});
}
