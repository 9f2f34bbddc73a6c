// One machine that opens connections without end would take the places of all others, and its
// handshakes their time. So connections are counted, in all and for each address they come from,
// and each address may begin only so many a second. Pure: it is told who comes, goes, and when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "src/access/rate_bucket.hpp"

namespace octavo {

struct GateLimits {
  std::size_t max_connections = 50'000;
  std::size_t max_per_address = 1'000;             ///< 0: no limit.
  std::size_t max_handshakes_per_address = 1'000;  ///< In a second, and at once; 0: no limit.
};

enum class Entrance : std::uint8_t {
  kOpen,
  kFull,         ///< The server has all the connections that it may have.
  kAddressFull,  ///< The address has all that it may have.
  kTooFast,      ///< The address begins connections faster than it may.
};

class ConnectionGate {
 public:
  explicit ConnectionGate(GateLimits limits) : limits_(limits) {}

  /// A connection comes from this address; it counts where the answer is kOpen. Amortized O(1).
  Entrance enter(const std::string& address, TimePoint now);
  /// One that was let in has ended.
  void leave(const std::string& address, TimePoint now);

  /// Counts a proxy's connection among all, and for no address.
  Entrance enter_connection();
  void leave_connection();
  /// Counts a client of such a connection for its address alone.
  Entrance enter_address(const std::string& address, TimePoint now);
  void leave_address(const std::string& address, TimePoint now);
  std::size_t num_connections() const { return num_connections_; }
  std::size_t num_addresses() const { return addresses_.size(); }

 private:
  struct Address {
    explicit Address(double per_second) : handshakes(per_second) {}
    std::size_t num_connections = 0;
    RateBucket handshakes;
  };
  /// Beyond so many addresses, those without a connection and with a full allowance are forgotten.
  static constexpr std::size_t kMaxQuiet = 4096;
  void forget_quiet(TimePoint now);

  GateLimits limits_;
  std::size_t num_connections_ = 0;
  std::size_t next_sweep_ = kMaxQuiet;
  std::unordered_map<std::string, Address> addresses_;
};

}  // namespace octavo
