// Certificates and keys made for one test, as PEM text.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace octavo::testing {

class TestCertificate {
 public:
  /// Of this name, on a fresh key of the curve P-256, valid from an hour ago for so many seconds.
  /// issuer: who signs it; null: it signs itself.
  explicit TestCertificate(const std::string& name, long valid_s = 86'400,
                           const TestCertificate* issuer = nullptr);

  std::string certificate_pem() const;
  /// password: encrypts it; empty: it is in the clear.
  std::string key_pem(const std::string& password = "") const;
  X509* certificate() const { return certificate_.get(); }
  EVP_PKEY* key() const { return key_.get(); }

 private:
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
};

}  // namespace octavo::testing
