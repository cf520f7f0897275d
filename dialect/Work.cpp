//===- Work.cpp - what operations cost ------------------------------------===//

#include "dialect/Work.h"

#include "dialect/Bits.h"
#include "dialect/Cumulative.h"
#include "dialect/Indexing.h"
#include "dialect/Kinks.h"
#include "dialect/LinearAlgebra.h"
#include "dialect/Opaque.h"
#include "dialect/Ordering.h"
#include "dialect/Random.h"
#include "dialect/Special.h"
#include "dialect/Windows.h"

#include <cmath>

using namespace mlir;
using namespace xform;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

static double product(ArrayRef<int64_t> sizes) {
  double count = 1;
  for (int64_t size : sizes)
    count *= ShapedType::isDynamic(size) ? 1 : static_cast<double>(size);
  return count;
}

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static double elementsOf(Value value) { return product(shapeOf(value)); }

double xform::bytesOf(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return product(tensor.getShape()) *
         std::max<double>(tensor.getElementTypeBitWidth() / 8.0, 1);
}

//===----------------------------------------------------------------------===//
// What an op takes by itself
//===----------------------------------------------------------------------===//

/// An op that computes these numbers and reads and writes each value once.
static Work workOfFlops(Operation *op, double flops, double weight = 1) {
  Work work{flops, weight * flops};
  for (Value value : llvm::concat<Value>(op->getOperands(), op->getResults()))
    work.bytes += bytesOf(value.getType());
  return work;
}

/// The elements of the largest operand or result.
static double mostElements(Operation *op) {
  double most = 0;
  for (Value value : llvm::concat<Value>(op->getOperands(), op->getResults()))
    most = std::max(most, elementsOf(value));
  return most;
}

static Work workOfMovement(Operation *op) {
  Work work = workOfFlops(op, /*flops=*/0);
  work.additions = mostElements(op);
  return work;
}

static Work workOfArithmetic(Operation *op) {
  return workOfFlops(op, mostElements(op));
}

static Work workOfDivision(Operation *op) {
  return workOfFlops(op, mostElements(op), kDivision);
}

static Work workOfTranscendental(Operation *op) {
  return workOfFlops(op, mostElements(op), kTranscendental);
}

template <typename OpTy> static Work workOfWindows(OpTy op) {
  return workOfFlops(op, elementsOf(op.getResult()) * product(op.getWindow()));
}

static Work workOfCustom(DotGeneralOp op) {
  double flops = 2 * elementsOf(op.getResult());
  for (int64_t axis : op.getLhsContracting())
    flops *= product(shapeOf(op.getLhs())[axis]);
  return workOfFlops(op, flops);
}

static Work workOfCustom(ConvOp op) {
  // An element reads one window: the kernel's last axes but for those of groups
  // and outputs.
  ArrayRef<int64_t> window =
      shapeOf(op.getRhs()).take_back(op.getStrides().size() + 1);
  return workOfFlops(op, 2 * elementsOf(op.getResult()) * product(window));
}

static Work workOfCustom(CholeskyOp op) {
  return workOfFlops(op, elementsOf(op.getX()) *
                             product(shapeOf(op.getX()).take_back()) / 3);
}

static Work workOfCustom(TriangularSolveOp op) {
  return workOfFlops(op, elementsOf(op.getB()) *
                             product(shapeOf(op.getA()).take_back()));
}

static Work workOfCustom(LuOp op) {
  ArrayRef<int64_t> sizes = shapeOf(op.getX()).take_back(2);
  double least = std::min(product(sizes[0]), product(sizes[1]));
  return workOfFlops(op, elementsOf(op.getX()) * least * 2 / 3);
}

static Work workOfCustom(QrOp op) {
  double k = std::min(product(shapeOf(op.getX()).take_back(2)[0]),
                      product(shapeOf(op.getX()).take_back(2)[1]));
  return workOfFlops(op,
                     2 * k * (elementsOf(op.getX()) + elementsOf(op.getQ())));
}

/// Of the iterations, about so many times the cube of the size.
static Work workOfCubes(Operation *op, double cubes) {
  Value x = op->getOperand(0);
  return workOfFlops(op,
                     cubes * elementsOf(x) * product(shapeOf(x).take_back()));
}

static Work workOfCustom(EighOp op) { return workOfCubes(op, /*cubes=*/9); }

static Work workOfCustom(SchurOp op) { return workOfCubes(op, /*cubes=*/25); }

static Work workOfCustom(EigOp op) { return workOfCubes(op, /*cubes=*/30); }

static Work workOfCustom(SvdOp op) {
  constexpr double kCubes = 20;
  double k = std::min(product(shapeOf(op.getX()).take_back(2)[0]),
                      product(shapeOf(op.getX()).take_back(2)[1]));
  return workOfFlops(op, kCubes * k * elementsOf(op.getX()));
}

static Work workOfCustom(LuSolveOp op) {
  return workOfFlops(op, 2 * elementsOf(op.getB()) *
                             product(shapeOf(op.getA()).take_back()));
}

static Work workOfCustom(SortOp op) {
  double comparisons = 0, moves = 0;
  for (auto [number, x] : llvm::enumerate(op.getXs())) {
    double rows = product(shapeOf(x)[op.getAxis()]);
    double turns = std::ceil(std::log2(std::max(rows, 2.0)));
    moves += elementsOf(x) * turns;
    if (number < op.getNumKeys())
      comparisons += elementsOf(x) * turns;
  }
  Work work = workOfFlops(op, comparisons);
  work.additions += moves;
  return work;
}

/// As the op's record says; none for what is no primitive.
static std::optional<Work> workByRecord(Operation *op) {
#include "dialect/Work.cpp.inc"
  return std::nullopt;
}

Work xform::ownWorkOf(Operation *op) {
  if (std::optional<Work> work = workByRecord(op))
    return *work;
  if (auto call = dyn_cast<CallModuleOp>(op))
    return {static_cast<double>(call.getFlops()),
            static_cast<double>(call.getAdditions()),
            static_cast<double>(call.getBytes())};
  // A barrier moves its operands at most.
  bool isOurs = isa_and_present<XformDialect>(op->getDialect());
  return isOurs && !isa<HigherOrderOpInterface>(op) ? workOfMovement(op)
                                                    : Work();
}

//===----------------------------------------------------------------------===//
// With what it runs
//===----------------------------------------------------------------------===//

Work xform::workOf(func::FuncOp function) {
  Work work;
  for (Operation &op : function.getOps())
    work += workOf(&op);
  return work;
}

Work xform::workOf(Operation *op) {
  auto runner = dyn_cast<HigherOrderOpInterface>(op);
  if (!runner)
    return ownWorkOf(op);
  Work work, chosen;
  for (const FunctionRun &run : runner.functionRuns()) {
    auto function =
        SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, run.function);
    if (!function || run.frequency == FunctionRun::Frequency::kRule)
      continue;
    Work once = workOf(function);
    if (run.frequency != FunctionRun::Frequency::kChosen)
      work += once * product(run.steps);
    else if (once.additions >= chosen.additions)
      chosen = once;
  }
  work += chosen;
  return work;
}
