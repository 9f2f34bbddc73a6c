// Rendering a template and tokenizing may take long, so that happens on threads of its own: the
// desk. Its threads serve the clients in turn (FairQueue). Thread: post() on the home thread only;
// jobs run on the workers' threads.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>

#include "src/response/fair_queue.hpp"

namespace octavo {

namespace asio = boost::asio;

class Desk {
 public:
  /// home: where the posting thread runs; workers: num_workers threads, or fewer.
  Desk(asio::any_io_executor home, asio::any_io_executor workers, std::size_t num_workers)
      : state_(std::make_shared<State>(std::move(home), std::move(workers), num_workers)) {}

  /// Runs the job when its owner's turn has come. One job of an owner runs at a time, in the order
  /// in which they were posted.
  void post(std::uint64_t owner, std::function<void()> job) {
    state_->queue.push(owner, std::move(job));
    serve(state_);
  }

 private:
  struct State {
    State(asio::any_io_executor home_executor, asio::any_io_executor worker_executor,
          std::size_t num_workers)
        : home(std::move(home_executor)),
          workers(std::move(worker_executor)),
          num_free(num_workers) {}
    asio::any_io_executor home;
    asio::any_io_executor workers;
    FairQueue<std::function<void()>> queue;  ///< Like num_free, the home thread's only.
    std::size_t num_free;
  };

  static void serve(const std::shared_ptr<State>& state) {
    while (state->num_free > 0) {
      auto taken = state->queue.take();
      if (!taken) return;
      --state->num_free;
      asio::post(state->workers, [state, owner = taken->owner, job = std::move(taken->work)] {
        job();
        asio::post(state->home, [state, owner] {
          ++state->num_free;
          state->queue.done(owner);
          serve(state);
        });
      });
    }
  }

  std::shared_ptr<State> state_;  ///< Jobs may outlive the desk.
};

}  // namespace octavo
