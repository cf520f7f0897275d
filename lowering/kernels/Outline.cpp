//===- Outline.cpp - a loop as a function over buffers --------------------===//

#include "lowering/Work.h"
#include "lowering/kernels/Kernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Transforms/RegionUtils.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace xform;

/// IREE passes no more buffers to a dispatch.
constexpr size_t kMostBuffers = 32;

/// The work of a step above which the cores that would stand idle are
/// worth more than the dispatches saved.
constexpr double kMostWork = 4e6;

/// What a step reads or writes at once has to stay in the cache of one core.
constexpr int64_t kMostBytes = 256 << 10;

/// Carried values from this size on live in the buffer of their result.
constexpr int64_t kLargeBytes = 1024;

static int64_t bytesOf(RankedTensorType type) {
  return type.getNumElements() *
         std::max<int64_t>(1, type.getElementTypeBitWidth() / 8);
}

bool xform::isStaticType(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type)) {
    if (!tensor.hasStaticShape())
      return false;
    type = tensor.getElementType();
  }
  return type.isIndex() || type.isF32() || type.isF64() || type.isInteger(1) ||
         type.isInteger(8) || type.isInteger(16) || type.isInteger(32) ||
         type.isInteger(64);
}

static bool isKnownType(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return isStaticType(type) && !(tensor && tensor.getNumElements() == 0);
}

bool xform::isScalar(Operation &op) {
  return isa_and_present<arith::ArithDialect, math::MathDialect>(
             op.getDialect()) &&
         llvm::none_of(op.getResultTypes(), llvm::IsaPred<ShapedType>);
}

bool xform::isPlainPad(Operation &op) {
  auto pad = dyn_cast<tensor::PadOp>(op);
  return pad && pad.getConstantPaddingValue() && pad.getLow().empty() &&
         pad.getHigh().empty();
}

static bool isView(Operation *op) {
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return llvm::all_of(slice.getMixedOffsets(), [](OpFoldResult offset) {
      return getConstantIntValue(offset).has_value();
    });
  return isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op);
}

static bool isSplat(Operation *op) {
  auto constant = dyn_cast_or_null<arith::ConstantOp>(op);
  return constant && (isa<SplatElementsAttr>(constant.getValue()) ||
                      !isa<ShapedType>(constant.getType()));
}

/// Whether the operation is cheap enough to be done in the kernel, so that it
/// needs no buffer of its own. Other constants are read from buffers.
static bool isMoved(Operation *op) {
  if (!op || !llvm::all_of(op->getOperandTypes(), isKnownType))
    return false;
  return isSplat(op) || isView(op) ||
         isa<tensor::EmptyOp, tensor::ExtractOp, linalg::FillOp>(op) ||
         isScalar(*op);
}

/// The work of a linalg operation, if kernels know all that it does. What is
/// not computed in vectors counts as many.
static FailureOr<double> workOfPoints(linalg::LinalgOp op) {
  constexpr double kLanes = 16;
  bool isVector = llvm::all_of(op.getIndexingMapsArray(), [](AffineMap map) {
    return map.isProjectedPermutation(/*allowZeroInResults=*/true);
  });
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (isa<linalg::IndexOp, tensor::ExtractOp>(inner))
      isVector = false;
    else if (!isScalar(inner) || inner.getNumRegions() > 0)
      return failure();
  }
  return isVector ? workOf(op) : kLanes * workOf(op);
}

/// The work of a step of the loop, or a number beyond all bounds.
static double workOfStep(Block &block) {
  constexpr double kUnknown = std::numeric_limits<double>::infinity();
  double work = 0;
  for (Operation &op : block.without_terminator()) {
    if (!llvm::all_of(op.getOperandTypes(), isKnownType) ||
        !llvm::all_of(op.getResultTypes(), isKnownType))
      return kUnknown;
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
      for (Type type : op.getOperandTypes())
        if (auto tensor = dyn_cast<RankedTensorType>(type))
          if (bytesOf(tensor) > kMostBytes)
            return kUnknown;
      FailureOr<double> points = workOfPoints(linalgOp);
      if (failed(points))
        return kUnknown;
      work += *points;
    } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
      std::optional<APInt> count = loop.getStaticTripCount();
      if (!count)
        return kUnknown;
      work += count->roundToDouble() * workOfStep(*loop.getBody());
    } else if (!isScalar(op) && !isSplat(&op) && !isPlainPad(op) &&
               !isa<tensor::EmptyOp, tensor::ExtractSliceOp,
                    tensor::InsertSliceOp, tensor::ExtractOp,
                    tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op)) {
      return kUnknown;
    }
  }
  return work;
}

/// Whether the values depend on nothing but constants.
static bool areConstant(ArrayRef<Value> values) {
  SetVector<Value> seen(values.begin(), values.end());
  for (size_t i = 0; i < seen.size(); ++i) {
    Operation *op = seen[i].getDefiningOp();
    if (!op || (op->getNumRegions() > 0 && !isa<linalg::LinalgOp>(op)))
      return false;
    seen.insert(op->operand_begin(), op->operand_end());
  }
  return true;
}

namespace {

/// What goes into a kernel and what comes out of it.
class Interface {
public:
  explicit Interface(scf::ForOp loop) : loop(loop) {
    addInput(loop.getLowerBound());
    addInput(loop.getUpperBound());
    addInput(loop.getStep());
    for (Value init : loop.getInits())
      addInput(init);
    SetVector<Value> captures;
    getUsedValuesDefinedAbove(loop.getRegion(), captures);
    for (Value capture : captures)
      addInput(capture);
    groupResults();
  }

  bool isPossible() const {
    // IREE 3.13 runs a dispatch of constants when the module is loaded, and was
    // seen to mix up its results.
    if (areConstant(inputs.getArrayRef()))
      return false;
    return llvm::all_of(inputs,
                        [](Value input) {
                          return isa<RankedTensorType>(input.getType()) &&
                                 isKnownType(input.getType());
                        }) &&
           !groups.empty() && inputs.size() + groups.size() <= kMostBuffers;
  }

  /// What the kernel reads: where these are views, what they are views of.
  SetVector<Value> inputs;
  /// Operations in front of the loop that the kernel does again, in order.
  SetVector<Operation *> moved;
  /// Numbers of the loop's results that share a buffer.
  SmallVector<SmallVector<unsigned>> groups;

private:
  void addInput(Value value) {
    Operation *op = value.getDefiningOp();
    if (!isMoved(op)) {
      inputs.insert(value);
      return;
    }
    for (Value operand : op->getOperands())
      addInput(operand);
    moved.insert(op);
  }

  /// Many results of one type are rows of one buffer.
  void groupResults() {
    constexpr size_t kFew = 8;
    SmallVector<unsigned> used;
    for (OpResult result : loop.getResults()) {
      auto type = cast<RankedTensorType>(result.getType());
      if (!result.use_empty() || bytesOf(type) > kLargeBytes)
        used.push_back(result.getResultNumber());
    }
    llvm::MapVector<Type, SmallVector<unsigned>> byType;
    for (unsigned i : used) {
      if (used.size() <= kFew)
        groups.push_back({i});
      else
        byType[loop.getResult(i).getType()].push_back(i);
    }
    for (auto &[type, numbers] : byType)
      groups.push_back(numbers);
  }

  scf::ForOp loop;
};

class Outlining {
public:
  Outlining(scf::ForOp loop, func::FuncOp function)
      : loop(loop), function(function), interface(loop) {}

  void run() {
    SmallVector<RankedTensorType> results;
    for (ArrayRef<unsigned> group : interface.groups)
      results.push_back(typeOf(group));
    func::FuncOp kernel = declare(results);
    define(kernel);
    dispatch(kernel, results);
  }

private:
  RankedTensorType typeOf(ArrayRef<unsigned> group) {
    auto type = cast<RankedTensorType>(loop.getResult(group[0]).getType());
    if (group.size() == 1)
      return type;
    SmallVector<int64_t> shape{static_cast<int64_t>(group.size())};
    llvm::append_range(shape, type.getShape());
    return type.clone(shape);
  }

  static MemRefType bufferOf(Type type) {
    auto tensor = cast<RankedTensorType>(type);
    return MemRefType::get(tensor.getShape(), tensor.getElementType());
  }

  func::FuncOp declare(ArrayRef<RankedTensorType> results) {
    SmallVector<Type> types;
    for (Value input : interface.inputs)
      types.push_back(bufferOf(input.getType()));
    for (RankedTensorType type : results)
      types.push_back(bufferOf(type));
    OpBuilder b(function);
    auto kernel = func::FuncOp::create(b, loop.getLoc(),
                                       (function.getName() + "_loop").str(),
                                       b.getFunctionType(types, {}));
    kernel.setPrivate();
    kernel->setAttr(kKernelAttr, b.getI64IntegerAttr(results.size()));
    SymbolTable(function->getParentOfType<ModuleOp>()).insert(kernel);
    return kernel;
  }

  void define(func::FuncOp kernel) {
    ImplicitLocOpBuilder b(loop.getLoc(), loop->getContext());
    b.setInsertionPointToStart(kernel.addEntryBlock());
    IRMapping mapping;
    size_t number = 0;
    for (Value input : interface.inputs)
      mapping.map(input, bufferization::ToTensorOp::create(
                             b, input.getType(), kernel.getArgument(number++),
                             /*restrict=*/true));
    for (Operation *op : interface.moved)
      b.clone(*op, mapping);
    // Results are made where they are wanted.
    SmallVector<Value> inits;
    for (Value init : loop.getInits())
      inits.push_back(mapping.lookup(init));
    SmallVector<Value> buffers(inits.size());
    for (ArrayRef<unsigned> group : interface.groups) {
      Value whole = kernel.getArgument(number++);
      for (auto [row, i] : llvm::enumerate(group)) {
        buffers[i] = group.size() == 1 ? whole : rowOf(b, whole, row);
        auto type = cast<RankedTensorType>(inits[i].getType());
        bool isEmpty = inits[i].getDefiningOp<tensor::EmptyOp>() != nullptr;
        if (!isEmpty && bytesOf(type) <= kLargeBytes)
          continue;
        Value home = bufferization::ToTensorOp::create(
            b, type, buffers[i], /*restrict=*/true, /*writable=*/true);
        inits[i] = isEmpty
                       ? home
                       : linalg::CopyOp::create(b, inits[i], home).getResult(0);
      }
    }
    auto copy = cast<scf::ForOp>(b.clone(*loop, mapping));
    copy.getInitArgsMutable().assign(inits);
    for (auto [result, buffer] : llvm::zip(copy.getResults(), buffers))
      if (buffer) {
        auto kept = bufferization::MaterializeInDestinationOp::create(
            b, /*result=*/Type(), result, buffer);
        kept.setRestrict(true);
        kept.setWritable(true);
      }
    func::ReturnOp::create(b);
  }

  static Value rowOf(ImplicitLocOpBuilder &b, Value whole, int64_t row) {
    auto type = cast<MemRefType>(whole.getType());
    SmallVector<int64_t> offsets(type.getRank(), 0), sizes(type.getShape()),
        strides(type.getRank(), 1);
    offsets[0] = row;
    sizes[0] = 1;
    auto view = memref::SubViewOp::inferRankReducedResultType(
        type.getShape().drop_front(), type, offsets, sizes, strides);
    return memref::SubViewOp::create(b, cast<MemRefType>(view), whole, offsets,
                                     sizes, strides);
  }

  /// IREE's call of a kernel; its dialects are not linked here.
  void dispatch(func::FuncOp kernel, ArrayRef<RankedTensorType> results) {
    ImplicitLocOpBuilder b(loop.getLoc(), loop);
    auto name = FlatSymbolRefAttr::get(kernel);
    Attribute entry = SymbolRefAttr::get(kernel.getNameAttr(), {name});
    OperationState state(loop.getLoc(), "flow.dispatch",
                         interface.inputs.getArrayRef(),
                         SmallVector<Type>(results.begin(), results.end()));
    state.propertiesAttr = b.getDictionaryAttr({
        b.getNamedAttr("entry_points", b.getArrayAttr(entry)),
        b.getNamedAttr(
            "operandSegmentSizes",
            b.getDenseI32ArrayAttr(
                {0, static_cast<int32_t>(interface.inputs.size()), 0, 0})),
        b.getNamedAttr("tied_operands",
                       b.getArrayAttr(SmallVector<Attribute>(
                           results.size(), b.getIndexAttr(-1)))),
    });
    Operation *call = b.create(state);
    for (auto [group, whole] : llvm::zip(interface.groups, call->getResults()))
      for (auto [row, i] : llvm::enumerate(group)) {
        Value result = whole;
        if (group.size() > 1) {
          auto type = cast<RankedTensorType>(whole.getType());
          SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0)),
              sizes(getAsIndexOpFoldResult(b.getContext(), type.getShape())),
              strides(type.getRank(), b.getIndexAttr(1));
          offsets[0] = b.getIndexAttr(static_cast<int64_t>(row));
          sizes[0] = b.getIndexAttr(1);
          result = tensor::ExtractSliceOp::create(
              b, cast<RankedTensorType>(loop.getResult(i).getType()), whole,
              offsets, sizes, strides);
        }
        loop.getResult(i).replaceAllUsesWith(result);
      }
    loop.erase();
  }

  scf::ForOp loop;
  func::FuncOp function;
  Interface interface;
};

} // namespace

bool xform::isKernel(scf::ForOp loop) {
  if (loop.getNumResults() == 0 ||
      !llvm::all_of(loop.getResultTypes(), isKnownType) ||
      !llvm::all_of(loop.getResultTypes(), llvm::IsaPred<RankedTensorType>))
    return false;
  return workOfStep(*loop.getBody()) <= kMostWork &&
         Interface(loop).isPossible();
}

void xform::outlineKernel(scf::ForOp loop, func::FuncOp function) {
  Outlining(loop, function).run();
}
