#include "src/app/serve/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <map>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

using Variables = std::map<std::string, std::string>;

ServiceManager manager_of(const Variables& variables) {
  return {[&](const char* name) {
            const auto found = variables.find(name);
            return found == variables.end() ? nullptr : found->second.c_str();
          },
          77};
}

/// What a service manager listens on.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), length) == 0);
  }
  ~NotifySocket() { ::close(socket_); }
  std::string receive() const {
    char text[256];
    const ssize_t size = ::recv(socket_, text, sizeof(text), MSG_DONTWAIT);
    return size < 0 ? std::string() : std::string(text, static_cast<std::size_t>(size));
  }

 private:
  int socket_;
};

}  // namespace

TEST_CASE("a service manager hears what it is told, by a path and by an abstract name") {
  const TempFolder folder;
  for (const std::string& path :
       {folder.path().string() + "/notify", "@octavo-test-" + std::to_string(::getpid())}) {
    const NotifySocket listening(path);
    const ServiceManager manager = manager_of({{"NOTIFY_SOCKET", path}});
    manager.tell("READY=1");
    CHECK(listening.receive() == "READY=1");
    CHECK(listening.receive().empty());
  }
}

TEST_CASE("where nobody listens nothing is said and nothing breaks") {
  manager_of({}).tell("READY=1");
  manager_of({{"NOTIFY_SOCKET", "/there/is/nothing"}}).tell("READY=1");
  manager_of({{"NOTIFY_SOCKET", "vsock:2:1"}}).tell("READY=1");
  manager_of({{"NOTIFY_SOCKET", "/" + std::string(200, 'x')}}).tell("READY=1");
}

TEST_CASE("a watchdog that asks for another process, or for nonsense, is none") {
  CHECK(manager_of({{"WATCHDOG_USEC", "3000000"}}).watchdog() == std::chrono::seconds(3));
  CHECK(manager_of({{"WATCHDOG_USEC", "5"}, {"WATCHDOG_PID", "77"}}).watchdog().has_value());
  CHECK_FALSE(manager_of({{"WATCHDOG_USEC", "5"}, {"WATCHDOG_PID", "78"}}).watchdog());
  for (const char* wrong : {"", "0", "-5", "5s"})
    CHECK_FALSE(manager_of({{"WATCHDOG_USEC", wrong}}).watchdog());
  CHECK_FALSE(manager_of({}).watchdog());
}

TEST_CASE("a socket that listens is taken when it was passed to this process") {
  CHECK(manager_of({{"LISTEN_PID", "77"}, {"LISTEN_FDS", "1"}}).listening_socket() == 3);
  CHECK_FALSE(manager_of({{"LISTEN_PID", "78"}, {"LISTEN_FDS", "1"}}).listening_socket());
  CHECK_FALSE(manager_of({{"LISTEN_PID", "77"}, {"LISTEN_FDS", "0"}}).listening_socket());
  CHECK_FALSE(manager_of({{"LISTEN_FDS", "1"}}).listening_socket());
}
