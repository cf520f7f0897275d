//===- ValueNumbers.h - numbers of what is computed alike -------*- C++ -*-===//
//
// Two values of a function that come from the same values by equal operations
// have one number. It also sees that both sides of an xform.barrier are one
// value, and where an element lies behind operations that move elements: what
// is computed element by element is numbered as if moved before, and a slice of
// a concatenation as one of the part.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_LOWERING_VALUENUMBERS_H
#define XFORM_LOWERING_VALUENUMBERS_H

#include "dialect/Ops.h"

#include <map>
#include <tuple>
#include <vector>

namespace xform {

/// Whether each element of the op's one result is one of an operand.
bool movesElements(Operation *op);

class ValueNumbers {
public:
  unsigned of(Value value);
  /// The number of what an op that moves elements makes of other values than
  /// its operands, elements of type `element`. For a sum, that of the summands
  /// if they are alike, and otherwise nothing's.
  unsigned moved(Operation *op, ArrayRef<unsigned> operands, Type element);
  /// The number of nothing of a type: what a part of a concatenation has that
  /// is left out.
  unsigned nothing(Type type);
  bool isNothing(unsigned number) const;
  /// The number of what is true where the value is above 0.
  unsigned positive(unsigned number);
  /// The number of x < y for that of y < x, if the number is one of a
  /// comparison.
  std::optional<unsigned> opposite(unsigned number);

private:
  /// How a value is computed: the op's name, or the value itself where nothing
  /// is known; attributes, type, and the operands' numbers.
  using Node =
      std::tuple<const void *, mlir::Attribute, Type, std::vector<unsigned>>;
  /// An op that moves the elements of one operand.
  struct Move {
    mlir::OperationName name;
    mlir::Attribute attributes;
    RankedTensorType type;
  };

  unsigned add(Operation *op, unsigned result);
  std::optional<double> constant(unsigned number) const;
  std::optional<std::pair<double, unsigned>> scaled(unsigned number) const;
  void dropFactors(std::vector<unsigned> &sides) const;
  unsigned intern(Node node, std::optional<mlir::OperationName> name);
  unsigned movedOne(const Move &move, unsigned operand);
  std::optional<Move> broadcastOnce(const Move &move, unsigned operand) const;
  std::optional<unsigned> sliceOfPart(const Move &move, unsigned operand);

  llvm::DenseMap<Value, unsigned> numbers;
  std::map<std::tuple<const void *, const void *, const void *,
                      std::vector<unsigned>>,
           unsigned>
      known;
  std::map<std::tuple<const void *, const void *, const void *, unsigned>,
           unsigned>
      moves;
  std::vector<Node> nodes;
  std::vector<std::optional<mlir::OperationName>> names;
  /// How many operations something is being moved in front of.
  unsigned depth = 0;
};

} // namespace xform

#endif // XFORM_LOWERING_VALUENUMBERS_H
