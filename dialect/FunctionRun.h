//===- FunctionRun.h - how an op runs a function ----------------*- C++ -*-===//
//
// What analyses of programs know of an op that runs functions of the module:
// HigherOrderOpInterface describes each of them so.
//
//===----------------------------------------------------------------------===//

#ifndef XFORM_DIALECT_FUNCTIONRUN_H
#define XFORM_DIALECT_FUNCTIONRUN_H

#include "mlir/IR/BuiltinAttributes.h"

#include "llvm/ADT/SmallVector.h"

namespace xform {

/// What is passed for an argument of a function.
struct ArgumentSource {
  enum class Kind {
    /// An operand of the op, or a row of it. Where the argument is carried, so
    /// it is in the first turn.
    kOperand,
    /// The tangent of an operand.
    kTangent,
    /// A result of the function in front of this one.
    kResidual,
    /// A cotangent, or its like, of whoever runs the function as a rule.
    kGiven
  };

  Kind kind;
  /// The number of the operand or result.
  size_t number = 0;
};

struct FunctionRun {
  enum class Frequency {
    kOnce,
    /// As often as `steps` says.
    kSteps,
    /// As often as a function says that is run as well.
    kWhile,
    /// Once, if it is the chosen one of those that are marked so.
    kChosen,
    /// Not the function is run, but what a transform makes of it.
    kTransformed,
    /// Only in place of a derivative that it is the rule for.
    kRule
  };

  mlir::FlatSymbolRefAttr function;
  Frequency frequency;
  // NOLINTNEXTLINE(readability-redundant-member-init): GCC asks for it.
  llvm::SmallVector<ArgumentSource> arguments = {};
  /// Whether the op's first results are those of the function: as they are,
  /// those of the last turn where they are carried, stacked, or batched.
  bool givesResults = true;
  /// How many of the first arguments are carried: from the second turn on they
  /// are the first results of the function that gives the op's.
  size_t carried = 0;
  /// ShapedType::kDynamic if it is not known.
  int64_t steps = 1;

  /// Takes some of the op's operands as the next arguments.
  FunctionRun &
  takes(size_t first, size_t count,
        ArgumentSource::Kind kind = ArgumentSource::Kind::kOperand) {
    for (size_t i = 0; i < count; ++i)
      arguments.push_back({kind, first + i});
    return *this;
  }

  /// What values are as arguments: `operands` says what the op's operands are,
  /// `residuals` what the function in front returns, `given` what is given.
  template <typename T>
  llvm::SmallVector<T> argumentsOf(llvm::ArrayRef<T> operands,
                                   llvm::ArrayRef<T> residuals, T given) const {
    llvm::SmallVector<T> values;
    for (ArgumentSource source : arguments)
      switch (source.kind) {
      case ArgumentSource::Kind::kOperand:
      case ArgumentSource::Kind::kTangent:
        values.push_back(operands[source.number]);
        break;
      case ArgumentSource::Kind::kResidual:
        values.push_back(residuals[source.number]);
        break;
      case ArgumentSource::Kind::kGiven:
        values.push_back(given);
        break;
      }
    return values;
  }
};

} // namespace xform

#endif // XFORM_DIALECT_FUNCTIONRUN_H
