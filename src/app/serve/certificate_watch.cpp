#include "src/app/serve/certificate_watch.hpp"

#include <spdlog/spdlog.h>

#include <chrono>

#include "src/core/unix_time.hpp"

namespace octavo {
namespace {

constexpr std::chrono::seconds kInterval{3};
constexpr std::int64_t kSecondsPerDay = 86'400;

void tell_failure(const Error& error) {
  spdlog::error("tls: the certificate is as it was before, for the files cannot be used: {}",
                error.message());
}

}  // namespace

CertificateWatch::CertificateWatch(const boost::asio::any_io_executor& executor,
                                   TlsCertificates certificates)
    : certificates_(std::move(certificates)), timer_(executor) {
  tell();
}

void CertificateWatch::start() {
  timer_.expires_after(kInterval);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    look();
    start();
  });
}

void CertificateWatch::look() {
  const auto refreshed = certificates_.refresh();
  if (!refreshed) return tell_failure(refreshed.error());
  if (*refreshed) tell();
}

void CertificateWatch::reload() {
  if (const auto loaded = certificates_.reload(); !loaded) return tell_failure(loaded.error());
  tell();
}

void CertificateWatch::tell() const {
  const TlsContext& current = certificates_.current();
  const std::int64_t left_s = current.expires_at() - unix_seconds();
  if (left_s <= 0)
    spdlog::warn("tls: the certificate in {} has expired", current.file());
  else
    spdlog::info("tls: certificate={} expires_in_days={}", current.file(), left_s / kSecondsPerDay);
}

}  // namespace octavo
