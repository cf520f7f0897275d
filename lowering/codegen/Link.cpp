//===- Link.cpp - objects to a shared object, by lld ----------------------===//

#include "lowering/codegen/Emit.h"
#include "lowering/codegen/Error.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/CrashRecoveryContext.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

using namespace llvm;

LLD_HAS_DRIVER(elf)

namespace xform::codegen {

namespace {

[[noreturn]] void failed(const char *what) {
  throw CodegenError(std::string("cannot ") + what +
                     " for the linker: " + strerror(errno));
}

std::string pathOf(int descriptor) {
  return "/proc/self/fd/" + std::to_string(descriptor);
}

/// An object as a file in memory, which has a path as long as it is open.
class MemoryFile {
public:
  explicit MemoryFile(const Object &content)
      : descriptor(memfd_create("xform", MFD_CLOEXEC)) {
    if (descriptor < 0)
      failed("make a file in memory");
    for (size_t at = 0; at < content.size();) {
      ssize_t written =
          write(descriptor, content.data() + at, content.size() - at);
      if (written < 0 && errno != EINTR) {
        close(descriptor);
        failed("write a file in memory");
      }
      at += std::max<ssize_t>(written, 0);
    }
  }
  MemoryFile(const MemoryFile &) = delete;
  MemoryFile &operator=(const MemoryFile &) = delete;
  ~MemoryFile() { close(descriptor); }

  std::string path() const { return pathOf(descriptor); }

private:
  int descriptor;
};

/// Receives what is written to a path. lld makes regular files under other
/// names beside it, for which there is no place here, but writes to a pipe.
class Receiver {
public:
  Receiver() {
    if (pipe2(ends, O_CLOEXEC) < 0)
      failed("make a pipe");
    reader = std::thread([this] { receive(); });
  }
  Receiver(const Receiver &) = delete;
  Receiver &operator=(const Receiver &) = delete;
  ~Receiver() { finish(); }

  std::string path() const { return pathOf(ends[1]); }

  /// What was written, when nobody writes any more.
  Object &finish() {
    if (reader.joinable()) {
      close(ends[1]);
      reader.join();
      close(ends[0]);
    }
    return content;
  }

private:
  void receive() {
    constexpr size_t step = size_t(1) << 16;
    size_t size = 0;
    while (true) {
      content.resize_for_overwrite(size + step);
      ssize_t got = read(ends[0], content.data() + size, step);
      if (got == 0 || (got < 0 && errno != EINTR))
        break;
      size += std::max<ssize_t>(got, 0);
    }
    content.truncate(size);
  }

  int ends[2];
  Object content;
  std::thread reader;
};

/// Runs lld, which has one state for the process.
void runLld(ArrayRef<const char *> arguments) {
  static std::mutex *mutex = new std::mutex;
  static bool usable = true;
  std::lock_guard<std::mutex> lock(*mutex);
  if (!usable)
    throw CodegenError("the linker failed before and cannot run again");
  std::string messages;
  raw_string_ostream os(messages);
  usable = false;
  lld::Result result;
  {
    // Where lld would end the process, it comes back here instead.
    CrashRecoveryContext::Enable();
    scope_exit disable([] { CrashRecoveryContext::Disable(); });
    result = lld::lldMain(arguments, os, os, {{lld::Gnu, &lld::elf::link}});
  }
  usable = result.canRunAgain;
  if (result.retCode != 0 || !usable)
    throw CodegenError("the linker failed: " +
                       StringRef(messages).trim().str());
}

} // namespace

Object linkShared(ArrayRef<const Object *> objects, bool strip) {
  SmallVector<std::string> paths;
  std::vector<std::unique_ptr<MemoryFile>> inputs;
  for (const Object *object : objects) {
    inputs.push_back(std::make_unique<MemoryFile>(*object));
    paths.push_back(inputs.back()->path());
  }
  Receiver output;
  std::string outputPath = output.path();
  // As IREE links its own: nothing is imported, nothing bound later, and the
  // table of symbols is one that its loader reads.
  SmallVector<const char *> arguments = {"ld.lld",
                                         "-shared",
                                         "-static",
                                         "-nostdlib",
                                         "--no-undefined",
                                         "--no-allow-shlib-undefined",
                                         "--gc-sections",
                                         "--build-id=none",
                                         "--hash-style=sysv",
                                         "-z",
                                         "now",
                                         "-z",
                                         "relro",
                                         "--threads=1",
                                         strip ? "--strip-all"
                                               : "--strip-debug",
                                         "-o",
                                         outputPath.c_str()};
  for (const std::string &path : paths)
    arguments.push_back(path.c_str());
  runLld(arguments);
  return std::move(output.finish());
}

} // namespace xform::codegen
