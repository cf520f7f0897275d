//===- Interrupt.cpp - stopping LLVM --------------------------------------===//

#include "lowering/codegen/Interrupt.h"

namespace xform::codegen {

constexpr std::chrono::milliseconds kBetween(50);

static thread_local Interruptible *current = nullptr;

Interruptible::Interruptible(std::function<void()> ask)
    : ask(std::move(ask)), last(std::chrono::steady_clock::now()),
      outer(current) {
  current = this;
}

Interruptible::~Interruptible() { current = outer; }

void Interruptible::poll() {
  if (!current)
    return;
  auto now = std::chrono::steady_clock::now();
  if (now - current->last < kBetween)
    return;
  current->last = now;
  current->ask();
}

} // namespace xform::codegen
