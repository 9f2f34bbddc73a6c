#include "actors/ring/block_auditor.hpp"

#include <boost/asio/steady_timer.hpp>

namespace octavo {

asio::awaitable<std::optional<BlockAudit>> BlockAuditor::audit() const {
  std::optional<BlockAudit> audit;
  const auto replies = std::make_shared<Mailbox<BlocksAudited>>(executor_);
  AuditBlocks question{replies->address()};
  if (block_manager_.send(std::move(question)) == SendResult::kClosed) co_return audit;
  asio::steady_timer limit(executor_, limit_);
  limit.async_wait([replies](boost::system::error_code error) {
    if (!error) replies->close();
  });
  auto reply = co_await replies->receive();
  limit.cancel();
  if (reply) audit = std::move(reply->audit);
  co_return audit;
}

asio::awaitable<std::optional<BlockAudit>> BlockAuditor::recent(std::chrono::milliseconds age,
                                                                TimePoint now) {
  if (last_ && now - asked_at_ <= age) co_return last_;
  auto asking = audit();
  auto answer = co_await std::move(asking);
  last_ = answer;
  asked_at_ = now;
  co_return answer;
}

}  // namespace octavo
