// Whether the system lets this process have the threads that it will need. Asked before anybody is
// told that the server is there, since a pool that cannot start its second thread waits for ever
// for the end of its first.
#pragma once

#include <latch>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "src/core/result.hpp"

namespace octavo {

/// Starts so many threads at once and lets them end. Errors: kIo.
[[nodiscard]] inline Result<void> probe_threads(std::size_t number) {
  std::latch all_started(1);
  std::vector<std::jthread> threads;
  threads.reserve(number);
  std::string fault;
  try {
    while (threads.size() < number) threads.emplace_back([&all_started] { all_started.wait(); });
  } catch (const std::system_error& error) {
    fault = "the system lets this process have " + std::to_string(threads.size()) + " of " +
            std::to_string(number) + " further threads (" + error.code().message() +
            "): raise `ulimit -u`, or the limit of the container";
  }
  all_started.count_down();
  if (!fault.empty()) return Error{Errc::kIo, fault, ""};
  return {};
}

}  // namespace octavo
