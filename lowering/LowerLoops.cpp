//===- LowerLoops.cpp - xform.map as scf.for ------------------------------===//

#include "dialect/Ops.h"
#include "lowering/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;

namespace xform {

#define GEN_PASS_DEF_XFORMLOWERLOOPS
#include "lowering/Passes.h.inc"

namespace {

/// The length that the operands of a map share, static where one tells it.
int64_t lengthOf(MapOp map) {
  for (Value x : map.getXs()) {
    auto type = cast<RankedTensorType>(x.getType());
    if (!type.isDynamicDim(0))
      return type.getDimSize(0);
  }
  return ShapedType::kDynamic;
}

/// One row of a stacked tensor: offsets, sizes and strides.
struct RowSlice {
  SmallVector<OpFoldResult> offsets, sizes, strides;

  RowSlice(ImplicitLocOpBuilder &b, Value stacked, Value index)
      : sizes(tensor::getMixedSizes(b, b.getLoc(), stacked)) {
    offsets.assign(sizes.size(), b.getIndexAttr(0));
    strides.assign(sizes.size(), b.getIndexAttr(1));
    offsets[0] = index;
    sizes[0] = b.getIndexAttr(1);
  }
};

class LoopLowering {
public:
  explicit LoopLowering(ModuleOp module) : module(module), symbols(module) {}

  LogicalResult run() {
    SmallVector<func::FuncOp> functions(module.getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (failed(lowerIn(function)))
        return failure();
    eraseUnusedFunctions();
    return success();
  }

private:
  /// Lowers the maps of a function, those of the functions they call first.
  LogicalResult lowerIn(func::FuncOp function) {
    if (!state.try_emplace(function, State::lowering).second)
      return success();
    SmallVector<MapOp> maps;
    function.walk([&](MapOp map) { maps.push_back(map); });
    for (MapOp map : maps) {
      auto body = symbols.lookup<func::FuncOp>(map.getCallee());
      if (!body || body.isExternal() || !body.getBody().hasOneBlock())
        return map.emitOpError("needs a function with a body of one block, ")
               << map.getCalleeAttr() << " is none";
      if (failed(lowerIn(body)))
        return failure();
      if (state.lookup(body) == State::lowering)
        return map.emitOpError("calls ")
               << map.getCalleeAttr() << ", which leads back here";
      if (failed(lower(map, body)))
        return failure();
    }
    state[function] = State::lowered;
    return success();
  }

  LogicalResult lower(MapOp map, func::FuncOp body) {
    ImplicitLocOpBuilder b(map.getLoc(), map);
    int64_t length = lengthOf(map);
    SmallVector<Value> results;
    if (length == 1) {
      results = buildOnlyRow(b, map, body);
    } else {
      Value count = b.createOrFold<tensor::DimOp>(map.getXs()[0], 0);
      for (Type type : map.getOuts().getTypes()) {
        auto stacked = cast<RankedTensorType>(type);
        if (llvm::any_of(stacked.getShape().drop_front(),
                         ShapedType::isDynamic))
          return map.emitOpError(
                     "has rows of dynamic size in its result of type ")
                 << stacked;
        SmallVector<OpFoldResult> sizes =
            getAsIndexOpFoldResult(b.getContext(), stacked.getShape());
        if (stacked.isDynamicDim(0))
          sizes[0] = count;
        results.push_back(
            tensor::EmptyOp::create(b, sizes, stacked.getElementType()));
      }
      if (length != 0)
        results = buildLoop(b, map, body, count, results);
    }
    map->replaceAllUsesWith(results);
    map.erase();
    return success();
  }

  /// The body on its own, in place of a loop that would run once.
  SmallVector<Value> buildOnlyRow(ImplicitLocOpBuilder &b, MapOp map,
                                  func::FuncOp body) {
    SmallVector<Value> arguments;
    for (auto [index, x] : llvm::enumerate(map.getXs()))
      arguments.push_back(
          ReshapeOp::create(b, body.getArgumentTypes()[index], x));
    llvm::append_range(arguments, map.getCaptures());
    SmallVector<Value> results;
    for (auto [row, type] : llvm::zip_equal(inlineBody(b, body, arguments),
                                            map.getOuts().getTypes()))
      results.push_back(ReshapeOp::create(b, type, row));
    return results;
  }

  SmallVector<Value> buildLoop(ImplicitLocOpBuilder &b, MapOp map,
                               func::FuncOp body, Value count,
                               ValueRange stacked) {
    Value zero = arith::ConstantIndexOp::create(b, 0);
    Value one = arith::ConstantIndexOp::create(b, 1);
    auto loop = scf::ForOp::create(
        b, zero, count, one, stacked,
        [&](OpBuilder &builder, Location loc, Value index, ValueRange carried) {
          ImplicitLocOpBuilder inner(loc, builder);
          SmallVector<Value> arguments;
          for (auto [place, x] : llvm::enumerate(map.getXs())) {
            RowSlice row(inner, x, index);
            auto type = cast<RankedTensorType>(body.getArgumentTypes()[place]);
            arguments.push_back(tensor::ExtractSliceOp::create(
                inner, type, x, row.offsets, row.sizes, row.strides));
          }
          llvm::append_range(arguments, map.getCaptures());
          SmallVector<Value> next;
          for (auto [result, into] :
               llvm::zip_equal(inlineBody(inner, body, arguments), carried)) {
            RowSlice row(inner, into, index);
            next.push_back(tensor::InsertSliceOp::create(
                inner, result, into, row.offsets, row.sizes, row.strides));
          }
          scf::YieldOp::create(inner, next);
        });
    return SmallVector<Value>(loop.getResults());
  }

  /// A copy of a function's operations on the given arguments.
  static SmallVector<Value>
  inlineBody(ImplicitLocOpBuilder &b, func::FuncOp body, ValueRange arguments) {
    IRMapping mapping;
    Block &block = body.getBody().front();
    mapping.map(block.getArguments(), arguments);
    for (Operation &op : block.without_terminator())
      b.clone(op, mapping);
    SmallVector<Value> results;
    for (Value result : block.getTerminator()->getOperands())
      results.push_back(mapping.lookupOrDefault(result));
    return results;
  }

  /// Keeps the public functions and what they refer to.
  void eraseUnusedFunctions() {
    SmallVector<func::FuncOp> used;
    llvm::SmallPtrSet<Operation *, 16> seen;
    for (auto function : module.getOps<func::FuncOp>())
      if (!function.isPrivate() && seen.insert(function).second)
        used.push_back(function);
    while (!used.empty()) {
      auto uses = SymbolTable::getSymbolUses(used.pop_back_val());
      for (SymbolTable::SymbolUse use : *uses) {
        auto function =
            symbols.lookup<func::FuncOp>(use.getSymbolRef().getRootReference());
        if (function && seen.insert(function).second)
          used.push_back(function);
      }
    }
    for (auto function :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
      if (!seen.contains(function))
        function.erase();
  }

  enum class State { lowering, lowered };
  llvm::DenseMap<Operation *, State> state;
  ModuleOp module;
  SymbolTable symbols;
};

struct LowerLoops : impl::XformLowerLoopsBase<LowerLoops> {
  void runOnOperation() override {
    if (failed(LoopLowering(getOperation()).run()))
      signalPassFailure();
  }
};

} // namespace

} // namespace xform
