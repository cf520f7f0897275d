//===- MatrixFunctions.cpp - calls of the runtime's functions -------------===//

#include "lowering/cpu/MatrixFunctions.h"

#include "dialect/LinearAlgebra.h"
#include "dialect/Work.h"
#include "lowering/codegen/runtime/matrices/Scratch.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace xform;

/// Loops have so many turns at most, each for some matrices, and as many as
/// their memory does not exceed the bytes with, but for the first few.
static constexpr int64_t kMostTurns = 64, kFewTurns = 8,
                         kBytesOfTurns = int64_t(1) << 25;

/// Declarations get these names, in their order.
static constexpr llvm::StringLiteral kPrefix = "xform_matrices_";

namespace {

/// A function and what it is given between the operand and the sizes.
struct Callee {
  StringRef name;
  SmallVector<OpResult> results;
  int64_t scratch;
};

/// Writes the calls for one operation.
class Calls {
public:
  Calls(RewriterBase &rewriter, Operation *op, Callee callee)
      : b(op->getLoc(), rewriter), op(op), callee(std::move(callee)) {
    auto type = cast<RankedTensorType>(op->getOperand(0).getType());
    n = type.getShape().back();
    element = type.getElementType();
    for (int64_t size : type.getShape().drop_back(2))
      matrices *= size;
  }

  void write(Value x, ValueRange results,
             function_ref<Value(MemRefType)> allocate) {
    int64_t bytes = callee.scratch * element.getIntOrFloatBitWidth() / 8;
    int64_t turns = std::min(
        matrices, std::clamp(kBytesOfTurns / bytes, kFewTurns, kMostTurns));
    int64_t each = llvm::divideCeil(matrices, turns);
    turns = llvm::divideCeil(matrices, each);
    Value scratch =
        allocate(MemRefType::get({turns * callee.scratch}, element));
    SmallVector<Value> operands{x};
    llvm::append_range(operands, results);
    operands.push_back(scratch);
    if (turns == 1) {
      call(operands, number(0), number(matrices), number(0), matrices);
      return;
    }
    auto loop = scf::ForOp::create(b, number(0), number(turns), number(1));
    loop->setAttr(kIndependentAttr, b.getUnitAttr());
    b.setInsertionPointToStart(loop.getBody());
    Value turn = loop.getInductionVar();
    Value first = arith::MulIOp::create(b, turn, number(each));
    Value behind = arith::AddIOp::create(b, first, number(each));
    Value last = arith::MinUIOp::create(b, behind, number(matrices));
    call(operands, first, last,
         arith::MulIOp::create(b, turn, number(callee.scratch)), each);
  }

private:
  Value number(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }

  void call(ArrayRef<Value> buffers, Value first, Value last, Value offset,
            int64_t count) {
    SmallVector<Value> operands(buffers);
    operands.append({offset, number(n), first, last});
    func::FuncOp function = declaration(ValueRange(operands).getTypes());
    auto call = func::CallOp::create(b, function, operands);
    double share = static_cast<double>(count) / static_cast<double>(matrices);
    call->setAttr(kWorkAttr, b.getF64FloatAttr(share * ownWorkOf(op).flops));
  }

  func::FuncOp declaration(TypeRange types) {
    auto module = op->getParentOfType<ModuleOp>();
    std::string runtime =
        ("xform_" + callee.name + (element.isF64() ? "_f64" : "_f32")).str();
    FunctionType type = b.getFunctionType(types, {});
    int64_t known = 0;
    for (auto function : module.getOps<func::FuncOp>()) {
      auto name = function->getAttrOfType<StringAttr>(kRuntimeAttr);
      if (!name)
        continue;
      if (name == runtime && function.getFunctionType() == type)
        return function;
      ++known;
    }
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(module.getBody());
    auto function =
        func::FuncOp::create(b, (kPrefix + Twine(known)).str(), type);
    function.setPrivate();
    function->setAttr(kRuntimeAttr, b.getStringAttr(runtime));
    return function;
  }

  ImplicitLocOpBuilder b;
  Operation *op;
  Callee callee;
  int64_t n = 0, matrices = 1;
  Type element;
};

Callee calleeOf(EighOp op) {
  int64_t n = op.getX().getType().getShape().back();
  if (op.getV().use_empty())
    return {"eigvalsh", {op->getResult(0)}, matrices::eighScratch(n)};
  return {
      "eigh", {op->getResult(0), op->getResult(1)}, matrices::eighScratch(n)};
}

Callee calleeOf(SvdOp op) {
  int64_t n = op.getX().getType().getShape().back();
  if (op.getU().use_empty() && op.getVt().use_empty())
    return {"svdvals", {op->getResult(1)}, matrices::svdScratch(n)};
  return {"svd", llvm::to_vector(op->getResults()), matrices::svdScratch(n)};
}

template <typename OpTy>
struct Bufferization
    : bufferization::BufferizableOpInterface::ExternalModel<Bufferization<OpTy>,
                                                            OpTy> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const bufferization::AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &,
                               const bufferization::AnalysisState &) const {
    return false;
  }
  bufferization::AliasingValueList
  getAliasingValues(Operation *, OpOperand &,
                    const bufferization::AnalysisState &) const {
    return {};
  }
  bool bufferizesToAllocation(Operation *, Value) const { return true; }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const bufferization::BufferizationOptions &options,
                          bufferization::BufferizationState &state) const {
    auto allocate = [&](MemRefType type) -> Value {
      return *options.createAlloc(rewriter, op->getLoc(), type, {});
    };
    FailureOr<Value> x =
        bufferization::getBuffer(rewriter, op->getOperand(0), options, state);
    if (failed(x))
      return failure();
    // The functions read matrices that lie one behind the other.
    auto layout = cast<MemRefType>(x->getType());
    if (!layout.getLayout().isIdentity()) {
      Value copy =
          allocate(MemRefType::get(layout.getShape(), layout.getElementType()));
      memref::CopyOp::create(rewriter, op->getLoc(), *x, copy);
      x = copy;
    }
    Callee callee = calleeOf(cast<OpTy>(op));
    SmallVector<Value> buffers, given;
    for (OpResult result : op->getResults()) {
      auto type = cast<RankedTensorType>(result.getType());
      buffers.push_back(
          allocate(MemRefType::get(type.getShape(), type.getElementType())));
      if (llvm::is_contained(callee.results, result))
        given.push_back(buffers.back());
    }
    Calls(rewriter, op, callee).write(*x, given, allocate);
    bufferization::replaceOpWithBufferizedValues(rewriter, op, buffers);
    return success();
  }
};

} // namespace

bool xform::isMatrixFunction(Operation *op) {
  if (!isa<EighOp, SvdOp>(op))
    return false;
  auto type = cast<RankedTensorType>(op->getOperand(0).getType());
  int64_t rank = type.getRank();
  Type element = type.getElementType();
  return type.hasStaticShape() && type.getNumElements() > 0 &&
         type.getDimSize(rank - 2) == type.getDimSize(rank - 1) &&
         (element.isF32() || element.isF64());
}

void xform::registerMatrixFunctions(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, XformDialect *) {
    EighOp::attachInterface<Bufferization<EighOp>>(*context);
    SvdOp::attachInterface<Bufferization<SvdOp>>(*context);
  });
}

void xform::nameRuntimeFunction(LLVM::LLVMFuncOp declaration) {
  auto name = cast<StringAttr>(declaration->removeAttr(kRuntimeAttr));
  auto module = declaration->getParentOfType<ModuleOp>();
  declaration.setLinkage(LLVM::Linkage::External);
  (void)SymbolTable::replaceAllSymbolUses(declaration, name, module);
  if (module.lookupSymbol(name))
    declaration.erase();
  else
    declaration.setSymName(name);
}
