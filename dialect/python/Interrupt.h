//===- Interrupt.h - Ctrl-C while passes run --------------------*- C++ -*-===//

#ifndef XFORM_DIALECT_PYTHON_INTERRUPT_H
#define XFORM_DIALECT_PYTHON_INTERRUPT_H

#include "mlir/IR/MLIRContext.h"

#include <chrono>
#include <exception>

namespace xform::python {

/// While it lives, Python's signal handlers are asked some times in a second
/// whether what passes do in a context is to go on. If not, no pass begins any
/// more and no pattern applies, so that the one that runs comes to an end.
class Interruptible {
public:
  explicit Interruptible(mlir::MLIRContext *context);
  Interruptible(const Interruptible &) = delete;
  Interruptible &operator=(const Interruptible &) = delete;
  ~Interruptible();

  /// Throws what a handler raised. What passes left is of no use then.
  void finish() const;

private:
  void ask();

  mlir::MLIRContext *context;
  std::chrono::steady_clock::time_point last;
  unsigned actions = 0;
  std::exception_ptr raised;
};

} // namespace xform::python

#endif // XFORM_DIALECT_PYTHON_INTERRUPT_H
