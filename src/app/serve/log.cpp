#include "src/app/serve/log.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>

#include "src/app/serve/json_lines.hpp"

namespace octavo {
namespace {

// A pipe that is ready takes at least this much without making its writer wait (POSIX: PIPE_BUF).
constexpr std::size_t kSurePiece = 4096;

bool is_ready(int descriptor) {
  pollfd waiting{descriptor, POLLOUT, 0};
  return ::poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLOUT) != 0;
}

}  // namespace

void LogSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  const std::string_view bytes(line.data(), line.size());
  if (is_in_line_ && !write("\n")) {
    num_dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  is_in_line_ = false;
  if (!write(bytes)) num_dropped_.fetch_add(1, std::memory_order_relaxed);
}

bool LogSink::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t piece = std::min(bytes.size(), kSurePiece);
    const ssize_t written = is_ready(descriptor_) ? ::write(descriptor_, bytes.data(), piece) : -1;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    is_in_line_ = !bytes.empty();
  }
  return true;
}

std::shared_ptr<LogSink> open_log(const std::string& level, const std::string& format) {
  std::signal(SIGPIPE, SIG_IGN);
  auto sink = std::make_shared<LogSink>(STDERR_FILENO);
  auto logger = std::make_shared<spdlog::logger>("octavo", sink);
  if (format == "json") logger->set_formatter(std::make_unique<JsonLines>());
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
  return sink;
}

void toggle_debug_log(const std::string& level) {
  const auto given = spdlog::level::from_str(level);
  const bool is_on = spdlog::get_level() != given;
  const auto next = is_on ? given : std::min(given, spdlog::level::debug);
  spdlog::set_level(std::min(next, spdlog::level::info));
  spdlog::info("log: level={}", std::string(spdlog::level::to_string_view(next).data()));
  spdlog::set_level(next);
}

}  // namespace octavo
