#include "actors/session/load_subscription.hpp"

namespace octavo {
LoadSubscription::LoadSubscription(Sources sources, const asio::any_io_executor& executor,
                                   Address<SessionMessage> session, Outbox& outbox)
    : sources_(sources), session_(std::move(session)), outbox_(outbox), timer_(executor) {}

void LoadSubscription::begin(std::chrono::milliseconds interval, bool wants_totals) {
  end();
  is_active_ = true;
  wants_totals_ = wants_totals;
  interval_ = interval;
  next_number_ = 0;
  ++subscription_;
  told_.reset();
  num_tokens_ = sources_.status.num_completion_tokens.load();
  measured_at_ = sources_.clock();
  tell();
  wait();
}

void LoadSubscription::end() {
  if (!is_active_) return;
  is_active_ = false;
  timer_.cancel();
}

void LoadSubscription::look(const LoadDue& message) {
  if (!is_active_ || message.subscription != subscription_) return;
  if (!outbox_.is_congested()) tell();
  wait();
}

Load LoadSubscription::measure() {
  const EngineStatus& status = sources_.status;
  Load load;
  load.num_running = status.num_running.load();
  load.num_waiting = status.num_waiting.load();
  load.num_preempted = status.num_preempted.load();
  load.device_usage = status.device.usage();
  load.host_usage = status.host.usage();
  load.num_connections = static_cast<std::int32_t>(sources_.metrics.num_connections().Value());
  const std::int64_t num_tokens = status.num_completion_tokens.load();
  const TimePoint now = sources_.clock();
  const double seconds = std::chrono::duration<double>(now - measured_at_).count();
  if (seconds > 0) load.tokens_per_s = static_cast<double>(num_tokens - num_tokens_) / seconds;
  num_tokens_ = num_tokens;
  measured_at_ = now;
  if (wants_totals_) load.totals = sources_.metrics.totals(status);
  return load;
}

void LoadSubscription::tell() {
  const Load load = measure();
  if (load == told_) return;
  outbox_.push(load_frame(load, next_number_++));
  told_ = load;
}

void LoadSubscription::wait() {
  timer_.expires_after(interval_);
  timer_.async_wait([session = session_, number = subscription_](boost::system::error_code error) {
    if (!error) session.send(LoadDue{number});
  });
}

}  // namespace octavo
