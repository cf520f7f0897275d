//===- EvenPowers.cpp - powers that undo a root or a magnitude ------------===//
//
// |x|^2, sqrt(s)^2 and hypot(x, y)^2 are smooth, their bases have a kink. The
// chain rule multiplies the derivatives of both, and at the kink, where the
// base has none but by convention, nothing right comes of it from the second
// order on. So such powers are written without the kink, which has to be done
// before a derivative is taken; what is left of the kink are its own
// derivatives.
//
// The values stay what they are but for rounding: a base overflows or is NaN
// where what takes its place overflows or is NaN.
//
//===----------------------------------------------------------------------===//

#include "lowering/EvenPowers.h"

#include "dialect/Ops.h"
#include "dialect/SameComputation.h"
#include "dialect/Special.h"

#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;
using namespace xform;

/// How far behind a power its kink is looked for.
constexpr unsigned kDeepest = 8;
/// How many values are compared to find that two are one.
constexpr size_t kMostPairs = 64;

/// Whether the op only moves elements or converts them.
static bool movesElements(Operation *op) {
  return isa<ConvertOp, BroadcastInDimOp, ReshapeOp, TransposeOp, SliceOp,
             ReverseOp, ConcatenateOp>(op);
}

/// Whether the value is, up to smooth factors, a magnitude or a root.
static bool hasKink(Value value, unsigned depth = 0) {
  Operation *op = value.getDefiningOp();
  if (!op || depth > kDeepest || !isDifferentiable(value.getType()))
    return false;
  auto isKinked = [&](Value operand) { return hasKink(operand, depth + 1); };
  if (isa<AbsOp, HypotOp, SqrtOp>(op))
    return true;
  if (auto power = dyn_cast<HalfPowOp>(op))
    return static_cast<int64_t>(power.getExponent()) > 0;
  if (auto quotient = dyn_cast<DivOp>(op))
    return isKinked(quotient.getX());
  if (auto select = dyn_cast<SelectOp>(op))
    return isKinked(select.getX()) || isKinked(select.getY());
  return (isa<NegOp, MulOp>(op) || movesElements(op)) &&
         llvm::any_of(op->getOperands(), isKinked);
}

/// Whether both are one value that has a kink; a norm that is written twice is
/// one.
static bool isSameKink(Value x, Value y) {
  return x.getType() == y.getType() && hasKink(x) &&
         areComputedAlike(x, y, kMostPairs);
}

/// Whether no element can be below 0.
static bool isNonNegative(Value value, unsigned depth = 0) {
  Operation *op = value.getDefiningOp();
  if (!op || depth > kDeepest)
    return false;
  auto isFine = [&](Value operand) {
    return isNonNegative(operand, depth + 1);
  };
  DenseFPElementsAttr constant;
  if (matchPattern(value, m_Constant(&constant)))
    return constant.isSplat() &&
           !constant.getSplatValue<APFloat>().isNegative();
  if (isa<AbsOp, HypotOp, SqrtOp, HalfPowOp, ExpOp>(op))
    return true;
  if (auto power = dyn_cast<IntegerPowOp>(op))
    return power.getExponent() % 2 == 0 || isFine(power.getX());
  if (auto product = dyn_cast<MulOp>(op);
      product && product.getX() == product.getY())
    return true;
  return (isa<AddOp, MulOp, DivOp, MaxOp, MinOp, ReduceSumOp, ReduceMaxOp>(
              op) ||
          movesElements(op)) &&
         llvm::all_of(op->getOperands(), isFine);
}

namespace {

/// Writes squares of values that have a kink, and of others beside them.
class Squares {
public:
  Squares(PatternRewriter &rewriter, Location loc)
      : b(loc, rewriter, nullptr) {}

  Value of(Value value) {
    Operation *op = value.getDefiningOp();
    if (!hasKink(value))
      return power(value, 2);
    if (auto magnitude = dyn_cast<AbsOp>(op))
      return of(magnitude.getX());
    if (auto root = dyn_cast<SqrtOp>(op))
      return underRoot(root.getX());
    if (auto root = dyn_cast<HalfPowOp>(op))
      return power(root.getX(), static_cast<int64_t>(root.getExponent()));
    if (auto length = dyn_cast<HypotOp>(op))
      return ofLength(length);
    if (auto neg = dyn_cast<NegOp>(op))
      return of(neg.getX());
    if (auto product = dyn_cast<MulOp>(op))
      return ofProduct(product);
    if (auto quotient = dyn_cast<DivOp>(op)) {
      Value once = b.fold<DivOp>(of(quotient.getX()), quotient.getY());
      return b.fold<DivOp>(once, quotient.getY());
    }
    if (auto select = dyn_cast<SelectOp>(op))
      return b.fold<SelectOp>(select.getPred(), of(select.getX()),
                              of(select.getY()));
    SmallVector<Value> squares;
    for (Value operand : op->getOperands())
      squares.push_back(of(operand));
    OperationState state(b.getLoc(), op->getName(), squares,
                         op->getResultTypes(),
                         op->getAttrDictionary().getValue());
    return b.create(state)->getResult(0);
  }

  /// x^2 + y^2; infinite beside a NaN where the length is.
  Value ofLength(HypotOp length) {
    Value sum = b.fold<AddOp>(of(length.getX()), of(length.getY()));
    Value infinity = b.literal("inf", length.getType());
    Value isInfinite = b.fold<EqOp>(length.getResult(), infinity);
    return b.fold<SelectOp>(isInfinite, infinity, sum);
  }

  Value power(Value value, int64_t exponent) {
    return b.fold<IntegerPowOp>(value.getType(), value,
                                static_cast<uint64_t>(exponent));
  }

private:
  /// The radicand; NaN where it is negative, as the root is.
  Value underRoot(Value x) {
    if (isNonNegative(x))
      return x;
    Value isNegative = b.fold<LtOp>(x, b.zeros(x.getType()));
    return b.fold<SelectOp>(isNegative, b.literal("nan", x.getType()), x);
  }

  /// (x y)^2 as x (x y^2), which neither over- nor underflows where the result
  /// and y^2 do not.
  Value ofProduct(MulOp product) {
    Value x = product.getX(), y = product.getY();
    if (!hasKink(y))
      std::swap(x, y);
    if (!hasKink(x) || x.getDefiningOp<AbsOp>()) {
      if (auto magnitude = x.getDefiningOp<AbsOp>())
        x = magnitude.getX();
      return b.fold<MulOp>(x, b.fold<MulOp>(x, of(y)));
    }
    return b.fold<MulOp>(of(x), of(y));
  }

  RuleBuilder b;
};

} // namespace

/// An even power of what has a kink is a power of its square. So are higher odd
/// powers of a length, whose second derivatives at 0 are 0.
static LogicalResult powerOfKink(IntegerPowOp op, PatternRewriter &rewriter) {
  auto exponent = static_cast<int64_t>(op.getExponent());
  Squares squares(rewriter, op.getLoc());
  if (exponent % 2 == 0 && hasKink(op.getX())) {
    Value square = squares.of(op.getX());
    rewriter.replaceOp(op, squares.power(square, exponent / 2));
    return success();
  }
  if (exponent < 3)
    return failure();
  Value radicand;
  int64_t half = exponent;
  if (auto root = op.getX().getDefiningOp<HalfPowOp>();
      root && static_cast<int64_t>(root.getExponent()) > 0) {
    radicand = root.getX();
    half *= static_cast<int64_t>(root.getExponent());
  } else if (auto length = op.getX().getDefiningOp<HypotOp>()) {
    radicand = squares.ofLength(length);
  } else {
    return failure();
  }
  rewriter.replaceOpWithNewOp<HalfPowOp>(op, op.getType(), radicand,
                                         static_cast<uint64_t>(half));
  return success();
}

/// The same for a constant exponent that is an even number in floating point.
static LogicalResult powOfKink(PowOp op, PatternRewriter &rewriter) {
  DenseFPElementsAttr constant;
  if (!matchPattern(op.getY(), m_Constant(&constant)) || !constant.isSplat())
    return failure();
  double exponent = constant.getSplatValue<APFloat>().convertToDouble();
  // Larger powers are not worth their products.
  constexpr double kLargest = 16;
  if (!(exponent >= 2 && exponent <= kLargest) || std::fmod(exponent, 2) != 0 ||
      !hasKink(op.getX()))
    return failure();
  Squares squares(rewriter, op.getLoc());
  Value square = squares.of(op.getX());
  rewriter.replaceOp(op,
                     squares.power(square, static_cast<int64_t>(exponent / 2)));
  return success();
}

/// What a value is a product of, or of which one is divided; of large
/// products some factors.
static SmallVector<Value> factorsOf(Value value) {
  constexpr size_t kMostFactors = 8;
  SmallVector<Value> found, pending{value};
  while (!pending.empty() && found.size() < kMostFactors) {
    Value next = pending.pop_back_val();
    Operation *op = next.getDefiningOp();
    if (isa_and_nonnull<NegOp, MulOp, DivOp>(op))
      llvm::append_range(pending,
                         op->getOperands().take_front(isa<MulOp>(op) ? 2 : 1));
    else
      found.push_back(next);
  }
  return found;
}

/// A product with another value in place of one of its factors.
static Value withFactor(Value product, Value factor, Value other,
                        PatternRewriter &rewriter) {
  if (product == factor)
    return other;
  Operation *op = product.getDefiningOp();
  auto *operand = llvm::find_if(op->getOpOperands(), [&](OpOperand &operand) {
    return llvm::is_contained(factorsOf(operand.get()), factor);
  });
  Value inside = withFactor(operand->get(), factor, other, rewriter);
  Operation *clone = rewriter.clone(*op);
  clone->setOperand(operand->getOperandNumber(), inside);
  return clone->getResult(0);
}

/// Two factors of the same product that have no kink together: x and x for
/// |x| and |x|, x^n and 1 for |x|^n and sign(x) where n is odd, |x| and 1 for
/// x and sign(x), s and 1 for roots of s. Null where there are none such.
static std::pair<Value, Value> withoutKink(PatternRewriter &rewriter, Value x,
                                           Value y) {
  auto alike = [](Value one, Value other) {
    return areComputedAlike(one, other, kMostPairs);
  };
  RuleBuilder b(x.getLoc(), rewriter, nullptr);
  auto first = x.getDefiningOp<AbsOp>(), second = y.getDefiningOp<AbsOp>();
  if (first && second && alike(first.getX(), second.getX()))
    return {first.getX(), second.getX()};
  if (isSameKink(x, y))
    return {Squares(rewriter, x.getLoc()).of(x), b.literal("1", y.getType())};
  // A zero's sign is dropped by adding 0.
  Value signs = y;
  if (auto sum = y.getDefiningOp<AddOp>(); sum && isSplat(sum.getY(), 0))
    signs = sum.getX();
  auto sign = signs.getDefiningOp<SignOp>();
  if (!sign)
    return {};
  if (alike(x, sign.getX()))
    return {b.fold<AbsOp>(x), b.literal("1", y.getType())};
  int64_t exponent = 1;
  if (auto power = x.getDefiningOp<IntegerPowOp>()) {
    exponent = static_cast<int64_t>(power.getExponent());
    first = power.getX().getDefiningOp<AbsOp>();
  }
  if (!first || exponent % 2 == 0 || !alike(first.getX(), sign.getX()))
    return {};
  Value odd = b.fold<IntegerPowOp>(x.getType(), first.getX(),
                                   static_cast<uint64_t>(exponent));
  return {signs == y ? odd : b.fold<AddOp>(odd, b.zeros(x.getType())),
          b.literal("1", y.getType())};
}

/// The exponent, in halves, of the product of x, a whole power of s, and y,
/// half a power of s.
static std::optional<int64_t> halves(Value x, Value y) {
  auto root = y.getDefiningOp<HalfPowOp>();
  if (!root || static_cast<int64_t>(root.getExponent()) < 0)
    return std::nullopt;
  auto exponent = static_cast<int64_t>(root.getExponent());
  if (areComputedAlike(x, root.getX(), kMostPairs))
    return exponent + 2;
  auto power = x.getDefiningOp<IntegerPowOp>();
  if (!power || static_cast<int64_t>(power.getExponent()) < 0 ||
      !areComputedAlike(power.getX(), root.getX(), kMostPairs))
    return std::nullopt;
  return exponent + 2 * static_cast<int64_t>(power.getExponent());
}

/// The same for products: v v, (c v) v, s^m s^(n/2), and (a v) (b v).
static LogicalResult productOfKinks(MulOp op, PatternRewriter &rewriter) {
  if (!isDifferentiable(op.getType()))
    return failure();
  Squares squares(rewriter, op.getLoc());
  if (isSameKink(op.getX(), op.getY())) {
    rewriter.replaceOp(op, squares.of(op.getX()));
    return success();
  }
  SmallVector<Value> firsts = factorsOf(op.getX()),
                     seconds = factorsOf(op.getY());
  for (Value first : firsts)
    for (Value second : seconds)
      for (auto [x, y] : {std::pair(first, second), {second, first}}) {
        auto [newX, newY] = withoutKink(rewriter, x, y);
        if (!newX)
          continue;
        if (x != first)
          std::swap(newX, newY);
        rewriter.replaceOpWithNewOp<MulOp>(
            op, withFactor(op.getX(), first, newX, rewriter),
            withFactor(op.getY(), second, newY, rewriter));
        return success();
      }
  for (auto [x, y] :
       {std::pair(op.getX(), op.getY()), {op.getY(), op.getX()}}) {
    if (std::optional<int64_t> sum = halves(x, y)) {
      auto root = y.getDefiningOp<HalfPowOp>();
      rewriter.replaceOpWithNewOp<HalfPowOp>(op, op.getType(), root.getX(),
                                             static_cast<uint64_t>(*sum));
      return success();
    }
  }
  return failure();
}

/// The product of a vector of lengths with itself is a sum of squares.
static LogicalResult dotOfKink(DotGeneralOp op, PatternRewriter &rewriter) {
  auto rank = cast<RankedTensorType>(op.getLhs().getType()).getRank();
  ArrayRef<int64_t> contracted = op.getLhsContracting();
  if (!op.getLhsBatch().empty() || contracted != op.getRhsContracting() ||
      static_cast<int64_t>(contracted.size()) != rank ||
      !isSameKink(op.getLhs(), op.getRhs()))
    return failure();
  Value square = Squares(rewriter, op.getLoc()).of(op.getLhs());
  rewriter.replaceOpWithNewOp<ReduceSumOp>(op, square, axesUpTo(rank));
  return success();
}

/// cos and sinc of a root are smooth in what is under it.
template <typename Even>
static LogicalResult evenOfRoot(Even op, PatternRewriter &rewriter) {
  int64_t order = -1;
  if constexpr (std::is_same_v<Even, SincOp>) {
    order = static_cast<int64_t>(op.getOrder());
    if (order != 0)
      return failure();
  }
  if (!hasKink(op.getX()))
    return failure();
  Value square = Squares(rewriter, op.getLoc()).of(op.getX());
  rewriter.replaceOpWithNewOp<SincOfRootOp>(op, op.getType(), square,
                                            static_cast<uint64_t>(order));
  return success();
}

/// A value of the same magnitude without an `abs` in it; null where it has
/// none.
static Value withoutAbs(Value value, PatternRewriter &rewriter,
                        unsigned depth = 0) {
  Operation *op = value.getDefiningOp();
  if (!op || depth > kDeepest)
    return {};
  if (auto magnitude = dyn_cast<AbsOp>(op))
    return magnitude.getX();
  if (!isa<NegOp, MulOp, DivOp, ConvertOp, BroadcastInDimOp, ReshapeOp>(op))
    return {};
  for (OpOperand &operand : op->getOpOperands()) {
    Value inside = withoutAbs(operand.get(), rewriter, depth + 1);
    if (!inside)
      continue;
    Operation *clone = rewriter.clone(*op);
    clone->setOperand(operand.getOperandNumber(), inside);
    return clone->getResult(0);
  }
  return {};
}

/// cos(|x|) is cos(x), and so for other even functions.
template <typename Even>
static LogicalResult evenOfAbs(Even op, PatternRewriter &rewriter) {
  if constexpr (std::is_same_v<Even, SincOp>)
    if (op.getOrder() % 2)
      return failure();
  auto x = withoutAbs(op.getX(), rewriter);
  if (!x)
    return failure();
  rewriter.modifyOpInPlace(op, [&] { op.getXMutable().assign(x); });
  return success();
}

/// The root of an even power of x is a power of x, or of |x|.
static LogicalResult rootOfSquare(SqrtOp op, PatternRewriter &rewriter) {
  Value x;
  int64_t exponent = 1;
  if (auto product = op.getX().getDefiningOp<MulOp>();
      product && product.getX() == product.getY()) {
    x = product.getX();
  } else if (auto power = op.getX().getDefiningOp<IntegerPowOp>();
             power && power.getExponent() % 2 == 0) {
    x = power.getX();
    exponent = static_cast<int64_t>(power.getExponent()) / 2;
  } else {
    return failure();
  }
  if (exponent % 2)
    x = AbsOp::create(rewriter, op.getLoc(), x);
  rewriter.replaceOp(op, Squares(rewriter, op.getLoc()).power(x, exponent));
  return success();
}

/// |c x| is |c| |x| for a constant c, so that it is seen beside other |x|.
static LogicalResult absOfScaled(AbsOp op, PatternRewriter &rewriter) {
  if (!isDifferentiable(op.getType()))
    return failure();
  if (auto neg = op.getX().getDefiningOp<NegOp>()) {
    rewriter.replaceOpWithNewOp<AbsOp>(op, neg.getX());
    return success();
  }
  auto product = op.getX().getDefiningOp<MulOp>();
  if (!product)
    return failure();
  for (auto [x, c] : {std::pair(product.getX(), product.getY()),
                      {product.getY(), product.getX()}}) {
    DenseFPElementsAttr constant;
    if (!matchPattern(c, m_Constant(&constant)) || !constant.isSplat())
      continue;
    auto size = DenseElementsAttr::get(constant.getType(),
                                       abs(constant.getSplatValue<APFloat>()));
    Value factor = ConstantOp::create(rewriter, op.getLoc(), size);
    Value magnitude = AbsOp::create(rewriter, op.getLoc(), x);
    rewriter.replaceOpWithNewOp<MulOp>(op, magnitude, factor);
    return success();
  }
  return failure();
}

/// max(x, -x) is |x|.
static LogicalResult maxOfOpposites(MaxOp op, PatternRewriter &rewriter) {
  if (!isDifferentiable(op.getType()))
    return failure();
  auto isOpposite = [](Value x, Value y) {
    auto neg = y.getDefiningOp<NegOp>();
    return neg && neg.getX() == x;
  };
  if (isOpposite(op.getX(), op.getY()))
    rewriter.replaceOpWithNewOp<AbsOp>(op, op.getX());
  else if (isOpposite(op.getY(), op.getX()))
    rewriter.replaceOpWithNewOp<AbsOp>(op, op.getY());
  else
    return failure();
  return success();
}

void xform::populateEvenPowerPatterns(RewritePatternSet &patterns) {
  patterns.add(powerOfKink).add(powOfKink).add(productOfKinks).add(dotOfKink);
  patterns.add(evenOfRoot<CosOp>).add(evenOfRoot<SincOp>);
  patterns.add(rootOfSquare).add(absOfScaled).add(maxOfOpposites);
  // A magnitude needs no root.
  constexpr unsigned kFirst = 2;
  patterns.add(evenOfAbs<CosOp>, kFirst).add(evenOfAbs<CoshOp>, kFirst);
  patterns.add(evenOfAbs<SincOp>, kFirst);
}
