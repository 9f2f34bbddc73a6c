#include "tests/sim/days/day.hpp"

#include <algorithm>
#include <utility>

#include "src/recording/recording_replay.hpp"
#include "tests/sim/days/broken.hpp"
#include "tests/sim/days/failing_disk.hpp"

namespace octavo::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kNumTenants = 3;
constexpr std::size_t kNumVisitors = 8;
constexpr auto kGrace = 60s;
constexpr auto kStoredFor = 6h;

/// Small, so that a reader who stops is given up within a day.
SessionLimits day_limits() {
  SessionLimits limits;
  limits.soft_outbox_bytes = std::size_t{8} << 10;
  limits.hard_outbox_bytes = std::size_t{64} << 10;
  limits.store.max_age = kStoredFor;
  limits.max_invalid_messages = 1000;
  return limits;
}

}  // namespace

Day::Day(std::uint32_t seed, std::filesystem::path folder, Solo& solo)
    : random_(seed), file_(std::move(folder) / "responses.sqlite"), ledger_(solo) {
  for (std::size_t i = 0; i < kNumTenants; ++i)
    accounts_.push_back(std::make_shared<KeyAccount>("tenant" + std::to_string(i)));
  open_house();
}

Day::~Day() {
  set_disk_full(false);
  if (house_ != nullptr) empty_house();
}

void Day::run(int num_events) {
  for (num_events_ = 0; num_events_ < num_events; ++num_events_) {
    if (visitors_.size() < kNumVisitors && random_.one_in(3)) {
      const auto tenant = static_cast<std::size_t>(random_.pick(0, kNumTenants - 1));
      visitors_.push_back(connect(tenant));
    }
    if (!visitors_.empty()) {
      const auto who = random_.pick(0, static_cast<int>(visitors_.size()) - 1);
      act(visitors_[static_cast<std::size_t>(who)]);
      std::erase_if(visitors_, [](const Visitor& each) { return each.client == nullptr; });
    }
    befall();
    pass_time();
    check_now();
  }
  drain_house();
}

// ---- The server's life.

void Day::open_house() {
  ++num_lives_;
  const int num_blocks = random_.pick(70, 160);
  const int num_host_blocks = random_.one_in(2) ? random_.pick(20, 80) : 0;
  const int max_num_seqs = random_.pick(2, 12);
  const auto adjust = [&](SchedulerConfig& config) {
    config.num_host_blocks = num_host_blocks;
    config.max_num_waiting = 64;
    config.max_queue_wait = 1h;
  };
  // The recorder is told of a house's scheduler before the house exists.
  recording_.clear();
  recording_disk_is_full_ = false;
  RecordingHeader header;
  header.engine = Sim::config_of(num_blocks, max_num_seqs, adjust);
  header.origin = now_;
  recorder_ = std::make_unique<Recorder>(header, [this](const std::string& piece) {
    if (recording_disk_is_full_) return false;
    recording_ += piece;
    return true;
  });
  house_ = std::make_unique<Sim>(num_blocks, day_limits(), max_num_seqs, adjust, recorder_.get());
  house_->now = now_;
  house_->unix_seconds = unix_seconds_;
  house_->sessions.epoch = "life" + std::to_string(num_lives_);
  set_disk_full(false);
  auto file = ResponseFile::open(file_.string(), HashKey{}, house_->limits.store);
  hold(file.has_value(), "the file of stored responses does not open again");
  house_->sessions.archive = std::make_unique<ResponseArchive>(
      std::move(*file), house_->io.get_executor(), [this] { return house_->unix_seconds; },
      house_->io.get_executor());
}

// As on SIGTERM: nobody may ask for more, what runs may end, and what has not ended is ended.
void Day::drain_house() {
  set_disk_full(false);
  for (Visitor& each : visitors_) each.client->session.drain("shutdown", 30s);
  house_->advance_steps(random_.pick(0, 30));
  const Error goes{Errc::kServerDraining, "the server stops", ""};
  for (Visitor& each : visitors_) {
    read(each);
    if (each.client == nullptr) continue;
    each.client->session.end(goes, CancelReason::kShutdown);
    read(each);
  }
  house_->settle();
  ledger_.check_complete();
  for (const Visitor& each : visitors_) ledger_.forget_lanes(each.name);
  close_house();
}

// As on SIGKILL, or when the device is lost and the process ends: nobody hears another word.
void Day::kill_house() {
  for (Visitor& each : visitors_) break_off(each);
  close_house();
}

void Day::close_house() {
  empty_house();
  check_empty();
  now_ = house_->now;
  unix_seconds_ = house_->unix_seconds;
  check_recording();
  house_.reset();
  for (auto& [id, told] : ledger_.responses()) told.may_resume = false;
}

void Day::empty_house() {
  for (const auto& client : gone_)
    client->session.end(Error{Errc::kServerDraining, "", ""}, CancelReason::kShutdown);
  for (const Visitor& each : visitors_) {
    if (each.client != nullptr) each.client->session.leave(CancelReason::kShutdown);
  }
  house_->settle();
  num_unquiet_ = 0;
  for (const auto& client : gone_) num_unquiet_ += client->session.is_quiet() ? 0 : 1;
  visitors_.clear();
  gone_.clear();
}

void Day::check_empty() {
  hold(num_unquiet_ == 0, "a session that is gone still has responses");
  hold(house_->sessions.running.size() == 0, "responses are counted as running in an empty house");
  hold(house_->sessions.detached_runners.empty(), "runners without a client are left");
  hold(house_->ring.is_idle(), "the scheduler has work left in an empty house");
  const BlockManager& blocks = house_->ring.blocks();
  hold(blocks.num_free() == blocks.num_blocks(), "blocks are not free in an empty house");
  hold(blocks.is_consistent(), "the blocks contradict each other in an empty house");
}

void Day::check_recording() {
  recorder_->close(now_);
  auto reader = RecordingReader::open(recording_, "the day's recording");
  hold(reader.has_value(), "the recording cannot be read");
  RecordingReplay replay(*reader, reader->header().engine);
  const auto repeat = replay.run();
  hold(repeat.has_value(), "the recording contradicts itself");
  hold(repeat->is_equal(), "the recording is repeated with other decisions");
}

// What holds at any time.
void Day::check_now() {
  hold(house_->ring.blocks().is_consistent(), "the blocks contradict each other");
  for (const Visitor& each : visitors_) {
    const Outbox& outbox = each.client->session.outbox();
    const std::size_t most = house_->limits.hard_outbox_bytes + (std::size_t{64} << 10);
    hold(outbox.num_bytes() <= most, "an outbox holds more than it may");
  }
}

// ---- What clients do.

Day::Visitor Day::connect(std::size_t tenant) {
  Visitor made{house_->connect(),
               tenant,
               "v" + std::to_string(num_visitors_++) + "-",
               {},
               true,
               house_->now,
               house_->unix_seconds};
  made.client->session.set_caller({"key" + std::to_string(tenant), accounts_[tenant]});
  return made;
}

void Day::act(Visitor& visitor) {
  const int choice = random_.pick(0, 99);
  if (choice < 34) return ask(visitor);
  if (choice < 41) return cancel(visitor);
  if (choice < 46) return steer(visitor);
  if (choice < 53) return resume(visitor);
  if (choice < 56) return visitor.client->session.receive_frame("{broken");
  if (choice < 60) return break_off(visitor);
  if (choice < 63) return rely(visitor);
  if (choice < 65) {
    visitor.reads = !visitor.reads;
    return;
  }
  if (visitor.reads) read(visitor);
}

void Day::ask(Visitor& visitor) {
  constexpr const char* kInputs[] = {"a fox", "the owl and the hare", "tell me of the sea",
                                     "once",  "who is there?",        "of lanterns and of bells"};
  const auto turn = std::make_shared<Turn>();
  turn->number = num_turns_++;
  turn->tenant = visitor.tenant;
  turn->input = kInputs[random_.pick(0, 5)];
  constexpr int kLengths[] = {1, 3, 9, 60, 200};
  turn->max_tokens = kLengths[random_.pick(0, 4)];
  turn->num_choices = random_.one_in(8) ? 2 : 1;
  turn->ignores_end = !random_.one_in(4);
  json::object frame = turn->frame();
  if (random_.one_in(3)) continue_one(visitor, turn, frame);
  const std::string lane =
      visitor.name + std::string(1, static_cast<char>('a' + random_.pick(0, 2)));
  frame["stream_id"] = lane;
  frame["store"] = random_.one_in(2);
  json::object octavo;
  if (random_.one_in(3)) octavo["resume_grace_ms"] = std::chrono::milliseconds(kGrace).count();
  if (random_.one_in(8)) octavo["deadline_ms"] = random_.pick(1, 100'000);
  if (!octavo.empty()) frame["octavo"] = octavo;
  ledger_.expect(lane, turn);
  visitor.client->say(frame);
}

// Mostly of the tenant's own, at times of somebody else's, which must not be there for it.
void Day::continue_one(Visitor& visitor, const std::shared_ptr<Turn>& turn, json::object& frame) {
  const auto owner = random_.one_in(6) ? static_cast<std::size_t>(random_.pick(0, kNumTenants - 1))
                                       : visitor.tenant;
  const Told* parent = any_of(owner);
  if (parent == nullptr) return;
  frame["previous_response_id"] = parent->id;
  turn->parent = parent->turn;
  turn->is_comparable = parent->is_natural && !parent->is_successor && parent->turn->is_comparable;
}

void Day::rely(Visitor& visitor) {
  std::erase_if(promises_, [&](const Promise& each) {
    return house_->now - each.now > kStoredFor - 1h ||
           house_->unix_seconds - each.unix_seconds > std::chrono::seconds(kStoredFor - 1h).count();
  });
  std::vector<const Told*> own;
  for (const Promise& each : promises_) {
    const Told& told = ledger_.responses().at(each.id);
    if (told.turn->tenant == visitor.tenant) own.push_back(&told);
  }
  if (own.empty()) return;
  const Told& parent =
      *own[static_cast<std::size_t>(random_.pick(0, static_cast<int>(own.size()) - 1))];
  const auto turn = std::make_shared<Turn>();
  turn->number = num_turns_++;
  turn->tenant = visitor.tenant;
  turn->input = "go on";
  turn->max_tokens = 3;
  turn->parent = parent.turn;
  turn->must_be_found = true;
  turn->continues = parent.id;
  turn->is_comparable = parent.is_natural && !parent.is_successor && parent.turn->is_comparable;
  json::object frame = turn->frame();
  frame["previous_response_id"] = parent.id;
  frame["stream_id"] = visitor.name + "on" + std::to_string(turn->number);
  ledger_.expect(std::string(frame["stream_id"].as_string()), turn);
  visitor.client->say(frame);
}

void Day::cancel(Visitor& visitor) {
  const Told* told = random_.one_in(4) ? any_of(visitor.tenant) : running_of(visitor);
  if (told == nullptr) return;
  visitor.client->say({{"type", "response.cancel"}, {"response_id", told->id}});
}

void Day::steer(Visitor& visitor) {
  const Told* told = running_of(visitor);
  if (told == nullptr) return;
  visitor.client->say({{"type", "response.steer"},
                       {"previous_response_id", told->id},
                       {"input", " and then " + std::to_string(num_events_)}});
}

void Day::resume(Visitor& visitor) {
  Told* told = any_of(random_.one_in(8) ? (visitor.tenant + 1) % kNumTenants : visitor.tenant);
  if (told == nullptr) return;
  const bool is_own = told->turn->tenant == visitor.tenant;
  if (is_own && (!told->may_resume || told->is_over())) return;
  if (is_own) told->may_resume = false;  // A second listener would hear everything once more.
  if (is_own) visitor.resumed.push_back(told->id);
  visitor.client->say({{"type", "octavo:response.resume"},
                       {"response_id", told->id},
                       {"starting_after", told->next_number - 1}});
}

void Day::break_off(Visitor& visitor) {
  ledger_.forget_lanes(visitor.name);
  for (auto& [id, told] : ledger_.responses()) {
    const bool is_heard =
        told.lane.starts_with(visitor.name) || std::ranges::count(visitor.resumed, id) > 0;
    if (is_heard && !told.is_over()) told.may_resume = true;
  }
  visitor.client->session.leave(CancelReason::kClientGone);
  gone_.push_back(std::exchange(visitor.client, nullptr));
}

void Day::read(Visitor& visitor) {
  visitor.client->events.clear();
  visitor.client->read();
  for (const json::object& event : visitor.client->events) {
    const Told* ended = ledger_.hear(visitor.tenant, event);
    // What comes by resuming may have been stored long ago.
    if (ended != nullptr && ended->is_stored && ended->lane.starts_with(visitor.name))
      promises_.push_back({ended->id, visitor.read_at, visitor.read_at_unix});
  }
  visitor.read_at = house_->now;
  visitor.read_at_unix = house_->unix_seconds;
  if (visitor.client->session.outbox().close_reason()) break_off(visitor);
}

Told* Day::running_of(const Visitor& visitor) {
  std::vector<Told*> found;
  for (auto& [id, told] : ledger_.responses()) {
    if (!told.is_over() && told.lane.starts_with(visitor.name)) found.push_back(&told);
  }
  if (found.empty()) return nullptr;
  return found[static_cast<std::size_t>(random_.pick(0, static_cast<int>(found.size()) - 1))];
}

Told* Day::any_of(std::size_t tenant) {
  std::vector<Told*> found;
  for (auto& [id, told] : ledger_.responses()) {
    if (told.turn->tenant == tenant) found.push_back(&told);
  }
  if (found.empty()) return nullptr;
  // Mostly one of the latest.
  const int num_found = static_cast<int>(found.size());
  const int first = random_.one_in(5) ? 0 : std::max(0, num_found - 6);
  return found[static_cast<std::size_t>(random_.pick(first, num_found - 1))];
}

// ---- What befalls the server.

void Day::befall() {
  house_->advance_steps(random_.pick(0, 4));
  switch (random_.pick(0, 199)) {
    case 0:
      house_->executor.fail_next = true;
      break;
    case 3:
    case 4:
      set_disk_full(true);
      break;
    case 5:
    case 6:
      set_disk_full(false);
      break;
    case 7:
      recording_disk_is_full_ = random_.one_in(4);
      break;
    case 8:
      house_->now += 1h;  // The machine was asleep.
      break;
    case 9:
      house_->settle();  // What is on its way to the disk is written at the old time.
      house_->unix_seconds += random_.one_in(2) ? -3600 : 366 * 24 * 3600;
      for (Visitor& each : visitors_)
        each.read_at_unix = std::min(each.read_at_unix, house_->unix_seconds);
      break;
    case 10:
      if (!random_.one_in(4)) break;
      kill_house();
      open_house();
      break;
    case 11:
      if (!random_.one_in(4)) break;
      drain_house();
      open_house();
      break;
    default:
      break;
  }
}

// A day of 24 hours in 2,000 events.
void Day::pass_time() {
  const auto passed =
      std::chrono::milliseconds(random_.one_in(20) ? random_.pick(0, 1'700'000) : 5);
  house_->now += passed;
  house_->unix_seconds += passed.count() / 1000;
  std::erase_if(gone_, [](const auto& client) {
    client->session.handle(GraceDue{});
    return client->session.is_quiet();
  });
}

}  // namespace octavo::testing
