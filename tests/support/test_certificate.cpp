#include "tests/support/test_certificate.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tests/support/catch.hpp"

namespace octavo::testing {
namespace {

std::string text_of(BIO* memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

}  // namespace

TestCertificate::TestCertificate(const std::string& name, long valid_s,
                                 const TestCertificate* issuer)
    : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
  constexpr long kHour = 3600;
  X509* made = certificate_.get();
  X509_set_version(made, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
  X509_gmtime_adj(X509_getm_notBefore(made), -kHour);
  X509_gmtime_adj(X509_getm_notAfter(made), valid_s);
  X509_set_pubkey(made, key_.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  const TestCertificate& signer = issuer == nullptr ? *this : *issuer;
  X509_set_issuer_name(made, X509_get_subject_name(signer.certificate()));
  if (issuer == nullptr) {  // It may sign others.
    X509_EXTENSION* is_authority =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(made, is_authority, -1);
    X509_EXTENSION_free(is_authority);
  }
  REQUIRE(X509_sign(made, signer.key(), EVP_sha256()) > 0);
}

std::string TestCertificate::certificate_pem() const {
  BIO* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(memory, certificate_.get());
  return text_of(memory);
}

std::string TestCertificate::key_pem(const std::string& password) const {
  BIO* memory = BIO_new(BIO_s_mem());
  const EVP_CIPHER* cipher = password.empty() ? nullptr : EVP_aes_256_cbc();
  PEM_write_bio_PKCS8PrivateKey(memory, key_.get(), cipher, password.data(),
                                static_cast<int>(password.size()), nullptr, nullptr);
  return text_of(memory);
}

}  // namespace octavo::testing
