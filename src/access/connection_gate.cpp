#include "src/access/connection_gate.hpp"

#include <algorithm>

#include "src/core/error.hpp"

namespace octavo {

Entrance ConnectionGate::enter(const std::string& address, TimePoint now) {
  if (num_connections_ >= limits_.max_connections) return Entrance::kFull;
  const Entrance entrance = enter_address(address, now);
  if (entrance == Entrance::kOpen) ++num_connections_;
  return entrance;
}

void ConnectionGate::leave(const std::string& address, TimePoint now) {
  leave_address(address, now);
  leave_connection();
}

Entrance ConnectionGate::enter_connection() {
  if (num_connections_ >= limits_.max_connections) return Entrance::kFull;
  ++num_connections_;
  return Entrance::kOpen;
}

void ConnectionGate::leave_connection() {
  OCTAVO_ASSERT(num_connections_ > 0);
  --num_connections_;
}

Entrance ConnectionGate::enter_address(const std::string& address, TimePoint now) {
  if (addresses_.size() >= next_sweep_) forget_quiet(now);
  const auto per_second = static_cast<double>(limits_.max_handshakes_per_address);
  Address& from = addresses_.try_emplace(address, per_second).first->second;
  const bool has_room =
      limits_.max_per_address == 0 || from.num_connections < limits_.max_per_address;
  // A connection that is refused for the number of those that are open counts as a handshake, too.
  if (!from.handshakes.take(now)) return Entrance::kTooFast;
  if (!has_room) return Entrance::kAddressFull;
  ++from.num_connections;
  return Entrance::kOpen;
}

void ConnectionGate::leave_address(const std::string& address, TimePoint now) {
  const auto found = addresses_.find(address);
  OCTAVO_ASSERT(found != addresses_.end() && found->second.num_connections > 0);
  if (--found->second.num_connections == 0 && found->second.handshakes.is_full(now))
    addresses_.erase(found);
}

void ConnectionGate::forget_quiet(TimePoint now) {
  std::erase_if(addresses_, [now](const auto& entry) {
    return entry.second.num_connections == 0 && entry.second.handshakes.is_full(now);
  });
  next_sweep_ = std::max(kMaxQuiet, 2 * addresses_.size());
}

}  // namespace octavo
