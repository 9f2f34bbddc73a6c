// Conversations that clients continue by a response's id must survive a server that is stopped or
// killed. This keeps stored responses in an SQLite file with a write-ahead log. Every call may wait
// for the disk. Thread: one at a time.
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
  /// Opens the file, or creates it. new_key: the key that a new file keeps for naming tenants.
  /// Errors: kInvalidFile for a file of another kind or a damaged one; kIo, also when another
  /// server has the file open.
  [[nodiscard]] static Result<std::unique_ptr<ResponseFile>> open(const std::string& path,
                                                                  const HashKey& new_key,
                                                                  StoreLimits limits);
  ~ResponseFile();
  ResponseFile(const ResponseFile&) = delete;
  ResponseFile& operator=(const ResponseFile&) = delete;

  /// The key by which tenants are named. It is kept in the file, so that a tenant finds its own
  /// responses after a restart.
  const HashKey& key() const { return key_; }

  /// Writes all records or none; they are on the disk when it returns. Then deletes what is too old
  /// and what exceeds the limit, the oldest first. now: Unix seconds. Errors: kIo.
  [[nodiscard]] Result<void> put(const std::vector<ResponseRecord>& records, std::int64_t now);
  /// Nothing when the response is not there, is too old, or belongs to another tenant. Errors: kIo,
  /// kInvalidFile.
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
