#include "protocol/trusted_proxies.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

using namespace octavo;
namespace ip = boost::asio::ip;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

TrustedProxies proxies_of(const std::vector<std::string>& networks) {
  auto made = TrustedProxies::make(networks);
  REQUIRE(made.has_value());
  return *made;
}

bool holds(const std::vector<std::string>& networks, const std::string& address) {
  return proxies_of(networks).contains(ip::make_address(address));
}

/// Whose a request with these fields is, which came from `peer`, where 10.0.0.0/8 and fd00::/8 are
/// trusted.
std::string client(const std::string& peer, const Fields& fields) {
  http::request_header<> head;
  for (const auto& [name, value] : fields) head.insert(name, value);
  return client_of(ip::make_address(peer), head, proxies_of({"10.0.0.0/8", "fd00::/8"}))
      .to_string();
}
std::string forwarded_for(const std::string& value) {
  return client("10.0.0.1", {{"X-Forwarded-For", value}});
}
std::string forwarded(const std::string& value) {
  return client("10.0.0.1", {{"Forwarded", value}});
}

}  // namespace

TEST_CASE("a network holds the addresses of its prefix and no other") {
  CHECK(holds({"10.0.0.0/8"}, "10.255.1.2"));
  CHECK(!holds({"10.0.0.0/8"}, "11.0.0.0"));
  CHECK(holds({"192.168.1.128/25"}, "192.168.1.200"));
  CHECK(!holds({"192.168.1.128/25"}, "192.168.1.127"));
  CHECK(holds({"192.0.2.7"}, "192.0.2.7"));
  CHECK(!holds({"192.0.2.7"}, "192.0.2.6"));
  CHECK(holds({"2001:db8::/33"}, "2001:db8:7fff::1"));
  CHECK(!holds({"2001:db8::/33"}, "2001:db8:8000::1"));
  CHECK(holds({"::1"}, "::1"));
  CHECK(!holds({"::1"}, "127.0.0.1"));
  CHECK(holds({"10.0.0.0/8", "::1"}, "::1"));
  CHECK(!holds({}, "127.0.0.1"));
}

TEST_CASE("an address of IPv6 that wraps one of IPv4 is that one") {
  CHECK(holds({"10.0.0.0/8"}, "::ffff:10.1.2.3"));
  CHECK(holds({"::ffff:10.0.0.0/104"}, "10.1.2.3"));
  CHECK(!holds({"10.0.0.0/8"}, "::10.1.2.3"));
}

TEST_CASE("a network of no bits holds all of its kind") {
  CHECK(holds({"0.0.0.0/0"}, "203.0.113.9"));
  CHECK(!holds({"0.0.0.0/0"}, "2001:db8::1"));
  CHECK(holds({"::/0"}, "2001:db8::1"));
}

TEST_CASE("what is no network is refused with its text") {
  for (const std::string text : {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                                 "10.0.0/8", "2001:db8::/129", "proxy.example", "fe80::1%eth0",
                                 "10.0.0.0/8,::1", "10.0.0.0 /8", "[::1]"}) {
    const auto made = TrustedProxies::make({"::1", text});
    INFO(text);
    REQUIRE(!made.has_value());
    CHECK(made.error().code == Errc::kInvalidValue);
    CHECK(made.error().detail.find("`" + text + "`") != std::string::npos);
  }
}

TEST_CASE("nobody but a trusted proxy is believed") {
  CHECK(client("203.0.113.9", {{"X-Forwarded-For", "198.51.100.1"}}) == "203.0.113.9");
  CHECK(client("203.0.113.9", {{"Forwarded", "for=198.51.100.1"}}) == "203.0.113.9");
  CHECK(client("10.0.0.1", {}) == "10.0.0.1");
}

TEST_CASE("the last address that is no proxy's is the client, whatever it wrote before itself") {
  CHECK(forwarded_for("198.51.100.1") == "198.51.100.1");
  CHECK(forwarded_for("1.1.1.1, 198.51.100.1") == "198.51.100.1");
  CHECK(forwarded_for("1.1.1.1, 198.51.100.1, 10.3.3.3") == "198.51.100.1");
  CHECK(forwarded_for("10.9.9.9,10.3.3.3") == "10.9.9.9");
  CHECK(client("fd00::1", {{"X-Forwarded-For", "2001:db8::5, fd00::2"}}) == "2001:db8::5");
  CHECK(client("::ffff:10.0.0.1", {{"X-Forwarded-For", "198.51.100.1"}}) == "198.51.100.1");
}

TEST_CASE("fields of one name are one list, in their order") {
  CHECK(client("10.0.0.1", {{"X-Forwarded-For", "1.1.1.1"}, {"X-Forwarded-For", "198.51.100.1"}}) ==
        "198.51.100.1");
  CHECK(client("10.0.0.1", {{"Forwarded", "for=1.1.1.1"}, {"forwarded", "for=198.51.100.1"}}) ==
        "198.51.100.1");
}

TEST_CASE("an address may have a port, and brackets where it is one of IPv6") {
  CHECK(forwarded_for("198.51.100.1:4711") == "198.51.100.1");
  CHECK(forwarded_for("[2001:db8::5]") == "2001:db8::5");
  CHECK(forwarded_for("[2001:db8::5]:4711") == "2001:db8::5");
  CHECK(forwarded("for=198.51.100.1") == "198.51.100.1");
  CHECK(forwarded("For=\"198.51.100.1:4711\"") == "198.51.100.1");
  CHECK(forwarded("for=\"[2001:db8::5]:4711\";proto=https;by=10.0.0.1") == "2001:db8::5");
  CHECK(forwarded("proto=https; for=198.51.100.1 ,for=10.2.2.2") == "198.51.100.1");
}

TEST_CASE("X-Forwarded-For counts alone where there are both, for its proxy passes the other on") {
  CHECK(client("10.0.0.1", {{"X-Forwarded-For", "198.51.100.1"}, {"Forwarded", "for=1.1.1.1"}}) ==
        "198.51.100.1");
}

TEST_CASE("a way is read no further than it can be read") {
  CHECK(forwarded_for("198.51.100.1, unknown") == "10.0.0.1");
  CHECK(forwarded_for("198.51.100.1, nonsense, 10.4.4.4") == "10.4.4.4");
  CHECK(forwarded_for("198.51.100.1,") == "10.0.0.1");
  CHECK(forwarded("for=_hidden") == "10.0.0.1");
  CHECK(forwarded("for=unknown, for=10.4.4.4") == "10.4.4.4");
  CHECK(forwarded("for=198.51.100.1;for=1.1.1.1") == "10.0.0.1");
  CHECK(forwarded("proto=https") == "10.0.0.1");
}

TEST_CASE("what hostile clients write is nobody's address") {
  for (const std::string text : {"",
                                 ",",
                                 ",,,,",
                                 "\"",
                                 "[",
                                 "[]",
                                 "[::1",
                                 "]",
                                 "::1]",
                                 "[::1]x",
                                 "[::1]:",
                                 "[::1]:port",
                                 "[1.2.3.4]",
                                 "1.2.3.4:",
                                 "1.2.3.4:999999",
                                 "1.2.3",
                                 "1.2.3.4.5",
                                 "0x7f.1",
                                 "127.1",
                                 "::1%lo",
                                 "fe80::1%25eth0",
                                 "1.2.3.4 5.6.7.8",
                                 ":::",
                                 "localhost",
                                 "-1",
                                 "\xff\xfe",
                                 "256.1.1.1"}) {
    INFO(text);
    CHECK(forwarded_for(text) == "10.0.0.1");
    CHECK(forwarded("for=" + text) == "10.0.0.1");
  }
  for (const std::string text :
       {"for", "for=", "=", ";", ";;;", "for=\"", "for=\"1.2.3.4", "for=\"\\", "for = 1.2.3.4",
        "\"for=1.2.3.4\"", "for=\"1.2.3.4\\\""}) {
    INFO(text);
    CHECK(forwarded(text) == "10.0.0.1");
  }
  // A quote that an element opens hides all that follows it.
  CHECK(forwarded("for=\"x, for=198.51.100.1") == "10.0.0.1");
  CHECK(forwarded_for(std::string(16'000, ',')) == "10.0.0.1");
  CHECK(forwarded_for(std::string(16'000, '[')) == "10.0.0.1");
}

TEST_CASE("fields of random marks name a client or nobody, and end") {
  testing::Random random(7);
  constexpr std::string_view kMarks = "for=\"\\,;:[]. 10.2:f_X";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int i = random.pick(0, 40); i > 0; --i)
      text += kMarks[static_cast<std::size_t>(random.pick(0, static_cast<int>(kMarks.size()) - 1))];
    CHECK(!forwarded(text).empty());
    CHECK(!forwarded_for(text).empty());
  }
}
