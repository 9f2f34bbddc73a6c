// An actor that dies must not die unheard. Every coroutine of the house is spawned through here:
// its exception becomes an `ActorExited`, and the owner can wait until all that it spawned have
// left (a gate, after Seastar's). Thread: spawn from any thread before the contexts run, later from
// the actor's own; the exit handler runs on the exiting actor's thread.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <utility>

namespace octavo {

namespace asio = boost::asio;

struct ActorExited {
  std::string name;
  std::exception_ptr error;  ///< Null when the actor came to its end.
};

/// What the exception says, for a log.
std::string describe(const std::exception_ptr& error);

class Supervisor {
 public:
  /// `on_exit` is called once for each actor that leaves.
  explicit Supervisor(std::function<void(const ActorExited&)> on_exit)
      : state_(std::make_shared<State>(std::move(on_exit))) {}

  /// Runs the actor on the executor until it ends. The coroutine owns its arguments; what it points
  /// to must outlive it.
  template <class Executor>
  void spawn(const Executor& executor, std::string name, asio::awaitable<void> actor) {
    auto running = std::make_shared<Running>(state_, std::move(name));
    asio::co_spawn(executor, std::move(actor),
                   [running = std::move(running)](std::exception_ptr error) {
                     running->tell(std::move(error));
                   });
  }

  int num_running() const { return state_->num_running.load(); }

 private:
  struct State {
    std::function<void(const ActorExited&)> on_exit;
    std::atomic<int> num_running{0};
    explicit State(std::function<void(const ActorExited&)> handler) : on_exit(std::move(handler)) {}
  };

  /// An actor. Where no memory is left for what it waits for, asio destroys it unheard, on the way
  /// of the exception: that is its end, too.
  class Running {
   public:
    Running(std::shared_ptr<State> state, std::string name)
        : state_(std::move(state)), name_(std::move(name)) {
      state_->num_running.fetch_add(1);
    }
    ~Running() {
      if (!is_told_ && std::uncaught_exceptions() > 0)
        tell(std::make_exception_ptr(std::bad_alloc()));
      state_->num_running.fetch_sub(1);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    void tell(std::exception_ptr error) {
      is_told_ = true;
      state_->on_exit(ActorExited{name_, std::move(error)});
    }

   private:
    std::shared_ptr<State> state_;
    std::string name_;
    bool is_told_ = false;
  };

  std::shared_ptr<State> state_;
};

}  // namespace octavo
