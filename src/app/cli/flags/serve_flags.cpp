#include "src/app/cli/flags/serve_flags.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "src/app/cli/flags/limit_flags.hpp"
#include "src/app/cli/flags/model_flags.hpp"
#include "src/app/cli/flags/number.hpp"
#include "src/core/bytes.hpp"
#include "src/core/utf8.hpp"
#include "src/output/tool_syntax.hpp"

namespace octavo {
namespace {

constexpr std::int64_t kMaxStoreSeconds = std::int64_t{10} * 365 * 86400;

const std::string kServer = "Server";  // The heading of the server's own flags in --help.
constexpr double kMaxDrainSeconds = 7 * 24 * 3600;

std::string check_host(const std::string& text) {
  return text.empty() ? "must name an address, as 127.0.0.1 or 0.0.0.0" : "";
}

/// What a header field can carry as a bearer token (RFC 9110, section 5.5).
std::string check_api_key(const std::string& key) {
  const bool is_visible = std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7F; });
  return is_visible ? "" : "must be visible ASCII characters, without blanks";
}

/// Prometheus accepts only some characters in a name. Those of the prefix are checked without the
/// colon, which the server adds after it.
std::string check_metrics_prefix(const std::string& text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_name =
      !text.empty() && is_letter(text.front()) &&
      std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || is_digit(c); });
  return is_name ? ""
                 : "must be letters, digits and `_`, and no digit first (it is `" +
                       quotable(text, 64) + "`)";
}

// These flags say where the server listens, and what it serves.
void add_clients(CLI::App& command, ServeOptions& options) {
  command.add_option("--host", options.host, "Address to listen on; 0.0.0.0 for all")
      ->check(check_host)
      ->capture_default_str()
      ->group(kServer);
  command.add_option("--port", options.port, "Port; 0 picks a free one")
      ->transform(integer(0, 65535))
      ->capture_default_str()
      ->group(kServer);
  command
      .add_option("--served-model-name", options.served_model_name,
                  "Name for clients (default: the folder's); of several any will do, and the first "
                  "is what answers say")
      ->take_all()
      ->group(kServer);
  command
      .add_flag(
          "--websocket-compression", options.limits.compresses_websockets,
          "Compress WebSockets of clients that offer it (permessage-deflate): fewer bytes for "
          "more memory and processor time")
      ->group(kServer);
  command
      .add_option("--chat-template", options.chat_template,
                  "Jinja file to use instead of the model's")
      ->check(CLI::ExistingFile)
      ->group(kServer);
  command
      .add_option("--tool-call-parser", options.tool_call_parser,
                  "How the model writes calls of tools: auto (from its chat template), " +
                      std::string(tool_syntax_names()))
      ->capture_default_str()
      ->group(kServer);
  command
      .add_option("--reasoning-parser", options.reasoning_parser,
                  "Which marks stand around what the model thinks: auto (from its chat template), "
                  "think, mistral, seed_oss, none")
      ->capture_default_str()
      ->group(kServer);
}

// These flags say who may use the server.
void add_access(CLI::App& command, ServeOptions& options) {
  command
      .add_option(
          "--api-key", options.api_keys,
          "Clients must send it as a bearer token; may be given several times. Each key is a "
          "tenant with fair shares and a prefix cache of its own. Without the flag the keys "
          "are those in the variable OCTAVO_API_KEY, with commas between them")
      ->check(check_api_key)
      ->take_all()
      ->allow_extra_args(false)
      ->group(kServer);
  command
      .add_option("--api-key-file", options.api_key_file,
                  "JSON file of further keys, each with a name, its SHA-256 and limits of its own "
                  "(protocol/README.md); read again at SIGHUP")
      ->group(kServer);
  command
      .add_option("--allowed-origins", options.allowed_origins,
                  "Web origins besides the server's own that may connect; * for all")
      ->delimiter(',')
      ->take_all()
      ->allow_extra_args(false)
      ->group(kServer);
  command
      .add_option("--allowed-hosts", options.allowed_hosts,
                  "Names by which clients may ask for the server besides this machine's own, each "
                  "perhaps with a port; * for all. Without it any name will do on an address that "
                  "other machines can reach")
      ->delimiter(',')
      ->take_all()
      ->allow_extra_args(false)
      ->group(kServer);
  command
      .add_option("--trusted-proxies", options.trusted_proxies,
                  "Addresses and networks (10.0.0.0/8) of proxies that are believed when they say "
                  "in X-Forwarded-For or Forwarded whose a request is: limits for an address then "
                  "count their clients")
      ->delimiter(',')
      ->take_all()
      ->allow_extra_args(false)
      ->group(kServer);
}

// These flags say how the server proves who it is, and who may come without that.
void add_tls(CLI::App& command, ServeOptions& options) {
  CLI::Option* const certificate =
      command
          .add_option("--ssl-certfile", options.tls.certificate,
                      "PEM file of the server's certificate and those up to its authority: TLS and "
                      "plain HTTP are then told apart on the one port")
          ->group(kServer);
  command
      .add_option("--ssl-keyfile", options.tls.key,
                  "PEM file of the certificate's key (default: it stands in --ssl-certfile)")
      ->needs(certificate)
      ->group(kServer);
  command
      .add_option("--ssl-keyfile-password", options.tls.key_password,
                  "Password of an encrypted key; better given in OCTAVO_SSL_KEYFILE_PASSWORD, for "
                  "others see a command line")
      ->envname("OCTAVO_SSL_KEYFILE_PASSWORD")
      ->group(kServer);
  command
      .add_option("--ssl-ca-certs", options.tls.client_authorities,
                  "PEM file of authorities: clients over TLS must bring a certificate that one of "
                  "them has signed")
      ->needs(certificate)
      ->group(kServer);
  command
      .add_flag("--enable-ssl-refresh", options.refreshes_tls,
                "Take new certificates without a restart when the files change; they are also "
                "read again at SIGHUP")
      ->needs(certificate)
      ->group(kServer);
  command
      .add_option("--plain-http", options.plain_http,
                  "Who may ask in the clear where there is a certificate: all, loopback (this "
                  "machine), none")
      ->check(CLI::IsMember({"all", "loopback", "none"}))
      ->capture_default_str()
      ->group(kServer);
}

// These flags say what is kept of responses, and how the server ends.
void add_keeping(CLI::App& command, ServeOptions& options) {
  command
      .add_option("--response-store", options.response_store,
                  "File in which stored responses outlive the server (SQLite); without it they are "
                  "kept in memory alone")
      ->group(kServer);
  command
      .add_option_function<std::string>(
          "--response-store-size",
          [&options](const std::string& size) {
            options.limits.store.max_bytes = *parse_bytes(size);
          },
          "Room for stored responses, in memory and in the file, which any connection may "
          "continue, read and delete; the oldest go first (default 256MiB)")
      ->check(check_bytes)
      ->group(kServer);
  command
      .add_option_function<std::int64_t>(
          "--response-store-ttl",
          [&options](std::int64_t seconds) {
            options.limits.store.max_age = std::chrono::seconds(seconds);
          },
          "Seconds for which a stored response is kept (default 86400)")
      ->transform(integer(1, kMaxStoreSeconds))
      ->group(kServer);
  command
      .add_option("--drain-timeout,--shutdown-timeout", options.drain_timeout_s,
                  "Seconds that running responses get at shutdown; a second signal ends at once")
      ->transform(number(0, kMaxDrainSeconds))
      ->capture_default_str()
      ->group(kServer);
  command
      .add_option("--drain-delay", options.drain_delay_s,
                  "Seconds between the signal and the drain, in which /ready answers 503 and all "
                  "else goes on, so that balancers look elsewhere first")
      ->transform(number(0, kMaxDrainSeconds))
      ->capture_default_str()
      ->group(kServer);
  command
      .add_option("--engine-timeout", options.engine_timeout_s,
                  "Seconds after which a step that has not come back makes /health and /ready "
                  "answer 503 and lets systemd's watchdog restart the server")
      ->transform(number(1, kMaxDrainSeconds))
      ->capture_default_str()
      ->group(kServer);
}

// These flags name the files and logs that the server writes.
void add_records(CLI::App& command, ServeOptions& options) {
  command
      .add_option("--metrics-prefix", options.metrics_prefix,
                  "First part of the metrics' names; `vllm` fits its dashboards")
      ->check(check_metrics_prefix)
      ->capture_default_str()
      ->group(kServer);
  command
      .add_option("--record", options.record,
                  "Write all that the scheduler is told to this file, for `octavo replay`: it "
                  "holds prompts and completions as token ids")
      ->group(kServer);
  command
      .add_option("--trace", options.trace,
                  "Write what actors, device streams and sequences do to this file, for Perfetto "
                  "(ui.perfetto.dev) or chrome://tracing")
      ->group(kServer);
  command
      .add_option("--log-level", options.log_level,
                  "trace, debug, info, warning, error, off; SIGUSR1 turns debug on and off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "off"}))
      ->capture_default_str()
      ->group(kServer);
  command.add_option("--log-format", options.log_format, "text, or json: an object on each line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str()
      ->group(kServer);
  command
      .add_flag("--disable-core-dumps", options.disable_core_dumps,
                "A crash leaves no file with clients' prompts, and no other process of the same "
                "user may look into the memory")
      ->group(kServer);
}

}  // namespace

void add_server(CLI::App& command, ServeOptions& options) {
  add_clients(command, options);
  add_access(command, options);
  add_tls(command, options);
  add_limits(command, options);
  add_keeping(command, options);
  add_records(command, options);
}

}  // namespace octavo
