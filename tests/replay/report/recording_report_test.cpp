#include "src/replay/report/recording_report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

RecordingReport some_report() {
  RecordingReport report;
  report.name = "dir/a.rec";
  report.header.model = "small";
  report.header.engine.num_blocks = 1234;
  report.header.engine.block_size = 16;
  report.repeat.decision_hash = 0xABC;
  report.repeat.recorded_hash = 0xABC;
  report.repeat.num_steps = 5000;
  report.repeat.num_failed_steps = 2;
  report.repeat.seconds = 12.5;
  report.counts.num_requests = 1010;
  report.counts.num_finished = 1000;
  report.counts.num_cancelled = 5;
  report.counts.num_failed = 3;
  report.counts.num_rejected = 2;
  report.counts.num_prompt_tokens = 4000;
  report.counts.num_cached_tokens = 1000;
  report.counts.num_output_tokens = 70000;
  report.counts.num_preempted_by_swap = 8;
  report.counts.num_preempted_by_recompute = 9;
  report.counts.num_batches = 4;
  report.counts.num_scheduled = 10;
  report.counts.busy_seconds = 3.25;
  report.wall_seconds = 0.5;
  return report;
}

bool says(const RecordingReport& report, std::string_view line) {
  return text_of(report).find(line) != std::string::npos;
}

}  // namespace

TEST_CASE("a program finds every figure of a repeat under its name") {
  const auto json = json_of(some_report());
  CHECK(json.at("recording") == "dir/a.rec");
  CHECK(json.at("version") == kRecordingVersion);
  CHECK(json.at("model") == "small");
  CHECK(json.at("decision_hash") == "0000000000000abc");
  CHECK(json.at("recorded_hash") == "0000000000000abc");
  CHECK(json.at("equal") == true);
  CHECK(json.at("truncated") == false);
  CHECK(json.at("first_difference").is_null());
  CHECK(json.at("requests").as_object() == boost::json::object{{"submitted", 1010},
                                                               {"finished", 1000},
                                                               {"cancelled", 5},
                                                               {"failed", 3},
                                                               {"rejected", 2}});
  CHECK(json.at("steps") == 5000);
  CHECK(json.at("failed_steps") == 2);
  CHECK(json.at("preemptions").as_object() == boost::json::object{{"swap", 8}, {"recompute", 9}});
  CHECK(json.at("prompt_tokens") == 4000);
  CHECK(json.at("prefix_hit_tokens") == 1000);
  CHECK(json.at("prefix_hit_fraction") == 0.25);
  CHECK(json.at("output_tokens") == 70000);
  CHECK(json.at("batch_mean") == 2.5);
  CHECK(json.at("seconds") == 12.5);
  CHECK(json.at("busy_seconds") == 3.25);
  CHECK(json.at("wall_seconds") == 0.5);
}

TEST_CASE("a difference is told with its step, and the hash that was recorded beside the other") {
  RecordingReport report = some_report();
  report.repeat.recorded_hash = 0xFFFFFFFFFFFFFFFF;
  report.repeat.difference = DecisionDifference{StepId{42}, "another plan"};
  const auto json = json_of(report);
  CHECK(json.at("equal") == false);
  CHECK(json.at("truncated") == false);
  CHECK(json.at("recorded_hash") == "ffffffffffffffff");
  CHECK(json.at("first_difference").as_object() ==
        boost::json::object{{"step", 42}, {"what", "another plan"}});
  CHECK(says(report, "differs from step 42 on: another plan\n"));
}

TEST_CASE("a file that was cut off is equal as far as it goes") {
  RecordingReport report = some_report();
  report.repeat.recorded_hash.reset();
  const auto json = json_of(report);
  CHECK(json.at("equal") == true);
  CHECK(json.at("truncated") == true);
  CHECK(json.at("recorded_hash").is_null());
  CHECK(says(report,
             "the file was cut off before its end; the same decisions in all 5,000 steps that it "
             "holds\n"));
}

TEST_CASE("a difference in a file that was cut off is a difference first") {
  RecordingReport report = some_report();
  report.repeat.recorded_hash.reset();
  report.repeat.difference = DecisionDifference{StepId{1}, "another plan"};
  CHECK(json_of(report).at("truncated") == false);
  CHECK(says(report, "differs from step 1 on: another plan\n"));
  CHECK_FALSE(says(report, "cut off"));
}

TEST_CASE("a terminal gets a line a figure, in columns") {
  CHECK(text_of(some_report()) ==
        "dir/a.rec: small, 1,234 blocks of 16 tokens, fcfs, paged\n"
        "\n"
        "decision_hash       0000000000000abc\n"
        "                    the recorded one: the same decisions in all 5,000 steps\n"
        "requests            1,010: 1,000 finished, 5 cancelled, 2 rejected, 3 failed\n"
        "steps               5,000, 2 failed, 2.50 sequences in one on average\n"
        "preempted           8 by swap, 9 by recompute\n"
        "prefix hits         1,000 of 4,000 prompt tokens (25.0 %)\n"
        "output              70,000 tokens\n"
        "recorded time       12.5 s, the model at work for 3.25 s\n"
        "repeated in         500 ms\n");
}

TEST_CASE("the first line names the policy and the allocator that were recorded") {
  RecordingReport report = some_report();
  report.header.engine.queue_policy = QueuePolicyName::kPriority;
  report.header.engine.kv_allocator = KvAllocator::kOrcaPow2;
  CHECK(says(report, "blocks of 16 tokens, priority, orca-pow2\n\n"));
}

TEST_CASE("a recording of nothing has no mean and no hits, and divides by nothing") {
  RecordingReport report;
  report.repeat.recorded_hash = 0;
  const auto json = json_of(report);
  CHECK(json.at("batch_mean") == 0.0);
  CHECK(json.at("prefix_hit_fraction") == 0.0);
  CHECK(says(report, "prefix hits         0 of 0 prompt tokens (0.0 %)\n"));
}
