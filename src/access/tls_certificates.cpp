#include "src/access/tls_certificates.hpp"

#include <sys/stat.h>

namespace octavo {

TlsCertificates::Stamps TlsCertificates::stamps_of(const TlsFiles& files) {
  Stamps stamps;
  std::size_t place = 0;
  for (const std::string* path : {&files.certificate, &files.key, &files.client_authorities}) {
    Stamp& stamp = stamps[place++];
    struct stat found {};
    if (path->empty() || ::stat(path->c_str(), &found) != 0) continue;
    constexpr std::int64_t kNanoseconds = 1'000'000'000;
    stamp = {found.st_ino, found.st_size,
             found.st_mtim.tv_sec * kNanoseconds + found.st_mtim.tv_nsec};
  }
  return stamps;
}

Result<TlsCertificates> TlsCertificates::load(TlsFiles files) {
  const Stamps stamps = stamps_of(files);  // What changes from here on is found at the next look.
  auto context = TlsContext::load(files);
  if (!context) return context.error();
  return TlsCertificates(std::move(files), std::move(*context), stamps);
}

Result<bool> TlsCertificates::refresh() {
  if (stamps_of(files_) == stamps_) return false;
  if (auto loaded = reload(); !loaded) return loaded.error();
  return true;
}

Result<void> TlsCertificates::reload() {
  stamps_ = stamps_of(files_);
  auto context = TlsContext::load(files_);
  if (!context) return context.error();
  context_ = std::move(*context);
  return {};
}

}  // namespace octavo
