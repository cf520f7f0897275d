//===- KnownIntegers.cpp - integers known before a program runs -----------===//

#include "lowering/sparsity/KnownIntegers.h"

#include "dialect/Bits.h"
#include "dialect/Ops.h"
#include "lowering/sparsity/ElementReads.h"
#include "lowering/sparsity/Elements.h"

#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <optional>

using namespace mlir;
using namespace xform;
using namespace xform::sparsity;

namespace {

// Larger tensors are no indices of what fits into memory beside its pattern.
constexpr int64_t kMaxElements = int64_t{1} << 24;

IntegerType integerOf(Value value) {
  return dyn_cast<IntegerType>(getElementTypeOrSelf(value));
}

/// The number as one of the type's: its low bits, with or without a sign.
int64_t wrapped(int64_t number, IntegerType type) {
  unsigned width = type.getWidth();
  if (width == 64)
    return number;
  uint64_t low = static_cast<uint64_t>(number) & ((uint64_t{1} << width) - 1);
  bool isNegative =
      !type.isUnsigned() && width > 1 && (low >> (width - 1)) != 0;
  return static_cast<int64_t>(isNegative ? low | (~uint64_t{0} << width) : low);
}

bool isBelow(int64_t x, int64_t y, IntegerType type) {
  return type.isUnsigned() ? static_cast<uint64_t>(x) < static_cast<uint64_t>(y)
                           : x < y;
}

/// A quotient or remainder, truncated or floored; none where it is undefined.
std::optional<int64_t> quotientOrRest(Operation &op, ArrayRef<int64_t> xs,
                                      IntegerType type) {
  auto wide = [&](int64_t number) -> __int128 {
    if (type.isUnsigned())
      return static_cast<uint64_t>(number);
    return number;
  };
  __int128 x = wide(xs[0]), y = wide(xs[1]);
  if (y == 0)
    return std::nullopt;
  __int128 quotient = x / y, rest = x % y;
  if (isa<FloorDivOp, FloorRemOp>(op) && rest != 0 && (rest < 0) != (y < 0)) {
    quotient -= 1;
    rest += y;
  }
  return static_cast<int64_t>(isa<DivOp, FloorDivOp>(op) ? quotient : rest);
}

/// One element of an elementwise operation on integers; none for an operation
/// that is not evaluated, or whose result is undefined.
std::optional<int64_t> evaluated(Operation &op, ArrayRef<int64_t> xs) {
  IntegerType type = integerOf(op.getOperand(0));
  auto unsignedSum = [&](auto combine) {
    return static_cast<int64_t>(
        combine(static_cast<uint64_t>(xs[0]), static_cast<uint64_t>(xs[1])));
  };
  auto below = [&](int x, int y) { return isBelow(xs[x], xs[y], type); };
  using Number = std::optional<int64_t>;
  return llvm::TypeSwitch<Operation *, Number>(&op)
      .Case([&](AddOp) { return unsignedSum(std::plus<>()); })
      .Case([&](SubOp) { return unsignedSum(std::minus<>()); })
      .Case([&](MulOp) { return unsignedSum(std::multiplies<>()); })
      .Case([&](NegOp) {
        return static_cast<int64_t>(-static_cast<uint64_t>(xs[0]));
      })
      .Case([&](MaxOp) { return below(0, 1) ? xs[1] : xs[0]; })
      .Case([&](MinOp) { return below(1, 0) ? xs[1] : xs[0]; })
      .Case<DivOp, RemOp, FloorDivOp, FloorRemOp>(
          [&](Operation *) { return quotientOrRest(op, xs, type); })
      .Case([&](AndOp) { return xs[0] & xs[1]; })
      .Case([&](OrOp) { return xs[0] | xs[1]; })
      .Case([&](XorOp) { return xs[0] ^ xs[1]; })
      .Case([&](NotOp) { return ~xs[0]; })
      .Case([&](EqOp) { return xs[0] == xs[1]; })
      .Case([&](NeOp) { return xs[0] != xs[1]; })
      .Case([&](LtOp) { return below(0, 1); })
      .Case([&](LeOp) { return !below(1, 0); })
      .Case([&](GtOp) { return below(1, 0); })
      .Case([&](GeOp) { return !below(0, 1); })
      .Case([&](SelectOp) { return xs[0] ? xs[1] : xs[2]; })
      .Case([&](ConvertOp) {
        bool toBool = integerOf(op.getResult(0)).getWidth() == 1;
        return toBool ? static_cast<int64_t>(xs[0] != 0) : xs[0];
      })
      .Case<StopGradientOp, CheckpointNameOp>(
          [&](Operation *) { return xs[0]; })
      .Default([](Operation *) { return Number(); });
}

/// The elements of a constant or an iota.
std::optional<std::vector<int64_t>> created(Operation &op) {
  Value result = op.getResult(0);
  int64_t count = countOf(shapeOf(result));
  IntegerType type = integerOf(result);
  std::vector<int64_t> elements;
  if (auto iota = dyn_cast<IotaOp>(op)) {
    for (int64_t i = 0; i < count; ++i)
      elements.push_back(
          wrapped(indexOf(i, shapeOf(result))[iota.getAxis()], type));
    return elements;
  }
  auto constant = dyn_cast<ConstantOp>(op);
  auto value = constant ? dyn_cast<DenseElementsAttr>(constant.getValue())
                        : DenseElementsAttr();
  if (!value)
    return std::nullopt;
  for (const APInt &number : value.getValues<APInt>())
    elements.push_back(
        wrapped(static_cast<int64_t>(number.getRawData()[0]), type));
  return elements;
}

} // namespace

void KnownIntegers::visit(Operation &op) {
  if (op.getNumResults() != 1)
    return;
  Value result = op.getResult(0);
  IntegerType type = integerOf(result);
  if (!type || type.getWidth() > 64 ||
      !cast<RankedTensorType>(result.getType()).hasStaticShape() ||
      countOf(shapeOf(result)) > kMaxElements)
    return;
  if (op.getNumOperands() == 0) {
    if (std::optional<std::vector<int64_t>> elements = created(op))
      set(result, std::move(*elements));
    return;
  }
  if (!llvm::all_of(op.getOperands(), [&](Value x) { return lookup(x); }))
    return;
  int64_t count = countOf(shapeOf(result));
  std::vector<int64_t> elements;
  elements.reserve(count);
  if (movesElements(&op)) {
    ElementReads reads = elementReads(&op, *this);
    SmallVector<Source> sources;
    for (int64_t i = 0; i < count; ++i) {
      sources.clear();
      reads(i, sources);
      elements.push_back(
          sources.empty() ? 0
                          : (*lookup(sources[0].operand))[sources[0].element]);
    }
  } else if (op.hasTrait<OpTrait::Elementwise>() ||
             isa<SelectOp, ConvertOp, StopGradientOp>(op)) {
    SmallVector<int64_t> xs(op.getNumOperands());
    for (int64_t i = 0; i < count; ++i) {
      for (auto [x, operand] : llvm::zip_equal(xs, op.getOperands()))
        x = (*lookup(operand))[i];
      std::optional<int64_t> number = evaluated(op, xs);
      if (!number)
        return;
      elements.push_back(wrapped(*number, type));
    }
  } else {
    return;
  }
  set(result, std::move(elements));
}

void KnownIntegers::propagate(func::FuncOp function) {
  for (Operation &op : function.front().without_terminator())
    visit(op);
}
