#include "src/text/jinja/name_uses.hpp"

#include <algorithm>
#include <map>

#include "src/text/jinja/builtins.hpp"
#include "src/text/jinja/fault.hpp"

namespace octavo::jinja {

bool NameUses::reads_since(std::size_t begin, std::string_view name) const {
  for (std::size_t i = begin; i < uses_.size(); ++i) {
    if (uses_[i].name == name && uses_[i].kind != Kind::kCall) return uses_[i].kind == Kind::kRead;
  }
  return false;
}

std::vector<std::string> NameUses::variables() const {
  std::vector<std::string> names;
  for (const Use& use : uses_) {
    if (use.kind == Kind::kRead && !is_function(use.name)) names.push_back(use.name);
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

void NameUses::check_calls() const {
  struct Counts {
    int num_reads = 0;
    int num_calls = 0;
    bool is_set = false;
  };
  std::map<std::string_view, Counts> counts;
  for (const Use& use : uses_) {
    Counts& count = counts[use.name];
    if (use.kind == Kind::kRead) ++count.num_reads;
    if (use.kind == Kind::kCall) ++count.num_calls;
    if (use.kind == Kind::kSet) count.is_set = true;
  }
  for (const Use& use : uses_) {
    const Counts& count = counts[use.name];
    const bool is_only_called = !count.is_set && count.num_reads == count.num_calls;
    if (use.kind != Kind::kCall || !is_only_called || is_function(use.name)) continue;
    fail("The function '" + use.name + "' is not known.", use.line);
  }
}

}  // namespace octavo::jinja
