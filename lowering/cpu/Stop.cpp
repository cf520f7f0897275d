//===- Stop.cpp - --xform-cpu-stop ----------------------------------------===//
//
// A program that is stopped has no results, and so does nothing any more: its
// loops end, and what is still to be called is not. Whether it is stopped is
// looked at in each turn of a while loop, and some times in a second in loops
// that may take as long.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/Stop.h"

#include "lowering/Passes.h"
#include "lowering/Work.h"
#include "lowering/cpu/EntryPoints.h"
#include "lowering/cpu/MatrixFunctions.h"
#include "lowering/cpu/Team.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMCPUSTOP
#include "lowering/Passes.h.inc"
} // namespace xform

/// The work of a loop from which on it is looked at, and that between two
/// looks.
constexpr double kLong = 1e8, kBetween = 1e6;

/// The turns of a loop that does not say how many.
constexpr double kUnknownTurns = 16;

namespace {

class Stopping {
public:
  explicit Stopping(ModuleOp module) : module(module), symbols(module) {}

  void run() {
    SmallVector<func::FuncOp> functions(module.getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      (void)workOf(function);
    for (func::FuncOp function : functions)
      findLong(function);
    if (whiles.empty() && loops.empty() && runtimeCalls.empty())
      return;
    ask = func::FuncOp::create(
        UnknownLoc::get(module.getContext()), kIsStopped,
        FunctionType::get(module.getContext(), wordType(),
                          IntegerType::get(module.getContext(), 1)));
    ask.setPrivate();
    for (func::FuncOp function : functions)
      handOn(function);
    for (func::CallOp call : runtimeCalls)
      call->setOperand(call->getNumOperands() - 1,
                       words.lookup(call->getParentOfType<func::FuncOp>()));
    for (scf::WhileOp loop : whiles)
      lookInEachTurn(loop);
    for (scf::ForOp loop : loops)
      lookBetweenTurns(loop);
    for (func::CallOp call : calls)
      lookBefore(call);
    symbols.insert(ask);
  }

private:
  MemRefType wordType() {
    return MemRefType::get({kStopWords},
                           IntegerType::get(module.getContext(), 32));
  }

  //===-- How long it takes -----------------------------------------------===//

  double workOf(func::FuncOp function) {
    auto [known, isNew] = works.try_emplace(function, 0);
    if (!isNew)
      return known->second;
    double work = 0;
    if (auto chunks = function->getAttrOfType<IntegerAttr>(kChunksAttr))
      work = static_cast<double>(chunks.getInt()) *
             workOf(symbols.lookup<func::FuncOp>(
                 function->getAttrOfType<FlatSymbolRefAttr>(kChunkAttr)
                     .getAttr()));
    else if (!function.isDeclaration())
      work = workOf(function.front());
    return works[function] = work;
  }

  double workOf(Block &block) {
    double work = 0;
    for (Operation &op : block)
      work += workOf(&op);
    return work;
  }

  double workOf(Operation *op) {
    if (auto own = op->getAttrOfType<FloatAttr>(kWorkAttr))
      return own.getValueAsDouble();
    if (auto call = dyn_cast<func::CallOp>(op))
      return workOf(symbols.lookup<func::FuncOp>(call.getCallee()));
    double work = workOfScalar(op);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        work += workOf(block);
    if (auto loop = dyn_cast<scf::ForOp>(op))
      work *= turnsOf(loop);
    return longs[op] = work;
  }

  static double turnsOf(scf::ForOp loop) {
    std::optional<APInt> turns = loop.getStaticTripCount();
    return turns ? static_cast<double>(turns->getLimitedValue())
                 : kUnknownTurns;
  }

  void findLong(func::FuncOp function) {
    function.walk([&](Operation *op) {
      if (auto loop = dyn_cast<scf::WhileOp>(op))
        whiles.push_back(loop);
      else if (auto loop = dyn_cast<scf::ForOp>(op);
               loop && longs.lookup(op) >= kLong && loop.getStaticTripCount())
        loops.push_back(loop);
      else if (op->hasAttr(kWorkAttr) && workOf(op) >= kLong)
        runtimeCalls.push_back(cast<func::CallOp>(op));
      else if (auto call = dyn_cast<func::CallOp>(op);
               call && call.getNumResults() == 0 &&
               workOf(symbols.lookup<func::FuncOp>(call.getCallee())) >=
                   kBetween)
        calls.push_back(call);
    });
  }

  //===-- Where to look ---------------------------------------------------===//

  /// Whether it may call others that look.
  static bool isOnBuffers(func::FuncOp function) {
    return !function->hasAttr(kRuntimeAttr) &&
           llvm::any_of(function.getArgumentTypes(), llvm::IsaPred<MemRefType>);
  }

  /// Gives a function the word, and what it calls.
  void handOn(func::FuncOp function) {
    if (!function.isPublic() && !isOnBuffers(function))
      return;
    if (function.isDeclaration()) {
      // Its arguments end with those of the function that it stands for.
      SmallVector<Type> types(function.getArgumentTypes());
      types.push_back(wordType());
      function.setType(FunctionType::get(module.getContext(), types, {}));
      return;
    }
    auto scratch = function->getAttrOfType<IntegerAttr>(kScratchAttr);
    unsigned place =
        function.getNumArguments() - (scratch && scratch.getInt() > 0 ? 1 : 0);
    (void)function.insertArgument(place, wordType(), {}, function.getLoc());
    if (function.isPublic())
      function->setAttr(kStoppableAttr, UnitAttr::get(module.getContext()));
    words[function] = function.getArgument(place);
    function.walk([&](func::CallOp call) {
      auto callee = symbols.lookup<func::FuncOp>(call.getCallee());
      if (callee && isOnBuffers(callee))
        call.getOperandsMutable().append(function.getArgument(place));
    });
  }

  Value isStopped(ImplicitLocOpBuilder &b) {
    auto function =
        b.getInsertionBlock()->getParentOp()->getParentOfType<func::FuncOp>();
    if (auto outer =
            dyn_cast<func::FuncOp>(b.getInsertionBlock()->getParentOp()))
      function = outer;
    return func::CallOp::create(b, ask, words.lookup(function)).getResult(0);
  }

  Value goesOn(ImplicitLocOpBuilder &b) {
    Value yes = arith::ConstantIntOp::create(b, 1, 1);
    return arith::XOrIOp::create(b, isStopped(b), yes);
  }

  void lookInEachTurn(scf::WhileOp loop) {
    scf::ConditionOp condition = loop.getConditionOp();
    ImplicitLocOpBuilder b(loop.getLoc(), condition);
    condition.getConditionMutable().assign(
        arith::AndIOp::create(b, condition.getCondition(), goesOn(b)));
  }

  /// Runs the loop by parts, before each of which it may end.
  void lookBetweenTurns(scf::ForOp loop) {
    int64_t turns = loop.getStaticTripCount()->getSExtValue();
    double work = longs.lookup(loop) / static_cast<double>(turns);
    int64_t atOnce = std::clamp<int64_t>(
        static_cast<int64_t>(kBetween / std::max(work, 1.0)), 1, turns);
    // A part of known length, if there is one that is not much shorter.
    for (int64_t even = atOnce; 2 * even > atOnce; --even)
      if (turns % even == 0) {
        atOnce = even;
        break;
      }
    ImplicitLocOpBuilder b(loop.getLoc(), loop);
    Value step = loop.getStep(), last = loop.getUpperBound(),
          wide = arith::MulIOp::create(
              b, step, arith::ConstantIndexOp::create(b, atOnce));
    SmallVector<Value> inits{loop.getLowerBound()};
    llvm::append_range(inits, loop.getInitArgs());
    SmallVector<Type> types(ValueRange(inits).getTypes());
    SmallVector<Location> locations(types.size(), loop.getLoc());
    auto outer = scf::WhileOp::create(b, types, inits);
    Block *before = b.createBlock(&outer.getBefore(), {}, types, locations);
    Value more = arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                                       before->getArgument(0), last);
    scf::ConditionOp::create(b, arith::AndIOp::create(b, more, goesOn(b)),
                             before->getArguments());
    Block *after = b.createBlock(&outer.getAfter(), {}, types, locations);
    Value from = after->getArgument(0),
          next = arith::AddIOp::create(b, from, wide), to = next;
    if (turns % atOnce)
      to = arith::MinSIOp::create(b, next, last);
    auto inner = scf::ForOp::create(b, from, to, step,
                                    after->getArguments().drop_front());
    SmallVector<Value> yielded{next};
    llvm::append_range(yielded, inner.getResults());
    scf::YieldOp::create(b, yielded);
    inner.getRegion().takeBody(loop.getRegion());
    loop.replaceAllUsesWith(outer.getResults().drop_front());
    loop.erase();
  }

  void lookBefore(func::CallOp call) {
    ImplicitLocOpBuilder b(call.getLoc(), call);
    auto branch = scf::IfOp::create(b, goesOn(b), /*withElseRegion=*/false);
    call->moveBefore(branch.thenBlock()->getTerminator());
  }

  ModuleOp module;
  SymbolTable symbols;
  func::FuncOp ask;
  llvm::DenseMap<Operation *, double> works, longs;
  llvm::DenseMap<Operation *, Value> words;
  SmallVector<scf::WhileOp> whiles;
  SmallVector<scf::ForOp> loops;
  SmallVector<func::CallOp> calls, runtimeCalls;
};

struct XformCpuStop : xform::impl::XformCpuStopBase<XformCpuStop> {
  using XformCpuStopBase::XformCpuStopBase;

  void runOnOperation() override { Stopping(getOperation()).run(); }
};

} // namespace

void xform::lookWhereAsked(ModuleOp module) {
  auto ask = module.lookupSymbol<LLVM::LLVMFuncOp>(kIsStopped);
  if (!ask)
    return;
  SmallVector<LLVM::CallOp> calls;
  module.walk([&](LLVM::CallOp call) {
    if (call.getCallee() == kIsStopped)
      calls.push_back(call);
  });
  for (LLVM::CallOp call : calls) {
    ImplicitLocOpBuilder b(call.getLoc(), call);
    // Somebody else writes it.
    Value word = LLVM::LoadOp::create(b, b.getI32Type(), call.getOperand(0),
                                      /*alignment=*/4, /*isVolatile=*/true);
    Value none = LLVM::ConstantOp::create(b, b.getI32IntegerAttr(0));
    call.getResult().replaceAllUsesWith(
        LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::ne, word, none));
    call.erase();
  }
  ask.erase();
}
