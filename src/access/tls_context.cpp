#include "src/access/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string_view>

namespace octavo {
namespace {

// What is left of TLS 1.2 when everything without forward secrecy or authenticated encryption is
// left out. TLS 1.3 has nothing else.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
// Clients that come back prove it to contexts of this name alone.
constexpr std::string_view kSessionName = "octavo";

std::string last_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason == nullptr ? "" : std::string(": ") + reason;
}

Error wrong(const std::string& flag, const std::string& what) {
  return {Errc::kInvalidFile, flag + ": " + what, flag};
}

Result<void> check_readable(const std::string& flag, const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  char first = 0;
  if (file.get(first)) return {};
  return wrong(flag,
               "cannot read " + path + ": " + (errno != 0 ? std::strerror(errno) : "it is empty"));
}

// OpenSSL would ask for a password on the terminal.
int give_password(char* into, int room, int, void* given) {
  const auto& password = *static_cast<const std::string*>(given);
  const auto size = std::min(static_cast<std::size_t>(room), password.size());
  std::memcpy(into, password.data(), size);
  return static_cast<int>(size);
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr unsigned char kHttp[] = "\x08http/1.1";
  unsigned char* found = nullptr;
  const int answer =
      SSL_select_next_proto(&found, size, kHttp, sizeof(kHttp) - 1, offered, offered_size);
  *chosen = found;
  return answer == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_defaults(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_cipher_list(context, kCiphers);
  // A connection that waits holds no buffers, and what is written may come from another place when
  // it is written on.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Clients keep their sessions themselves, as tickets: the server remembers none.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_session_id_context(context,
                                 reinterpret_cast<const unsigned char*>(kSessionName.data()),
                                 static_cast<unsigned int>(kSessionName.size()));
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

Result<void> load_certificate(SSL_CTX* context, const std::string& path) {
  if (auto read = check_readable("--ssl-certfile", path); !read) return read;
  if (SSL_CTX_use_certificate_chain_file(context, path.c_str()) == 1) return {};
  return wrong("--ssl-certfile", path + " has no certificate that can be used" + last_reason());
}

Result<void> load_key(SSL_CTX* context, const TlsFiles& files) {
  const std::string& path = files.key.empty() ? files.certificate : files.key;
  if (auto read = check_readable("--ssl-keyfile", path); !read) return read;
  std::string password = files.key_password;
  SSL_CTX_set_default_passwd_cb(context, give_password);
  SSL_CTX_set_default_passwd_cb_userdata(context, &password);
  const bool is_loaded = SSL_CTX_use_PrivateKey_file(context, path.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  const bool fits = is_loaded && SSL_CTX_check_private_key(context) == 1;
  if (fits) return {};
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  if (is_loaded || reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)
    return wrong("--ssl-keyfile",
                 "the key in " + path + " is not that of the certificate in " + files.certificate);
  return wrong("--ssl-keyfile",
               path +
                   " has no private key that can be read: is it PEM, and does an encrypted one "
                   "have its --ssl-keyfile-password?" +
                   last_reason());
}

Result<void> load_authorities(SSL_CTX* context, const std::string& path) {
  if (path.empty()) return {};
  if (auto read = check_readable("--ssl-ca-certs", path); !read) return read;
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(path.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(context, path.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return wrong("--ssl-ca-certs", path + " has no certificate that can be used" + last_reason());
  }
  SSL_CTX_set_client_CA_list(context, names);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

std::int64_t expiry_of(const SSL_CTX* context) {
  std::tm time{};
  const X509* certificate = SSL_CTX_get0_certificate(context);
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1) return INT64_MAX;
  return timegm(&time);
}

}  // namespace

Result<TlsContext> TlsContext::load(const TlsFiles& files) {
  ERR_clear_error();
  TlsContext loaded(std::shared_ptr<SSL_CTX>(SSL_CTX_new(TLS_server_method()), SSL_CTX_free));
  SSL_CTX* context = loaded.native();
  OCTAVO_ASSERT(context != nullptr);
  set_defaults(context);
  if (auto done = load_certificate(context, files.certificate); !done) return done.error();
  if (auto done = load_key(context, files); !done) return done.error();
  if (auto done = load_authorities(context, files.client_authorities); !done) return done.error();
  loaded.file_ = files.certificate;
  loaded.expires_at_ = expiry_of(context);
  ERR_clear_error();
  return loaded;
}

}  // namespace octavo
