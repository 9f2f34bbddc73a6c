#include "actors/messages.hpp"

#include <boost/asio/io_context.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("a subscriber is known by its mailbox and its number") {
  asio::io_context io(1);
  Mailbox<SessionMessage> one(io.get_executor());
  Mailbox<SessionMessage> two(io.get_executor());
  const BlockSubscriber subscriber{one.address(), 1};
  CHECK((subscriber == BlockSubscriber{one.address(), 1}));
  CHECK_FALSE((subscriber == BlockSubscriber{one.address(), 2}));
  CHECK_FALSE((subscriber == BlockSubscriber{two.address(), 1}));
}

TEST_CASE("a cancel that says no more ends the whole group of a client that has gone") {
  const CancelRequest cancel{.request = RequestId{3}};
  CHECK(cancel.choice == -1);
  CHECK(cancel.reason == CancelReason::kClientGone);
  CHECK(CancelAll{}.reason == CancelReason::kShutdown);
}

TEST_CASE("a prompt reaches its session whole, though its move may throw") {
  asio::io_context io(1);
  Mailbox<SessionMessage> session(io.get_executor());
  Prompt prompt;
  prompt.tokens = {1, 2, 3};
  session.address().send(
      PromptPrepared{RequestId{5}, std::make_unique<Result<Prompt>>(std::move(prompt))});
  auto message = session.try_receive();
  REQUIRE(message.has_value());
  const auto& prepared = std::get<PromptPrepared>(*message);
  CHECK(prepared.request == RequestId{5});
  REQUIRE(prepared.prompt != nullptr);
  REQUIRE(prepared.prompt->has_value());
  CHECK((*prepared.prompt)->tokens == std::vector<TokenId>{1, 2, 3});
}

TEST_CASE("messages of one sender to all of an engine's mailboxes keep their order and kind") {
  asio::io_context io(1);
  Mailbox<SchedulerMessage> scheduler(io.get_executor());
  const auto to_scheduler = scheduler.address();
  to_scheduler.send(SubmitRequest{});
  to_scheduler.send(CancelRequest{.request = RequestId{1}});
  to_scheduler.send(StepFailed{StepId{2}, Error{Errc::kEngineError, "why", ""}});
  to_scheduler.send(TransfersFinished{});
  to_scheduler.send(CancelAll{});
  CHECK(std::holds_alternative<SubmitRequest>(*scheduler.try_receive()));
  CHECK(std::get<CancelRequest>(*scheduler.try_receive()).request == RequestId{1});
  const auto failed = std::get<StepFailed>(*scheduler.try_receive());
  CHECK(failed.id == StepId{2});
  CHECK(failed.error.detail == "why");
  CHECK(std::holds_alternative<TransfersFinished>(*scheduler.try_receive()));
  CHECK(std::holds_alternative<CancelAll>(*scheduler.try_receive()));
  CHECK_FALSE(scheduler.try_receive().has_value());
}
