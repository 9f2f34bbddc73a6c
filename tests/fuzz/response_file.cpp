// Rows of the response store that something has damaged: body, conversation and tokens are the
// input's, three parts with a line "----" between them, each of the type that its first byte names.
// What can be read of them can be written, and is then read as the same.
#include <sqlite3.h>

#include "src/archive/response_file.hpp"
#include "tests/fuzz/support.hpp"
#include "tests/support/temp_folder.hpp"

namespace octavo::fuzz {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;
constexpr std::uint64_t kTenant = 7;

std::unique_ptr<ResponseFile> opened(const std::string& path) {
  return ResponseFile::open(path, {1, 2}, {}).value();
}

/// A store with one row.
std::string make_store() {
  static const testing::TempFolder folder;
  const std::string path = (folder.path() / "store.db").string();
  const auto memory = std::make_shared<const RememberedResponse>();
  expect(opened(path)->put({{"resp_1", kTenant, "{}", memory}}, kNow).has_value(),
         "a row cannot be written");
  return path;
}

void bind(sqlite3_stmt* statement, int place, std::string_view part) {
  const char type = part.empty() ? 't' : part.front();
  if (!part.empty()) part.remove_prefix(1);
  if (type == 'i') {
    sqlite3_bind_int64(statement, place, static_cast<std::int64_t>(part.size()));
  } else if (type == 'f') {
    sqlite3_bind_double(statement, place, -0.5 * static_cast<double>(part.size()));
  } else if (type == 'b') {
    sqlite3_bind_blob64(statement, place, part.empty() ? "" : part.data(), part.size(),
                        SQLITE_STATIC);
  } else {
    sqlite3_bind_text64(statement, place, part.data(), part.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
}

void damage(const std::string& path, Input& input) {
  sqlite3* database = nullptr;
  sqlite3_stmt* update = nullptr;
  sqlite3_open(path.c_str(), &database);
  sqlite3_exec(database, "PRAGMA synchronous=OFF; DELETE FROM responses WHERE id <> 'resp_1'",
               nullptr, nullptr, nullptr);
  sqlite3_prepare_v2(database, "UPDATE responses SET body = ?, memory = ?, tokens = ?", -1, &update,
                     nullptr);
  for (int place = 1; place <= 3; ++place) bind(update, place, input.part("\n----\n"));
  expect(sqlite3_step(update) == SQLITE_DONE, "a row cannot be damaged");
  sqlite3_finalize(update);
  sqlite3_close(database);
}

void check(ResponseFile& file) {
  const auto found = file.find("resp_1", kTenant, kNow);
  if (!found) return expect(!found.error().message().empty(), "an error without a reason");
  expect(found->has_value(), "a row was lost");
  expect(!file.find("resp_1", kTenant + 1, kNow).value(), "a row was found by another tenant");
  ResponseRecord copy = **found;
  copy.id = "resp_2";
  expect(file.put({copy}, kNow).has_value(), "what was read cannot be written");
  const auto again = file.find("resp_2", kTenant, kNow);
  expect(again && *again, "what was written cannot be read");
  expect((*again)->body == copy.body, "a body changed");
  expect((*again)->memory->messages == copy.memory->messages, "a conversation changed");
  expect((*again)->memory->tokens == copy.memory->tokens, "tokens changed");
}

}  // namespace
}  // namespace octavo::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  static const std::string path = fuzz::make_store();
  fuzz::Input input(data, size);
  fuzz::damage(path, input);
  fuzz::check(*fuzz::opened(path));
  return 0;
}
