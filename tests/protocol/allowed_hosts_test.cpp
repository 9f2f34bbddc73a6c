#include "protocol/allowed_hosts.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

using Names = std::vector<std::string>;

AllowedHosts hosts_of(const char* bound, const char* name, const Names& allowed = {}) {
  return AllowedHosts::make(boost::asio::ip::make_address(bound), name, allowed).value();
}

bool accepts(const AllowedHosts& hosts, const std::string& name) {
  const auto host = parse_authority(name);
  REQUIRE(host.has_value());
  return hosts.accepts(*host);
}

const Names kOwnNames{"localhost",      "localhost:8000",     "LOCALHOST:1",
                      "localhost.",     "localhost.:8000",    "localhost:",
                      "chat.localhost", "a.b.localhost:8000", "127.0.0.1",
                      "127.0.0.1:8000", "127.255.255.254",    "[::1]",
                      "[::1]:8000",     "[0:0:0:0:0:0:0:1]",  "[::ffff:127.0.0.1]:8000"};
const Names kStrangers{"evil.example",
                       "evil.example:8000",
                       "localhost.evil.example",
                       "127.0.0.1.evil.example",
                       "evil-localhost",
                       "localhost.localdomain",
                       ".localhost",
                       "a..localhost",
                       "..localhost",
                       "localhost..",
                       "128.0.0.1",
                       "0.0.0.0:8000",
                       "10.0.0.1",
                       "[::]",
                       "[::2]",
                       "[fe80::1]",
                       "[::ffff:10.0.0.1]"};

}  // namespace

TEST_CASE("an authority is a host and a port, in one spelling") {
  const auto name = parse_authority("Chat.Example.:8443");
  REQUIRE(name.has_value());
  CHECK(name->host == "chat.example");
  CHECK(name->port == 8443);
  CHECK_FALSE(name->address.has_value());
  const auto address = parse_authority("[::FFFF:127.0.0.1]");
  REQUIRE(address.has_value());
  CHECK(address->address == boost::asio::ip::make_address("127.0.0.1"));
  CHECK_FALSE(address->port.has_value());
  CHECK(parse_authority("[0::0:1]:80")->is_same_host(*parse_authority("[::1]")));
  CHECK(parse_authority("127.0.0.1:1")->is_same_host(*parse_authority("127.0.0.1.")));
  CHECK_FALSE(parse_authority("localhost")->is_same_host(*parse_authority("127.0.0.1")));
}

TEST_CASE("what is no authority is none") {
  for (const char* text : {"",
                           ":",
                           ":80",
                           ".",
                           "user@localhost",
                           "user:word@localhost",
                           "localhost:80:80",
                           "localhost:x",
                           "localhost:-1",
                           "localhost:65536",
                           "localhost:+80",
                           "localhost: 80",
                           "local host",
                           " localhost",
                           "localhost ",
                           "localhost/",
                           "localhost/x",
                           "localhost?",
                           "localhost#",
                           "http://localhost",
                           "local%68ost",
                           "::1",
                           "[::1",
                           "::1]",
                           "[]",
                           "[::1]x",
                           "[::1]:",
                           "[::1]8000",
                           "[127.0.0.1]",
                           "[::1%lo]",
                           "[::1%25lo]",
                           "[v1.x]",
                           "localhost,evil",
                           "evil.example,localhost:80",
                           "loc\xC3\xA9",
                           "local\thost",
                           "localhost\\"}) {
    INFO(text);
    const bool ends_in_no_port = std::string_view(text) == "[::1]:";
    const bool is_a_list = std::string_view(text).find(',') != std::string_view::npos;
    if (ends_in_no_port || is_a_list) {  // Right by the grammar; a list is a strange name.
      const auto host = parse_authority(text);
      REQUIRE(host.has_value());
      CHECK(AllowedHosts{}.accepts(*host) == ends_in_no_port);
    } else {
      CHECK_FALSE(parse_authority(text).has_value());
    }
  }
  CHECK_FALSE(parse_authority(std::string_view("localhost\0", 10)).has_value());
}

TEST_CASE("a server that only this machine reaches has only this machine's names") {
  for (const auto& hosts :
       {AllowedHosts{}, hosts_of("127.0.0.1", "127.0.0.1"), hosts_of("127.0.0.1", "localhost"),
        hosts_of("::1", "::1"), hosts_of("::ffff:127.0.0.1", "")}) {
    for (const std::string& name : kOwnNames) {
      INFO(name);
      CHECK(accepts(hosts, name));
    }
    for (const std::string& name : kStrangers) {
      INFO(name);
      const auto host = parse_authority(name);
      CHECK_FALSE((host && hosts.accepts(*host)));
    }
  }
  CHECK(accepts(hosts_of("127.0.1.1", "Machine"), "machine:8000"));
}

TEST_CASE("a server that others reach has any name, or those of its list") {
  for (const char* bound : {"0.0.0.0", "::", "192.0.2.7", "::ffff:192.0.2.7"}) {
    CHECK(accepts(hosts_of(bound, bound), "machine.example:8000"));
    const auto listed = hosts_of(bound, bound, {"chat.example"});
    CHECK(accepts(listed, "chat.example:8000"));
    CHECK(accepts(listed, "localhost:8000"));
    CHECK_FALSE(accepts(listed, "evil.example"));
  }
  CHECK(accepts(hosts_of("192.0.2.7", "x", {"chat.example"}), "192.0.2.7:80"));
}

TEST_CASE("the list adds hosts in any spelling, to one port where it names one") {
  const auto hosts =
      hosts_of("127.0.0.1", "127.0.0.1", {"Chat.Example.", "api.example:8443", "[fe80::1]"});
  for (const char* name : {"chat.example", "CHAT.EXAMPLE:1", "chat.example.:2", "api.example:8443",
                           "[FE80:0::1]:80", "localhost:3"})
    CHECK(accepts(hosts, name));
  for (const char* name : {"api.example", "api.example:8000", "chat.example.evil", "a.chat.example",
                           "[fe80::2]", "evil.example"})
    CHECK_FALSE(accepts(hosts, name));
  CHECK(accepts(hosts_of("127.0.0.1", "", {"x", "*"}), "evil.example"));
}

TEST_CASE("an entry of the list that is no host is named") {
  for (const char* entry : {"http://chat.example", "chat.example/", "", "*.example:x", "a b"}) {
    const auto hosts =
        AllowedHosts::make(boost::asio::ip::make_address("127.0.0.1"), "", {"chat.example", entry});
    REQUIRE(hosts.has_error());
    CHECK(hosts.error().code == Errc::kInvalidValue);
    CHECK(hosts.error().message().find("--allowed-hosts: `" + std::string(entry) + "`") == 0);
  }
}
