//===- FenceReductions.cpp - --xform-fence-reductions ---------------------===//

#include "lowering/Passes.h"
#include "lowering/iree/OptimizationBarrier.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace xform {
#define GEN_PASS_DEF_XFORMFENCEREDUCTIONS
#include "lowering/Passes.h.inc"
} // namespace xform

namespace {

// IREE hands the loops of an op to threads by their place, from the outermost
// on. So a thread reads what it has written itself only if the loops that read
// a reduction's result begin with the loops that wrote it. Loops and dims of
// one turn do not count: IREE drops them.

/// Where a value, computed element by element of a reduction's result, has the
/// parallel loops of the reduction.
struct Order {
  /// The number of elements of the reduction's result.
  int64_t elements;
  /// A dim of the value (or, where an op reads it, a loop of the op) for each
  /// loop of the reduction, from the outermost on; none where that is lost.
  SmallVector<unsigned> dims;

  bool operator==(const Order &other) const {
    return elements == other.elements && dims == other.dims;
  }
};

using Orders = SmallVector<Order, 2>;

template <typename Dims>
SmallVector<unsigned> withoutUnits(const Dims &dims, ArrayRef<int64_t> sizes) {
  SmallVector<unsigned> kept;
  for (unsigned dim : dims)
    if (sizes[dim] != 1)
      kept.push_back(dim);
  return kept;
}

/// The order in what splits each dim into the dims of a group.
Order expanded(const Order &order, tensor::ExpandShapeOp op) {
  Order result{order.elements, {}};
  for (unsigned dim : order.dims)
    llvm::append_range(result.dims,
                       withoutUnits(op.getReassociationIndices()[dim],
                                    op.getResultType().getShape()));
  return result;
}

/// The order in what merges groups of dims. The innermost loops may have the
/// first dims of a group only: what reads the merged dim in its place reads
/// those in theirs.
Order collapsed(const Order &order, tensor::CollapseShapeOp op) {
  Order result{order.elements, {}};
  ArrayRef<unsigned> left = order.dims;
  while (!left.empty()) {
    auto groups = op.getReassociationIndices();
    auto group = llvm::find_if(groups, [&](const ReassociationIndices &dims) {
      return llvm::is_contained(dims, left.front());
    });
    SmallVector<unsigned> dims =
        withoutUnits(*group, op.getSrcType().getShape());
    ArrayRef<unsigned> found = left.take_front(dims.size());
    if (found != ArrayRef(dims).take_front(found.size()))
      return {order.elements, {}};
    result.dims.push_back(group - groups.begin());
    left = left.drop_front(found.size());
  }
  return result;
}

/// Follows the results of reductions through a module, in its order.
class Results {
public:
  void add(linalg::LinalgOp op) {
    if (op.getNumReductionLoops() != 0)
      addReduction(op);
    else
      addElementwise(op);
  }

  /// What is read in another order than it is written in.
  llvm::SetVector<Value> fenced;

private:
  void addReduction(linalg::LinalgOp op) {
    SmallVector<int64_t> sizes = op.getStaticLoopRanges();
    SmallVector<unsigned> parallel;
    op.getParallelDims(parallel);
    Order order{1, withoutUnits(parallel, sizes)};
    for (unsigned loop : order.dims)
      order.elements *= sizes[loop];
    // What has no loops is computed by one thread.
    if (!order.dims.empty())
      write(op, {order});
  }

  void addElementwise(linalg::LinalgOp op) {
    SmallVector<std::pair<Value, Orders>> operands;
    for (OpOperand &operand : op->getOpOperands())
      if (Orders orders = read(op, operand); !orders.empty())
        operands.emplace_back(operand.get(), orders);
    SmallVector<int64_t> sizes = op.getStaticLoopRanges();
    SmallVector<unsigned> loops =
        withoutUnits(llvm::seq<unsigned>(0, sizes.size()), sizes);
    auto isRight = [&](const Order &order) {
      if (!order.dims.empty() &&
          ArrayRef(loops).take_front(order.dims.size()) == ArrayRef(order.dims))
        return true;
      // IREE reorders the loops of what transposes one result.
      return operands.size() == 1 && order.elements == llvm::product_of(sizes);
    };
    Orders passed;
    for (auto &[value, orders] : operands) {
      if (!llvm::all_of(orders, isRight))
        fenced.insert(value);
      else
        for (const Order &order : orders)
          if (!llvm::is_contained(passed, order))
            passed.push_back(order);
    }
    write(op, passed);
  }

  /// The orders in the loops of an op that reads a value, as far as IREE may
  /// compute the two in one dispatch.
  Orders read(linalg::LinalgOp op, OpOperand &operand) {
    Orders orders = ordersOf(operand.get(), op->getBlock());
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!llvm::all_of(map.getResults(),
                      llvm::IsaPred<AffineDimExpr, AffineConstantExpr>))
      return {};
    for (Order &order : orders)
      for (unsigned &dim : order.dims) {
        auto loop = dyn_cast<AffineDimExpr>(map.getResult(dim));
        if (!loop)
          return {};
        dim = loop.getPosition();
      }
    return orders;
  }

  /// Notes for an op's results the orders in its loops.
  void write(linalg::LinalgOp op, const Orders &orders) {
    for (OpResult result : op->getResults()) {
      AffineMap map = op.getIndexingMapMatchingResult(result);
      for (const Order &order : orders) {
        Order &written = known[result].emplace_back(Order{order.elements, {}});
        for (unsigned loop : order.dims)
          if (auto dim = map.getResultPosition(
                  getAffineDimExpr(loop, op->getContext())))
            written.dims.push_back(*dim);
        if (written.dims.size() != order.dims.size())
          written.dims.clear();
      }
    }
  }

  Orders ordersOf(Value value, Block *block) {
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != block || fenced.contains(value))
      return {};
    Orders orders = known.lookup(value);
    if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
      for (const Order &order : ordersOf(expand.getSrc(), block))
        orders.push_back(expanded(order, expand));
    if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
      for (const Order &order : ordersOf(collapse.getSrc(), block))
        orders.push_back(collapsed(order, collapse));
    return orders;
  }

  llvm::DenseMap<Value, Orders> known;
};

struct XformFenceReductions
    : xform::impl::XformFenceReductionsBase<XformFenceReductions> {
  void runOnOperation() override {
    Results results;
    getOperation().walk([&](linalg::LinalgOp op) { results.add(op); });
    xform::fence(results.fenced);
  }
};

} // namespace
