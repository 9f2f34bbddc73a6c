#include "src/app/cli/flags/limit_flags.hpp"

#include <CLI/CLI.hpp>
#include <string>

#include "src/app/cli/flags/model_flags.hpp"
#include "src/app/cli/flags/number.hpp"
#include "src/core/bytes.hpp"

namespace octavo {
namespace {

const std::string kLimits = "Limits";  // The heading of these flags in --help.
constexpr std::uint64_t kMaxCount = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t kMinBytes = 1 << 10;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxHeadBytes = 128 << 10;  // What a connection has room for.
constexpr std::uint64_t kMaxDepth = 256;  // What is nested is read and written by recursion.
constexpr std::uint64_t kMaxSeconds = 30 * 86'400;

/// Adds flags, each with its default as --help shows it.
class LimitFlags {
 public:
  explicit LimitFlags(CLI::App& command) : command_(command) {}

  /// low: 0 where that means that there is no limit.
  template <class Count>
  void count(const std::string& flag, Count& value, std::int64_t low, const std::string& help,
             std::uint64_t high = kMaxCount) {
    command_.add_option(flag, value, help)
        ->transform(integer(low, high))
        ->capture_default_str()
        ->group(kLimits);
  }
  template <class Duration>
  void seconds(const std::string& flag, Duration& value, const std::string& help,
               std::int64_t low = 1) {
    command_
        .add_option_function<std::int64_t>(
            flag, [&value](std::int64_t given) { value = std::chrono::seconds(given); }, help)
        ->transform(integer(low, kMaxSeconds))
        ->default_str(
            std::to_string(std::chrono::duration_cast<std::chrono::seconds>(value).count()))
        ->group(kLimits);
  }
  void bytes(const std::string& flag, std::size_t& value, const std::string& help,
             std::uint64_t high = kMaxBytes) {
    const auto check_range = [high](const std::string& text) -> std::string {
      const std::uint64_t size = *parse_bytes(text);
      if (size >= kMinBytes && size <= high) return "";
      return "must be between 1KiB and " + exact_bytes(high) + " (it is `" + text + "`)";
    };
    command_
        .add_option_function<std::string>(
            flag, [&value](const std::string& size) { value = *parse_bytes(size); }, help)
        ->check(check_bytes)
        ->check(check_range)
        ->default_str(exact_bytes(value))
        ->group(kLimits);
  }

 private:
  static std::string exact_bytes(std::size_t value) {
    if (value % (std::size_t{1} << 20) == 0) return std::to_string(value >> 20) + "MiB";
    return std::to_string(value >> 10) + "KiB";
  }

  CLI::App& command_;
};

void add_connections(LimitFlags flags, ServeOptions& options) {
  SessionLimits& limits = options.limits;
  flags.count("--max-connections", limits.gate.max_connections, 1,
              "Open connections; more are answered with 503");
  flags.count("--max-connections-per-address", limits.gate.max_per_address, 0,
              "Open connections of one address (of IPv6, one /64); more are answered with 429. "
              "Clients of a proxy have its address unless --trusted-proxies names it. 0: no limit");
  flags.count("--max-handshakes-per-address", limits.gate.max_handshakes_per_address, 0,
              "Connections that one address may open in a second; more are answered with 429. 0: "
              "no limit");
  flags.count("--max-connections-per-key", options.key_limits.max_connections, 0,
              "Open connections with one API key; more are answered with 429. 0: no limit");
  flags.seconds("--keep-alive-timeout", limits.keep_alive_timeout,
                "Seconds that an HTTP connection may be idle between requests; longer than a "
                "proxy's before the server");
  flags.count("--keep-alive-requests", limits.keep_alive_requests, 1,
              "Requests of one HTTP connection; it closes after the last");
  flags.seconds("--max-connection-age", limits.max_age,
                "Seconds after which a WebSocket is told to come again, and closed (1001)");
  flags.seconds("--ws-ping-timeout", limits.idle_timeout,
                "Seconds without a sign of life until a WebSocket is closed; it is pinged at half "
                "of them",
                2);
  flags.seconds("--send-timeout", limits.write_timeout,
                "Seconds that a client may take to read what is written");
  flags.seconds("--close-timeout", limits.close_timeout,
                "Seconds that a client may take to answer a close");
}

void add_requests(LimitFlags flags, SessionLimits& limits) {
  flags.bytes("--max-header-size", limits.max_head_bytes, "Largest head of a request; above it 431",
              kMaxHeadBytes);
  flags.count("--limit-request-fields", limits.max_head_fields, 1,
              "Most header fields of a request; above it 431");
  flags.seconds(
      "--client-header-timeout", limits.handshake_timeout,
      "Seconds for a request's head, or a TLS handshake, to come; then 408, and the connection "
      "closes");
  flags.seconds("--client-body-timeout", limits.body_timeout,
                "Seconds for a request's body to come; then 408, and the connection closes");
  flags.bytes("--max-message-size", limits.max_message_bytes,
              "Largest frame or body from a client; above it 1009 or 413");
  flags.count("--max-json-depth", limits.max_json_depth, 4,
              "Arrays and objects within one another in what a client sends", kMaxDepth);
  flags.seconds("--max-message-time", limits.message_timeout,
                "Seconds from a message's first bytes to its last; then 1008");
  flags.count("--max-message-fragments", limits.max_fragments, 1,
              "Fragments of one message; above it 1008");
  flags.count("--max-pings", limits.max_pings_per_second, 1,
              "Pings and pongs of a client in a second; above it 1008");
  flags.count("--max-invalid-messages", limits.max_invalid_messages, 1,
              "Messages within a minute that are no JSON; the last of so many gets 1008");
}

void add_queues(LimitFlags flags, ServeOptions& options) {
  SessionLimits& limits = options.limits;
  flags.count("--max-lanes", limits.lanes.max_named, 1,
              "Named lanes of a WebSocket; more get websocket_stream_limit_reached");
  flags.count("--max-responses-per-connection", limits.lanes.max_active, 1,
              "Responses of a connection that run at once; more wait");
  flags.count(
      "--max-responses-per-key", options.key_limits.concurrency, 0,
      "Responses of one API key that run or wait; more get rate_limit_exceeded. 0: no limit");
  flags.count("--max-queued-per-connection", limits.lanes.max_queued, 1,
              "Requests that wait on a WebSocket; more get queue_full");
  flags.count("--max-queued-per-lane", limits.lanes.max_queued_per_lane, 1,
              "Requests that wait on one lane; more get queue_full");
  flags.bytes("--outbox-merge-size", limits.soft_outbox_bytes,
              "Unread bytes of a client above which text is merged into fewer events");
  flags.bytes("--outbox-size", limits.hard_outbox_bytes,
              "Unread bytes of a client above which it is cut off (1013)");
  flags.count("--max-queue", options.max_queue, 1,
              "Sequences that may wait for the engine; more get queue_full");
  flags.count("--max-queue-tokens", options.max_queue_tokens, 1,
              "Tokens of the prompts that wait for the engine; more get queue_full");
  flags.seconds("--max-queue-wait", options.max_queue_wait,
                "Seconds that a request may wait for the engine: who would wait longer, by the "
                "rate at which the queue moves, gets queue_full at once, and who has waited longer "
                "deadline_exceeded. 0: no limit",
                0);
  flags.seconds("--max-response-time", limits.response_timeout,
                "Seconds from a request to the end of its response; then deadline_exceeded");
}

}  // namespace

void add_limits(CLI::App& command, ServeOptions& options) {
  const LimitFlags flags(command);
  add_connections(flags, options);
  add_requests(flags, options.limits);
  add_queues(flags, options);
}

}  // namespace octavo
