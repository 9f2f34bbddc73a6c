#include "actors/archive/response_archive.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace octavo {

namespace asio = boost::asio;

ResponseArchive::ResponseArchive(std::unique_ptr<ResponseFile> file, asio::any_io_executor home,
                                 std::function<std::int64_t()> unix_seconds,
                                 std::optional<asio::any_io_executor> disk)
    : file_(std::move(file)),
      home_(std::move(home)),
      unix_seconds_(std::move(unix_seconds)),
      disk_(disk ? std::move(*disk) : asio::any_io_executor(thread_.get_executor())) {}

ResponseArchive::~ResponseArchive() { thread_.join(); }

void ResponseArchive::put(ResponseRecord record, Done done) {
  waiting_.push_back({std::move(record), std::move(done)});
  if (!is_writing_) write_waiting();
}

// All that waits goes into one transaction, so that the disk is waited for once.
void ResponseArchive::write_waiting() {
  is_writing_ = true;
  const auto batch = std::make_shared<std::vector<Put>>(std::exchange(waiting_, {}));
  asio::post(disk_, [this, batch, file = file_, home = home_, now = unix_seconds_()] {
    std::vector<ResponseRecord> records;
    for (const Put& each : *batch) records.push_back(each.record);
    const Result<void> written = file->put(records, now);
    asio::post(home, [this, batch, written] {
      is_writing_ = false;
      for (const Put& each : *batch) each.done(written);
      if (!waiting_.empty() && !is_writing_) write_waiting();
    });
  });
}

void ResponseArchive::find(std::string id, std::uint64_t tenant, Found found) {
  asio::post(disk_, [id = std::move(id), tenant, found = std::move(found), file = file_,
                     home = home_, now = unix_seconds_()]() mutable {
    auto record = file->find(id, tenant, now);
    asio::post(home, [record = std::move(record), found = std::move(found)]() mutable {
      found(std::move(record));
    });
  });
}

void ResponseArchive::erase(std::string id, std::uint64_t tenant, Erased erased) {
  asio::post(disk_, [id = std::move(id), tenant, erased = std::move(erased), file = file_,
                     home = home_, now = unix_seconds_()]() mutable {
    const Result<bool> was_there = file->erase(id, tenant, now);
    asio::post(home, [was_there, erased = std::move(erased)] { erased(was_there); });
  });
}

}  // namespace octavo
