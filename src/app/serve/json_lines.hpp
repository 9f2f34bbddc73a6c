// The log for programs that collect logs: an object on each line. The server's lines are words and
// then `name=value` pairs, which become members, so that both forms say the same and are written in
// one place.
#pragma once

#include <spdlog/formatter.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace octavo {

/// {"time", "level", "message", and a member for each pair}. Numbers are numbers; a value in double
/// quotes may hold blanks. payload: a line as it would stand in a log of text.
std::string json_line(std::chrono::system_clock::time_point time, std::string_view level,
                      std::string_view payload);

class JsonLines final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override;
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonLines>();
  }
};

}  // namespace octavo
