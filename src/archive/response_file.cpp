#include "src/archive/response_file.hpp"

#include <sqlite3.h>

#include <cstring>

namespace octavo {
namespace {

// Tells files of this kind from other SQLite files, and later forms from this one.
constexpr int kApplicationId = 0x4F637476;
constexpr int kVersion = 1;

constexpr const char* kSchema = R"(
  CREATE TABLE IF NOT EXISTS responses (
    id TEXT PRIMARY KEY, tenant INTEGER NOT NULL, stored_at INTEGER NOT NULL,
    num_bytes INTEGER NOT NULL, body TEXT NOT NULL, memory TEXT NOT NULL, tokens BLOB NOT NULL
  );
  CREATE INDEX IF NOT EXISTS responses_by_age ON responses (stored_at);
  CREATE TABLE IF NOT EXISTS server (name TEXT PRIMARY KEY, value BLOB NOT NULL);
)";

std::string_view text_at(sqlite3_stmt* statement, int column) {
  const auto* text = static_cast<const char*>(sqlite3_column_blob(statement, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  return {text == nullptr ? "" : text, size};
}

}  // namespace

/// A statement from its preparation to its end.
class ResponseFile::Statement {
 public:
  Statement(sqlite3* database, std::string_view sql) {
    sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Places are counted from 1; what is bound must stay until the next step().
  void bind(int place, std::int64_t value) { sqlite3_bind_int64(statement_, place, value); }
  void bind(int place, std::string_view text) {
    sqlite3_bind_text64(statement_, place, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  void bind_bytes(int place, const void* bytes, std::size_t size) {
    sqlite3_bind_blob64(statement_, place, size == 0 ? "" : bytes, size, SQLITE_STATIC);
  }
  int step() { return statement_ == nullptr ? SQLITE_ERROR : sqlite3_step(statement_); }
  sqlite3_stmt* row() { return statement_; }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

Result<std::unique_ptr<ResponseFile>> ResponseFile::open(const std::string& path,
                                                         const HashKey& new_key,
                                                         StoreLimits limits) {
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int opened = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  std::unique_ptr<ResponseFile> file(new ResponseFile(database, limits));
  Result<void> prepared = opened == SQLITE_OK ? file->prepare(new_key) : file->fault(Errc::kIo);
  if (prepared) return file;
  const Error& error = prepared.error();
  return Error{error.code, "--response-store `" + path + "`: " + error.detail, "response-store"};
}

ResponseFile::~ResponseFile() { sqlite3_close_v2(database_); }

Error ResponseFile::fault(Errc code) const {
  return {code, database_ == nullptr ? "there is no memory for it" : sqlite3_errmsg(database_), ""};
}

Result<void> ResponseFile::run(const char* sql) {
  const int done = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  if (done == SQLITE_OK) return {};
  const bool is_damaged = done == SQLITE_NOTADB || done == SQLITE_CORRUPT;
  return fault(is_damaged ? Errc::kInvalidFile : Errc::kIo);
}

// A second server on the same file would tell its clients of responses that the first deletes, so
// the file is locked for as long as it is open.
Result<void> ResponseFile::prepare(const HashKey& new_key) {
  for (const char* sql : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL",
                          "PRAGMA synchronous=FULL", "BEGIN EXCLUSIVE"}) {
    if (auto done = run(sql); !done) return done;
  }
  int application = 0;
  int version = 0;
  bool is_empty = true;
  for (const auto& [sql, into] : {std::pair("PRAGMA application_id", &application),
                                  std::pair("PRAGMA user_version", &version)}) {
    Statement statement(database_, sql);
    if (statement.step() == SQLITE_ROW) *into = sqlite3_column_int(statement.row(), 0);
  }
  {
    Statement statement(database_, "SELECT 1 FROM sqlite_schema LIMIT 1");
    is_empty = statement.step() == SQLITE_DONE;
  }
  if (!is_empty && application != kApplicationId)
    return Error{Errc::kInvalidFile, "it is a database of something else", ""};
  if (version > kVersion)
    return Error{Errc::kInvalidFile, "a later version of Octavo has written it", ""};
  for (const char* sql : {kSchema, "PRAGMA application_id=1331917942", "PRAGMA user_version=1"}) {
    if (auto done = run(sql); !done) return done;
  }
  if (auto read = read_key(new_key); !read) return read;
  return run("COMMIT");
}

Result<void> ResponseFile::read_key(const HashKey& new_key) {
  static_assert(sizeof(HashKey) == 16);
  key_ = new_key;
  {
    Statement insert(database_, "INSERT OR IGNORE INTO server VALUES ('key', ?)");
    insert.bind_bytes(1, &key_, sizeof(key_));
    if (insert.step() != SQLITE_DONE) return fault(Errc::kIo);
  }
  Statement select(database_, "SELECT value FROM server WHERE name = 'key'");
  if (select.step() != SQLITE_ROW) return fault(Errc::kIo);
  const std::string_view bytes = text_at(select.row(), 0);
  if (bytes.size() != sizeof(key_)) return Error{Errc::kInvalidFile, "its key is damaged", ""};
  std::memcpy(&key_, bytes.data(), sizeof(key_));
  return {};
}

Result<void> ResponseFile::put(const std::vector<ResponseRecord>& records, std::int64_t now) {
  auto done = run("BEGIN IMMEDIATE");
  for (const ResponseRecord& record : records) {
    if (done) done = insert(record, now);
  }
  if (done) done = forget_old(now);
  if (done) done = run("COMMIT");
  if (!done) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  return done;
}

Result<void> ResponseFile::insert(const ResponseRecord& record, std::int64_t now) {
  const std::string memory = memory_json(*record.memory);
  const std::vector<TokenId>& tokens = record.memory->tokens;
  const std::size_t num_token_bytes = tokens.size() * sizeof(TokenId);
  Statement statement(database_, "INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?, ?, ?)");
  statement.bind(1, record.id);
  statement.bind(2, static_cast<std::int64_t>(record.tenant));
  statement.bind(3, now);
  statement.bind(4,
                 static_cast<std::int64_t>(record.body.size() + memory.size() + num_token_bytes));
  statement.bind(5, record.body);
  statement.bind(6, memory);
  statement.bind_bytes(7, tokens.data(), num_token_bytes);
  return statement.step() == SQLITE_DONE ? Result<void>() : fault(Errc::kIo);
}

// The newest stays, however large it is: its client is about to be told of it.
Result<void> ResponseFile::forget_old(std::int64_t now) {
  Statement old(database_, "DELETE FROM responses WHERE stored_at < ?");
  old.bind(1, now - limits_.max_age.count());
  if (old.step() != SQLITE_DONE) return fault(Errc::kIo);
  Statement beyond(database_,
                   "DELETE FROM responses WHERE rowid IN (SELECT rowid FROM (SELECT rowid, "
                   "SUM(num_bytes) OVER (ORDER BY rowid DESC) AS total, "
                   "ROW_NUMBER() OVER (ORDER BY rowid DESC) AS place FROM responses) "
                   "WHERE total > ? AND place > 1)");
  const bool is_full = [&] {
    Statement sum(database_, "SELECT SUM(num_bytes) FROM responses");
    return sum.step() == SQLITE_ROW &&
           sqlite3_column_int64(sum.row(), 0) > static_cast<std::int64_t>(limits_.max_bytes);
  }();
  if (!is_full) return {};
  beyond.bind(1, static_cast<std::int64_t>(limits_.max_bytes));
  return beyond.step() == SQLITE_DONE ? Result<void>() : fault(Errc::kIo);
}

Result<std::optional<ResponseRecord>> ResponseFile::find(const std::string& id,
                                                         std::uint64_t tenant, std::int64_t now) {
  Statement statement(database_,
                      "SELECT body, memory, tokens FROM responses WHERE id = ? AND tenant = ? AND "
                      "stored_at >= ?");
  statement.bind(1, id);
  statement.bind(2, static_cast<std::int64_t>(tenant));
  statement.bind(3, now - limits_.max_age.count());
  const int found = statement.step();
  if (found == SQLITE_DONE) return std::optional<ResponseRecord>();
  if (found != SQLITE_ROW) return fault(Errc::kIo);
  const std::string_view bytes = text_at(statement.row(), 2);
  std::vector<TokenId> tokens(bytes.size() / sizeof(TokenId));
  if (!tokens.empty()) std::memcpy(tokens.data(), bytes.data(), tokens.size() * sizeof(TokenId));
  auto memory = memory_of(id, tenant, text_at(statement.row(), 1), std::move(tokens));
  if (!memory) return memory.error();
  return std::optional(
      ResponseRecord{id, tenant, std::string(text_at(statement.row(), 0)),
                     std::make_shared<const RememberedResponse>(std::move(*memory))});
}

Result<bool> ResponseFile::erase(const std::string& id, std::uint64_t tenant, std::int64_t now) {
  Statement statement(database_,
                      "DELETE FROM responses WHERE id = ? AND tenant = ? AND stored_at >= ?");
  statement.bind(1, id);
  statement.bind(2, static_cast<std::int64_t>(tenant));
  statement.bind(3, now - limits_.max_age.count());
  if (statement.step() != SQLITE_DONE) return fault(Errc::kIo);
  return sqlite3_changes(database_) > 0;
}

}  // namespace octavo
