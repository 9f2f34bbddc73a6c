// The whole house on one hand-polled context: sessions without sockets, the real ring, a fake
// executor and a fake clock. A test injects frames, advances steps or time, and looks at the frames
// that come out. Nothing sleeps; every run is the same run.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/ring/ring.hpp"
#include "actors/session/session.hpp"
#include "tests/support/fake_executor.hpp"

namespace octavo::testing {

namespace json = boost::json;

/// Loaded once, since many houses are built.
inline std::shared_ptr<const Tokenizer> sim_tokenizer() {
  static const auto tokenizer = [] {
    const std::string folder =
        std::string(std::getenv("OCTAVO_TESTS_DIR")) + "/../examples/demo-model/model";
    return Tokenizer::load(folder).value();
  }();
  return tokenizer;
}

inline ServedModel sim_model() {
  ServedModel model;
  model.name = "sim";
  model.vocab_size = 4096;
  model.max_model_len = 512;
  model.tokenizer = sim_tokenizer();
  return model;
}

class Sim {
 public:
  struct Client {
    explicit Client(Sim& sim) : session(sim.sessions, sim.io.get_executor()) {
      session.speak_octavo();
    }
    Session session;
    std::vector<json::object> events;

    void say(const json::object& event) { session.receive_frame(json::serialize(event)); }
    /// Takes what the outbox holds, as a writer would.
    void read() {
      while (auto frame = session.outbox().pop()) events.push_back(json::parse(*frame).as_object());
      session.decongest();
      while (auto frame = session.outbox().pop()) events.push_back(json::parse(*frame).as_object());
    }
    std::vector<std::string> types() const {
      std::vector<std::string> out;
      for (const auto& event : events) out.emplace_back(event.at("type").as_string());
      return out;
    }
    std::size_t count(std::string_view type) const {
      std::size_t found = 0;
      for (const auto& event : events) found += event.at("type") == json::value(type) ? 1 : 0;
      return found;
    }
    std::string text() const {
      std::string out;
      for (const auto& event : events) {
        if (event.at("type") == "response.output_text.delta") out += event.at("delta").as_string();
      }
      return out;
    }
  };

  explicit Sim(
      std::int32_t num_blocks = 256, SessionLimits session_limits = {},
      std::int32_t max_num_seqs = 16,
      const std::function<void(SchedulerConfig&)>& adjust = [](SchedulerConfig&) {},
      SchedulerJournal* journal = nullptr)
      : config(config_of(num_blocks, max_num_seqs, adjust)),
        limits(session_limits),
        model(sim_model()),
        executor(num_blocks, 4, 4096, config.num_host_blocks),
        ring(
            io.get_executor(), io.get_executor(), config, executor, status, [this] { return now; },
            0, journal),
        sessions{model,
                 limits,
                 metrics,
                 ring.scheduler(),
                 desk,
                 next_request,
                 "sim",
                 [this] { return now; },
                 [this] { return unix_seconds; },
                 ring.block_manager(),
                 status} {
    ring.start(supervisor);
  }

  std::shared_ptr<Client> connect() {
    auto client = std::make_shared<Client>(*this);
    supervisor.spawn(io.get_executor(), "session", hear(client));
    return client;
  }

  /// Lets the house work until nothing is ready.
  void settle() {
    io.restart();
    io.poll();
  }
  /// Lets it work until `count` more steps have been executed, or nothing is ready.
  void advance_steps(int count) {
    const int target = executor.num_steps + count;
    io.restart();
    while (executor.num_steps < target && io.poll_one() > 0) {
    }
  }
  void advance_time(std::chrono::milliseconds time) { now += time; }

  static SchedulerConfig config_of(std::int32_t num_blocks, std::int32_t max_num_seqs,
                                   const std::function<void(SchedulerConfig&)>& adjust) {
    SchedulerConfig config;
    config.num_blocks = num_blocks;
    config.block_size = 4;
    config.max_model_len = 512;
    config.max_num_seqs = max_num_seqs;
    config.max_num_batched_tokens = 64;
    adjust(config);
    return config;
  }

  asio::io_context io{1};
  TimePoint now{};
  std::int64_t unix_seconds = 1;
  SchedulerConfig config;
  EngineStatus status;
  Metrics metrics{MetricScope{"octavo", "sim"}};
  SessionLimits limits;
  std::atomic<std::uint64_t> next_request{1};
  ServedModel model;
  FakeExecutor executor;
  Ring ring;
  Desk desk{io.get_executor(), io.get_executor(), 1};
  SessionContext sessions;
  Supervisor supervisor{[](const ActorExited& exited) {
    if (exited.error) std::rethrow_exception(exited.error);
  }};

 private:
  static asio::awaitable<void> hear(std::shared_ptr<Client> client) {
    for (;;) {
      auto message = co_await client->session.mailbox().receive();
      if (!message) co_return;
      client->session.handle(std::move(*message));
    }
  }
};

inline json::object create(std::string_view input, std::int64_t max_tokens) {
  return {{"type", "response.create"},
          {"input", input},
          {"max_output_tokens", max_tokens},
          {"ignore_eos", true}};
}

}  // namespace octavo::testing
