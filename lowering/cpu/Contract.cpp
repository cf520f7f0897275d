//===- Contract.cpp - --xform-cpu-select ----------------------------------===//

#include "lowering/cpu/Contract.h"

#include "lowering/Passes.h"
#include "lowering/cpu/MatrixFunctions.h"
#include "lowering/cpu/Results.h"
#include "lowering/iree/Ops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace xform;

namespace xform {
#define GEN_PASS_DEF_XFORMCPUSELECT
#include "lowering/Passes.h.inc"
} // namespace xform

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

/// The static types and the small floats, whose numbers are converted where
/// they are computed with.
static bool isKnownType(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  Type element = tensor ? tensor.getElementType() : type;
  return isStaticType(type) || ((element.isF16() || element.isBF16()) &&
                                (!tensor || tensor.hasStaticShape()));
}

static bool isBetweenTensors(Operation &op) {
  return isPlainPad(op) ||
         isa<arith::ConstantOp, tensor::EmptyOp, tensor::ExtractOp,
             tensor::InsertOp, tensor::ExtractSliceOp, tensor::InsertSliceOp,
             tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(
             op) ||
         op.getName().getStringRef() == kBarrierName;
}

namespace {

/// Goes through a function until something keeps it from the contract.
class Check {
public:
  std::string reason;

  void run(Block &block) {
    for (Operation &op : block.without_terminator()) {
      run(op);
      if (!reason.empty())
        return;
    }
  }

private:
  void refuse(Operation &op, const Twine &what) {
    if (reason.empty())
      reason = (op.getName().getStringRef() + ": " + what).str();
  }

  void run(Operation &op) {
    for (Type type :
         llvm::concat<const Type>(llvm::to_vector(op.getOperandTypes()),
                                  llvm::to_vector(op.getResultTypes())))
      if (!isKnownType(type)) {
        std::string text;
        llvm::raw_string_ostream(text) << type;
        return refuse(op, text);
      }
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
      return runOnElement(*linalgOp.getBlock());
    if (isa<scf::ForOp, scf::WhileOp, scf::IfOp>(op)) {
      for (Region &region : op.getRegions())
        if (!region.empty())
          run(region.front());
      return;
    }
    if (op.getName().getStringRef() != kScatterName && !isScalar(op) &&
        !isBetweenTensors(op) && !isMatrixFunction(&op))
      refuse(op, "not known");
  }

  /// What computes an element from elements.
  void runOnElement(Block &block) {
    for (Operation &op : block.without_terminator()) {
      if (isa<scf::ForOp, scf::WhileOp, scf::IfOp>(op)) {
        for (Region &region : op.getRegions())
          for (Block &inner : region)
            runOnElement(inner);
      } else if (!isa<linalg::IndexOp, tensor::ExtractOp>(op) &&
                 !isScalar(op)) {
        refuse(op, "not known where an element is computed");
      }
    }
  }
};

} // namespace

std::string xform::outsideContract(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return "no body of one block";
  for (Type type : function.getFunctionType().getInputs())
    if (!isa<RankedTensorType>(type) || !isKnownType(type))
      return "an argument that is no tensor of known type";
  for (Type type : function.getFunctionType().getResults())
    if (!isa<RankedTensorType>(type) || !isKnownType(type))
      return "a result that is no tensor of known type";
  Check check;
  check.run(function.front());
  return check.reason;
}

namespace {

struct XformCpuSelect : xform::impl::XformCpuSelectBase<XformCpuSelect> {
  using XformCpuSelectBase::XformCpuSelectBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (!none && keepsContract()) {
      module->setAttr(kCpuAttr, UnitAttr::get(module.getContext()));
      return;
    }
    module->removeAttr(kCpuAttr);
    // IREE does not know the attribute.
    for (func::FuncOp function : module.getOps<func::FuncOp>())
      dropDonations(function);
  }

private:
  bool keepsContract() {
    for (func::FuncOp function : getOperation().getOps<func::FuncOp>()) {
      std::string reason = outsideContract(function);
      if (reason.empty())
        continue;
      if (explain)
        function.emitRemark() << "compiled by IREE: " << reason;
      return false;
    }
    return true;
  }
};

} // namespace
