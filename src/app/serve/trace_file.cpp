#include "src/app/serve/trace_file.hpp"

#include <spdlog/spdlog.h>

#include <cstdio>

namespace octavo {
namespace {

// The file's words: a process is a group of rows, a thread a row.
constexpr int kHost = 1;
constexpr int kDevice = 2;
constexpr int kSequences = 3;

struct Row {
  int process;
  const char* name;
};

Row row_of(Track track) {
  switch (track) {
    case Track::kScheduler:
      return {kHost, "scheduler"};
    case Track::kBlockManager:
      return {kHost, "block manager"};
    case Track::kExecutor:
      return {kHost, "executor"};
    case Track::kCompute:
      return {kDevice, "compute"};
    case Track::kCopyOut:
      return {kDevice, "copy out"};
    case Track::kCopyIn:
      break;
  }
  return {kDevice, "copy in"};
}

const char* count_of(Track track) {
  switch (track) {
    case Track::kCopyOut:
    case Track::kCopyIn:
      return "blocks";
    default:
      return "tokens";
  }
}

template <class... Args>
std::string format(const char* text, Args... args) {
  char buffer[320];
  std::snprintf(buffer, sizeof(buffer), text, args...);
  return buffer;
}

}  // namespace

Result<std::unique_ptr<TraceFile>> TraceFile::create(const std::string& path) {
  std::ofstream file(path, std::ios::trunc);
  if (!file) return Error{Errc::kIo, "`" + path + "` cannot be written", "trace"};
  return std::make_unique<TraceFile>(std::move(file));
}

TraceFile::TraceFile(std::ofstream file)
    : file_(std::move(file)), start_(std::chrono::steady_clock::now()) {
  file_ << "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n";
  for (const auto& [process, name] :
       {std::pair{kHost, "engine"}, {kDevice, "device"}, {kSequences, "sequences"}})
    write(
        format(R"({"ph":"M","pid":%d,"name":"process_name","args":{"name":"%s"}})", process, name));
  for (int i = 0; i <= static_cast<int>(Track::kCopyIn); ++i) {
    const Row row = row_of(static_cast<Track>(i));
    write(format(R"({"ph":"M","pid":%d,"tid":%d,"name":"thread_name","args":{"name":"%s"}})",
                 row.process, i, row.name));
  }
}

TraceFile::~TraceFile() {
  const TimePoint now = std::chrono::steady_clock::now();
  for (const auto& [id, state] : requests_) write_edge("e", "request", id, state, now);
  for (const auto& [id, state] : sequences_) write_edge("e", "sequence", id, state, now);
  file_ << "\n]}\n";
  file_.flush();
  if (!file_) spdlog::error("trace: the file is not whole, it could not be written");
}

void TraceFile::write(const std::string& event) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(is_first_, false)) file_ << ",\n";
  file_ << event;
}

double TraceFile::microseconds(TimePoint time) const {
  return std::chrono::duration<double, std::micro>(time - start_).count();
}

void TraceFile::add(const Span& span) {
  const Row row = row_of(span.track);
  write(format(R"({"ph":"X","pid":%d,"tid":%d,"name":"step %llu","ts":%.3f,"dur":%.3f,)"
               R"("args":{"step":%llu,"%s":%lld}})",
               row.process, static_cast<int>(span.track),
               static_cast<unsigned long long>(span.step), microseconds(span.begin),
               std::chrono::duration<double, std::micro>(span.end - span.begin).count(),
               static_cast<unsigned long long>(span.step), count_of(span.track),
               static_cast<long long>(span.count)));
}

// A life is a run of states, each an asynchronous slice of the same id. Null ends it.
void TraceFile::set_state(std::uint64_t id, const char* kind, const char* state, TimePoint now) {
  auto& states = kind[0] == 's' ? sequences_ : requests_;
  const auto found = states.find(id);
  if (found != states.end() && found->second == state) return;
  if (found != states.end()) {
    write_edge("e", kind, id, found->second, now);
    states.erase(found);
  }
  if (state == nullptr) return;
  states.emplace(id, state);
  write_edge("b", kind, id, state, now);
}

void TraceFile::write_edge(const char* phase, const char* kind, std::uint64_t id, const char* state,
                           TimePoint now) {
  write(format(R"({"ph":"%s","pid":%d,"tid":0,"cat":"%s","id":%llu,"name":"%s","ts":%.3f})", phase,
               kSequences, kind, static_cast<unsigned long long>(id), state, microseconds(now)));
}

void TraceFile::submitted(const Request& request, TimePoint now) {
  set_state(request.id.value, "request", "waiting", now);
}

// A choice that is cancelled alone leaves others that wait.
void TraceFile::cancelled(RequestId request, CancelReason, TimePoint now, std::int32_t choice) {
  if (choice < 0) ended(request, now);
}

void TraceFile::ended(RequestId request, TimePoint now) {
  set_state(request.value, "request", nullptr, now);
}

void TraceFile::planned(const StepPlan* plan, TimePoint now) {
  static constexpr const char* kRuns = "running";
  static constexpr const char* kSwapped = "swapped out";
  static constexpr const char* kPreempted = "to be recomputed";
  static constexpr const char* kReturns = "coming back";
  if (plan == nullptr) return;
  for (SequenceId id : plan->released) set_state(id.value, "sequence", nullptr, now);
  for (const Preemption& each : plan->preempted)
    set_state(each.id.value, "sequence", each.mode == PreemptionMode::kSwap ? kSwapped : kPreempted,
              now);
  for (const SequenceStart& each : plan->starts) {
    set_state(each.request.value, "request", nullptr, now);
    set_state(each.id.value, "sequence", kRuns, now);
  }
  for (SequenceId id : plan->promotions) set_state(id.value, "sequence", kReturns, now);
  for (const ScheduledSequence& each : plan->scheduled)
    set_state(each.id.value, "sequence", kRuns, now);
}

void TraceFile::failed(StepId step, const Error&, TimePoint now) {
  write(format(R"({"ph":"i","s":"g","pid":%d,"tid":0,"name":"step %llu failed","ts":%.3f})", kHost,
               static_cast<unsigned long long>(step.value), microseconds(now)));
}

}  // namespace octavo
