// The certificate and the key with which the server proves who it is, and what it wants of whoever
// connects (TLS 1.2 and 1.3). Files are checked when they are loaded, so that a wrong one is found
// at the start and named, and not by the first client.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "src/core/result.hpp"

struct ssl_ctx_st;

namespace octavo {

struct TlsFiles {
  std::string certificate{};   ///< PEM: the server's own first, then those up to its authority.
  std::string key{};           ///< PEM; empty: it stands in the file of the certificate.
  std::string key_password{};  ///< For a key that is encrypted.
  /// PEM: who signs the certificates that clients must bring; empty: none is asked for.
  std::string client_authorities{};
};

/// A copy is the same context. Connections that have begun keep theirs, whatever is loaded later.
class TlsContext {
 public:
  /// Errors: kInvalidFile, which names the flag, the file and the reason: a file that is missing or
  /// is not PEM, a key that does not belong to the certificate.
  [[nodiscard]] static Result<TlsContext> load(const TlsFiles& files);

  /// Until when the certificate is valid, in seconds since 1970.
  std::int64_t expires_at() const { return expires_at_; }
  /// The file of the certificate.
  const std::string& file() const { return file_; }
  ssl_ctx_st* native() const { return context_.get(); }

 private:
  explicit TlsContext(std::shared_ptr<ssl_ctx_st> context) : context_(std::move(context)) {}

  std::shared_ptr<ssl_ctx_st> context_;
  std::string file_;
  std::int64_t expires_at_ = 0;
};

}  // namespace octavo
