#include "src/app/cli/commands/replay_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "src/core/bytes.hpp"

namespace octavo {
namespace {

namespace fs = std::filesystem;

/// Says on a terminal how far the replays are, on one line that goes away.
class Progress {
 public:
  explicit Progress(std::int64_t num_requests)
      : num_requests_(num_requests), is_shown_(::isatty(STDERR_FILENO) == 1) {}
  ~Progress() {
    if (is_shown_) std::fprintf(stderr, "\r\033[K");
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(std::int64_t num_done) {
    const std::int64_t done = num_done_ += num_done;
    if (!is_shown_ || num_done == 0) return;
    const auto percent = static_cast<int>(100 * done / std::max<std::int64_t>(1, num_requests_));
    if (percent_.exchange(percent) != percent) std::fprintf(stderr, "\rreplaying: %d %%", percent);
  }

 private:
  std::int64_t num_requests_;
  bool is_shown_;
  std::atomic<std::int64_t> num_done_ = 0;
  std::atomic<int> percent_ = -1;
};

std::string page_path(const ReplayOptions& options) {
  if (!options.html.empty()) return options.html;
  std::string stem = fs::path(options.trace).filename().string();
  for (const char* ending : {".gz", ".csv", ".tsv", ".jsonl", ".json"}) {
    if (stem.ends_with(ending) && stem.size() > std::string(ending).size())
      stem.resize(stem.size() - std::string(ending).size());
  }
  std::replace(stem.begin(), stem.end(), ':', '-');
  return stem + ".replay.html";
}

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return Error{Errc::kIo, path + ": cannot be written", "html"};
  return {};
}

}  // namespace

Error invalid_flag(const std::string& flag, const std::string& why) {
  return Error{Errc::kInvalidValue, "--" + flag + ": " + why, flag};
}

Result<std::int32_t> blocks_in(const std::string& size, std::int64_t block_bytes,
                               const std::string& flag) {
  constexpr std::int64_t kMaxBlocks = 1 << 26;
  const auto bytes = parse_bytes(size);
  if (!bytes) return invalid_flag(flag, bytes.error().detail);
  const std::int64_t num_blocks = static_cast<std::int64_t>(*bytes) / block_bytes;
  if (num_blocks <= kMaxBlocks) return static_cast<std::int32_t>(num_blocks);
  return invalid_flag(flag, format_bytes(*bytes) + " are " + std::to_string(num_blocks) +
                                " blocks of " +
                                format_bytes(static_cast<std::uint64_t>(block_bytes)) +
                                ", and there are at most " + std::to_string(kMaxBlocks));
}

Result<SamplingParams> sampling_of(const std::string& text) {
  SamplingParams sampling;
  if (text.empty()) return sampling;
  const std::size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  const std::string number = colon == std::string::npos ? "" : text.substr(colon + 1);
  std::int32_t count = 0;
  const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), count);
  const bool is_number = error == std::errc() && rest == number.data() + number.size();
  if (kind == "parallel" && is_number && count >= 1 && count <= 8) {
    sampling.n = count;
    return sampling;
  }
  if (kind == "beam" && is_number && count >= 1 && count <= 16) {
    sampling.beam_width = count;
    return sampling;
  }
  return invalid_flag("sampling", "`" + text + "` is neither parallel:1..8 nor beam:1..16");
}

Result<std::vector<KvAllocator>> allocators_of(const ReplayOptions& options,
                                               const std::vector<KvAllocator>& otherwise) {
  std::vector<KvAllocator> allocators;
  for (const std::string& name : options.allocators) {
    const auto allocator = kv_allocator_named(name);
    if (!allocator) return allocator.error();
    if (std::find(allocators.begin(), allocators.end(), *allocator) == allocators.end())
      allocators.push_back(*allocator);
  }
  return allocators.empty() ? otherwise : allocators;
}

Result<std::vector<Outcome>> replay_all(const Trace& trace, const CostModel& cost,
                                        const ReplayConfig& config,
                                        const std::vector<KvAllocator>& allocators) {
  std::vector<Result<Outcome>> results(allocators.size(), Outcome{});
  std::atomic<std::size_t> next = 0;
  Progress progress(static_cast<std::int64_t>(trace.requests.size() * allocators.size()));
  const auto work = [&] {
    for (std::size_t i = next++; i < allocators.size(); i = next++) {
      ReplayConfig mine = config;
      mine.allocator = allocators[i];
      std::int64_t last = 0;
      results[i] = Replayer(trace, cost, mine).run([&](std::int64_t num_done) {
        progress.add(num_done - std::exchange(last, num_done));
      });
    }
  };
  std::thread helper(work);
  work();
  helper.join();
  std::vector<Outcome> outcomes;
  for (auto& result : results) {
    if (!result) return result.error();
    outcomes.push_back(std::move(*result));
  }
  return outcomes;
}

Result<int> tell(const ReplayReport& report, const ReplayOptions& options) {
  if (options.json)
    std::printf("%s\n", boost::json::serialize(json_of(report)).c_str());
  else
    std::fputs(table_of(report).c_str(), stdout);
  if (options.no_html) return 0;
  const std::string path = page_path(options);
  if (auto written = write_file(path, page_of(report)); !written) return written.error();
  std::fprintf(options.json ? stderr : stdout, "page: %s\n", path.c_str());
  return 0;
}

}  // namespace octavo
