#include "src/app/serve/house.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <new>
#include <random>
#include <string_view>

#include "src/app/serve/log.hpp"
#include "src/app/serve/thread_probe.hpp"
#include "src/core/unix_time.hpp"

namespace octavo {
namespace {

/// How long clients have to take their last words when the device is lost.
constexpr std::chrono::milliseconds kLostDrainTimeout{1000};
/// After which the process ends in any case.
constexpr std::chrono::milliseconds kLostPatience{4500};

/// Actors whose death ends the house.
constexpr std::array<std::string_view, 6> kVital{"scheduler",     "block_manager",     "executor",
                                                 "step_follower", "transfer_follower", "listener"};

std::string random_epoch() {
  std::random_device device;
  char digits[17];
  std::snprintf(digits, sizeof(digits), "%08x%08x", device(), device());
  return digits;
}

HashKey random_hash_key() {
  std::random_device device;
  const auto word = [&device] { return std::uint64_t{device()} << 32 | device(); };
  return {word(), word()};
}

}  // namespace

Result<std::unique_ptr<House>> House::build(HouseOptions options, ServedModel model,
                                            const SchedulerConfig& config, StepExecutor& executor) {
  if (auto probed = probe_threads(kNumThreads); !probed) return probed.error();
  auto house = std::make_unique<House>(std::move(options), std::move(model), config, executor);
  if (auto read = house->read_keys(); !read) return read.error();
  auto proxies = TrustedProxies::make(house->options_.trusted_proxies);
  if (!proxies) return proxies.error();
  house->options_.policy.proxies = std::move(*proxies);
  if (auto opened = house->open_certificates(); !opened) return opened.error();
  if (auto opened = house->open_archive(); !opened) return opened.error();
  const auto passed = house->options_.manager.listening_socket();
  auto listener = passed ? Listener::adopt(house->connections_, house->io_.get_executor(), *passed)
                         : Listener::open(house->connections_, house->io_.get_executor(),
                                          house->options_.host, house->options_.port);
  if (!listener) return listener.error();
  house->listener_ = std::move(*listener);
  auto hosts = AllowedHosts::make(house->listener_->address(), house->options_.host,
                                  house->options_.allowed_hosts);
  if (!hosts) return hosts.error();
  house->options_.policy.hosts = std::move(*hosts);
  house->catch_signals();
  return house;
}

// Before anybody is told that the server is there: a signal that comes before the handlers are
// there ends the process. What comes before run() waits for it.
void House::catch_signals() {
  if (!options_.handle_signals) return;
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) signals_.add(signal);
  if (has_files()) hangup_.add(SIGHUP);
}

Result<void> House::open_certificates() {
  if (options_.tls.certificate.empty()) return {};
  auto loaded = TlsCertificates::load(options_.tls);
  if (!loaded) return loaded.error();
  certificates_ = std::make_unique<CertificateWatch>(io_.get_executor(), std::move(*loaded));
  if (options_.refreshes_tls) certificates_->start();
  connections_.transport.certificates = &certificates_->certificates();
  connections_.transport.plain = options_.plain_http;
  return {};
}

// Tenants keep their names from run to run, or nobody would find their own responses again.
Result<void> House::open_archive() {
  if (options_.response_store.empty()) return {};
  auto file =
      ResponseFile::open(options_.response_store, sessions_.hash_key, options_.limits.store);
  if (!file) return file.error();
  sessions_.hash_key = (*file)->key();
  sessions_.archive = std::make_unique<ResponseArchive>(std::move(*file), io_.get_executor(),
                                                        [] { return unix_seconds(); });
  return {};
}

House::House(HouseOptions options, ServedModel model, const SchedulerConfig& config,
             StepExecutor& executor)
    : options_(std::move(options)),
      model_(std::move(model)),
      metrics_({options_.metrics_prefix, model_.name}, model_.max_model_len),
      next_request_(options_.first_request),
      ring_(
          engine_.get_executor(), device_.get_executor(), config, executor, status_,
          [] { return std::chrono::steady_clock::now(); }, std::random_device{}(), options_.journal,
          [this](const std::string& fault) { on_device_lost(fault); }),
      sessions_{model_,         options_.limits,
                metrics_,       ring_.scheduler(),
                desk_,          next_request_,
                random_epoch(), [] { return std::chrono::steady_clock::now(); },
                unix_seconds,   ring_.block_manager(),
                status_,        random_hash_key()},
      auditor_(ring_.block_manager(), io_.get_executor()),
      supervisor_([this](const ActorExited& exited) { on_exit(exited); }),
      connections_{
          sessions_, options_.policy,
          HttpRoutes{model_, options_.policy, metrics_, status_, ready_, auditor_, sessions_,
                     ResponseRoutes(sessions_, io_.get_executor()),
                     PromptRoutes(sessions_, io_.get_executor()),
                     CompactRoute(sessions_, io_.get_executor()), options_.num_log_lines_dropped},
          supervisor_},
      signals_(io_),
      hangup_(io_),
      watchdog_(io_),
      progress_(io_.get_executor()) {
  sessions_.grammar_desk = &grammar_desk_;
  status_.block_size = config.block_size;
  status_.spans = options_.spans;
  status_.step_limit = options_.engine_timeout;
}

House::~House() = default;

int House::run() {
  std::optional<WorkGuard> io_work(io_.get_executor());
  std::optional<WorkGuard> engine_work(engine_.get_executor());
  std::optional<WorkGuard> device_work(device_.get_executor());
  ring_.start(supervisor_);
  supervisor_.spawn(io_.get_executor(), "listener", listener_->run());
  if (options_.handle_signals) {
    wait_for_signal();
    if (has_files()) wait_for_hangup();
  }
  if (options_.manager.watchdog())
    supervisor_.spawn(io_.get_executor(), "watchdog", feed_watchdog(this));
  supervisor_.spawn(io_.get_executor(), "loop_lag", LoopLag::watch(&loop_lag_));
  ready_ = true;
  options_.manager.tell("READY=1\nSTATUS=serving");
  std::thread engine([this] { engine_.run(); });
  std::thread device([this] { device_.run(); });
  run_io();
  engine_work.reset();
  device_work.reset();
  engine.join();
  device.join();
  desk_threads_.join();
  io_.restart();
  io_.poll();  // What the last messages woke still holds connections: let it end.
  OCTAVO_ASSERT(exit_status_ != 0 || supervisor_.num_running() == 0);
  return exit_status_;
}

// Until shut_down() stops it. A handler that finds no memory loses what it was about; the others go
// on, for what it held is free again.
void House::run_io() {
  while (true) {
    try {
      io_.run();
      return;
    } catch (const std::bad_alloc&) {
      spdlog::error("serve: no memory was left for what a client wanted");
    }
  }
}

void House::wait_for_signal() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    if (signal == SIGUSR1)
      toggle_debug_log(options_.log_level);
    else
      begin_stop();
    wait_for_signal();
  });
}

void House::wait_for_hangup() {
  hangup_.async_wait([this](boost::system::error_code error, int) {
    if (error) return;
    if (!options_.api_key_file.empty()) reread_keys();
    if (certificates_) certificates_->reload();
    wait_for_hangup();
  });
}

Result<void> House::read_keys() {
  if (options_.api_key_file.empty()) return {};
  auto entries = read_key_file(options_.api_key_file, options_.key_limits);
  if (!entries) return entries.error();
  const std::size_t num_revoked = options_.policy.keys.replace_file(*entries);
  spdlog::info("keys: file={} read={} revoked={}", options_.api_key_file, entries->size(),
               num_revoked);
  return {};
}

// A server that forgot its keys over a comma would lock everybody out, or let everybody in.
void House::reread_keys() {
  if (auto read = read_keys(); !read) {
    spdlog::error("keys: the file is as it was before, for it cannot be used: {}",
                  read.error().message());
    return;
  }
  listener_->end_revoked();
}

void House::stop() {
  asio::post(io_, [this] { begin_stop(); });
}

// On the thread of the actor that left.
void House::on_exit(const ActorExited& exited) {
  if (exited.error) {
    spdlog::error("actor={} died error=\"{}\"", exited.name, describe(exited.error));
    if (std::ranges::find(kVital, exited.name) != kVital.end()) {
      status_.healthy = false;
      asio::post(io_, [this] {
        exit_status_ = 1;
        ready_ = false;
        engine_.stop();
        device_.stop();
        if (std::exchange(giving_up_, true)) return;
        if (std::exchange(stopping_, true))
          io_.stop();
        else
          supervisor_.spawn(io_.get_executor(), "give_up", give_up(this));
      });
    }
    return;
  }
  if (exited.name == "executor") {  // The last of the ring: nothing computes any more.
    asio::post(io_, [this] { progress_.ring(); });
  }
}

// What is in flight has failed already; nothing else can be answered.
void House::on_device_lost(const std::string& fault) {
  spdlog::critical("house: the device is lost, ending fault=\"{}\"", fault);
  // A thread may be held by the driver for good: then nothing is joined any more.
  std::thread([] {
    std::this_thread::sleep_for(kLostPatience);
    spdlog::critical("house: the device holds a thread, ending at once");
    spdlog::shutdown();
    std::_Exit(1);
  }).detach();
  asio::post(io_, [this] {
    status_.healthy = false;
    exit_status_ = 1;
    options_.drain_timeout = std::min(options_.drain_timeout, kLostDrainTimeout);
    if (!stopping_) begin_stop();
  });
}

void House::begin_stop() {
  if (std::exchange(stopping_, true)) {
    spdlog::warn("house: second signal, ending now");
    hurries_ = true;
    progress_.ring();
    return;
  }
  ready_ = false;
  options_.manager.tell("STOPPING=1\nSTATUS=draining");
  supervisor_.spawn(io_.get_executor(), "shut_down", shut_down(this));
}

// As long as the engine answers; who feeds it also shows that this thread does.
asio::awaitable<void> House::feed_watchdog(House* self) {
  for (;;) {
    if (self->status_.is_alive(self->sessions_.clock())) self->options_.manager.tell("WATCHDOG=1");
    self->watchdog_.expires_after(*self->options_.manager.watchdog() / 3);
    auto waited = co_await self->watchdog_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (std::get<0>(waited)) co_return;
  }
}

asio::awaitable<void> House::shut_down(House* self) {
  if (self->options_.drain_delay.count() > 0) {
    spdlog::info("house: not ready any more, serving on delay_ms={}",
                 self->options_.drain_delay.count());
    co_await self->progress_.wait_for(self->options_.drain_delay);
  }
  spdlog::info("house: draining connections={} limit_ms={}", self->listener_->num_connections(),
               self->options_.drain_timeout.count());
  self->listener_->drain(self->options_.drain_timeout);
  if (!self->hurries_) co_await self->wait_for_connections(self->options_.drain_timeout);
  self->listener_->end(
      Error{self->status_.healthy ? Errc::kServerDraining : Errc::kEngineError, "", ""});
  co_await self->wait_for_connections(2 * self->options_.limits.close_timeout);
  self->ring_.stop(CancelReason::kShutdown);
  co_await self->progress_.wait();  // Until the executor has left.
  spdlog::info("house: stopped");
  self->watchdog_.cancel();
  self->loop_lag_.stop();
  self->io_.stop();
}

// The ring stands still: nothing will end what runs, so the sessions do.
asio::awaitable<void> House::give_up(House* self) {
  self->listener_->end(Error{Errc::kEngineError, "", ""});
  co_await self->wait_for_connections(2 * self->options_.limits.close_timeout);
  self->io_.stop();
}

asio::awaitable<void> House::wait_for_connections(std::chrono::milliseconds limit) {
  if (listener_->num_connections() == 0) co_return;
  listener_->on_empty([this] { progress_.ring(); });
  co_await progress_.wait_for(limit);
}

}  // namespace octavo
