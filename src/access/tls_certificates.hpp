// Certificates end every few weeks, and streams must not end with them. So the files are looked at
// again, and what is new there is for the connections that come from then on.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "src/access/tls_context.hpp"

namespace octavo {

class TlsCertificates {
 public:
  /// Errors: those of TlsContext::load().
  [[nodiscard]] static Result<TlsCertificates> load(TlsFiles files);

  /// For a connection that begins now.
  const TlsContext& current() const { return context_; }
  /// Loads the files if one of them has changed since they were loaded last, or tried to be. True
  /// when they were loaded. Errors: those of TlsContext::load(), told once for a change; what was
  /// current stays so.
  [[nodiscard]] Result<bool> refresh();
  /// Loads the files whether they have changed or not.
  [[nodiscard]] Result<void> reload();

 private:
  /// What tells a file from the one that was there before: its place, its size and its time.
  struct Stamp {
    std::uint64_t inode = 0;
    std::int64_t size = -1;
    std::int64_t modified_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  using Stamps = std::array<Stamp, 3>;

  TlsCertificates(TlsFiles files, TlsContext context, const Stamps& stamps)
      : files_(std::move(files)), context_(std::move(context)), stamps_(stamps) {}
  static Stamps stamps_of(const TlsFiles& files);

  TlsFiles files_;
  TlsContext context_;
  Stamps stamps_;
};

}  // namespace octavo
