// A template must be refused before it renders when it calls what nobody defines: which names it
// reads, sets and calls, in the order of the source.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace octavo::jinja {

class NameUses {
 public:
  void read(std::string name) { uses_.push_back({std::move(name), Kind::kRead, 0}); }
  void set(std::string name) { uses_.push_back({std::move(name), Kind::kSet, 0}); }
  /// The name was read just before, to be called.
  void call(std::string name, int line) { uses_.push_back({std::move(name), Kind::kCall, line}); }

  std::size_t count() const { return uses_.size(); }
  /// Whether name is read before it is set, from the use at begin on.
  bool reads_since(std::size_t begin, std::string_view name) const;

  /// The names that are read and that no function has: what a request may bring. Sorted.
  std::vector<std::string> variables() const;

  /// Fails on a name that is called and nothing else: neither set in the template, nor a function
  /// that every template has, nor asked for whether it is there. What a request brings is data, and
  /// cannot be called.
  void check_calls() const;

 private:
  enum class Kind : unsigned char { kRead, kSet, kCall };
  struct Use {
    std::string name;
    Kind kind;
    int line;
  };
  std::vector<Use> uses_;
};

}  // namespace octavo::jinja
