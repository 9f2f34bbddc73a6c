#include "src/scheduler/journals.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

using Log = std::vector<std::string>;

/// Writes what it hears, with its own name in front, into a log that it shares.
class Listener final : public SchedulerJournal {
 public:
  Listener(std::string name, Log& log) : name_(std::move(name)), log_(log) {}

  void submitted(const Request& request, TimePoint now) override {
    write("submitted", request.id.value, now);
  }
  void cancelled(RequestId request, CancelReason reason, TimePoint now,
                 std::int32_t choice) override {
    write("cancelled " + std::string(name_of(reason)) + " " + std::to_string(choice), request.value,
          now);
  }
  void asked_to_preempt(RequestId request, PreemptionMode mode) override {
    write(mode == PreemptionMode::kSwap ? "swap" : "recompute", request.value, {});
  }
  void planned(const StepPlan* plan, TimePoint now) override {
    write("planned", plan == nullptr ? 0 : plan->id.value, now);
  }
  void completed(const StepReceipt& receipt, const StepResult& result, TimePoint now) override {
    write("completed " + std::to_string(receipt.id.value), result.id.value, now);
  }
  void failed(StepId step, const Error& error, TimePoint now) override {
    write("failed " + error.detail, step.value, now);
  }
  void transferred(const std::vector<TransferId>& finished) override {
    write("transferred", finished.size(), {});
  }
  void ended(RequestId request, TimePoint now) override { write("ended", request.value, now); }

 private:
  void write(const std::string& what, std::uint64_t id, TimePoint now) {
    log_.push_back(name_ + " " + what + " " + std::to_string(id) + " at " +
                   std::to_string(now.time_since_epoch().count()));
  }

  std::string name_;
  Log& log_;
};

}  // namespace

TEST_CASE("both listeners hear every call with its arguments, the first one first") {
  Log log;
  Listener first("a", log);
  Listener second("b", log);
  Journals both(first, second);
  const TimePoint now{std::chrono::nanoseconds(7)};
  Request request;
  request.id = RequestId{1};
  StepPlan plan;
  plan.id = StepId{2};
  StepReceipt receipt;
  receipt.id = StepId{3};
  StepResult result;
  result.id = StepId{4};
  both.submitted(request, now);
  both.cancelled(RequestId{5}, CancelReason::kSlowConsumer, now, 6);
  both.asked_to_preempt(RequestId{7}, PreemptionMode::kSwap);
  both.planned(&plan, now);
  both.planned(nullptr, now);
  both.completed(receipt, result, now);
  both.failed(StepId{8}, Error{Errc::kEngineError, "broken", ""}, now);
  both.transferred({TransferId{}, TransferId{}});
  both.ended(RequestId{9}, now);
  const Log expected{"submitted 1 at 7",     "cancelled slow_consumer 6 5 at 7",
                     "swap 7 at 0",          "planned 2 at 7",
                     "planned 0 at 7",       "completed 3 4 at 7",
                     "failed broken 8 at 7", "transferred 2 at 0",
                     "ended 9 at 7"};
  REQUIRE(log.size() == 2 * expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(log[2 * i] == "a " + expected[i]);
    CHECK(log[2 * i + 1] == "b " + expected[i]);
  }
}
