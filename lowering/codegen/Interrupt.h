//===- Interrupt.h - stopping LLVM ------------------------------*- C++ -*-===//

#ifndef XFORM_LOWERING_CODEGEN_INTERRUPT_H
#define XFORM_LOWERING_CODEGEN_INTERRUPT_H

#include <chrono>
#include <functional>

namespace xform::codegen {

/// While it lives, whatever LLVM does on this thread asks some times in a
/// second whether to go on. Who is asked throws if not.
class Interruptible {
public:
  explicit Interruptible(std::function<void()> ask);
  Interruptible(const Interruptible &) = delete;
  Interruptible &operator=(const Interruptible &) = delete;
  ~Interruptible();

  /// Asks, if it is time to; does nothing where nobody is to be asked.
  static void poll();

private:
  std::function<void()> ask;
  std::chrono::steady_clock::time_point last;
  Interruptible *outer;
};

} // namespace xform::codegen

#endif // XFORM_LOWERING_CODEGEN_INTERRUPT_H
