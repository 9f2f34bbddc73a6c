#include "actors/ring/block_manager_actor.hpp"

namespace octavo {

BlockManagerActor::BlockManagerActor(const asio::any_io_executor& executor,
                                     const CacheConfig& config, Address<ExecuteStep> executor_actor,
                                     EngineStatus& status, Clock clock)
    : mailbox_(executor),
      blocks_(config),
      executor_(std::move(executor_actor)),
      status_(status),
      clock_(std::move(clock)),
      timer_(executor) {
  publish_status(blocks_.credits());
}

asio::awaitable<void> BlockManagerActor::run() {
  for (;;) {
    auto message = co_await mailbox_.receive();
    if (!message) break;
    std::visit([this](auto& each) { handle(std::move(each)); }, *message);
  }
  timer_.cancel();  // It would hold the engine's thread until it expires.
}

void BlockManagerActor::handle(ReserveStep message) {
  const auto began = status_.spans != nullptr ? clock_() : TimePoint{};
  StepBatch batch = blocks_.reserve(std::move(message.plan));
  if (status_.spans != nullptr)
    status_.spans->add({Track::kBlockManager, batch.id.value, began, clock_(), 0});
  publish_status(batch.receipt.credits);
  executor_.send(ExecuteStep{std::move(batch)});
  if (feed_.is_empty()) return;
  has_changes_ = true;
  publish();
}

void BlockManagerActor::handle(const AuditBlocks& message) {
  message.reply_to.send(BlocksAudited{blocks_.audit()});
}

void BlockManagerActor::publish_status(const CacheCredits& credits) {
  const auto set = [](auto& gauge, auto value) { gauge.store(value, std::memory_order_relaxed); };
  const BlockPool& device = blocks_.pools().pool(Tier::kDevice);
  const BlockPool& host = blocks_.pools().pool(Tier::kHost);
  set(status_.device.num_blocks, device.num_blocks());
  set(status_.device.num_available, credits.num_free);
  set(status_.device.num_cached, credits.num_cached);
  set(status_.device.num_in_transfer, device.num_in_transfer());
  set(status_.host.num_blocks, host.num_blocks());
  set(status_.host.num_available, credits.num_host_free);
  set(status_.host.num_cached, host.num_cached());
  set(status_.host.num_in_transfer, host.num_in_transfer());
  set(status_.num_tokens_held, blocks_.num_tokens_held());
  const CacheTotals& totals = blocks_.totals();
  set(status_.num_prefix_queries, totals.num_queried_tokens);
  set(status_.num_prefix_hits, totals.num_hit_tokens);
  set(status_.num_blocks_demoted, totals.num_demoted);
  set(status_.num_blocks_promoted, totals.num_promoted);
}

void BlockManagerActor::handle(SubscribeBlocks message) {
  if (feed_.is_empty()) blocks_.set_observed(true);
  feed_.subscribe(std::move(message), clock_());
  publish();
}

void BlockManagerActor::handle(const UnsubscribeBlocks& message) {
  feed_.unsubscribe(message.subscriber);
  stop_watching_if_alone();
}

void BlockManagerActor::handle(const BlockMapTaken& message) {
  feed_.taken(message.subscriber);
  publish();
}

void BlockManagerActor::handle(const PublishBlocks&) {
  wakes_at_.reset();
  publish();
}

void BlockManagerActor::publish() {
  const TimePoint now = clock_();
  auto due = feed_.next_due(has_changes_);
  if (due && *due <= now) {
    feed_.publish(
        blocks_.take_changes(), [this] { return blocks_.full_map(); }, now);
    has_changes_ = false;
    stop_watching_if_alone();
    due = feed_.next_due(has_changes_);
  }
  wake_at(due, now);
}

// The timer runs only while something waits to be sent to a subscriber that is ready for it.
void BlockManagerActor::wake_at(std::optional<TimePoint> due, TimePoint now) {
  if (!due || (wakes_at_ && *wakes_at_ <= *due)) return;
  wakes_at_ = due;
  timer_.expires_after(*due - now);
  timer_.async_wait([self = mailbox_.address()](boost::system::error_code error) {
    if (!error) self.send(PublishBlocks{});
  });
}

void BlockManagerActor::stop_watching_if_alone() {
  if (!feed_.is_empty()) return;
  blocks_.set_observed(false);
  has_changes_ = false;
}

}  // namespace octavo
