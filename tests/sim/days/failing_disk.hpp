// A disk that can be full. SQLite reaches its files through a table of functions, so this puts a
// table between that passes every call on to the real one, and answers writes as a full disk does
// while it is told to. Nothing is synced: no simulated day survives a loss of power.
#pragma once

namespace octavo::testing {

/// From now on every SQLite file of this process lies on this disk. Once.
void use_failing_disk();
void set_disk_full(bool is_full);

}  // namespace octavo::testing
