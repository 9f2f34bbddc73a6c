// Both sides in memory: what one has for the other is carried over by hand, whole, in pieces, or
// not at all.
#include "src/access/tls_session.hpp"

#include <openssl/ssl.h>

#include <optional>

#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/test_certificate.hpp"

using namespace octavo;
using octavo::testing::TempFolder;
using octavo::testing::TestCertificate;
using Step = TlsSession::Step;

namespace {

/// A client as OpenSSL has it.
class Client {
 public:
  explicit Client(int max_version = TLS1_3_VERSION, int min_version = TLS1_VERSION)
      : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_, min_version);
    SSL_CTX_set_max_proto_version(context_, max_version);
    if (max_version < TLS1_2_VERSION) SSL_CTX_set_cipher_list(context_, "ALL:@SECLEVEL=0");
    ssl_ = SSL_new(context_);
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_);
  }
  ~Client() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  SSL* ssl() { return ssl_; }
  std::string take_output() {
    std::string output(static_cast<std::size_t>(BIO_pending(SSL_get_wbio(ssl_))), '\0');
    if (!output.empty())
      BIO_read(SSL_get_wbio(ssl_), output.data(), static_cast<int>(output.size()));
    return output;
  }
  void put_input(const std::string& bytes) {
    if (!bytes.empty()) BIO_write(SSL_get_rbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
  }
  std::string encrypted(std::string_view text) {
    REQUIRE(SSL_write(ssl_, text.data(), static_cast<int>(text.size())) ==
            static_cast<int>(text.size()));
    return take_output();
  }
  std::string read() {
    std::string text(1 << 16, '\0');
    const int size = SSL_read(ssl_, text.data(), static_cast<int>(text.size()));
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

 private:
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
};

struct Server {
  TestCertificate certificate{"server"};
  TempFolder folder;
  std::optional<TlsContext> context;
  std::optional<TlsSession> session;

  explicit Server(const std::string& authorities = "") {
    folder.write("server.pem", certificate.certificate_pem() + certificate.key_pem());
    TlsFiles files{.certificate = (folder.path() / "server.pem").string()};
    if (!authorities.empty()) {
      folder.write("authorities.pem", authorities);
      files.client_authorities = (folder.path() / "authorities.pem").string();
    }
    auto loaded = TlsContext::load(files);
    REQUIRE(loaded.has_value());
    context = *loaded;
    session.emplace(*context);
  }
  /// Carries the handshake of both to its end, the client's bytes in pieces of this size.
  Step shake_hands(Client& client, std::size_t piece = SIZE_MAX) {
    for (int turn = 0; turn < 8; ++turn) {
      SSL_do_handshake(client.ssl());
      std::string bytes = client.take_output();
      while (!bytes.empty()) {
        const std::string now = bytes.substr(0, piece);
        bytes.erase(0, now.size());
        session->put_input(now);
        const Step step = session->handshake();
        client.put_input(session->take_output());
        if (step != Step::kWantsInput) return step;
      }
    }
    return Step::kWantsInput;
  }
  std::string read() {
    std::string text(1 << 16, '\0');
    const auto moved = session->read(text.data(), text.size());
    last = moved.step;
    text.resize(moved.num_bytes);
    return text;
  }
  Step last = Step::kDone;
};

}  // namespace

TEST_CASE("text goes both ways after a handshake, in TLS 1.3 and in 1.2") {
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    Server server;
    Client client(version, version);
    REQUIRE(server.shake_hands(client) == Step::kDone);
    SSL_do_handshake(client.ssl());
    CHECK(SSL_version(client.ssl()) == version);
    server.session->put_input(client.encrypted("a question"));
    CHECK(server.read() == "a question");
    CHECK(server.read().empty());
    CHECK(server.last == Step::kWantsInput);
    CHECK(server.session->write("an answer").num_bytes == 9);
    client.put_input(server.session->take_output());
    CHECK(client.read() == "an answer");
  }
}

TEST_CASE("a handshake that comes byte by byte is the same handshake") {
  Server server;
  Client client;
  CHECK(server.shake_hands(client, 1) == Step::kDone);
}

TEST_CASE("versions before TLS 1.2 are refused") {
  for (const int version : {TLS1_1_VERSION, TLS1_VERSION}) {
    Server server;
    Client client(version);
    CHECK(server.shake_hands(client) == Step::kFailed);
    CHECK(!server.session->fault().empty());
  }
}

TEST_CASE("ciphers without forward secrecy are refused") {
  Server server;
  Client client(TLS1_2_VERSION);
  SSL_set_cipher_list(client.ssl(), "AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA");
  CHECK(server.shake_hands(client) == Step::kFailed);
}

TEST_CASE("what only begins like a handshake fails, and a record of nonsense is told so") {
  Server server;
  server.session->put_input("\x16garbage garbage garbage garbage");
  CHECK(server.session->handshake() == Step::kFailed);
  CHECK(!server.session->fault().empty());
  TlsSession session(*server.context);
  session.put_input(std::string("\x16\x03\x01\x00\x10", 5) + "garbage garbage ");
  CHECK(session.handshake() == Step::kFailed);
  CHECK(session.take_output().substr(0, 1) == "\x15");  // An alert.
}

TEST_CASE("a hello of every length but its own fails or waits, and never ends well") {
  Client client;
  SSL_do_handshake(client.ssl());
  const std::string hello = client.take_output();
  const Server server;
  for (std::size_t size = 1; size < hello.size(); ++size) {
    TlsSession session(*server.context);
    session.put_input(hello.substr(0, size));
    CHECK(session.handshake() == Step::kWantsInput);
    std::string broken = hello;
    broken[size] = static_cast<char>(~broken[size]);
    TlsSession other(*server.context);
    other.put_input(broken);
    CHECK(other.handshake() != Step::kDone);
  }
}

TEST_CASE("bytes that were changed on the way end the connection") {
  Server server;
  Client client;
  REQUIRE(server.shake_hands(client) == Step::kDone);
  std::string bytes = client.encrypted("a question");
  bytes.back() = static_cast<char>(~bytes.back());
  server.session->put_input(bytes);
  CHECK(server.read().empty());
  CHECK(server.last == Step::kFailed);
}

TEST_CASE("each side hears that the other has nothing more to say") {
  Server server;
  Client client;
  REQUIRE(server.shake_hands(client) == Step::kDone);
  SSL_do_handshake(client.ssl());
  SSL_shutdown(client.ssl());
  server.session->put_input(client.take_output());
  CHECK(server.read().empty());
  CHECK(server.last == Step::kClosed);
  server.session->close();
  client.put_input(server.session->take_output());
  client.read();
  CHECK((SSL_get_shutdown(client.ssl()) & SSL_RECEIVED_SHUTDOWN) != 0);
  server.session->close();  // Once is enough.
  CHECK(server.session->take_output().empty());
}

TEST_CASE("a long text is written a record at a time, and read in any pieces") {
  Server server;
  Client client;
  REQUIRE(server.shake_hands(client) == Step::kDone);
  SSL_do_handshake(client.ssl());
  const std::string text(100'000, 'x');
  std::string received;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto moved = server.session->write(std::string_view(text).substr(begin));
    CHECK(moved.num_bytes <= TlsSession::kMaxWrite);
    begin += moved.num_bytes;
    client.put_input(server.session->take_output());
    received += client.read();
  }
  CHECK(received == text);
  server.session->put_input(client.encrypted(text));
  std::string back;
  for (char piece[777];;) {
    const auto moved = server.session->read(piece, sizeof(piece));
    if (moved.step != Step::kDone) break;
    back.append(piece, moved.num_bytes);
  }
  CHECK(back == text);
}

TEST_CASE("a client that changes its key without end and reads nothing is given up") {
  Server server;
  Client client(TLS1_3_VERSION, TLS1_3_VERSION);
  REQUIRE(server.shake_hands(client) == Step::kDone);
  SSL_do_handshake(client.ssl());
  for (int i = 0; i < 100'000 && server.last != Step::kFailed; ++i) {
    SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(client.ssl());
    server.session->put_input(client.take_output());
    server.read();
  }
  CHECK(server.last == Step::kFailed);
  CHECK(server.session->num_output_bytes() < (std::size_t{80} << 10));
}

TEST_CASE("a new handshake on an old connection is refused") {
  Server server;
  Client client(TLS1_2_VERSION);
  REQUIRE(server.shake_hands(client) == Step::kDone);
  SSL_do_handshake(client.ssl());
  REQUIRE(SSL_renegotiate(client.ssl()) == 1);
  SSL_do_handshake(client.ssl());
  server.session->put_input(client.take_output());
  CHECK(server.read().empty());
  client.put_input(server.session->take_output());
  CHECK(SSL_do_handshake(client.ssl()) != 1);  // No answer but a warning.
}

TEST_CASE("a client's certificate must be there and must be signed by an authority of the list") {
  const TestCertificate authority("authority");
  const TestCertificate friendly("friend", 86'400, &authority);
  const TestCertificate expired("late", -60, &authority);
  const TestCertificate stranger("stranger");
  for (const TestCertificate* given :
       {&friendly, &expired, &stranger, static_cast<const TestCertificate*>(nullptr)}) {
    Server server(authority.certificate_pem());
    Client client;
    if (given != nullptr) {
      SSL_use_certificate(client.ssl(), given->certificate());
      SSL_use_PrivateKey(client.ssl(), given->key());
    }
    CHECK(server.shake_hands(client) == (given == &friendly ? Step::kDone : Step::kFailed));
  }
}
