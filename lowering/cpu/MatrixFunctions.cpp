//===- MatrixFunctions.cpp - calls of the runtime's functions -------------===//

#include "lowering/cpu/MatrixFunctions.h"

#include "dialect/LinearAlgebra.h"
#include "dialect/Matrices.h"
#include "dialect/Work.h"
#include "lowering/codegen/runtime/matrices/Scratch.h"
#include "lowering/cpu/Stop.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
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

/// A function, which is given the operands, these results, scratch memory if it
/// needs some and where in it, these numbers, and which matrices to work on.
struct Callee {
  StringRef name;
  SmallVector<OpResult> results;
  int64_t scratch;
  SmallVector<int64_t> numbers;
};

/// Writes the calls for one operation.
class Calls {
public:
  Calls(RewriterBase &rewriter, Operation *op, Callee callee)
      : b(op->getLoc(), rewriter), op(op), callee(std::move(callee)) {
    auto type = cast<RankedTensorType>(op->getOperand(0).getType());
    element = type.getElementType();
    for (int64_t size : type.getShape().drop_back(2))
      matrices *= size;
  }

  void write(SmallVector<Value> buffers,
             function_ref<Value(MemRefType)> allocate) {
    int64_t bytes = callee.scratch * element.getIntOrFloatBitWidth() / 8;
    int64_t turns = std::min(
        matrices, std::clamp(kBytesOfTurns / std::max<int64_t>(bytes, 1),
                             kFewTurns, kMostTurns));
    int64_t each = llvm::divideCeil(matrices, turns);
    turns = llvm::divideCeil(matrices, each);
    if (callee.scratch > 0)
      buffers.push_back(
          allocate(MemRefType::get({turns * callee.scratch}, element)));
    auto word = MemRefType::get({kStopWords}, b.getI32Type());
    goOn = allocate(word);
    Value zero = arith::ConstantIntOp::create(b, 0, /*width=*/32);
    linalg::FillOp::create(b, zero, goOn);
    if (turns == 1) {
      call(buffers, number(0), number(matrices), number(0), matrices);
      return;
    }
    auto loop = scf::ForOp::create(b, number(0), number(turns), number(1));
    loop->setAttr(kIndependentAttr, b.getUnitAttr());
    b.setInsertionPointToStart(loop.getBody());
    Value turn = loop.getInductionVar();
    Value first = arith::MulIOp::create(b, turn, number(each));
    Value behind = arith::AddIOp::create(b, first, number(each));
    Value last = arith::MinUIOp::create(b, behind, number(matrices));
    call(buffers, first, last,
         arith::MulIOp::create(b, turn, number(callee.scratch)), each);
  }

private:
  Value number(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }

  void call(ArrayRef<Value> buffers, Value first, Value last, Value offset,
            int64_t count) {
    SmallVector<Value> operands(buffers);
    if (callee.scratch > 0)
      operands.push_back(offset);
    for (int64_t value : callee.numbers)
      operands.push_back(number(value));
    operands.append({first, last, goOn});
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
  int64_t matrices = 1;
  /// A word that never says to stop.
  Value goOn;
  Type element;
};

Callee calleeOf(CholeskyOp op) {
  int64_t n = rowCount(op.getX());
  return {"cholesky", {op->getResult(0)}, matrices::choleskyScratch(n), {n}};
}

Callee calleeOf(TriangularSolveOp op) {
  int64_t n = rowCount(op.getA());
  bool onRight = !op.getLeftSide();
  int64_t m = onRight ? rowCount(op.getB()) : columnCount(op.getB());
  return {onRight ? "solve_right" : "solve_left",
          {op->getResult(0)},
          onRight ? matrices::triangularScratch(n, m) : 0,
          {n, m, op.getLower(), op.getTransposeA(), op.getUnitDiagonal()}};
}

Callee calleeOf(LuOp op) {
  return {"lu",
          llvm::to_vector(op->getResults()),
          /*scratch=*/0,
          {rowCount(op.getX()), columnCount(op.getX())}};
}

Callee calleeOf(QrOp op) {
  int64_t m = rowCount(op.getX()), n = columnCount(op.getX());
  return {"qr",
          llvm::to_vector(op->getResults()),
          matrices::qrScratch(m, n),
          {m, n, columnCount(op.getQ())}};
}

Callee calleeOf(EighOp op) {
  int64_t n = rowCount(op.getX()), scratch = matrices::eighScratch(n);
  if (op.getV().use_empty())
    return {"eigvalsh", {op->getResult(0)}, scratch, {n}};
  return {"eigh", llvm::to_vector(op->getResults()), scratch, {n}};
}

Callee calleeOf(SchurOp op) {
  int64_t n = rowCount(op.getX());
  return {"schur",
          llvm::to_vector(op->getResults()),
          matrices::schurScratch(n),
          {n}};
}

Callee calleeOf(EigOp op) {
  int64_t n = rowCount(op.getX());
  if (op.getVr().use_empty() && op.getVi().use_empty())
    return {"eigvals",
            llvm::to_vector(op->getResults().take_front(2)),
            matrices::eigvalsScratch(n),
            {n}};
  return {
      "eig", llvm::to_vector(op->getResults()), matrices::eigScratch(n), {n}};
}

Callee calleeOf(SvdOp op) {
  int64_t n = rowCount(op.getX()), scratch = matrices::svdScratch(n);
  if (op.getU().use_empty() && op.getVt().use_empty())
    return {"svdvals", {op->getResult(1)}, scratch, {n}};
  return {"svd", llvm::to_vector(op->getResults()), scratch, {n}};
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
    SmallVector<Value> given, buffers;
    for (Value operand : op->getOperands()) {
      FailureOr<Value> x =
          bufferization::getBuffer(rewriter, operand, options, state);
      if (failed(x))
        return failure();
      given.push_back(*x);
      // The functions read matrices that lie one behind the other.
      auto type = cast<MemRefType>(x->getType());
      if (type.getLayout().isIdentity())
        continue;
      given.back() =
          allocate(MemRefType::get(type.getShape(), type.getElementType()));
      memref::CopyOp::create(rewriter, op->getLoc(), *x, given.back());
    }
    Callee callee = calleeOf(cast<OpTy>(op));
    for (OpResult result : op->getResults()) {
      auto type = cast<RankedTensorType>(result.getType());
      buffers.push_back(
          allocate(MemRefType::get(type.getShape(), type.getElementType())));
      if (llvm::is_contained(callee.results, result))
        given.push_back(buffers.back());
    }
    Calls(rewriter, op, callee).write(given, allocate);
    bufferization::replaceOpWithBufferizedValues(rewriter, op, buffers);
    return success();
  }
};

template <typename... OpTys> void attach(MLIRContext &context) {
  (OpTys::template attachInterface<Bufferization<OpTys>>(context), ...);
}

} // namespace

bool xform::isMatrixFunction(Operation *op) {
  if (!isa<CholeskyOp, TriangularSolveOp, LuOp, QrOp, EighOp, SchurOp, EigOp,
           SvdOp>(op))
    return false;
  Value x = op->getOperand(0);
  Type element = tensorType(x).getElementType();
  bool isWhole = llvm::all_of(op->getOperandTypes(), [](Type type) {
    auto tensor = cast<RankedTensorType>(type);
    return tensor.hasStaticShape() && tensor.getNumElements() > 0;
  });
  return isWhole && (element.isF32() || element.isF64()) &&
         (!isa<EighOp, SvdOp>(op) || rowCount(x) == columnCount(x));
}

void xform::registerMatrixFunctions(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, XformDialect *) {
    attach<CholeskyOp, TriangularSolveOp, LuOp, QrOp, EighOp, SchurOp, EigOp,
           SvdOp>(*context);
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
