//===- LinkStubs.cpp - what lld refers to and we do not use ---------------===//
//
// lld can compile bitcode, for which it has optimisations of whole programs and
// registers all targets of LLVM and their assemblers. It is only given objects
// here. With these functions in place of LLVM's and lld's own, the extension is
// spared tens of megabytes of them.
//
//===----------------------------------------------------------------------===//

#include "llvm/LTO/LTO.h"
#include "llvm/Support/ErrorHandling.h"

using namespace llvm;

[[noreturn]] static void givenBitcode() {
  reportFatalInternalError("the linker was given bitcode");
}

namespace llvm::lto {

Expected<std::unique_ptr<InputFile>> InputFile::create(MemoryBufferRef) {
  givenBitcode();
}
InputFile::~InputFile() = default;
StringRef InputFile::getName() const { givenBitcode(); }
SmallVector<const char *> LTO::getRuntimeLibcallSymbols(const Triple &) {
  givenBitcode();
}

} // namespace llvm::lto

namespace lld::elf {

struct Ctx;
class BitcodeFile;

class InputFile {
public:
  virtual ~InputFile();
};

// One is always made, asked to compile what it has been given, and destroyed.
// As declared in lld/ELF/LTO.h, which Debian's package of lld has not.
class BitcodeCompiler {
public:
  explicit BitcodeCompiler(Ctx &);
  ~BitcodeCompiler(); // NOLINT(performance-trivially-destructible): called
  void add(BitcodeFile &);
  SmallVector<std::unique_ptr<InputFile>, 0> compile();
};

BitcodeCompiler::BitcodeCompiler(Ctx &) {}
BitcodeCompiler::~BitcodeCompiler() = default;
void BitcodeCompiler::add(BitcodeFile &) { givenBitcode(); }
SmallVector<std::unique_ptr<InputFile>, 0> BitcodeCompiler::compile() {
  return {};
}

} // namespace lld::elf

// lld sets all of LLVM's options to what they are by default, and parses those
// that it is given for LLVM, of which there are none. Other threads may be
// reading them, so it is these functions that it calls (-Wl,--wrap).

void resetOptions() asm("__wrap__ZN4llvm2cl25ResetAllOptionOccurrencesEv");
bool parseOptions() asm(
    "__wrap__ZN4llvm2cl23ParseCommandLineOptionsEiPKPKcNS_9"
    "StringRefEPNS_11raw_ostreamEPNS_3vfs10FileSystemES2_b");

void resetOptions() {}
bool parseOptions() { return true; }

// Targets.

#define XFORM_UNUSED(TARGET, PART)                                             \
  extern "C" void LLVMInitialize##TARGET##PART() {}
#define XFORM_UNUSED_TARGET(TARGET)                                            \
  XFORM_UNUSED(TARGET, TargetInfo)                                             \
  XFORM_UNUSED(TARGET, Target)                                                 \
  XFORM_UNUSED(TARGET, TargetMC)                                               \
  XFORM_UNUSED(TARGET, AsmPrinter)                                             \
  XFORM_UNUSED(TARGET, AsmParser)

XFORM_UNUSED(X86, AsmParser)
XFORM_UNUSED(AArch64, AsmParser)
XFORM_UNUSED(RISCV, AsmParser)

XFORM_UNUSED_TARGET(AMDGPU)
XFORM_UNUSED_TARGET(ARM)
XFORM_UNUSED_TARGET(AVR)
XFORM_UNUSED_TARGET(BPF)
XFORM_UNUSED_TARGET(Hexagon)
XFORM_UNUSED_TARGET(Lanai)
XFORM_UNUSED_TARGET(LoongArch)
XFORM_UNUSED_TARGET(M68k)
XFORM_UNUSED_TARGET(MSP430)
XFORM_UNUSED_TARGET(Mips)
XFORM_UNUSED_TARGET(NVPTX)
XFORM_UNUSED_TARGET(PowerPC)
XFORM_UNUSED_TARGET(SPIRV)
XFORM_UNUSED_TARGET(Sparc)
XFORM_UNUSED_TARGET(SystemZ)
XFORM_UNUSED_TARGET(VE)
XFORM_UNUSED_TARGET(WebAssembly)
XFORM_UNUSED_TARGET(XCore)
XFORM_UNUSED_TARGET(Xtensa)
