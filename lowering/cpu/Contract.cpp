//===- Contract.cpp - --xform-cpu-select ----------------------------------===//

#include "lowering/cpu/Contract.h"

#include "lowering/IREEOps.h"
#include "lowering/Passes.h"
#include "lowering/kernels/Kernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMCPUSELECT
#include "lowering/Passes.h.inc"
} // namespace xform

/// Scalar operations above which the cores that would stand idle are worth more
/// than the dispatches saved: in one operation on tensors, which they could
/// share, from start to end, and in a turn of a loop, where there are many
/// dispatches.
constexpr double kMostWorkOfOp = 5e5, kMostWork = 4e6, kMostWorkOfTurn = 1.6e7;

static bool isBetweenTensors(Operation &op) {
  return isPlainPad(op) ||
         isa<arith::ConstantOp, tensor::EmptyOp, tensor::ExtractOp,
             tensor::InsertOp, tensor::ExtractSliceOp, tensor::InsertSliceOp,
             tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(
             op) ||
         op.getName().getStringRef() == kBarrierName;
}

namespace {

/// Goes through a function and adds up its work.
class Check {
public:
  explicit Check(bool anyWork) : anyWork(anyWork) {}

  std::string reason;

  void run(func::FuncOp function) {
    double work = workOf(function.front());
    bound(work, kMostWork);
  }

private:
  void bound(double work, double most) {
    if (reason.empty() && work > most && !anyWork)
      reason = "so much work that all cores are worth starting";
  }

  double refuse(Operation &op, const Twine &what) {
    if (reason.empty())
      reason = (op.getName().getStringRef() + ": " + what).str();
    return 0;
  }

  double workOf(Block &block) {
    double work = 0;
    for (Operation &op : block.without_terminator()) {
      work += workOf(op);
      if (!reason.empty())
        break;
    }
    return work;
  }

  double workOf(Operation &op) {
    for (Type type :
         llvm::concat<const Type>(llvm::to_vector(op.getOperandTypes()),
                                  llvm::to_vector(op.getResultTypes())))
      if (!isStaticType(type)) {
        std::string text;
        llvm::raw_string_ostream(text) << type;
        return refuse(op, text);
      }
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
      return workOf(linalgOp);
    if (isa<scf::ForOp, scf::WhileOp>(op)) {
      // However long a loop is, the cores could share a turn of it only.
      double turn = 0;
      for (Region &region : op.getRegions())
        turn += workOf(region.front());
      bound(turn, kMostWorkOfTurn);
      return 0;
    }
    if (isa<scf::IfOp>(op)) {
      double most = 0;
      for (Region &region : op.getRegions())
        if (!region.empty())
          most = std::max(most, workOf(region.front()));
      return most;
    }
    if (op.getName().getStringRef() == kScatterName)
      return elementsOf(op.getOperand(0));
    if (isScalar(op))
      return 1;
    if (isBetweenTensors(op))
      return 0;
    return refuse(op, "not known");
  }

  static double elementsOf(Value value) {
    return static_cast<double>(
        cast<RankedTensorType>(value.getType()).getNumElements());
  }

  /// The operations on scalars that compute an element.
  double workOfElement(Block &block) {
    double work = 0;
    for (Operation &op : block.without_terminator()) {
      if (isa<scf::ForOp, scf::WhileOp, scf::IfOp>(op))
        for (Region &region : op.getRegions())
          for (Block &inner : region)
            work += workOfElement(inner);
      else if (!isa<linalg::IndexOp, tensor::ExtractOp>(op) && !isScalar(op))
        return refuse(op, "not known where an element is computed");
      ++work;
    }
    return work;
  }

  double workOf(linalg::LinalgOp op) {
    double work = std::max(1.0, workOfElement(*op.getBlock()));
    for (int64_t range : op.getStaticLoopRanges())
      work *= static_cast<double>(range);
    if (!isInLoop(op))
      bound(work, kMostWorkOfOp);
    return work;
  }

  static bool isInLoop(Operation *op) {
    return op->getParentOfType<scf::ForOp>() ||
           op->getParentOfType<scf::WhileOp>();
  }

  bool anyWork;
};

} // namespace

std::string xform::outsideContract(func::FuncOp function, bool anyWork) {
  if (!function.getBody().hasOneBlock())
    return "no body of one block";
  for (Type type : function.getFunctionType().getInputs())
    if (!isa<RankedTensorType>(type) || !isStaticType(type))
      return "an argument that is no tensor of known type";
  for (Type type : function.getFunctionType().getResults())
    if (!isa<RankedTensorType>(type) || !isStaticType(type))
      return "a result that is no tensor of known type";
  Check check(anyWork);
  check.run(function);
  return check.reason;
}

namespace {

struct XformCpuSelect : xform::impl::XformCpuSelectBase<XformCpuSelect> {
  using XformCpuSelectBase::XformCpuSelectBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (none) {
      module->removeAttr(kCpuAttr);
      return;
    }
    for (func::FuncOp function : module.getOps<func::FuncOp>()) {
      std::string reason = outsideContract(function, anyWork);
      if (reason.empty())
        continue;
      if (explain)
        function.emitRemark() << "compiled by IREE: " << reason;
      return;
    }
    module->setAttr(kCpuAttr, UnitAttr::get(module.getContext()));
  }
};

} // namespace
