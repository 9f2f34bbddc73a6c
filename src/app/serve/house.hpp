// The whole server in one readable order: what is built, what is started, and how it is stopped.
// Threads: io (the caller of run()), engine (scheduler and block manager), executor (the model),
// and the desk (prompts).
//
// Stopping follows the data: the listener closes; connections are asked to go and finish, or are
// ended when the time is up; the scheduler cancels what is left and ends, then the block manager,
// then the executor; then the threads are joined.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <thread>

#include "actors/listener.hpp"
#include "actors/ring/ring.hpp"
#include "src/app/serve/certificate_watch.hpp"
#include "src/app/serve/http_routes.hpp"
#include "src/app/serve/loop_lag.hpp"
#include "src/app/serve/service_manager.hpp"

namespace octavo {

struct HouseOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;  ///< 0: any free one.
  HttpPolicy policy;          ///< Its hosts follow from the address and the list below.
  std::string api_key_file;   ///< Read at the start and at SIGHUP; empty: none.
  KeyLimits key_limits{};     ///< Of a key that the file gives no other.
  std::vector<std::string> trusted_proxies{};  ///< Addresses and networks.
  TlsFiles tls{};                              ///< Without a certificate: no TLS.
  bool refreshes_tls = false;                  ///< The files are looked at every few seconds.
  PlainHttp plain_http = PlainHttp::kLoopback;
  std::vector<std::string> allowed_hosts{};  ///< Besides this machine's names; "*" allows all.
  SessionLimits limits;
  std::string metrics_prefix = "octavo";
  std::chrono::milliseconds drain_timeout{30'000};
  /// Between the signal and the drain: not ready, and all else as before.
  std::chrono::milliseconds drain_delay{0};
  std::string response_store;  ///< A file for stored responses; empty: in memory alone.
  bool handle_signals = true;
  std::uint64_t first_request = 1;
  SchedulerJournal* journal = nullptr;                             ///< Outlives the house.
  SpanSink* spans = nullptr;                                       ///< Likewise.
  ServiceManager manager{[](const char*) { return nullptr; }, 0};  ///< None.
  std::chrono::milliseconds engine_timeout{60'000};  ///< A step that takes longer is stuck.
  std::function<std::uint64_t()> num_log_lines_dropped{};
  std::string log_level = "info";  ///< To which SIGUSR1 returns.
};

class House {
 public:
  /// Binds the port. `executor` outlives the house. Errors: kIo; kInvalidValue for an
  /// allowed host that is none; those of the file for stored responses.
  [[nodiscard]] static Result<std::unique_ptr<House>> build(HouseOptions options, ServedModel model,
                                                            const SchedulerConfig& config,
                                                            StepExecutor& executor);
  ~House();

  std::uint16_t port() const { return listener_->port(); }
  /// Serves until a signal or stop(). Answers the process's exit status: 0, or 1 when an actor
  /// died.
  int run();
  /// Drains and ends. Thread: any.
  void stop();
  const BlockManager& blocks() const { return ring_.blocks(); }
  bool is_engine_idle() const { return ring_.is_idle(); }

  House(HouseOptions options, ServedModel model, const SchedulerConfig& config,
        StepExecutor& executor);

 private:
  Result<void> open_archive();
  /// Two, so that a prompt that takes long leaves a way for the others; more would take threads
  /// from a model on the CPU.
  static constexpr std::size_t kNumDeskThreads = 2;  ///< For each of the two desks.
  static constexpr std::size_t kNumThreads = 2 * kNumDeskThreads + 3;  ///< Engine, device, archive.
  using WorkGuard = asio::executor_work_guard<asio::io_context::executor_type>;

  void on_exit(const ActorExited& exited);
  void on_device_lost(const std::string& fault);
  void catch_signals();
  void wait_for_signal();
  void wait_for_hangup();
  Result<void> open_certificates();
  /// Files that are read again at SIGHUP.
  bool has_files() const { return !options_.api_key_file.empty() || certificates_ != nullptr; }
  Result<void> read_keys();
  void run_io();
  void reread_keys();
  void begin_stop();  ///< The second call skips the waiting.
  static asio::awaitable<void> feed_watchdog(House* self);
  static asio::awaitable<void> shut_down(House* self);
  static asio::awaitable<void> give_up(House* self);
  asio::awaitable<void> wait_for_connections(std::chrono::milliseconds limit);

  HouseOptions options_;
  ServedModel model_;
  EngineStatus status_;
  Metrics metrics_;
  std::atomic<bool> ready_{false};
  std::atomic<std::uint64_t> next_request_;
  asio::io_context io_{1};
  asio::io_context engine_{1};
  asio::io_context device_{1};
  asio::thread_pool desk_threads_{2 * kNumDeskThreads};
  Desk desk_{io_.get_executor(), desk_threads_.get_executor(), kNumDeskThreads};
  Desk grammar_desk_{io_.get_executor(), desk_threads_.get_executor(), kNumDeskThreads};
  Ring ring_;
  SessionContext sessions_;
  BlockAuditor auditor_;
  Supervisor supervisor_;
  std::unique_ptr<CertificateWatch> certificates_;  ///< Null: no TLS.
  ConnectionContext connections_;
  std::unique_ptr<Listener> listener_;
  asio::signal_set signals_;
  asio::signal_set hangup_;
  asio::steady_timer watchdog_;  ///< When the service manager is told next that all is well.
  LoopLag loop_lag_{io_.get_executor(), status_};
  Bell progress_;  ///< Rings when the stop may go on: the last connection or actor has left.
  bool stopping_ = false;
  bool hurries_ = false;    ///< A second signal: nothing is waited for.
  bool giving_up_ = false;  ///< An actor has died: the clients get their last words.
  int exit_status_ = 0;
};

}  // namespace octavo
