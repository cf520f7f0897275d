//===- GeneralizeSizes.cpp - --xform-generalize-sizes ---------------------===//
//
// One program for all sizes, out of what becomes of a function for some of
// them: instances that differ in numbers only, which are computed from the
// sizes of the arguments.
//
//===----------------------------------------------------------------------===//

#include "lowering/Passes.h"
#include "lowering/sizes/Arrays.h"
#include "lowering/sizes/Requirements.h"
#include "lowering/sizes/TensorOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMGENERALIZESIZES
#include "lowering/Passes.h.inc"
} // namespace xform

/// Of an instance: what the sizes are in it.
constexpr llvm::StringLiteral kSizesAttr = "xform.sizes";

namespace {

/// Operations of the same place in the instances.
using Ops = ArrayRef<Operation *>;

class Generalizing {
public:
  Generalizing(const Samples &samples, ModuleOp into)
      : samples(samples), into(into), builder(into.getContext()),
        mappings(samples.instances()) {}

  LogicalResult run(ArrayRef<ModuleOp> instances) {
    SmallVector<Block *> bodies;
    for (ModuleOp instance : instances)
      bodies.push_back(instance.getBody());
    return block(bodies, *into.getBody());
  }

private:
  LogicalResult block(ArrayRef<Block *> of, Block &made);
  LogicalResult arguments(ArrayRef<Block *> of, Block &made);
  LogicalResult op(Ops of);
  LogicalResult function(Ops of);
  LogicalResult call(Ops of);
  LogicalResult constant(Ops of);
  LogicalResult other(Ops of);

  /// The first operation with other operands and types; what else is said of
  /// all must be the same.
  FailureOr<Operation *> likeFirst(Ops of, ArrayRef<Value> operands,
                                   ArrayRef<Type> results);

  /// The type with its sizes that differ left open.
  FailureOr<Type> type(Operation *at, ArrayRef<Type> of);

  /// The sizes of an array as values, where they differ.
  FailureOr<SmallVector<OpFoldResult>> shape(Operation *at,
                                             ArrayRef<ShapedType> of);

  /// The same for numbers of an attribute.
  FailureOr<SmallVector<OpFoldResult>>
  numbers(Operation *at, ArrayRef<ArrayRef<int64_t>> of, ValueRange dynamic);

  /// What values of the instances became.
  FailureOr<Value> value(Operation *at, ArrayRef<Value> of);
  FailureOr<SmallVector<Value>> operands(Ops of);

  /// Has calls fail whose sizes a slice does not lie in.
  void requireInside(Location at, OpFoldResult dim, OpFoldResult offset,
                     OpFoldResult size, OpFoldResult stride);

  /// Whether it is a number of the beginning of the function.
  bool isKnown(Value value) const {
    return llvm::any_of(
               known, [&](const auto &each) { return each.second == value; }) ||
           llvm::is_contained(sizes, value);
  }

  /// Has something written behind what is known at the beginning of the
  /// function.
  void atBeginning(llvm::function_ref<void()> write);

  /// A number at the beginning of the function.
  Value scalar(const SizedScalar &of);
  Value polynomial(const Polynomial &of);

  LogicalResult differ(Operation *at, ArrayRef<std::string> found,
                       const Twine &what);

  static SmallVector<Type> types(Ops of, unsigned result) {
    return llvm::map_to_vector(
        of, [&](Operation *op) { return op->getResult(result).getType(); });
  }

  const Samples &samples;
  ModuleOp into;
  OpBuilder builder;
  SmallVector<IRMapping> mappings;
  /// Of the function that is being written: its sizes, and what is computed
  /// from them.
  SmallVector<Value> sizes;
  SmallVector<std::pair<SizedScalar, Value>> known;
  Operation *lastKnown = nullptr;
  Requirements requirements;
  Block *entry = nullptr;
};

} // namespace

LogicalResult Generalizing::differ(Operation *at, ArrayRef<std::string> found,
                                   const Twine &what) {
  return emitError(at->getLoc()) << what << ": " << samples.describe(found);
}

void Generalizing::atBeginning(llvm::function_ref<void()> write) {
  OpBuilder::InsertionGuard guard(builder);
  if (lastKnown)
    builder.setInsertionPointAfter(lastKnown);
  else
    builder.setInsertionPointToStart(entry);
  write();
  Block::iterator end = builder.getInsertionPoint();
  lastKnown = end == entry->begin() ? nullptr : &*std::prev(end);
}

Value Generalizing::scalar(const SizedScalar &of) {
  for (const auto &[scalar, value] : known)
    if (scalar == of && value.getType() == of.first.getType())
      return value;
  Value made;
  atBeginning([&] {
    made = writeScalar(builder, entry->getParentOp()->getLoc(), samples, of,
                       sizes);
  });
  known.push_back({of, made});
  return made;
}

Value Generalizing::polynomial(const Polynomial &of) {
  SizedScalar as;
  as.form = SizedScalar::Form::Polynomial;
  as.polynomial = of;
  as.first = builder.getIndexAttr(0);
  return scalar(as);
}

void Generalizing::requireInside(Location at, OpFoldResult dim,
                                 OpFoldResult offset, OpFoldResult size,
                                 OpFoldResult stride) {
  auto isComputed = [&](OpFoldResult number) {
    auto value = dyn_cast<Value>(number);
    return value && !isKnown(value);
  };
  // What is computed in the program is kept inside where that is done.
  if (isComputed(offset))
    offset = builder.getIndexAttr(0);
  if (isComputed(size) || isComputed(stride) ||
      llvm::none_of(ArrayRef<OpFoldResult>{dim, offset, size, stride},
                    [](OpFoldResult number) { return isa<Value>(number); }))
    return;
  atBeginning(
      [&] { requirements.inside(builder, at, dim, offset, size, stride); });
}

FailureOr<Type> Generalizing::type(Operation *at, ArrayRef<Type> of) {
  if (llvm::all_equal(of))
    return of.front();
  auto first = dyn_cast<RankedTensorType>(of.front());
  SmallVector<int64_t> open;
  if (first)
    open.assign(first.getShape().begin(), first.getShape().end());
  for (Type each : of) {
    auto tensor = dyn_cast<RankedTensorType>(each);
    if (!first || !tensor || tensor.getRank() != first.getRank() ||
        tensor.getElementType() != first.getElementType() ||
        tensor.getEncoding() != first.getEncoding()) {
      SmallVector<std::string> found;
      for (Type type : of) {
        llvm::raw_string_ostream stream(found.emplace_back());
        stream << type;
      }
      return differ(at, found, "the kind of this array depends on sizes");
    }
    for (auto [size, other] : llvm::zip_equal(open, tensor.getShape()))
      if (size != other)
        size = ShapedType::kDynamic;
  }
  return Type(first.clone(open));
}

FailureOr<SmallVector<OpFoldResult>>
Generalizing::numbers(Operation *at, ArrayRef<ArrayRef<int64_t>> of,
                      ValueRange dynamic) {
  SmallVector<OpFoldResult> found;
  auto next = dynamic.begin();
  for (unsigned i = 0; i < of.front().size(); ++i) {
    SmallVector<int64_t> each;
    for (ArrayRef<int64_t> instance : of) {
      if (instance.size() != of.front().size())
        return emitError(at->getLoc(),
                         "the rank of this array depends on sizes");
      each.push_back(instance[i]);
    }
    if (llvm::all_equal(each)) {
      if (ShapedType::isDynamic(each.front()))
        found.push_back(*next++);
      else
        found.push_back(builder.getIndexAttr(each.front()));
      continue;
    }
    std::optional<Polynomial> fitted = samples.fit(each);
    if (!fitted || llvm::any_of(each, ShapedType::isDynamic))
      return differ(at,
                    llvm::map_to_vector(
                        each, [](int64_t x) { return std::to_string(x); }),
                    "this size is no sum of products of sizes");
    Value number = polynomial(*fitted);
    if (!fitted->isNeverNegative())
      atBeginning(
          [&] { requirements.notNegative(builder, at->getLoc(), number); });
    found.push_back(number);
  }
  return found;
}

FailureOr<SmallVector<OpFoldResult>>
Generalizing::shape(Operation *at, ArrayRef<ShapedType> of) {
  return numbers(
      at,
      llvm::map_to_vector(of, [](ShapedType type) { return type.getShape(); }),
      {});
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

FailureOr<Value> Generalizing::value(Operation *at, ArrayRef<Value> of) {
  Value found;
  for (auto [mapping, each] : llvm::zip_equal(mappings, of)) {
    Value mapped = mapping.lookupOrNull(each);
    if (!mapped || (found && mapped != found))
      return emitError(at->getLoc(), "what this computes depends on sizes");
    found = mapped;
  }
  return found;
}

FailureOr<SmallVector<Value>> Generalizing::operands(Ops of) {
  SmallVector<Value> found;
  for (unsigned i = 0; i < of.front()->getNumOperands(); ++i) {
    FailureOr<Value> mapped =
        value(of.front(), llvm::map_to_vector(of, [&](Operation *op) {
                return op->getOperand(i);
              }));
    if (failed(mapped))
      return failure();
    found.push_back(*mapped);
  }
  return found;
}

LogicalResult Generalizing::arguments(ArrayRef<Block *> of, Block &made) {
  for (unsigned i = 0; i < of.front()->getNumArguments(); ++i) {
    FailureOr<Type> kind = type(of.front()->getParentOp(),
                                llvm::map_to_vector(of, [&](Block *each) {
                                  return each->getArgument(i).getType();
                                }));
    if (failed(kind))
      return failure();
    BlockArgument argument =
        made.addArgument(*kind, of.front()->getArgument(i).getLoc());
    for (auto [mapping, each] : llvm::zip_equal(mappings, of))
      mapping.map(each->getArgument(i), argument);
  }
  return success();
}

LogicalResult Generalizing::block(ArrayRef<Block *> of, Block &made) {
  Operation *parent = of.front()->getParentOp();
  builder.setInsertionPointToEnd(&made);
  std::vector<SmallVector<Operation *>> ops;
  for (Block *each : of)
    ops.push_back(
        llvm::map_to_vector(*each, [](Operation &op) { return &op; }));
  for (ArrayRef<Operation *> each : ops)
    if (each.size() != ops.front().size())
      return emitError(parent->getLoc(),
                       "how much is computed here depends on sizes");
  for (size_t i = 0; i < ops.front().size(); ++i)
    if (failed(op(llvm::map_to_vector(
            ops, [&](ArrayRef<Operation *> each) { return each[i]; }))))
      return failure();
  return success();
}

LogicalResult Generalizing::op(Ops of) {
  Operation *first = of.front();
  for (Operation *each : of)
    if (each->getName() != first->getName() ||
        each->getNumOperands() != first->getNumOperands() ||
        each->getNumResults() != first->getNumResults() ||
        each->getNumRegions() != first->getNumRegions())
      return differ(
          first,
          llvm::map_to_vector(
              of,
              [](Operation *op) { return op->getName().getStringRef().str(); }),
          "what is computed here depends on sizes");
  if (isa<func::FuncOp>(first))
    return function(of);
  if (isa<func::CallOp>(first))
    return call(of);
  if (isa<arith::ConstantOp>(first))
    return constant(of);
  return other(of);
}

/// Of attributes that may differ: those whose meaning is a hint.
static bool isHint(StringRef name) { return name.starts_with("xform."); }

LogicalResult Generalizing::other(Ops of) {
  Operation *first = of.front();
  FailureOr<SmallVector<Value>> mapped = operands(of);
  if (failed(mapped))
    return failure();
  SmallVector<Type> results;
  for (unsigned i = 0; i < first->getNumResults(); ++i) {
    FailureOr<Type> kind = type(first, types(of, i));
    if (failed(kind))
      return failure();
    results.push_back(*kind);
  }
  FailureOr<Operation *> made = writeTensorOp(
      builder, of, *mapped, results,
      [&](SizeLists lists, ValueRange dynamic) {
        return numbers(first, lists, dynamic);
      },
      [&](OpFoldResult dim, OpFoldResult offset, OpFoldResult size,
          OpFoldResult stride) {
        requireInside(first->getLoc(), dim, offset, size, stride);
      });
  if (failed(made))
    return failure();
  if (!*made) {
    made = likeFirst(of, *mapped, results);
    if (failed(made))
      return failure();
  }
  for (auto [mapping, each] : llvm::zip_equal(mappings, of))
    mapping.map(each->getResults(), (*made)->getResults());
  for (unsigned i = 0; i < first->getNumRegions(); ++i) {
    Region &region = (*made)->getRegion(i);
    unsigned count = first->getRegion(i).getBlocks().size();
    for (Operation *each : of)
      if (each->getRegion(i).getBlocks().size() != count || count > 1)
        return emitError(first->getLoc(),
                         "how much is computed here depends on sizes");
    if (count == 0)
      continue;
    OpBuilder::InsertionGuard guard(builder);
    Block &inner = region.emplaceBlock();
    auto blocks = llvm::map_to_vector(
        of, [&](Operation *each) { return &each->getRegion(i).front(); });
    if (failed(arguments(blocks, inner)) || failed(block(blocks, inner)))
      return failure();
  }
  return success();
}

FailureOr<Operation *> Generalizing::likeFirst(Ops of, ArrayRef<Value> operands,
                                               ArrayRef<Type> results) {
  Operation *first = of.front();
  for (Operation *each : of.drop_front())
    for (NamedAttribute attribute : first->getAttrDictionary()) {
      StringRef name = attribute.getName();
      if (!isHint(name) && each->getAttr(name) != attribute.getValue())
        return emitError(first->getLoc(),
                         "how this is computed depends on sizes: its '")
               << name << "' does";
    }
  IRMapping mapping;
  mapping.map(first->getOperands(), ValueRange(operands));
  Operation *made = builder.insert(first->cloneWithoutRegions(mapping));
  for (auto [result, kind] : llvm::zip_equal(made->getResults(), results))
    result.setType(kind);
  return made;
}

LogicalResult Generalizing::function(Ops of) {
  auto first = cast<func::FuncOp>(of.front());
  auto made = cast<func::FuncOp>(first->cloneWithoutRegions());
  builder.insert(made);
  if (first.isExternal())
    return success();
  OpBuilder::InsertionGuard guard(builder);
  Block &body = made.getBody().emplaceBlock();
  known.clear();
  sizes.assign(samples.names().size(), Value());
  lastKnown = nullptr;
  entry = &body;
  SmallVector<Block *> bodies = llvm::map_to_vector(
      of, [](Operation *each) { return &cast<func::FuncOp>(each).front(); });
  if (failed(arguments(bodies, body)))
    return failure();
  builder.setInsertionPointToStart(&body);
  if (first.isPrivate()) {
    for (Value &size : sizes)
      size = body.addArgument(builder.getIndexType(), first.getLoc());
  } else {
    for (BlockArgument argument : body.getArguments()) {
      auto open = dyn_cast<RankedTensorType>(argument.getType());
      if (!open)
        continue;
      for (int64_t axis = 0; axis < open.getRank(); ++axis) {
        if (!open.isDynamicDim(axis))
          continue;
        std::optional<Polynomial> fitted =
            samples.fit(llvm::map_to_vector(bodies, [&](Block *each) {
              Value same = each->getArgument(argument.getArgNumber());
              return cast<RankedTensorType>(same.getType()).getDimSize(axis);
            }));
        for (unsigned size = 0; size < sizes.size(); ++size)
          if (!sizes[size] && fitted == samples.size(size)) {
            auto dim =
                tensor::DimOp::create(builder, first.getLoc(), argument, axis);
            sizes[size] = dim;
            lastKnown = dim;
          }
      }
    }
    // Of the sizes of other functions it knows nothing, and needs nothing.
    for (Value &size : sizes)
      if (!size)
        size = arith::ConstantIndexOp::create(builder, first.getLoc(), 0);
  }
  builder.setInsertionPointToEnd(&body);
  SmallVector<Type> results;
  for (unsigned i = 0; i < first.getNumResults(); ++i) {
    FailureOr<Type> kind =
        type(first, llvm::map_to_vector(of, [&](Operation *each) {
               return cast<func::FuncOp>(each).getResultTypes()[i];
             }));
    if (failed(kind))
      return failure();
    results.push_back(*kind);
  }
  made.setFunctionType(
      builder.getFunctionType(body.getArgumentTypes(), results));
  if (ArrayAttr attributes = first.getAllArgAttrs())
    made.setAllArgAttrs(attributes);
  if (failed(block(bodies, body)))
    return failure();
  atBeginning([&] { requirements.write(builder); });
  return success();
}

LogicalResult Generalizing::call(Ops of) {
  FailureOr<SmallVector<Value>> mapped = operands(of);
  if (failed(mapped))
    return failure();
  auto first = cast<func::CallOp>(of.front());
  SmallVector<Type> results;
  for (unsigned i = 0; i < first.getNumResults(); ++i) {
    FailureOr<Type> kind = type(first, types(of, i));
    if (failed(kind))
      return failure();
    results.push_back(*kind);
  }
  auto instance = first->getParentOfType<ModuleOp>();
  auto callee = instance.lookupSymbol<func::FuncOp>(first.getCallee());
  if (callee && !callee.isExternal() && callee.isPrivate())
    mapped->append(sizes.begin(), sizes.end());
  auto made = func::CallOp::create(builder, first.getLoc(), first.getCallee(),
                                   results, *mapped);
  made->setDiscardableAttrs(first->getDiscardableAttrDictionary());
  for (auto [mapping, each] : llvm::zip_equal(mappings, of))
    mapping.map(each->getResults(), made.getResults());
  return success();
}

LogicalResult Generalizing::constant(Ops of) {
  auto values = llvm::map_to_vector(
      of, [](Operation *op) { return cast<arith::ConstantOp>(op).getValue(); });
  auto done = [&](Value made) {
    for (auto [mapping, each] : llvm::zip_equal(mappings, of))
      mapping.map(each->getResult(0), made);
    return success();
  };
  if (llvm::all_equal(values))
    return done(builder.clone(*of.front())->getResult(0));
  if (!isa<ShapedType>(values.front().getType())) {
    std::optional<SizedScalar> fitted = fitScalar(samples, values);
    if (!fitted) {
      SmallVector<std::string> found;
      for (TypedAttr value : values) {
        llvm::raw_string_ostream stream(found.emplace_back());
        value.print(stream, /*elideType=*/true);
      }
      return differ(of.front(), found,
                    "this number depends on sizes in a way that is not "
                    "followed");
    }
    return done(scalar(*fitted));
  }
  SmallVector<DenseElementsAttr> arrays;
  for (TypedAttr value : values)
    if (auto array = dyn_cast<DenseElementsAttr>(value))
      arrays.push_back(array);
  FailureOr<Type> kind = type(of.front(), types(of, 0));
  if (failed(kind))
    return failure();
  std::optional<SizedArray> array;
  if (arrays.size() == values.size())
    array = fitArray(samples, arrays);
  if (!array)
    return emitError(of.front()->getLoc(),
                     "the elements of this array depend on sizes in a way that "
                     "is not followed: compute it from arguments");
  auto sized =
      shape(of.front(), llvm::map_to_vector(types(of, 0), [](Type type) {
              return cast<ShapedType>(type);
            }));
  if (failed(sized))
    return failure();
  return done(writeArray(builder, of.front()->getLoc(), *array,
                         cast<RankedTensorType>(*kind), *sized,
                         [&](const SizedScalar &of) { return scalar(of); }));
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

struct GeneralizeSizes
    : xform::impl::XformGeneralizeSizesBase<GeneralizeSizes> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<ModuleOp> instances(module.getOps<ModuleOp>());
    if (instances.empty())
      return;
    SmallVector<StringRef> names;
    SmallVector<SmallVector<int64_t>> values;
    for (ModuleOp instance : instances) {
      auto sizes = instance->getAttrOfType<DictionaryAttr>(kSizesAttr);
      if (!sizes) {
        instance.emitError("an instance says what its sizes are: '")
            << kSizesAttr << "'";
        return signalPassFailure();
      }
      SmallVector<StringRef> found;
      values.emplace_back();
      for (NamedAttribute size : sizes) {
        auto value = dyn_cast<IntegerAttr>(size.getValue());
        if (!value) {
          instance.emitError("a size is an integer");
          return signalPassFailure();
        }
        found.push_back(size.getName());
        values.back().push_back(value.getInt());
      }
      if (names.empty())
        names = found;
      if (names != found) {
        instance.emitError("instances have the same sizes");
        return signalPassFailure();
      }
    }
    std::optional<Samples> samples = Samples::create(names, values);
    if (!samples) {
      module.emitError("there are too few instances, or too much alike");
      return signalPassFailure();
    }
    if (failed(Generalizing(*samples, module).run(instances)))
      return signalPassFailure();
    ModuleOp first = instances.front();
    for (NamedAttribute attribute : first->getDiscardableAttrs())
      if (attribute.getName() != kSizesAttr)
        module->setAttr(attribute.getName(), attribute.getValue());
    for (ModuleOp instance : instances)
      instance.erase();
  }
};

} // namespace
