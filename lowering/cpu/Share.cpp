//===- Share.cpp - --xform-cpu-share --------------------------------------===//
//
// What cores do at the same time. Operations on buffers that are worth it are
// cut along one of their axes, and operations after one another that are cut
// in the same way, and read of each other nothing but the same part, make one
// loop. How many chunks there are depends on the program only, so that results
// are the same on any number of cores.
//
//===----------------------------------------------------------------------===//

#include "lowering/Passes.h"
#include "lowering/Work.h"
#include "lowering/cpu/GeneralForm.h"
#include "lowering/cpu/Group.h"
#include "lowering/cpu/MatrixFunctions.h"
#include "lowering/cpu/Outlining.h"
#include "lowering/cpu/Team.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMCPUSHARE
#include "lowering/Passes.h.inc"
} // namespace xform

/// The work of a loop from which on it is worth to be offered, and that of all
/// such loops of a program from which on others are woken up for it.
constexpr double kLeastWork = 1e5, kLeastWorkOfAll = 1e6;

/// That of an operation which ends a group of others that it cannot join.
constexpr double kLeastWorkOfOp = 1e4;

namespace {

/// A loop whose turns are chunks already.
struct Independent {
  scf::ForOp loop;
  double workOfAll;
};

/// Finds the groups of a function, and has them written if all together are
/// worth it.
class Sharing {
public:
  explicit Sharing(func::FuncOp function)
      : function(function), symbols(function->getParentOfType<ModuleOp>()) {}

  void run() {
    visit(function.front(), /*turns=*/1);
    double work = 0;
    for (const Group &group : groups)
      work += group.workOfAll();
    for (const Independent &loop : loops)
      work += loop.workOfAll;
    if (work < kLeastWorkOfAll)
      return;
    OpBuilder b = OpBuilder::atBlockBegin(&function.front());
    team = memref::AllocaOp::create(
        b, function.getLoc(), MemRefType::get({kTeamWords}, b.getI64Type()));
    team.getDefiningOp()->setAttr(kTeamAttr, b.getUnitAttr());
    function->setAttr(kTeamAttr, b.getUnitAttr());
    for (Group &group : groups)
      offer(group.write());
    for (const Independent &loop : loops)
      offer(loop.loop);
  }

private:
  void visit(Block &block, double turns) {
    Group group(turns);
    auto close = [&] {
      if (!group.isEmpty() && group.work() >= kLeastWork)
        groups.push_back(group);
      group = Group(turns);
    };
    for (Operation &op : block) {
      if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
        std::optional<Cut> cut = findCut(generic);
        if (cut && group.add(*cut))
          continue;
        bool isLarge = cut && workOf(generic) >= kLeastWorkOfOp;
        // What stays outside is done before the loop.
        if (isLarge || group.changesWith(generic))
          close();
        if (isLarge)
          group.add(*cut);
        continue;
      }
      if ((op.getNumRegions() == 0 && isPure(&op)) || isa<memref::AllocaOp>(op))
        continue;
      close();
      auto loop = dyn_cast<scf::ForOp>(op);
      if (loop && loop->hasAttr(kIndependentAttr)) {
        addLoop(loop, turns);
        continue;
      }
      std::optional<APInt> count =
          loop ? loop.getStaticTripCount() : std::nullopt;
      double inner =
          count ? turns * static_cast<double>(count->getLimitedValue()) : turns;
      for (Region &region : op.getRegions())
        for (Block &nested : region)
          visit(nested, inner);
    }
    close();
  }

  /// Takes a loop as it is.
  void addLoop(scf::ForOp loop, double turns) {
    loop->removeAttr(kIndependentAttr);
    double work = 0;
    loop.walk([&](func::CallOp call) {
      if (auto each = call->getAttrOfType<FloatAttr>(kWorkAttr))
        work += each.getValueAsDouble();
    });
    work *= static_cast<double>(loop.getStaticTripCount()->getLimitedValue());
    if (work >= kLeastWork)
      loops.push_back({loop, turns * work});
  }

  /// Makes the loop a function, which cores run for chunks of their own.
  void offer(scf::ForOp loop) {
    OpBuilder b(loop);
    APInt count = *loop.getStaticTripCount();
    Operation *moved = loop;
    Surroundings around(moved);
    std::string name = (function.getName() + ".chunk").str();
    func::FuncOp chunk =
        around.declare(symbols, loop.getLoc(), name, b.getIndexType());
    func::FuncOp all =
        around.declare(symbols, loop.getLoc(), name + "s", team.getType());
    all->setAttr(kChunksAttr, b.getI64IntegerAttr(count.getSExtValue()));
    all->setAttr(kChunkAttr, FlatSymbolRefAttr::get(chunk.getNameAttr()));
    SmallVector<Value> given{team};
    llvm::append_range(given, around.passed());
    func::CallOp::create(b, loop.getLoc(), all, given);
    around.moveInto(chunk);
    loop.getInductionVar().replaceAllUsesWith(chunk.getArgument(0));
    loop.getBody()->getTerminator()->erase();
    loop->getBlock()->getOperations().splice(loop->getIterator(),
                                             loop.getBody()->getOperations());
    loop.erase();
  }

  func::FuncOp function;
  SymbolTable symbols;
  SmallVector<Group, 0> groups;
  SmallVector<Independent> loops;
  Value team;
};

struct XformCpuShare : xform::impl::XformCpuShareBase<XformCpuShare> {
  using XformCpuShareBase::XformCpuShareBase;

  void runOnOperation() override {
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions) {
      if (function.isDeclaration())
        continue;
      generalizeOps(function);
      Sharing(function).run();
    }
  }
};

} // namespace
