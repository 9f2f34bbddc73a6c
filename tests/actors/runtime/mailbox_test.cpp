#include "actors/runtime/mailbox.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>
#include <vector>

#include "actors/runtime/supervisor.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

struct Note {
  int sender = 0;
  int number = 0;
};

asio::awaitable<void> read_all(Mailbox<Note>* mailbox, std::vector<Note>* heard) {
  for (;;) {
    auto note = co_await mailbox->receive();
    if (!note) break;
    heard->push_back(*note);
  }
}

struct Fixture {
  asio::io_context context{1};
  Mailbox<Note> mailbox{context.get_executor()};
  std::vector<Note> heard;
  Supervisor supervisor{[](const ActorExited& exited) { REQUIRE_FALSE(exited.error); }};
  Fixture() { supervisor.spawn(context.get_executor(), "reader", read_all(&mailbox, &heard)); }
};

}  // namespace

TEST_CASE("what was sent before the close is still received") {
  Fixture f;
  CHECK(f.mailbox.address().send({1, 1}) == SendResult::kAccepted);
  CHECK(f.mailbox.address().send({1, 2}) == SendResult::kAccepted);
  f.mailbox.close();
  CHECK(f.mailbox.address().send({1, 3}) == SendResult::kClosed);
  f.context.run();
  CHECK(f.heard.size() == 2);
}

TEST_CASE("a sleeping reader costs nothing and wakes for a message and for the close") {
  Fixture f;
  f.context.poll();
  CHECK(f.context.poll() == 0);
  f.mailbox.address().send({1, 1});
  f.context.restart();
  f.context.poll();
  CHECK(f.heard.size() == 1);
  f.mailbox.close();
  f.context.restart();
  f.context.poll();
  CHECK(f.supervisor.num_running() == 0);
}

TEST_CASE("an address outlives its mailbox and an empty one is closed") {
  Address<Note> address;
  CHECK(address.send({}) == SendResult::kClosed);
  asio::io_context context(1);
  {
    Mailbox<Note> mailbox(context.get_executor());
    address = mailbox.address();
  }
  CHECK(address.send({}) == SendResult::kClosed);
  context.poll();
}

TEST_CASE("four senders lose nothing, and each one's order holds") {
  constexpr int kSenders = 4;
  constexpr int kNotes = 100'000;
  Fixture f;
  auto guard = asio::make_work_guard(f.context);
  std::thread reader([&] { f.context.run(); });
  std::vector<std::thread> senders;
  for (int sender = 0; sender < kSenders; ++sender) {
    senders.emplace_back([&f, sender] {
      const auto address = f.mailbox.address();
      for (int number = 0; number < kNotes; ++number) address.send({sender, number});
    });
  }
  for (auto& sender : senders) sender.join();
  f.mailbox.close();
  guard.reset();
  reader.join();
  REQUIRE(f.heard.size() == static_cast<std::size_t>(kSenders) * kNotes);
  std::vector<int> next(kSenders, 0);
  for (const Note& note : f.heard)
    REQUIRE(note.number == next[static_cast<std::size_t>(note.sender)]++);
}

TEST_CASE("a close that races with senders leaves nobody waiting") {
  for (int round = 0; round < 300; ++round) {
    Fixture f;
    auto guard = asio::make_work_guard(f.context);
    std::thread reader([&] { f.context.run(); });
    std::thread sender([&] {
      const auto address = f.mailbox.address();
      while (address.send({1, 1}) == SendResult::kAccepted) {
      }
    });
    f.mailbox.close();
    sender.join();
    guard.reset();
    reader.join();
    REQUIRE(f.supervisor.num_running() == 0);
  }
}
