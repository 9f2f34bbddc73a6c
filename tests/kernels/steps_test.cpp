// Steps as a device without a device keeps them: what it promises to whoever prepares, submits and
// asks.
#include "kernels/steps.hpp"

#include <vector>

#include "tests/kernels/cpu/support.hpp"
#include "tests/support/catch.hpp"

using namespace octavo::kernels;

namespace {

/// A step that samples greedily: the token of each row is the index of its 1.
StepTicket submit_choice(Backend& backend, const std::vector<std::size_t>& tokens) {
  constexpr std::size_t kVocab = 8;
  std::vector<float> logits(tokens.size() * kVocab);
  for (std::size_t i = 0; i < tokens.size(); ++i) logits[i * kVocab + tokens[i]] = 1.0F;
  std::vector<SampleRow> rows(tokens.size(), SampleRow{.temperature = 0.0F});
  backend.place({});
  backend.stage_samples(rows);
  rows.clear();
  backend.sample(logits.data(), kVocab, static_cast<std::int64_t>(tokens.size()));
  return backend.submit();
}

std::vector<std::int32_t> tokens_of(Backend& backend, StepTicket ticket, std::size_t count) {
  std::vector<SampleOutput> outputs(count);
  backend.results(ticket, outputs);
  std::vector<std::int32_t> tokens;
  for (const SampleOutput& output : outputs) tokens.push_back(output.token);
  return tokens;
}

using Tokens = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("tickets count up and a submitted step has ended") {
  for (const std::string& name : {std::string("reference"), std::string()}) {
    const auto backend = backend_of(name);
    CHECK_FALSE(backend->is_asynchronous());
    for (StepTicket expected = 0; expected < 6; ++expected) {
      const StepTicket ticket = submit_choice(*backend, {1});
      CHECK(ticket == expected);
      CHECK(backend->wait(ticket));
    }
    CHECK(backend->fault().empty());
  }
}

TEST_CASE("results are those of their own step as long as few steps came after it") {
  const auto backend = backend_of("reference");
  const StepTicket first = submit_choice(*backend, {1, 2});
  const StepTicket second = submit_choice(*backend, {3});
  const StepTicket third = submit_choice(*backend, {4, 5, 6});
  CHECK(tokens_of(*backend, third, 3) == Tokens{4, 5, 6});
  CHECK(tokens_of(*backend, first, 2) == Tokens{1, 2});
  CHECK(tokens_of(*backend, second, 1) == Tokens{3});
}

TEST_CASE("only as many results are given as are asked for") {
  const auto backend = backend_of("reference");
  CHECK(tokens_of(*backend, submit_choice(*backend, {7, 6, 5}), 2) == Tokens{7, 6});
  CHECK(tokens_of(*backend, submit_choice(*backend, {7}), 0).empty());
}

TEST_CASE("a step's arrays are placed as they are and its operations run once") {
  const auto backend = backend_of("reference");
  const std::vector<std::int32_t> ids{4, 5};
  StepInputs host;
  host.token_ids = ids.data();
  host.num_tokens = 2;
  host.num_seqs = 1;
  const StepInputs placed = backend->place(host);
  CHECK(placed.token_ids[1] == 5);
  CHECK(placed.num_tokens == 2);
  CHECK(placed.num_seqs == 1);
  CHECK(placed.num_logits == 0);
  int num_runs = 0;
  backend->run_forward([&] { ++num_runs; });
  CHECK(num_runs == 1);
  backend->submit();
}

TEST_CASE("a step was worked on from its placing to its submission") {
  const auto backend = backend_of("reference");
  const auto before = std::chrono::steady_clock::now();
  const StepTicket ticket = submit_choice(*backend, {1});
  const auto after = std::chrono::steady_clock::now();
  std::vector<SampleOutput> outputs(1);
  const DeviceSpan span = backend->results(ticket, outputs);
  CHECK(before <= span.begin);
  CHECK(span.begin <= span.end);
  CHECK(span.end <= after);
}

TEST_CASE("samples may be staged when the forward pass is under way") {
  const auto backend = backend_of("reference");
  std::vector<float> logits{0.0F, 3.0F, 2.0F, 1.0F};
  backend->place({});
  backend->run_forward([] {});
  const std::vector<std::uint32_t> allowed{0b1100};
  SampleRow row{.temperature = 0.0F};
  row.allowed = allowed;
  backend->stage_samples({&row, 1});
  backend->sample(logits.data(), 4, 1);
  CHECK(tokens_of(*backend, backend->submit(), 1) == Tokens{2});
}
