// One day of a server, from a seed: clients connect, ask, steer, cancel, read slowly or not at all,
// break off and come back; steps fail, the device is lost, disks are full, clocks jump, and the
// server is stopped, killed and started again. After every event the promises are looked at that
// can be broken then; at the end the house must be empty, and its recording must repeat.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "src/recording/recorder.hpp"
#include "tests/sim/days/ledger.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sim.hpp"

namespace octavo::testing {

class Day {
 public:
  /// folder: for the file of stored responses; the solo server may be shared by many days.
  Day(std::uint32_t seed, std::filesystem::path folder, Solo& solo);
  ~Day();

  /// Throws Broken.
  void run(int num_events);

  int num_events() const { return num_events_; }
  std::size_t num_ended() const { return ledger_.num_ended(); }
  int num_lives() const { return num_lives_; }

 private:
  /// A client and its connection.
  struct Visitor {
    std::shared_ptr<Sim::Client> client;
    std::size_t tenant = 0;
    std::string name;                  ///< What its lanes begin with.
    std::vector<std::string> resumed;  ///< Responses that others had asked for.
    bool reads = true;
    /// The last time; what is read now was stored later.
    TimePoint read_at{};
    std::int64_t read_at_unix = 0;
  };

  // The server's life.
  void open_house();
  void drain_house();
  void kill_house();
  void close_house();
  void empty_house();
  void check_empty();
  void check_recording();
  void check_now();

  // What clients do.
  Visitor connect(std::size_t tenant);
  void act(Visitor& visitor);
  void ask(Visitor& visitor);
  /// Continues what was told as stored, on a lane of its own.
  void rely(Visitor& visitor);
  void continue_one(Visitor& visitor, const std::shared_ptr<Turn>& turn, json::object& frame);
  void cancel(Visitor& visitor);
  void steer(Visitor& visitor);
  void resume(Visitor& visitor);
  void break_off(Visitor& visitor);
  void read(Visitor& visitor);
  /// One of the tenant's that runs or has ended; null when there is none.
  Told* any_of(std::size_t tenant);
  /// One that runs, as far as the visitor has heard; null when there is none.
  Told* running_of(const Visitor& visitor);

  // What befalls the server.
  void befall();
  void pass_time();

  Random random_;
  std::filesystem::path file_;
  Ledger ledger_;
  std::string recording_;
  bool recording_disk_is_full_ = false;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Sim> house_;
  std::vector<std::shared_ptr<KeyAccount>> accounts_;
  std::vector<Visitor> visitors_;
  std::vector<std::shared_ptr<Sim::Client>> gone_;  ///< Whose responses may still run.
  /// Told as stored, with the times of the two clocks by which they grow old.
  struct Promise {
    std::string id;
    TimePoint now;
    std::int64_t unix_seconds = 0;
  };
  std::vector<Promise> promises_;
  TimePoint now_{};
  std::int64_t unix_seconds_ = 1'700'000'000;
  int num_events_ = 0;
  int num_turns_ = 0;
  int num_visitors_ = 0;
  int num_lives_ = 0;
  int num_unquiet_ = 0;  ///< Sessions that were still at work when their house was emptied.
};

}  // namespace octavo::testing
