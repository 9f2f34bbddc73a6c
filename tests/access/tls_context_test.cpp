#include "src/access/tls_context.hpp"

#include <ctime>

#include "src/access/tls_certificates.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/test_certificate.hpp"

using namespace octavo;
using octavo::testing::TempFolder;
using octavo::testing::TestCertificate;

namespace {

/// A folder with a server's certificate and key, and one of somebody else.
struct Files {
  TestCertificate server{"server"};
  TestCertificate other{"other"};
  TempFolder folder;

  Files() {
    folder.write("cert.pem", server.certificate_pem());
    folder.write("key.pem", server.key_pem());
  }
  std::string at(const std::string& name) const { return (folder.path() / name).string(); }
  TlsFiles usual() const { return {.certificate = at("cert.pem"), .key = at("key.pem")}; }
};

void check_refused(const TlsFiles& files, const std::string& flag, const std::string& file,
                   const std::string& reason) {
  const auto loaded = TlsContext::load(files);
  REQUIRE(!loaded.has_value());
  const std::string& said = loaded.error().detail;
  INFO(said);
  CHECK(loaded.error().code == Errc::kInvalidFile);
  CHECK(said.starts_with(flag + ": "));
  CHECK(said.find(file) != std::string::npos);
  CHECK(said.find(reason) != std::string::npos);
  CHECK(said.find('\n') == std::string::npos);
}

}  // namespace

TEST_CASE("a certificate and its key are loaded, from two files or from one") {
  const Files files;
  CHECK(TlsContext::load(files.usual()).has_value());
  files.folder.write("both.pem", files.server.certificate_pem() + files.server.key_pem());
  CHECK(TlsContext::load({.certificate = files.at("both.pem")}).has_value());
}

TEST_CASE("a file that is not there, is empty or is no PEM is named") {
  const Files files;
  files.folder.write("empty.pem", "");
  files.folder.write("text.pem", "no certificate\n");
  const std::string key = files.at("key.pem");
  check_refused({.certificate = files.at("none.pem"), .key = key}, "--ssl-certfile", "none.pem",
                "No such file");
  check_refused({.certificate = files.at("empty.pem"), .key = key}, "--ssl-certfile", "empty.pem",
                "empty");
  check_refused({.certificate = files.at("text.pem"), .key = key}, "--ssl-certfile", "text.pem",
                "no certificate");
  TlsFiles usual = files.usual();
  usual.key = files.at("none.pem");
  check_refused(usual, "--ssl-keyfile", "none.pem", "No such file");
  usual.key = files.at("text.pem");
  check_refused(usual, "--ssl-keyfile", "text.pem", "no private key");
  usual = files.usual();
  usual.client_authorities = files.at("none.pem");
  check_refused(usual, "--ssl-ca-certs", "none.pem", "No such file");
  usual.client_authorities = files.at("text.pem");
  check_refused(usual, "--ssl-ca-certs", "text.pem", "no certificate");
}

TEST_CASE("a folder in a file's place is named") {
  const Files files;
  check_refused({.certificate = files.folder.path().string()}, "--ssl-certfile",
                files.folder.path().string(), "cannot read");
}

TEST_CASE("a key of another certificate is refused") {
  const Files files;
  files.folder.write("other.pem", files.other.key_pem());
  TlsFiles mixed = files.usual();
  mixed.key = files.at("other.pem");
  check_refused(mixed, "--ssl-keyfile", "other.pem", "is not that of the certificate");
}

TEST_CASE("an encrypted key opens with its password alone, and nobody is asked for it") {
  const Files files;
  files.folder.write("locked.pem", files.server.key_pem("secret"));
  TlsFiles locked = files.usual();
  locked.key = files.at("locked.pem");
  check_refused(locked, "--ssl-keyfile", "locked.pem", "--ssl-keyfile-password");
  locked.key_password = "guess";
  check_refused(locked, "--ssl-keyfile", "locked.pem", "--ssl-keyfile-password");
  locked.key_password = "secret";
  CHECK(TlsContext::load(locked).has_value());
}

TEST_CASE("a certificate that has expired is loaded, and says so") {
  const Files files;
  const TestCertificate old("old", -60);
  files.folder.write("old.pem", old.certificate_pem() + old.key_pem());
  const auto loaded = TlsContext::load({.certificate = files.at("old.pem")});
  REQUIRE(loaded.has_value());
  CHECK(loaded->expires_at() < std::time(nullptr));
  CHECK(TlsContext::load(files.usual())->expires_at() > std::time(nullptr));
}

TEST_CASE("files that change are taken once, and what cannot be used changes nothing") {
  const Files files;
  auto certificates = TlsCertificates::load(files.usual());
  REQUIRE(certificates.has_value());
  const ssl_ctx_st* const first = certificates->current().native();
  CHECK(*certificates->refresh() == false);
  // The certificate is there before its key, as whoever copies two files leaves them for a moment.
  files.folder.write("cert.pem", files.other.certificate_pem());
  CHECK(!certificates->refresh().has_value());
  CHECK(certificates->current().native() == first);
  CHECK(*certificates->refresh() == false);  // It is told once.
  files.folder.write("key.pem", files.other.key_pem() + "\n");
  CHECK(*certificates->refresh() == true);
  CHECK(certificates->current().native() != first);
  CHECK(*certificates->refresh() == false);
}

TEST_CASE("files that are gone change nothing") {
  const Files files;
  auto certificates = TlsCertificates::load(files.usual());
  REQUIRE(certificates.has_value());
  const ssl_ctx_st* const first = certificates->current().native();
  std::filesystem::remove(files.folder.path() / "key.pem");
  CHECK(!certificates->refresh().has_value());
  CHECK(!certificates->reload().has_value());
  CHECK(certificates->current().native() == first);
}
