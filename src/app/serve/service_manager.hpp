// What a service manager such as systemd and a process tell each other: that the server is ready,
// that it stops, that it is still alive, and a socket that listens already, so that no client is
// refused while the model loads. By sd_notify(3) and sd_listen_fds(3), which are environment
// variables and datagrams; without them nobody is told anything.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace octavo {

class ServiceManager {
 public:
  /// Names an environment variable and answers its value, or null.
  using Environment = std::function<const char*(const char*)>;

  /// process: this one's id, since the variables may have been left for another. first_socket: the
  /// number of the first descriptor that is passed.
  ServiceManager(const Environment& environment, long process, int first_socket = 3);
  /// Of this process.
  static ServiceManager of_process();

  /// `READY=1`, `STOPPING=1`, `STATUS=...`, `WATCHDOG=1`. What cannot be sent is left out.
  void tell(std::string_view state) const;
  /// Within which it wants to hear `WATCHDOG=1` each time; nothing where it does not ask.
  const std::optional<std::chrono::microseconds>& watchdog() const { return watchdog_; }
  /// A socket that was passed and listens; the receiver closes it.
  const std::optional<int>& listening_socket() const { return listening_socket_; }

 private:
  std::string notify_socket_;  ///< Empty: nobody listens. A leading `@` is an abstract name.
  std::optional<std::chrono::microseconds> watchdog_;
  std::optional<int> listening_socket_;
};

}  // namespace octavo
