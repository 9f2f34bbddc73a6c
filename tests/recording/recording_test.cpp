#include "src/recording/recording.hpp"

#include "src/core/json_reader.hpp"
#include "src/recording/recorder.hpp"
#include "src/recording/recording_reader.hpp"
#include "src/recording/recording_replay.hpp"
#include "tests/recording/record_file.hpp"
#include "tests/recording/recorded_ring.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::read_all;
using octavo::testing::Reading;
using octavo::testing::RecordedRing;

namespace {

RecordingHeader some_header() {
  RecordingHeader header;
  header.model = "a \"model\"";
  header.kv_bytes_per_token = 12345;
  header.started_at = 1'700'000'000;
  header.origin = TimePoint(std::chrono::nanoseconds(987'654'321'012'345));
  header.engine.num_blocks = 77;
  header.engine.num_host_blocks = 5;
  header.engine.block_size = 8;
  header.engine.eos_token_ids = {3, 9};
  header.engine.seed = ~std::uint64_t{0};
  header.engine.queue_policy = QueuePolicyName::kFair;
  header.engine.preemption_mode = PreemptionMode::kSwap;
  header.engine.target_step_time = std::chrono::nanoseconds(123'456'789);
  header.engine.enable_prefix_caching = false;
  return header;
}

Request some_request() {
  Request request;
  request.id = RequestId{42};
  request.prompt = {0, 1, 127, 128, 151'000};
  request.sampling.max_tokens = 9;
  request.sampling.min_tokens = 2;
  request.sampling.ignore_eos = true;
  request.sampling.stop_token_ids = {7, 300};
  request.sampling.n = 2;
  request.sampling.beam_width = 4;
  request.sampling.length_penalty = 1.7F;
  request.sampling.early_stopping = EarlyStopping::kNever;
  request.sampling.seed = 0x123456789ABCDEFULL;
  request.priority = -3;
  request.tenant = 0xFEDCBA9876543210ULL;
  request.cache_namespace = 5;
  request.share = 2.5;
  return request;
}

/// Every kind of record.
std::string small_recording() {
  const RecordingHeader header = some_header();
  TimePoint now = header.origin;
  RecordingWriter writer(header);
  Request request = some_request();
  request.deadline = now + std::chrono::milliseconds(50);
  writer.submitted(request, now += std::chrono::microseconds(3));
  writer.cancelled(RequestId{41}, CancelReason::kSteered, now -= std::chrono::nanoseconds(1), 1);
  writer.asked_to_preempt(RequestId{42}, PreemptionMode::kSwap);
  const std::uint64_t hash = 0xABCDEF;
  writer.planned(&hash, now += std::chrono::hours(2));
  writer.planned(nullptr, now);
  StepReceipt receipt;
  receipt.id = StepId{1};
  receipt.credits = {60, 7, 4};
  receipt.started = {{SequenceId{5}, 16, 3, true}};
  StepResult result;
  result.id = StepId{1};
  result.elapsed = std::chrono::nanoseconds(4'000'000);
  result.failed = {{SequenceId{7}, Error{Errc::kInvalidValue, "", ""}}};
  result.transfers_finished = {{StepId{1}, RequestId{0}, TransferDirection::kPromote}};
  result.num_blocks_transferred = 3;
  result.transfer_elapsed = std::chrono::nanoseconds(17);
  result.sampled = {{SequenceId{5}, 11, -0.5F, {{11, -0.5F}}},
                    {SequenceId{4}, 12, std::nullopt, {{12, -0.25F}, {13, -2.0F}}}};
  writer.completed(receipt, result, now, {SequenceId{4}});
  writer.failed(StepId{2}, Errc::kOutOfMemory, now);
  writer.transferred({{StepId{2}, RequestId{42}, TransferDirection::kDemote}});
  writer.ended(0xABCDEF, 1, now);
  return writer.bytes();
}

}  // namespace

TEST_CASE("a header comes back as it was") {
  const RecordingHeader header = some_header();
  const auto read = parse_header(header_text(header));
  REQUIRE(read.has_value());
  CHECK(read->model == header.model);
  CHECK(read->kv_bytes_per_token == header.kv_bytes_per_token);
  CHECK(read->started_at == header.started_at);
  CHECK(read->origin == header.origin);
  CHECK(read->engine.seed == header.engine.seed);
  CHECK(read->engine.eos_token_ids == header.engine.eos_token_ids);
  CHECK(read->engine.queue_policy == header.engine.queue_policy);
  CHECK(read->engine.preemption_mode == header.engine.preemption_mode);
  CHECK(read->engine.target_step_time == header.engine.target_step_time);
  CHECK(header_text(*read) == header_text(header));
}

TEST_CASE("a header with a member missing or out of range names it") {
  CHECK(parse_header("[]").error().message() == "the header is not a JSON object");
  const std::string whole = header_text(some_header());
  for (const char* name :
       {"num_blocks", "block_size", "seed", "scheduling_policy", "kv_allocator", "model",
        "eos_token_ids", "enable_prefix_caching", "target_step_time_ns", "preemption_mode"}) {
    std::string text = whole;
    text.replace(text.find(name), 1, "x");
    const auto header = parse_header(text);
    REQUIRE_FALSE(header.has_value());
    CHECK_THAT(header.error().message(), Catch::Contains(quote(name)));
  }
  std::string text = whole;
  text.replace(text.find("\"block_size\":8"), 14, "\"block_size\":0");
  CHECK_THAT(parse_header(text).error().message(), Catch::Contains("\"block_size\""));
}

TEST_CASE("every record comes back as it was, without what does not decide") {
  const Reading reading = read_all(small_recording());
  REQUIRE_FALSE(reading.error);
  CHECK_FALSE(reading.is_truncated);
  REQUIRE(reading.events.size() == 9);
  const TimePoint origin = some_header().origin;
  const auto& submission = std::get<RecordedSubmission>(reading.events[0]);
  CHECK(submission.now == origin + std::chrono::microseconds(3));
  const Request request = some_request();
  CHECK(submission.request.id == request.id);
  CHECK(submission.request.prompt == request.prompt);
  CHECK(submission.request.sampling == request.sampling);
  CHECK(submission.request.priority == request.priority);
  CHECK(submission.request.tenant == request.tenant);
  CHECK(submission.request.cache_namespace == request.cache_namespace);
  CHECK(submission.request.share == 2.5);
  CHECK(submission.request.deadline == origin + std::chrono::milliseconds(50));
  const auto& cancellation = std::get<RecordedCancellation>(reading.events[1]);
  CHECK(cancellation.now == origin + std::chrono::nanoseconds(2999));
  CHECK(cancellation.request == RequestId{41});
  CHECK(cancellation.reason == CancelReason::kSteered);
  CHECK(cancellation.choice == 1);
  CHECK(std::get<RecordedPreemption>(reading.events[2]).mode == PreemptionMode::kSwap);
  CHECK(std::get<RecordedPlan>(reading.events[3]).hash == 0xABCDEF);
  CHECK_FALSE(std::get<RecordedPlan>(reading.events[4]).hash);
  const auto& [time, receipt, result] = std::get<RecordedCompletion>(reading.events[5]);
  CHECK(receipt.id == StepId{1});
  REQUIRE(result.failed.size() == 1);
  CHECK(result.failed[0].id == SequenceId{7});
  CHECK(result.failed[0].error.code == Errc::kInvalidValue);
  CHECK(result.id == StepId{1});
  CHECK(result.elapsed == std::chrono::milliseconds(4));
  CHECK(receipt.credits == CacheCredits{60, 7, 4});
  REQUIRE(receipt.started.size() == 1);
  CHECK(receipt.started[0].num_cached_tokens == 16);
  CHECK(receipt.started[0].promotes);
  CHECK(result.transfers_finished.size() == 1);
  REQUIRE(result.sampled.size() == 2);
  CHECK(result.sampled[0].sequence == SequenceId{5});
  CHECK(result.sampled[0].top.empty());
  CHECK_FALSE(result.sampled[0].logprob);
  CHECK(result.sampled[1].sequence == SequenceId{4});
  CHECK(result.sampled[1].top == std::vector<TokenLogprob>{{12, -0.25F}, {13, -2.0F}});
  CHECK(std::get<RecordedFailure>(reading.events[6]).code == Errc::kOutOfMemory);
  CHECK(std::get<RecordedTransfers>(reading.events[7]).finished.size() == 1);
  CHECK(std::get<RecordedEnd>(reading.events[8]).decision_hash == 0xABCDEF);
}

TEST_CASE("a file cut off at any byte gives the records before, or says that nothing is there") {
  const std::string bytes = small_recording();
  std::size_t last = 0;
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    CAPTURE(size);
    const std::string part = bytes.substr(0, size);
    CHECK(is_recording(part));
    const Reading reading = read_all(part);
    if (reading.error) {
      CHECK_THAT(reading.error->message(), Catch::Contains("before its header does"));
      CHECK(last == 0);
    } else {
      CHECK(reading.is_truncated);
      CHECK(reading.events.size() >= last);
      last = reading.events.size();
    }
  }
  CHECK(last == 8);
}

TEST_CASE("a changed byte is an error, wherever it is") {
  const std::string bytes = small_recording();
  int num_taken_for_cut_off = 0;
  for (std::size_t at = kRecordingMagic.size(); at < bytes.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      CAPTURE(at, flip);
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      const Reading reading = read_all(damaged);
      if (!reading.error) {
        CHECK(reading.is_truncated);
        ++num_taken_for_cut_off;
        continue;
      }
      CHECK(reading.error->code == Errc::kInvalidFile);
      CHECK_THAT(reading.error->message(), Catch::StartsWith("test.rec: "));
    }
  }
  CHECK(num_taken_for_cut_off <= 2);
}

TEST_CASE("records that were taken out, doubled or exchanged are an error") {
  RecordedRing ring(1);
  const std::string& bytes = ring.run(50);
  auto reader = RecordingReader::open(bytes, "test.rec");
  REQUIRE(reader.has_value());
  const std::size_t first = reader->position();
  REQUIRE(reader->next().has_value());
  const std::size_t second = reader->position();
  const std::string without = bytes.substr(0, first) + bytes.substr(second);
  CHECK(read_all(without).error);
  const std::string doubled = bytes.substr(0, second) + bytes.substr(first);
  CHECK(read_all(doubled).error);
  CHECK(read_all(bytes + "x").error);
}

TEST_CASE("another version is refused by its number") {
  std::string bytes = small_recording();
  bytes[kRecordingMagic.size()] = '7';
  const Reading reading = read_all(bytes);
  REQUIRE(reading.error);
  CHECK(reading.error->message() ==
        "test.rec: is a recording of version 7, and this octavo reads versions 2 to 3");
}

TEST_CASE("damaged files are never repeated to a crash") {
  RecordedRing ring(5);
  const std::string bytes = ring.run(60);
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    auto reader = RecordingReader::open(damaged, "test.rec");
    if (!reader) continue;
    const auto repeat = RecordingReplay(*reader, ring.config()).run();
    CHECK((repeat.has_value() || repeat.error().code == Errc::kInvalidFile));
  }
}

TEST_CASE("a recorder hands on whole records, and stops when they are not taken") {
  const RecordingHeader header = some_header();
  std::vector<std::string> pieces;
  bool is_taking = true;
  Recorder recorder(header, [&](std::string piece) {
    pieces.push_back(std::move(piece));
    return is_taking;
  });
  REQUIRE(pieces.size() == 1);
  TimePoint now = header.origin;
  recorder.submitted(some_request(), now);
  CHECK(pieces.size() == 1);
  recorder.planned(nullptr, now);  // Idle: nothing may stay behind.
  CHECK(pieces.size() == 2);
  CHECK(read_all(pieces[0] + pieces[1]).events.size() == 2);
  recorder.submitted(some_request(), now += std::chrono::seconds(1));
  CHECK(pieces.size() == 3);
  is_taking = false;
  recorder.planned(nullptr, now);
  CHECK(pieces.size() == 4);
  CHECK_FALSE(recorder.is_recording());
  recorder.submitted(some_request(), now += std::chrono::seconds(1));
  recorder.close(now);
  CHECK(pieces.size() == 4);
}

TEST_CASE("the decision hash depends on every field of a plan and on their order") {
  StepPlan plan;
  plan.id = StepId{1};
  plan.scheduled = {{SequenceId{1}, 0, 4, true, -1}, {SequenceId{2}, 3, 1, true, -1}};
  plan.starts.resize(1);
  plan.starts[0].tokens = {1, 2, 3};
  const auto hash_of = [](const StepPlan& of) {
    DecisionHash hash;
    hash.add(of);
    return hash.value();
  };
  std::vector<std::uint64_t> hashes{hash_of(plan)};
  const auto with = [&](const auto& change) {
    StepPlan changed = plan;
    change(changed);
    hashes.push_back(hash_of(changed));
  };
  with([](StepPlan& p) { p.id = StepId{2}; });
  with([](StepPlan& p) { p.transfers_finished = {{StepId{1}, RequestId{1}, {}}}; });
  with([](StepPlan& p) { p.failed = {StepId{1}}; });
  with([](StepPlan& p) { p.forks = {{SequenceId{1}, SequenceId{2}}}; });
  with([](StepPlan& p) { p.appended = {{SequenceId{1}, 5}}; });
  with([](StepPlan& p) { p.released = {SequenceId{1}}; });
  with([](StepPlan& p) { p.promotions = {SequenceId{1}}; });
  with([](StepPlan& p) { p.preempted = {{SequenceId{1}, PreemptionMode::kSwap}}; });
  with([](StepPlan& p) { p.preempted = {{SequenceId{1}, PreemptionMode::kRecompute}}; });
  with([](StepPlan& p) { p.num_demotions = 1; });
  with([](StepPlan& p) { p.starts[0].tokens[1] = 7; });
  with([](StepPlan& p) { p.starts[0].num_prompt_tokens = 3; });
  with([](StepPlan& p) { p.starts[0].request = RequestId{9}; });
  with([](StepPlan& p) { p.starts[0].sampling.seed = 9; });
  with([](StepPlan& p) { p.starts[0].sampling.max_tokens = 9; });
  with([](StepPlan& p) { p.starts[0].cache_namespace = 9; });
  with([](StepPlan& p) { p.starts[0].sibling = SequenceId{0}; });
  with([](StepPlan& p) { p.starts[0].is_twin = true; });
  with([](StepPlan& p) { p.starts[0].reservation = BlockRange{}; });
  with([](StepPlan& p) { p.scheduled[0].samples = false; });
  with([](StepPlan& p) { p.scheduled[1].twin_of = 0; });
  with([](StepPlan& p) { std::swap(p.scheduled[0], p.scheduled[1]); });
  std::sort(hashes.begin(), hashes.end());
  CHECK(std::adjacent_find(hashes.begin(), hashes.end()) == hashes.end());
  CHECK(hash_text(0xAB) == "00000000000000ab");
}
