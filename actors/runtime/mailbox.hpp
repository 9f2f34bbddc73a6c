// How one actor receives from many threads without a lock and without polling. Senders enqueue and
// ring a doorbell on the empty -> non-empty edge; the doorbell posts one wake to the reader's
// executor, where the reader sleeps on a Bell. Asio 1.26's channels lose
// wake-ups after a cancelled receive, hence this.
//
// Order: messages of one sending thread keep their order, different senders' do not
// (moodycamel::ConcurrentQueue); no actor may depend on it. Stopping is closing, never a queued
// message. Thread: send() and close() from any; receive() from one coroutine on the reader's
// executor.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "actors/runtime/bell.hpp"

namespace octavo {

enum class SendResult : std::uint8_t {
  kAccepted,  ///< The reader gets the message unless the mailbox closes first.
  kClosed,    ///< The reader is gone; the message was dropped.
};

namespace detail {

// Small blocks: a server holds one of these for every idle connection.
struct MailboxTraits : moodycamel::ConcurrentQueueDefaultTraits {
  static constexpr std::size_t BLOCK_SIZE = 8;
  static constexpr std::size_t IMPLICIT_INITIAL_INDEX_SIZE = 4;
  static constexpr std::size_t INITIAL_IMPLICIT_PRODUCER_HASH_SIZE = 4;
};

template <class Message>
struct MailboxState : std::enable_shared_from_this<MailboxState<Message>> {
  explicit MailboxState(const asio::any_io_executor& reader)
      : queue(0), executor(reader), bell(reader) {}

  void ring() {
    if (!rung.exchange(true)) {
      asio::post(executor, [self = this->shared_from_this()] {
        if (self->bell) self->bell->ring();
      });
    }
  }

  moodycamel::ConcurrentQueue<Message, MailboxTraits> queue;
  asio::any_io_executor executor;
  std::optional<Bell> bell;  ///< Reader's thread only; gone with the mailbox, since addresses may
                             ///< outlive the context.
  std::atomic<bool> rung{false};
  std::atomic<bool> closed{false};
};

}  // namespace detail

/// Where to send a message. Copies freely; outlives the reader safely.
template <class Message>
class Address {
 public:
  Address() = default;
  explicit Address(std::shared_ptr<detail::MailboxState<Message>> state)
      : state_(std::move(state)) {}

  /// Never blocks. An empty address is closed.
  SendResult send(Message message) const {
    if (!state_ || state_->closed.load()) return SendResult::kClosed;
    state_->queue.enqueue(std::move(message));
    state_->ring();
    return SendResult::kAccepted;
  }

  /// Nobody will receive what is sent from now on. While it says no, that may change at once.
  bool is_closed() const { return !state_ || state_->closed.load(); }

  /// Both lead to the same mailbox.
  friend bool operator==(const Address&, const Address&) = default;

 private:
  std::shared_ptr<detail::MailboxState<Message>> state_;
};

template <class Message>
class Mailbox {
  static_assert(std::is_nothrow_move_constructible_v<Message> &&
                    std::is_nothrow_move_assignable_v<Message>,
                "the queue is not exception safe");

 public:
  explicit Mailbox(const asio::any_io_executor& reader)
      : state_(std::make_shared<detail::MailboxState<Message>>(reader)) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  /// On the reader's thread, or when that has ended.
  ~Mailbox() {
    close();
    state_->bell.reset();
  }

  Address<Message> address() const { return Address<Message>(state_); }

  /// What is queued is still received; then receive() answers nothing, for ever.
  void close() {
    state_->closed.store(true);
    state_->ring();
  }

  /// A message that is already here.
  std::optional<Message> try_receive() {
    std::optional<Message> message(std::in_place);
    if (!state_->queue.try_dequeue(*message)) message.reset();
    return message;
  }

  /// The next message, or nothing once the mailbox is closed and empty.
  asio::awaitable<std::optional<Message>> receive() {
    const auto state = state_;  // The mailbox may die while its reader sleeps.
    for (;;) {
      std::optional<Message> message(std::in_place);
      if (state->queue.try_dequeue(*message)) co_return message;
      if (state->closed.load()) {
        // A sender may have enqueued between the two checks.
        if (state->queue.try_dequeue(*message)) co_return message;
        message.reset();
        co_return message;
      }
      if (state->rung.exchange(false)) continue;  // Rung since the queue was looked at: look again.
      co_await state->bell->wait();
    }
  }

 private:
  std::shared_ptr<detail::MailboxState<Message>> state_;
};

}  // namespace octavo
