// Writing to a disk may take long, and the io thread must not wait for it. So a thread of its own
// reads and writes the file of stored responses, and everything that waits to be written is written
// in one transaction. Thread: call it from the home thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/archive/response_file.hpp"

namespace octavo {

class ResponseArchive {
 public:
  using Found = std::function<void(Result<std::optional<ResponseRecord>>)>;
  using Erased = std::function<void(Result<bool>)>;
  using Done = std::function<void(const Result<void>&)>;

  /// home: callbacks run there. disk: where the file is used; by default a thread of its own.
  ResponseArchive(std::unique_ptr<ResponseFile> file, boost::asio::any_io_executor home,
                  std::function<std::int64_t()> unix_seconds,
                  std::optional<boost::asio::any_io_executor> disk = std::nullopt);
  /// Waits until everything that was put has been written to the disk.
  ~ResponseArchive();

  /// done: called once the record is on the disk, or could not be written.
  void put(ResponseRecord record, Done done);
  void find(std::string id, std::uint64_t tenant, Found found);
  void erase(std::string id, std::uint64_t tenant, Erased erased);

 private:
  struct Put {
    ResponseRecord record;
    Done done;
  };
  void write_waiting();

  std::shared_ptr<ResponseFile> file_;
  boost::asio::any_io_executor home_;
  std::function<std::int64_t()> unix_seconds_;
  std::vector<Put> waiting_;
  bool is_writing_ = false;
  boost::asio::thread_pool thread_{1};
  boost::asio::any_io_executor disk_;  ///< The thread's, if no other was given.
};

}  // namespace octavo
