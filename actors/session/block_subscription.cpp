#include "actors/session/block_subscription.hpp"

namespace octavo {

BlockSubscription::BlockSubscription(Address<BlockManagerMessage> block_manager,
                                     Address<SessionMessage> session, Outbox& outbox,
                                     BlockFrames::Naming name_of)
    : block_manager_(std::move(block_manager)),
      self_{std::move(session), 0},
      outbox_(outbox),
      name_of_(std::move(name_of)) {}

void BlockSubscription::begin(std::chrono::milliseconds interval) {
  end();
  is_active_ = true;
  next_number_ = 0;
  ++self_.number;
  block_manager_.send(SubscribeBlocks{self_, interval});
}

void BlockSubscription::end() {
  if (!is_active_) return;
  is_active_ = false;
  frames_.reset();
  block_manager_.send(UnsubscribeBlocks{self_});
}

void BlockSubscription::take(BlockMapChanged message) {
  if (!is_active_ || message.subscription != self_.number) return;
  frames_.emplace(std::move(message.map), name_of_);
  write();
}

void BlockSubscription::write() {
  if (!frames_) return;
  while (!frames_->is_done()) {
    if (outbox_.is_congested()) return;
    outbox_.push(frames_->next(next_number_++));
  }
  frames_.reset();
  block_manager_.send(BlockMapTaken{self_});
}

}  // namespace octavo
