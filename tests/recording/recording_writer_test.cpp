#include "src/recording/recording_writer.hpp"

#include "tests/recording/record_file.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using namespace octavo::testing;
using namespace std::chrono_literals;

namespace {

RecordingHeader header_from(TimePoint origin) {
  RecordingHeader header;
  header.origin = origin;
  return header;
}

/// What stands behind the header when the writer has written this.
std::string record_of(const std::function<void(RecordingWriter&)>& write) {
  RecordingWriter writer(RecordingHeader{});
  const std::size_t begin = writer.bytes().size();
  write(writer);
  return writer.bytes().substr(begin);
}

std::string submission_of(const Request& request) {
  return record_of([&](RecordingWriter& out) { out.submitted(request, TimePoint{}); });
}

}  // namespace

TEST_CASE("log-probabilities of the prompt are written last, and only where they are asked for") {
  Request request;
  request.prompt = {7};
  const std::string plain = submission_of(request);
  request.sampling.num_prompt_logprobs = 0;
  CHECK(submission_of(request).size() == plain.size() + 1);
  RecordingWriter writer(RecordingHeader{});
  request.sampling.num_prompt_logprobs = 20;
  writer.submitted(request, TimePoint{});
  const Reading reading = read_all(writer.bytes());
  REQUIRE(reading.events.size() == 1);
  CHECK(std::get<RecordedSubmission>(reading.events[0]).request.sampling.num_prompt_logprobs == 20);
}

TEST_CASE("a file begins with its line and the record of its header") {
  RecordingHeader header = header_from(TimePoint(9s));
  header.model = "tiny";
  RecordingWriter writer(header);
  RecordFile file = RecordFile::without_header();
  file.add(std::string(1, '\x01') + header_text(header));
  CHECK(writer.bytes() == file.bytes());
  CHECK(writer.bytes().starts_with("octavo-recording 3\n"));
}

TEST_CASE("a record is its size, a check, its kind and fields, and a sum, all by its ordinal") {
  RecordingWriter writer(RecordingHeader{});
  writer.cancelled(RequestId{300}, CancelReason::kStopMatched, TimePoint(64ns), 2);
  writer.asked_to_preempt(RequestId{5}, PreemptionMode::kSwap);
  const RecordFile expected =
      RecordFile().add({"\x03\x80\x01\xAC\x02\x02\x04", 7}).add({"\x04\x05\x01", 3});
  CHECK(writer.bytes() == expected.bytes());
}

TEST_CASE("the check and the sum of a record depend on what it says and on where it stands") {
  CHECK(sum_of("plan", 1) == sum_of("plan", 1));
  CHECK(sum_of("plan", 1) != sum_of("plam", 1));
  CHECK(sum_of("plan", 1) != sum_of("plan", 2));
  int num_differing = 0;
  for (std::uint64_t size = 1; size <= 64; ++size) {
    num_differing += check_of_size(size, 1) != check_of_size(size + 1, 1) ? 1 : 0;
    num_differing += check_of_size(size, 1) != check_of_size(size, 2) ? 1 : 0;
  }
  CHECK(num_differing > 120);  // One byte is the same now and then.
}

TEST_CASE("check and sum are those of the format, so that files of this version stay readable") {
  CHECK(check_of_size(1, 0) == 0x2E);
  CHECK(check_of_size(300, 5) == 0x5A);
  CHECK(check_of_size(std::uint64_t{1} << 40, 7) == 0x5F);
  CHECK(sum_of("", 0) == 0x38D394C2);
  CHECK(sum_of("plan", 1) == 0x3E7CC97B);
}

TEST_CASE("times count from the record before, backwards too") {
  const TimePoint origin{100s};
  RecordingWriter writer(header_from(origin));
  writer.planned(nullptr, origin + 5ns);
  writer.planned(nullptr, origin + 3ns);
  writer.asked_to_preempt(RequestId{1}, PreemptionMode::kSwap);  // It has no time.
  writer.planned(nullptr, origin + 4ns);
  const Reading reading = read_all(writer.bytes());
  REQUIRE(reading.events.size() == 4);
  CHECK(std::get<RecordedPlan>(reading.events[0]).now == origin + 5ns);
  CHECK(std::get<RecordedPlan>(reading.events[1]).now == origin + 3ns);
  CHECK(std::get<RecordedPlan>(reading.events[3]).now == origin + 4ns);
}

TEST_CASE("a recording goes on where it was when its bytes are taken away") {
  RecordingWriter whole(RecordingHeader{});
  RecordingWriter taken(RecordingHeader{});
  std::string bytes;
  for (std::uint64_t id = 1; id <= 5; ++id) {
    const TimePoint now{std::chrono::milliseconds(id)};
    whole.cancelled(RequestId{id}, CancelReason::kClientGone, now, -1);
    taken.cancelled(RequestId{id}, CancelReason::kClientGone, now, -1);
    bytes += std::exchange(taken.bytes(), {});
  }
  CHECK(bytes == whole.bytes());
}

TEST_CASE("what only the sampler needs is not written, nor is any text") {
  Request plain;
  plain.id = RequestId{1};
  plain.prompt = {1, 2, 3};
  Request spiced = plain;
  spiced.sampling.temperature = 0.3F;
  spiced.sampling.top_k = 5;
  spiced.sampling.top_p = 0.5F;
  spiced.sampling.min_p = 0.25F;
  spiced.sampling.repetition_penalty = 2.0F;
  spiced.sampling.presence_penalty = 1.0F;
  spiced.sampling.frequency_penalty = 1.0F;
  spiced.sampling.stop = {"a secret"};
  spiced.sampling.logit_bias = {{1, 3.0F}};
  spiced.sampling.num_logprobs = 4;
  CHECK(submission_of(spiced) == submission_of(plain));
}

TEST_CASE("a namespace that is the tenant's own takes no room") {
  Request request;
  request.prompt = {1};
  request.tenant = request.cache_namespace = 0x123456789;
  const std::string same = submission_of(request);
  request.cache_namespace = 0x987654321;
  CHECK(submission_of(request).size() == same.size() + 8);
}

TEST_CASE("candidates are written of beams alone, and no other log-probabilities") {
  StepReceipt receipt;
  StepResult result;
  result.sampled = {{SequenceId{1}, 5, -0.5F, {{5, -0.5F}}},
                    {SequenceId{2}, 6, -0.5F, {{6, -0.5F}}}};
  StepResult without = result;
  for (SampledToken& each : without.sampled) each.logprob.reset();
  without.sampled[1].top.clear();
  const auto written = [&](const StepResult& of, const std::unordered_set<SequenceId>& beams) {
    return record_of([&](RecordingWriter& out) { out.completed(receipt, of, TimePoint{}, beams); });
  };
  CHECK(written(result, {SequenceId{1}}) == written(without, {SequenceId{1}}));
  CHECK(written(result, {}) == written(without, {}));
  CHECK(written(result, {}).size() + 5 == written(result, {SequenceId{1}}).size());
}

TEST_CASE("the error of a failed sequence is written as its code alone") {
  StepResult result;
  result.failed = {{SequenceId{1}, Error{Errc::kInvalidValue, "token 7 of my text", "input"}}};
  StepResult terse = result;
  terse.failed[0].error = Error{Errc::kInvalidValue, "", ""};
  const auto written = [](const StepResult& of) {
    return record_of([&](RecordingWriter& out) { out.completed({}, of, TimePoint{}, {}); });
  };
  CHECK(written(result) == written(terse));
}
