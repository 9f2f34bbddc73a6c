// What clients say is in the memory of the server, and a crash would leave it in a file.
#pragma once

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "src/core/result.hpp"

namespace octavo {

/// Until the process ends: no core file, and nobody but root may look into its memory. Errors: kIo.
[[nodiscard]] inline Result<void> disable_core_dumps() {
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0) return {};
  return Error{Errc::kIo, std::string("--disable-core-dumps: ") + std::strerror(errno), ""};
}

}  // namespace octavo
