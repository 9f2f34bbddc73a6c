// A worker that all clients share must not belong to whoever sends most: work waits in a line for
// each owner, and the owners take turns. One whose work is being done waits for its end before its
// next turn, so that several workers serve several owners. Which worker does what is the caller's
// business; there is no lock and no thread in here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "src/core/error.hpp"

namespace octavo {

template <class Work>
class FairQueue {
 public:
  using Owner = std::uint64_t;
  struct Taken {
    Owner owner = 0;
    Work work;
  };

  void push(Owner owner, Work work) {
    Line& line = lines_[owner];
    line.waiting.push_back(std::move(work));
    ++num_waiting_;
    if (line.waiting.size() == 1 && !line.is_served) turns_.push_back(owner);
  }

  /// The oldest work of the owner whose turn it is; nothing while each owner's work is being done
  /// or there is none. done() must follow.
  std::optional<Taken> take() {
    if (turns_.empty()) return std::nullopt;
    const Owner owner = turns_.front();
    turns_.pop_front();
    Line& line = lines_.at(owner);
    Taken taken{owner, std::move(line.waiting.front())};
    line.waiting.pop_front();
    line.is_served = true;
    --num_waiting_;
    return taken;
  }

  /// What was taken last for this owner is finished: it may have another turn, after the others.
  void done(Owner owner) {
    const auto found = lines_.find(owner);
    OCTAVO_ASSERT(found != lines_.end() && found->second.is_served);
    found->second.is_served = false;
    if (found->second.waiting.empty())
      lines_.erase(found);
    else
      turns_.push_back(owner);
  }

  std::size_t num_waiting() const { return num_waiting_; }

 private:
  struct Line {
    std::deque<Work> waiting;  ///< Oldest first.
    bool is_served = false;
  };
  std::map<Owner, Line> lines_;  ///< Only owners with work that waits or is being done.
  std::deque<Owner> turns_;      ///< Owners with work that waits and none being done, next first.
  std::size_t num_waiting_ = 0;
};

}  // namespace octavo
