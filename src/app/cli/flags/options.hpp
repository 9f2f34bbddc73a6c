// What the command line says, as values. Names and meanings are vLLM's where it has the flag.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/session/session_limits.hpp"
#include "src/access/key_account.hpp"
#include "src/access/tls_context.hpp"
#include "src/library/model_options.hpp"
#include "src/response/response_create.hpp"

namespace octavo {

struct ServeOptions {
  ModelOptions model;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;
  std::vector<std::string> served_model_name;  ///< The first is what answers say.
  std::vector<std::string> api_keys;
  std::string api_key_file;
  KeyLimits key_limits{.max_connections = 2000};
  std::vector<std::string> allowed_origins;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> trusted_proxies;
  TlsFiles tls;
  bool refreshes_tls = false;
  std::string plain_http = "loopback";
  std::string chat_template;  ///< A file that replaces the model's.
  std::string tool_call_parser = "auto";
  std::string reasoning_parser = "auto";
  std::string response_store;  ///< A file; empty: memory alone.
  std::string metrics_prefix = "octavo";
  std::string log_level = "info";
  std::string log_format = "text";
  bool disable_core_dumps = false;
  double engine_timeout_s = 60;  ///< Longest that a step may take.
  double drain_timeout_s = 30;
  double drain_delay_s = 0;
  std::int32_t max_queue = 8192;
  std::int64_t max_queue_tokens = 16 << 20;
  std::chrono::seconds max_queue_wait{600};  ///< As long as the official SDKs wait.
  std::string trace;                         ///< Where a trace is written; empty: nowhere.
  std::string record;  ///< Where the scheduler's events are written; empty: nowhere.
  SessionLimits limits;
};

struct GenerateOptions {
  ModelOptions model;
  std::optional<std::string> prompt;  ///< Exactly one of the three.
  std::optional<std::string> prompt_ids;
  std::optional<std::string> messages;  ///< A file.
  bool json = false;
  ResponseCreate create;  ///< Sampling, and which of its fields were given.
};

struct BenchOptions {
  ModelOptions model;
  bool json = false;
  std::int32_t input_len = 128;
  std::int32_t output_len = 64;
  std::int32_t num_prompts = 32;
  std::int32_t concurrency = 8;
  std::string trace;        ///< Where a trace is written; empty: nowhere.
  std::string workload;     ///< A file of lengths, instead of the three above.
  double request_rate = 0;  ///< Arrivals per second, Poisson; 0: all at once.
};

}  // namespace octavo
