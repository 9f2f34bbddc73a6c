// Stored responses in a file, so that chains go on after the server was stopped or killed: SQLite
// with a write-ahead log. Every call may wait for the disk; one thread at a time.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/archive/response_record.hpp"
#include "src/core/keyed_hash.hpp"
#include "src/response/response_store.hpp"

struct sqlite3;

namespace octavo {

class ResponseFile {
 public:
  /// Opens the file or makes it. new_key: names the tenants of a file that is new. Errors:
  /// kInvalidFile for one that is something else or is damaged; kIo, also where another server
  /// writes it.
  [[nodiscard]] static Result<std::unique_ptr<ResponseFile>> open(const std::string& path,
                                                                  const HashKey& new_key,
                                                                  StoreLimits limits);
  ~ResponseFile();
  ResponseFile(const ResponseFile&) = delete;
  ResponseFile& operator=(const ResponseFile&) = delete;

  /// The same in every run, so that a tenant finds its own again.
  const HashKey& key() const { return key_; }

  /// All of them or none, on the disk when it returns; then the old go, and those beyond the limit,
  /// oldest first. now: Unix seconds. Errors: kIo.
  [[nodiscard]] Result<void> put(const std::vector<ResponseRecord>& records, std::int64_t now);
  /// Nothing for what is not there, is too old, or is another tenant's. Errors: kIo, kInvalidFile.
  [[nodiscard]] Result<std::optional<ResponseRecord>> find(const std::string& id,
                                                           std::uint64_t tenant, std::int64_t now);
  /// True when it was there. Errors: kIo.
  [[nodiscard]] Result<bool> erase(const std::string& id, std::uint64_t tenant, std::int64_t now);

 private:
  class Statement;

  ResponseFile(sqlite3* database, StoreLimits limits) : database_(database), limits_(limits) {}
  Result<void> prepare(const HashKey& new_key);
  Result<void> read_key(const HashKey& new_key);
  Result<void> run(const char* sql);
  Result<void> insert(const ResponseRecord& record, std::int64_t now);
  Result<void> forget_old(std::int64_t now);
  Error fault(Errc code) const;

  sqlite3* database_;
  StoreLimits limits_;
  HashKey key_;
};

}  // namespace octavo
