#include "tests/sim/days/failing_disk.hpp"

#include <sqlite3.h>

#include <cstddef>

#include "src/core/error.hpp"

namespace octavo::testing {
namespace {

bool disk_is_full = false;
sqlite3_vfs* real_disk = nullptr;
sqlite3_vfs failing_disk;
sqlite3_io_methods failing_methods;

/// The real file follows in the same memory, which SQLite gives.
struct FailingFile {
  sqlite3_file base;
};
constexpr std::size_t kRealFile = (sizeof(FailingFile) + 15) / 16 * 16;

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + kRealFile);
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
  if (disk_is_full) return SQLITE_FULL;
  return real(file)->pMethods->xWrite(real(file), bytes, size, at);
}
int sync(sqlite3_file*, int) { return disk_is_full ? SQLITE_FULL : SQLITE_OK; }

// The others pass the call on as it is.
template <auto kMember>
struct Passing;
template <class... Args, int (*sqlite3_io_methods::*kMember)(sqlite3_file*, Args...)>
struct Passing<kMember> {
  static int call(sqlite3_file* file, Args... args) {
    return (real(file)->pMethods->*kMember)(real(file), args...);
  }
};
template <auto kMember>
constexpr auto kPass = &Passing<kMember>::call;

void barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  const int opened = real_disk->xOpen(real_disk, name, real(file), flags, out_flags);
  if (opened == SQLITE_OK) file->pMethods = &failing_methods;
  return opened;
}

}  // namespace

void use_failing_disk() {
  real_disk = sqlite3_vfs_find(nullptr);
  using Methods = sqlite3_io_methods;
  failing_methods.iVersion = 2;
  failing_methods.xClose = kPass<&Methods::xClose>;
  failing_methods.xRead = kPass<&Methods::xRead>;
  failing_methods.xWrite = write;
  failing_methods.xTruncate = kPass<&Methods::xTruncate>;
  failing_methods.xSync = sync;
  failing_methods.xFileSize = kPass<&Methods::xFileSize>;
  failing_methods.xLock = kPass<&Methods::xLock>;
  failing_methods.xUnlock = kPass<&Methods::xUnlock>;
  failing_methods.xCheckReservedLock = kPass<&Methods::xCheckReservedLock>;
  failing_methods.xFileControl = kPass<&Methods::xFileControl>;
  failing_methods.xSectorSize = kPass<&Methods::xSectorSize>;
  failing_methods.xDeviceCharacteristics = kPass<&Methods::xDeviceCharacteristics>;
  failing_methods.xShmMap = kPass<&Methods::xShmMap>;
  failing_methods.xShmLock = kPass<&Methods::xShmLock>;
  failing_methods.xShmBarrier = barrier;
  failing_methods.xShmUnmap = kPass<&Methods::xShmUnmap>;
  failing_disk = *real_disk;
  failing_disk.zName = "octavo-failing-disk";
  failing_disk.szOsFile = static_cast<int>(kRealFile) + real_disk->szOsFile;
  failing_disk.xOpen = open;
  const int registered = sqlite3_vfs_register(&failing_disk, 1);
  OCTAVO_ASSERT(registered == SQLITE_OK);
}

void set_disk_full(bool is_full) { disk_is_full = is_full; }

}  // namespace octavo::testing
