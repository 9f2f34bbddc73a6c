// Scheduler, block manager and a real model in one thread: whatever memory does to a request, its
// tokens stay what they are, and beam search finds what was recorded.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <random>

#include "src/engine/local_engine.hpp"
#include "src/runtime/load_executor.hpp"
#include "tests/golden/golden_folder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/scripted_constraint.hpp"
#include "tests/support/step_driver.hpp"
#include "tests/support/test_device.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

namespace json = boost::json;

struct Setting {
  std::int64_t block_size = 16;
  bool enable_prefix_caching = true;
  bool has_host = false;
  std::optional<PreemptionMode> forced;  ///< At random steps.
  bool forces_both = false;
  std::int32_t max_num_batched_tokens = 128;
};

struct Choice {
  std::vector<TokenId> tokens;
  std::optional<float> score;
};
using Choices = std::map<std::int32_t, Choice>;

class Engine {
 public:
  Engine(const std::filesystem::path& path, const Setting& setting) : setting_(setting) {
    ExecutorOptions options;
    use_test_device(options);
    options.path = path;
    options.dtype = kernels::DType::kF32;
    options.block_size = setting.block_size;
    options.num_blocks = 1024 / setting.block_size + 8;
    options.swap_bytes = setting.has_host ? std::size_t{8} << 20 : 0;
    options.max_num_batched_tokens = setting.max_num_batched_tokens;
    options.max_num_seqs = 32;
    options.cpu.threads = 1;
    executor_ = load_executor(options).value();
    SchedulerConfig config;
    config.num_blocks = static_cast<std::int32_t>(executor_->info().num_blocks);
    config.num_host_blocks = static_cast<std::int32_t>(executor_->info().num_host_blocks);
    config.block_size = static_cast<std::int32_t>(setting.block_size);
    config.max_model_len = static_cast<std::int32_t>(executor_->info().max_position_embeddings);
    config.max_num_batched_tokens = setting.max_num_batched_tokens;
    config.max_num_seqs = 32;
    config.max_steps_in_flight = executor_->is_asynchronous() ? 2 : 1;
    config.enable_prefix_caching = setting.enable_prefix_caching;
    engine_.emplace(config, *executor_);
  }

  std::map<RequestId, Choices> run(std::vector<Request> requests) {
    std::map<RequestId, Choices> told;
    std::vector<RequestId> ids;
    for (Request& each : requests) {
      ids.push_back(each.id);
      engine_->submit(std::move(each));
    }
    while (!engine_->is_idle()) {
      for (const RequestEvent& event : engine_->step()) {
        if (const auto* rejected = std::get_if<RequestRejected>(&event))
          FAIL(rejected->error.message());
        const auto* tokens = std::get_if<TokensGenerated>(&event);
        if (tokens == nullptr) continue;
        Choice& choice = told[tokens->request][tokens->choice];
        for (const SampledToken& each : tokens->tokens) choice.tokens.push_back(each.token);
        if (tokens->score) choice.score = tokens->score;
      }
      if (setting_.forced && random_() % 5 == 0) {
        const bool other = setting_.forces_both && random_() % 2 == 0;
        engine_->preempt(ids[random_() % ids.size()],
                         other ? PreemptionMode::kRecompute : *setting_.forced);
      }
      REQUIRE(engine_->blocks().is_consistent());
    }
    return told;
  }

  const LocalEngine& engine() const { return *engine_; }

 private:
  Setting setting_;
  std::unique_ptr<ModelExecutor> executor_;
  std::optional<LocalEngine> engine_;
  std::mt19937 random_{1};
};

std::vector<Request> requests_of(const GoldenFolder& folder) {
  std::vector<Request> requests;
  for (const GoldenPrompt& golden : folder.prompts) {
    Request request;
    request.id = RequestId{requests.size() + 1};
    request.prompt = golden.prompt_ids;
    request.sampling.seed = 7;
    request.sampling.n = 3;
    request.sampling.max_tokens = 24;
    request.sampling.ignore_eos = true;
    requests.push_back(request);
  }
  Request beams = requests.back();
  beams.id = RequestId{requests.size() + 1};
  beams.sampling.beam_width = 4;
  beams.sampling.max_tokens = 16;
  requests.push_back(beams);
  return requests;
}

std::vector<TokenId> tokens_of(const std::map<RequestId, Choices>& told) {
  std::vector<TokenId> all;
  for (const auto& [id, choices] : told) {
    for (const auto& [index, choice] : choices)
      all.insert(all.end(), choice.tokens.begin(), choice.tokens.end());
  }
  return all;
}

EarlyStopping early_stopping_of(const json::value& value) {
  if (value.is_string()) return EarlyStopping::kNever;
  return value.get_bool() ? EarlyStopping::kTrue : EarlyStopping::kFalse;
}

void check_beams(Engine& engine, const GoldenFolder& folder, const json::object& recorded,
                 std::uint64_t id) {
  Request request;
  request.id = RequestId{id};
  request.prompt =
      folder.prompts[static_cast<std::size_t>(recorded.at("prompt").as_int64())].prompt_ids;
  SamplingParams& sampling = request.sampling;
  sampling.beam_width = static_cast<std::int32_t>(recorded.at("num_beams").as_int64());
  sampling.n = static_cast<std::int32_t>(recorded.at("num_return_sequences").as_int64());
  sampling.max_tokens = static_cast<std::int32_t>(recorded.at("max_new_tokens").as_int64());
  sampling.length_penalty = static_cast<float>(recorded.at("length_penalty").to_number<double>());
  sampling.early_stopping = early_stopping_of(recorded.at("early_stopping"));
  sampling.stop_token_ids = to_ids(recorded.at("eos_token_ids"));
  sampling.ignore_eos = true;
  const auto told = engine.run({request});
  const json::array& sequences = recorded.at("sequences").as_array();
  const std::vector<float> scores = to_floats(recorded.at("scores"));
  const Choices& choices = told.at(request.id);
  REQUIRE(choices.size() == sequences.size());
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    INFO("hypothesis " << i);
    const Choice& choice = choices.at(static_cast<std::int32_t>(i));
    CHECK(choice.tokens == to_ids(sequences[i]));
    CHECK(choice.score.value() == Approx(scores[i]).margin(1e-4));
  }
}

template <class Check>
void for_every_folder(Check check) {
  for (const auto& root : golden_roots()) {
    for (const GoldenFolder& folder : read_golden_folders(root)) {
      INFO(folder.path);
      check(folder);
    }
  }
}

}  // namespace

TEST_CASE("beam search finds the recorded hypotheses and scores") {
  std::size_t num_checked = 0;
  for_every_folder([&](const GoldenFolder& folder) {
    const json::object golden = read_object(folder.path / "golden.json");
    const auto* beams = golden.if_contains("beams");
    if (beams == nullptr || beams->as_array().empty()) return;
    Setting plain;
    Setting moved;
    moved.block_size = 4;
    moved.has_host = true;
    moved.forced = PreemptionMode::kSwap;
    moved.forces_both = true;
    for (const Setting& setting : {plain, moved}) {
      Engine engine(folder.path, setting);
      std::uint64_t id = 1;
      for (const json::value& each : beams->as_array()) {
        INFO("case " << id << ", block size " << setting.block_size);
        check_beams(engine, folder, each.as_object(), id++);
        ++num_checked;
      }
      CHECK(engine.engine().blocks().totals().num_copied > 0);
    }
  });
  CHECK(num_checked >= 56);
}

TEST_CASE("tokens do not depend on the cache, the block size or who was moved out when") {
  for (const auto& folder : read_golden_folders(golden_roots().front())) {
    const std::string name = folder.path.filename().string();
    if (name != "llama-base" && name != "qwen3-base") continue;
    INFO(name);
    Engine reference(folder.path, Setting{});
    const std::vector<TokenId> expected = tokens_of(reference.run(requests_of(folder)));
    for (const std::int64_t block_size : {1, 4, 16, 64}) {
      for (const bool caches : {true, false}) {
        for (const int forced : {0, 1, 2, 3}) {
          Setting setting;
          setting.block_size = block_size;
          setting.enable_prefix_caching = caches;
          setting.has_host = forced > 0;
          setting.max_num_batched_tokens = forced > 1 ? 24 : 128;
          if (forced > 0)
            setting.forced = forced == 1 ? PreemptionMode::kRecompute : PreemptionMode::kSwap;
          setting.forces_both = forced == 3;
          INFO("block size " << block_size << ", prefix cache " << caches << ", forced " << forced);
          Engine engine(folder.path, setting);
          CHECK(tokens_of(engine.run(requests_of(folder))) == expected);
          const SchedulerStatus status = engine.engine().status();
          if (forced == 1) CHECK(status.num_preemptions_recompute > 0);
          if (forced >= 2) CHECK(status.num_preemptions_swap > 0);
        }
      }
    }
  }
}

TEST_CASE("forced tokens do not depend on the cache, the block size or who was moved out when") {
  for (const auto& folder : read_golden_folders(golden_roots().front())) {
    if (folder.path.filename() != "llama-base") continue;
    const auto constrained = [&] {
      std::vector<Request> requests = requests_of(folder);
      for (Request& each : requests)
        each.sampling.constraint = std::make_shared<ScriptedConstraint>();
      return requests;
    };
    Engine reference(folder.path, Setting{});
    const std::vector<TokenId> expected = tokens_of(reference.run(constrained()));
    CHECK(reference.engine().status().num_forced_tokens > 50);
    for (const int forced : {0, 1, 2, 3}) {
      for (const std::int64_t block_size : {1, 16}) {
        Setting setting;
        setting.block_size = block_size;
        setting.has_host = forced > 0;
        setting.max_num_batched_tokens = forced > 1 ? 24 : 128;
        if (forced > 0)
          setting.forced = forced == 1 ? PreemptionMode::kRecompute : PreemptionMode::kSwap;
        setting.forces_both = forced == 3;
        INFO("block size " << block_size << ", preempted " << forced);
        Engine engine(folder.path, setting);
        CHECK(tokens_of(engine.run(constrained())) == expected);
      }
    }
  }
}
