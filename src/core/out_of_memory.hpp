// Work for one client on a thread that serves all: where it finds no memory, it fails alone.
#pragma once

#include <new>

#include "src/core/result.hpp"

namespace octavo {

/// What the work returns, a Result; kOutOfMemory where an allocation failed in it.
template <class Work>
auto or_out_of_memory(const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Error{Errc::kOutOfMemory, "", ""};
  }
}

}  // namespace octavo
