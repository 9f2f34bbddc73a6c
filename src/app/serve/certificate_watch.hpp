// Keeps the server's certificates as new as their files, and says in the log what became of them.
// Thread: the io thread's only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "src/access/tls_certificates.hpp"

namespace octavo {

class CertificateWatch {
 public:
  CertificateWatch(const boost::asio::any_io_executor& executor, TlsCertificates certificates);

  const TlsCertificates& certificates() const { return certificates_; }
  /// Looks at the files every few seconds from now on, as long as the executor runs.
  void start();
  /// Reads the files now. What cannot be used changes nothing.
  void reload();

 private:
  void look();
  void tell() const;

  TlsCertificates certificates_;
  boost::asio::steady_timer timer_;
};

}  // namespace octavo
