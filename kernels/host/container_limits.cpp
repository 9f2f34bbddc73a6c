#include "kernels/host/container_limits.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace octavo::kernels {
namespace {

namespace fs = std::filesystem;

/// Where there is no limit, a file of version 1 holds the largest number of pages, 8 EiB less a few
/// bytes. Everything from here on is taken for that.
constexpr std::size_t kNoLimit = std::size_t{1} << 62;

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream words(line);
  std::vector<std::string> found;
  for (std::string word; words >> word;) found.push_back(std::move(word));
  return found;
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  return lines;
}

std::optional<std::size_t> number_in(std::string_view word) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

/// The first word of a file; empty when there is none.
std::string word_in(const fs::path& file) {
  const auto lines = lines_of(file);
  const auto words = lines.empty() ? std::vector<std::string>{} : words_of(lines.front());
  return words.empty() ? std::string() : words.front();
}

/// mountinfo writes blanks and backslashes in octal.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int code = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '\\' && i + 3 < text.size() &&
        std::from_chars(digits, digits + 3, code, 8).ptr == digits + 3) {
      plain += static_cast<char>(code);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool lists(std::string_view names, std::string_view name) {
  for (std::size_t start = 0; start <= names.size();) {
    const std::size_t end = std::min(names.find(',', start), names.size());
    if (names.substr(start, end - start) == name) return true;
    start = end + 1;
  }
  return false;
}

/// A mounted hierarchy of groups: which group its mount point shows, and where.
struct Mount {
  fs::path group;
  fs::path point;
};

/// controller: empty for version 2, which has one hierarchy for all of them.
std::optional<Mount> mount_of(const fs::path& root, std::string_view controller) {
  for (const std::string& line : lines_of(root / "proc/self/mountinfo")) {
    // id, parent, device, root, mount point, options, tags ..., "-", type, source, super options
    const auto words = words_of(line);
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 5 || words.end() - dash < 4) continue;
    const bool is_wanted = controller.empty() ? dash[1] == "cgroup2"
                                              : dash[1] == "cgroup" && lists(dash[3], controller);
    if (is_wanted)
      return Mount{unescaped(words[3]), root / fs::path(unescaped(words[4])).relative_path()};
  }
  return std::nullopt;
}

/// Which group of the hierarchy this process is in.
std::optional<fs::path> group_of(const fs::path& root, std::string_view controller) {
  for (const std::string& line : lines_of(root / "proc/self/cgroup")) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first == std::string::npos ? first : first + 1);
    if (second == std::string::npos) continue;
    const auto names = std::string_view(line).substr(first + 1, second - first - 1);
    if (controller.empty() ? names.empty() && line.starts_with("0:") : lists(names, controller))
      return fs::path(line.substr(second + 1));
  }
  return std::nullopt;
}

/// The folders of the process' group and of those around it, as far as they are mounted.
std::vector<fs::path> folders_of(const fs::path& root, std::string_view controller) {
  const auto mount = mount_of(root, controller);
  const auto group = group_of(root, controller);
  if (!mount || !group) return {};
  // In a namespace of its own the group may lie outside of what is mounted: the top stands for it.
  fs::path inner = group->lexically_relative(mount->group);
  if (inner.empty() || *inner.begin() == "..") inner = ".";
  std::vector<fs::path> folders{mount->point};
  for (const fs::path& part : inner) {
    if (part != ".") folders.push_back(folders.back() / part);
  }
  return folders;
}

template <class T>
void lower(std::optional<T>& limit, T value) {
  limit = limit ? std::min(*limit, value) : value;
}

void limit_cpus(ContainerLimits& limits, std::string_view quota, std::string_view period) {
  const auto time = number_in(quota);
  const auto of = number_in(period);
  if (time && of && *time > 0 && *of > 0)
    lower(limits.num_cpus, static_cast<double>(*time) / static_cast<double>(*of));
}

/// The kernel drops file pages that were not used lately before anybody is killed.
std::size_t droppable_bytes(const fs::path& stat, std::string_view name) {
  for (const std::string& line : lines_of(stat)) {
    const auto words = words_of(line);
    if (words.size() == 2 && words[0] == name) return number_in(words[1]).value_or(0);
  }
  return 0;
}

void limit_memory(ContainerLimits& limits, const fs::path& limit_file, const fs::path& usage_file,
                  std::string_view droppable) {
  const auto limit = number_in(word_in(limit_file));
  if (!limit || *limit >= kNoLimit) return;
  const std::size_t usage = number_in(word_in(usage_file)).value_or(0);
  const std::size_t dropped =
      std::min(usage, droppable_bytes(limit_file.parent_path() / "memory.stat", droppable));
  lower(limits.memory_bytes, *limit);
  lower(limits.free_bytes, *limit - std::min(*limit, usage - dropped));
}

}  // namespace

ContainerLimits read_container_limits(const fs::path& root) {
  ContainerLimits limits;
  for (const fs::path& folder : folders_of(root, "")) {
    const auto lines = lines_of(folder / "cpu.max");
    const auto words = lines.empty() ? std::vector<std::string>{} : words_of(lines.front());
    if (words.size() == 2) limit_cpus(limits, words[0], words[1]);
    limit_memory(limits, folder / "memory.max", folder / "memory.current", "inactive_file");
  }
  for (const fs::path& folder : folders_of(root, "cpu"))
    limit_cpus(limits, word_in(folder / "cpu.cfs_quota_us"), word_in(folder / "cpu.cfs_period_us"));
  for (const fs::path& folder : folders_of(root, "memory"))
    limit_memory(limits, folder / "memory.limit_in_bytes", folder / "memory.usage_in_bytes",
                 "total_inactive_file");
  return limits;
}

int num_usable_cpus() {
  cpu_set_t set;
  const bool is_known = sched_getaffinity(0, sizeof set, &set) == 0;
  const int present = is_known
                          ? CPU_COUNT(&set)
                          : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const double quota = read_container_limits().num_cpus.value_or(present);
  return std::clamp(static_cast<int>(std::ceil(std::min(quota, 1e6))), 1, std::max(1, present));
}

}  // namespace octavo::kernels
