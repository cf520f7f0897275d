//===- ValueNumbers.cpp - numbers of what is computed alike ---------------===//

#include "lowering/ValueNumbers.h"

#include "dialect/Checkpoint.h"

#include "llvm/Support/SaveAndRestore.h"

#include <cmath>

using namespace mlir;
using namespace xform;

/// More values than these are not numbered as moved, for each that there is.
constexpr size_t kMostMoves = 16;
/// Nor those behind a chain of more operations.
constexpr unsigned kDeepest = 256;

bool xform::movesElements(Operation *op) {
  return isa<BroadcastInDimOp, ReshapeOp, TransposeOp, SliceOp, ReverseOp,
             ConcatenateOp>(op);
}

static RankedTensorType withElement(RankedTensorType type, Type element) {
  return RankedTensorType::get(type.getShape(), element);
}

template <typename OpTy> static bool isA(std::optional<OperationName> name) {
  return name && name->getStringRef() == OpTy::getOperationName();
}

static Type elementOf(Type type) { return getElementTypeOrSelf(type); }

unsigned ValueNumbers::intern(Node node, std::optional<OperationName> name) {
  auto &[kind, attributes, type, operands] = node;
  if (isA<LtOp>(name))
    dropFactors(operands);
  auto [it, isNew] = known.try_emplace({kind, attributes.getAsOpaquePointer(),
                                        type.getAsOpaquePointer(), operands},
                                       static_cast<unsigned>(nodes.size()));
  if (isNew) {
    nodes.push_back(std::move(node));
    names.push_back(name);
  }
  return it->second;
}

/// The number in all elements of a constant; none if there is no such.
std::optional<double> ValueNumbers::constant(unsigned number) const {
  auto elements =
      dyn_cast_or_null<DenseFPElementsAttr>(std::get<Attribute>(nodes[number]));
  if (!elements || !elements.isSplat())
    return std::nullopt;
  return elements.getSplatValue<APFloat>().convertToDouble();
}

/// The constant factor of a product, and the other one.
std::optional<std::pair<double, unsigned>>
ValueNumbers::scaled(unsigned number) const {
  const std::vector<unsigned> &operands = std::get<3>(nodes[number]);
  if (isA<NegOp>(names[number]))
    return std::pair(-1.0, operands[0]);
  if (isA<MulOp>(names[number]))
    for (unsigned place : {0, 1})
      if (std::optional<double> factor = constant(operands[place]);
          factor && std::isnormal(*factor))
        return std::pair(*factor, operands[1 - place]);
  return std::nullopt;
}

/// 0 < c x is 0 < x, or x < 0 for a negative c.
void ValueNumbers::dropFactors(std::vector<unsigned> &sides) const {
  unsigned place = constant(sides[0]) == 0 ? 1 : 0;
  if (constant(sides[1 - place]) != 0)
    return;
  bool isNegative = false;
  while (auto product = scaled(sides[place])) {
    isNegative ^= product->first < 0;
    sides[place] = product->second;
  }
  if (isNegative)
    std::swap(sides[0], sides[1]);
}

unsigned ValueNumbers::of(Value value) {
  if (auto it = numbers.find(value); it != numbers.end())
    return it->second;
  unsigned number =
      value.getDefiningOp() && isPure(value.getDefiningOp())
          ? add(value.getDefiningOp(), cast<OpResult>(value).getResultNumber())
          : intern({value.getAsOpaquePointer(), {}, value.getType(), {}}, {});
  numbers[value] = number;
  return number;
}

unsigned ValueNumbers::add(Operation *op, unsigned result) {
  if (isa<BarrierOp, StopGradientOp, CheckpointNameOp>(op))
    return of(op->getOperand(result));
  Value value = op->getResult(result);
  if (auto constant = dyn_cast<ConstantOp>(op))
    return intern({op->getName().getAsOpaquePointer(),
                   constant.getValue(),
                   value.getType(),
                   {}},
                  op->getName());
  std::vector<unsigned> operands;
  for (Value operand : op->getOperands())
    operands.push_back(of(operand));
  if (movesElements(op))
    return moved(op, operands, elementOf(value.getType()));
  OperationName name = op->getName();
  if (isa<GtOp>(op)) {
    name = OperationName(LtOp::getOperationName(), op->getContext());
    std::swap(operands[0], operands[1]);
  }
  if (op->hasTrait<OpTrait::IsCommutative>())
    llvm::sort(operands);
  if (result)
    operands.push_back(result);
  return intern({name.getAsOpaquePointer(), op->getAttrDictionary(),
                 value.getType(), std::move(operands)},
                name);
}

unsigned ValueNumbers::moved(Operation *op, ArrayRef<unsigned> operands,
                             Type element) {
  RankedTensorType type =
      withElement(cast<RankedTensorType>(op->getResult(0).getType()), element);
  Move move{op->getName(), op->getAttrDictionary(), type};
  if (!isa<ConcatenateOp>(op))
    return movedOne(move, operands[0]);
  return intern({move.name.getAsOpaquePointer(), move.attributes, type,
                 std::vector<unsigned>(operands)},
                move.name);
}

unsigned ValueNumbers::movedOne(const Move &move, unsigned operand) {
  Node node = nodes[operand];
  auto &[kind, attributes, type, operands] = node;
  std::optional<OperationName> name = names[operand];
  if (type == move.type && move.type.hasStaticShape() &&
      (isA<SliceOp>(move.name) || isA<ReshapeOp>(move.name) ||
       isA<BroadcastInDimOp>(move.name)))
    return operand;
  auto key = std::make_tuple(move.name.getAsOpaquePointer(),
                             move.attributes.getAsOpaquePointer(),
                             move.type.getAsOpaquePointer(), operand);
  if (auto it = moves.find(key); it != moves.end())
    return it->second;
  unsigned result = 0;
  auto splat = dyn_cast_or_null<DenseElementsAttr>(attributes);
  if (isNothing(operand)) {
    result = nothing(move.type);
  } else if (splat && splat.isSplat() && move.type.hasStaticShape()) {
    result = intern({kind, splat.resizeSplat(move.type), move.type, {}}, name);
  } else if (name && name->hasTrait<OpTrait::Elementwise>() &&
             nodes.size() <= kMostMoves * (numbers.size() + 1) &&
             depth < kDeepest) {
    llvm::SaveAndRestore deeper(depth, depth + 1);
    std::vector<unsigned> inside;
    for (unsigned each : operands) {
      Type element = elementOf(std::get<Type>(nodes[each]));
      inside.push_back(movedOne(
          {move.name, move.attributes, withElement(move.type, element)}, each));
    }
    result =
        llvm::any_of(inside, [&](unsigned each) { return isNothing(each); })
            ? nothing(move.type)
            : intern({kind, attributes, move.type, std::move(inside)}, name);
  } else if (std::optional<unsigned> part = sliceOfPart(move, operand)) {
    result = *part;
  } else if (isA<ReshapeOp>(move.name) && name == move.name) {
    result = movedOne(move, operands[0]);
  } else if (std::optional<Move> one = broadcastOnce(move, operand)) {
    result = movedOne(*one, operands[0]);
  } else if (isA<ReduceSumOp>(move.name)) {
    result = nothing(move.type);
  } else {
    result = intern(
        {move.name.getAsOpaquePointer(), move.attributes, move.type, {operand}},
        move.name);
  }
  moves[key] = result;
  return result;
}

/// A broadcast, transpose or sum of a broadcast as one broadcast of its
/// operand, where the axes keep their order and none that is summed over is the
/// operand's.
std::optional<ValueNumbers::Move>
ValueNumbers::broadcastOnce(const Move &move, unsigned operand) const {
  auto dimsOf = [](Attribute attributes, StringRef name) {
    return cast<DenseI64ArrayAttr>(cast<DictionaryAttr>(attributes).get(name))
        .asArrayRef();
  };
  if (!isA<BroadcastInDimOp>(names[operand]))
    return std::nullopt;
  // Where the axes of the broadcast come to lie.
  auto type = cast<RankedTensorType>(std::get<Type>(nodes[operand]));
  SmallVector<int64_t> places(type.getRank(), -1);
  if (isA<BroadcastInDimOp>(move.name)) {
    llvm::copy(dimsOf(move.attributes, "dims"), places.begin());
  } else if (isA<TransposeOp>(move.name)) {
    for (auto [place, axis] :
         llvm::enumerate(dimsOf(move.attributes, "permutation")))
      places[axis] = place;
  } else if (isA<ReduceSumOp>(move.name)) {
    int64_t place = 0;
    for (int64_t axis : axesUpTo(type.getRank()))
      if (!llvm::is_contained(dimsOf(move.attributes, "axes"), axis))
        places[axis] = place++;
  } else {
    return std::nullopt;
  }
  Attribute attributes = std::get<Attribute>(nodes[operand]);
  SmallVector<int64_t> dims;
  for (int64_t dim : dimsOf(attributes, "dims"))
    dims.push_back(places[dim]);
  if (!llvm::is_sorted(dims) || llvm::is_contained(dims, -1))
    return std::nullopt;
  Builder b(attributes.getContext());
  NamedAttrList list(cast<DictionaryAttr>(attributes));
  list.set("dims", b.getDenseI64ArrayAttr(dims));
  return Move{*names[operand], list.getDictionary(b.getContext()), move.type};
}

/// A slice that lies in one part of a concatenation is a slice of that part.
std::optional<unsigned> ValueNumbers::sliceOfPart(const Move &move,
                                                  unsigned operand) {
  auto [kind, attributes, type, operands] = nodes[operand];
  std::optional<OperationName> name = names[operand];
  if (!isA<SliceOp>(move.name) || !isA<ConcatenateOp>(name))
    return std::nullopt;
  auto slice = cast<DictionaryAttr>(move.attributes);
  auto numbersOf = [&](StringRef attribute) {
    return SmallVector<int64_t>(
        cast<DenseI64ArrayAttr>(slice.get(attribute)).asArrayRef());
  };
  SmallVector<int64_t> starts = numbersOf("starts"),
                       limits = numbersOf("limits");
  int64_t axis =
      cast<IntegerAttr>(cast<DictionaryAttr>(attributes).get("axis")).getInt();
  int64_t offset = 0;
  for (unsigned part : operands) {
    auto partType = cast<RankedTensorType>(std::get<Type>(nodes[part]));
    int64_t size = partType.getDimSize(axis);
    if (ShapedType::isDynamic(size) || starts[axis] < offset)
      return std::nullopt;
    if (limits[axis] > offset + size) {
      offset += size;
      continue;
    }
    starts[axis] -= offset;
    limits[axis] -= offset;
    Builder b(slice.getContext());
    NamedAttrList list(slice);
    list.set("starts", b.getDenseI64ArrayAttr(starts));
    list.set("limits", b.getDenseI64ArrayAttr(limits));
    return movedOne({move.name, list.getDictionary(slice.getContext()),
                     withElement(move.type, elementOf(partType))},
                    part);
  }
  return std::nullopt;
}

unsigned ValueNumbers::nothing(Type type) {
  return intern({nullptr, {}, type, {}}, {});
}

bool ValueNumbers::isNothing(unsigned number) const {
  return !std::get<0>(nodes[number]);
}

unsigned ValueNumbers::positive(unsigned number) {
  auto type = cast<RankedTensorType>(std::get<Type>(nodes[number]));
  Builder b(type.getContext());
  auto zero =
      DenseElementsAttr::get(type, b.getFloatAttr(type.getElementType(), 0));
  OperationName constant(ConstantOp::getOperationName(), type.getContext());
  OperationName less(LtOp::getOperationName(), type.getContext());
  unsigned zeros =
      intern({constant.getAsOpaquePointer(), zero, type, {}}, constant);
  return intern({less.getAsOpaquePointer(),
                 b.getDictionaryAttr({}),
                 type.clone(b.getI1Type()),
                 {zeros, number}},
                less);
}

std::optional<unsigned> ValueNumbers::opposite(unsigned number) {
  Node node = nodes[number];
  std::optional<OperationName> name = names[number];
  if (!isA<LtOp>(name))
    return std::nullopt;
  std::vector<unsigned> &operands = std::get<3>(node);
  std::swap(operands[0], operands[1]);
  return intern(node, name);
}
