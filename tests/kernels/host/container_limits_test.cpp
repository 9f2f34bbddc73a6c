// Trees of files as Linux, Docker and Kubernetes make them.
#include "kernels/host/container_limits.hpp"

#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>

#include "tests/support/catch.hpp"

using namespace octavo::kernels;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

/// The root of a machine that is not there.
class Tree {
 public:
  Tree() {
    static int number = 0;
    root_ = fs::temp_directory_path() /
            ("octavo-cgroup-" + std::to_string(::getpid()) + "-" + std::to_string(number++));
    fs::create_directories(root_);
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() { fs::remove_all(root_); }

  Tree& write(const std::string& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text << '\n';
    return *this;
  }
  ContainerLimits limits() const { return read_container_limits(root_); }

 private:
  fs::path root_;
};

/// Version 2, with the hierarchy's group `shown` at /sys/fs/cgroup and this process in `group`.
Tree& second_version(Tree& tree, const std::string& group, const std::string& shown = "/") {
  return tree.write("proc/self/cgroup", "0::" + group)
      .write("proc/self/mountinfo",
             "23 28 0:22 / /proc rw,nosuid - proc proc rw\n"
             "31 23 0:26 " +
                 shown +
                 " /sys/fs/cgroup rw,nosuid shared:9 master:2 - cgroup2 cgroup2 rw,nsdelegate");
}

/// Version 1, as Docker mounts it: the container's own groups are the tops of what is shown.
Tree& first_version(Tree& tree) {
  return tree
      .write("proc/self/cgroup",
             "9:name=systemd:/docker/ab\n4:memory:/docker/ab\n2:cpu,cpuacct:/docker/ab")
      .write("proc/self/mountinfo",
             "40 31 0:35 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
             "41 31 0:36 /docker/ab /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct");
}

}  // namespace

TEST_CASE("a machine without control groups sets no limits") {
  Tree tree;
  CHECK_FALSE(tree.limits().num_cpus);
  CHECK_FALSE(tree.limits().memory_bytes);
  CHECK_FALSE(tree.limits().free_bytes);
}

TEST_CASE("version 2: a quota and a limit are read, \"max\" is none") {
  Tree tree;
  second_version(tree, "/");
  SECTION("both are set") {
    tree.write("sys/fs/cgroup/cpu.max", "250000 100000")
        .write("sys/fs/cgroup/memory.max", std::to_string(800 * kMiB))
        .write("sys/fs/cgroup/memory.current", std::to_string(300 * kMiB))
        .write("sys/fs/cgroup/memory.stat",
               "anon 1\ninactive_file " + std::to_string(100 * kMiB) + "\nactive_file 7");
    CHECK(tree.limits().num_cpus == 2.5);
    CHECK(tree.limits().memory_bytes == 800 * kMiB);
    CHECK(tree.limits().free_bytes == 600 * kMiB);
  }
  SECTION("neither is") {
    tree.write("sys/fs/cgroup/cpu.max", "max 100000").write("sys/fs/cgroup/memory.max", "max");
    CHECK_FALSE(tree.limits().num_cpus);
    CHECK_FALSE(tree.limits().memory_bytes);
  }
  SECTION("more is used than the limit, which was lowered: nothing is free") {
    tree.write("sys/fs/cgroup/memory.max", std::to_string(kMiB))
        .write("sys/fs/cgroup/memory.current", std::to_string(2 * kMiB));
    CHECK(tree.limits().free_bytes == 0U);
  }
}

TEST_CASE("the smallest limit on the way to the root counts, whoever set it") {
  Tree tree;
  second_version(tree, "/kubepods/pod7/server");
  const std::string top = "sys/fs/cgroup/kubepods/";
  tree.write(top + "cpu.max", "800000 100000")
      .write(top + "pod7/cpu.max", "150000 50000")
      .write(top + "pod7/server/cpu.max", "max 100000")
      .write(top + "memory.max", std::to_string(4000 * kMiB))
      .write(top + "memory.current", std::to_string(3900 * kMiB))
      .write(top + "pod7/memory.max", "max")
      .write(top + "pod7/server/memory.max", std::to_string(2000 * kMiB))
      .write(top + "pod7/server/memory.current", std::to_string(500 * kMiB))
      .write("sys/fs/cgroup/other/cpu.max", "1000 100000");
  CHECK(tree.limits().num_cpus == 3.0);
  CHECK(tree.limits().memory_bytes == 2000 * kMiB);
  CHECK(tree.limits().free_bytes == 100 * kMiB);  // Its siblings have taken the rest.
}

TEST_CASE("a container that shows only its own group finds it at the mount point") {
  Tree tree;
  SECTION("the mount names the group") { second_version(tree, "/docker/ab", "/docker/ab"); }
  SECTION("the group lies outside of what is mounted") {
    second_version(tree, "/../../other", "/");
  }
  tree.write("sys/fs/cgroup/cpu.max", "50000 100000");
  CHECK(tree.limits().num_cpus == 0.5);
}

TEST_CASE("version 1: controllers have hierarchies of their own, and -1 is no quota") {
  Tree tree;
  first_version(tree);
  const std::string cpu = "sys/fs/cgroup/cpu,cpuacct/";
  const std::string memory = "sys/fs/cgroup/memory/";
  tree.write(cpu + "cpu.cfs_period_us", "100000");
  SECTION("both are set") {
    tree.write(cpu + "cpu.cfs_quota_us", "400000")
        .write(memory + "memory.limit_in_bytes", std::to_string(700 * kMiB))
        .write(memory + "memory.usage_in_bytes", std::to_string(400 * kMiB))
        .write(memory + "memory.stat",
               "inactive_file 5\ntotal_inactive_file " + std::to_string(50 * kMiB));
    CHECK(tree.limits().num_cpus == 4.0);
    CHECK(tree.limits().memory_bytes == 700 * kMiB);
    CHECK(tree.limits().free_bytes == 350 * kMiB);
  }
  SECTION("neither is") {
    tree.write(cpu + "cpu.cfs_quota_us", "-1")
        .write(memory + "memory.limit_in_bytes", "9223372036854771712");
    CHECK_FALSE(tree.limits().num_cpus);
    CHECK_FALSE(tree.limits().memory_bytes);
  }
}

TEST_CASE("both versions side by side are read together") {
  Tree tree;
  tree.write("proc/self/cgroup", "3:memory:/a\n0::/b")
      .write("proc/self/mountinfo",
             "32 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
             "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw")
      .write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1048576")
      .write("sys/fs/cgroup/unified/b/cpu.max", "100000 100000");
  CHECK(tree.limits().memory_bytes == kMiB);
  CHECK(tree.limits().num_cpus == 1.0);
}

TEST_CASE("a mount point with a blank in its name is found") {
  Tree tree;
  tree.write("proc/self/cgroup", "0::/")
      .write("proc/self/mountinfo", "31 23 0:26 / /my\\040groups rw - cgroup2 cgroup2 rw")
      .write("my groups/cpu.max", "100000 100000");
  CHECK(tree.limits().num_cpus == 1.0);
}

TEST_CASE("files that say something else set no limit") {
  Tree tree;
  second_version(tree, "/");
  for (const char* text :
       {"", "0 100000", "100000 0", "100000", "-5 100000", "many few", "1e9 7"}) {
    CAPTURE(text);
    tree.write("sys/fs/cgroup/cpu.max", text);
    CHECK_FALSE(tree.limits().num_cpus);
  }
  for (const char* text : {"", "-1", "some", "99999999999999999999999", "12MiB"}) {
    CAPTURE(text);
    tree.write("sys/fs/cgroup/memory.max", text);
    CHECK_FALSE(tree.limits().memory_bytes);
  }
  for (const char* text :
       {"", "31", "31 23 0:26 / /sys - ", "- cgroup2", "a b c d e - cgroup2 x"}) {
    CAPTURE(text);
    tree.write("proc/self/mountinfo", text).write("proc/self/cgroup", text);
    CHECK_FALSE(tree.limits().num_cpus);
  }
}

TEST_CASE("at least one CPU is usable, and no more than there are") {
  CHECK(num_usable_cpus() >= 1);
  CHECK(num_usable_cpus() <= static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
}
