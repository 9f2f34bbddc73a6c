#include "src/app/serve/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace octavo {
namespace {

std::optional<long> number_of(const char* text) {
  if (text == nullptr) return std::nullopt;
  long number = 0;
  const char* end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

}  // namespace

ServiceManager::ServiceManager(const Environment& environment, long process, int first_socket) {
  if (const char* path = environment("NOTIFY_SOCKET")) notify_socket_ = path;
  const auto watched = number_of(environment("WATCHDOG_PID"));
  const auto period = number_of(environment("WATCHDOG_USEC"));
  if (period && *period > 0 && watched.value_or(process) == process)
    watchdog_ = std::chrono::microseconds(*period);
  const auto receiver = number_of(environment("LISTEN_PID"));
  const auto num_sockets = number_of(environment("LISTEN_FDS"));
  if (receiver == process && num_sockets.value_or(0) > 0) listening_socket_ = first_socket;
}

ServiceManager ServiceManager::of_process() {
  return ServiceManager([](const char* name) { return std::getenv(name); }, ::getpid());
}

void ServiceManager::tell(std::string_view state) const {
  sockaddr_un address{};
  const bool is_path = notify_socket_.starts_with('/') || notify_socket_.starts_with('@');
  if (!is_path || notify_socket_.size() >= sizeof(address.sun_path)) return;
  const int sender = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (sender < 0) return;
  address.sun_family = AF_UNIX;
  notify_socket_.copy(address.sun_path, notify_socket_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + notify_socket_.size());
  ::sendto(sender, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&address), length);
  ::close(sender);
}

}  // namespace octavo
