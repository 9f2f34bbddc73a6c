// The events of responses whose clients come and go: random operations on the logs, against a plain
// list of all that was ever said. Who comes back gets every event after the last that he had, once
// and in order, or is told that it is no longer kept.
#include <list>
#include <map>
#include <memory>
#include <vector>

#include "src/response/event_logs.hpp"
#include "tests/fuzz/support.hpp"

namespace octavo::fuzz {
namespace {

constexpr std::size_t kMaxLogBytes = 40;

/// A client that came back: what it has heard must always be what was said.
class Client final : public EventLog::Listener {
 public:
  Client(std::shared_ptr<EventLog> log, std::vector<std::string> missed, bool leaves_at_next)
      : log_(std::move(log)), heard_(std::move(missed)), leaves_at_next_(leaves_at_next) {
    log_->listen(*this);
  }
  ~Client() override { log_->unlisten(*this); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void hear(const std::string& frame, bool) override {
    expect(!has_left_, "who has left hears on");
    heard_.push_back(frame);
    if (!leaves_at_next_) return;
    log_->unlisten(*this);
    has_left_ = true;
  }
  const std::vector<std::string>& heard() const { return heard_; }
  bool has_left() const { return has_left_; }

 private:
  std::shared_ptr<EventLog> log_;
  std::vector<std::string> heard_;
  bool leaves_at_next_;
  bool has_left_ = false;
};

struct Said {
  std::uint64_t tenant = 0;
  std::shared_ptr<EventLog> log;
  std::vector<std::string> frames;
  std::list<std::pair<std::size_t, std::unique_ptr<Client>>> clients;  ///< By their first event.
};

class Model {
 public:
  void act(Input& input) {
    const std::size_t what = input.pick(6);
    now_ += std::chrono::milliseconds(input.byte());
    if (what == 0) begin(input);
    const std::string id = "resp_" + std::to_string(next_ - input.pick(8));
    if (what == 1 || what == 5) say(id, input);
    if (what == 2) come_back(id, input);
    if (what == 3 && said_.contains(id)) said_[id].clients.clear();
    if (what == 4) logs_.end(id, now_ + std::chrono::milliseconds(input.byte()));
    for (const auto& [each, said] : said_) check(said);
  }

 private:
  void begin(Input& input) {
    const std::string id = "resp_" + std::to_string(++next_);
    const std::uint64_t tenant = input.pick(2);
    auto log = logs_.begin(id, tenant, now_);
    expect(logs_.size() <= 4, "more logs than there may be");
    if (log != nullptr) said_[id] = {tenant, std::move(log), {}, {}};
  }

  void say(const std::string& id, Input& input) {
    const auto found = said_.find(id);
    if (found == said_.end()) return;
    std::string frame(input.pick(50), 'x');
    frame += std::to_string(found->second.frames.size());
    found->second.frames.push_back(frame);
    found->second.log->append(frame, input.pick(8) == 0);
  }

  void come_back(const std::string& id, Input& input) {
    const std::uint64_t tenant = input.pick(2);
    const auto log = logs_.find(id, tenant, now_);
    const auto found = said_.find(id);
    if (log == nullptr || found == said_.end() || log != found->second.log) return;
    expect(found->second.tenant == tenant, "another tenant's events");
    const std::int64_t after = static_cast<std::int64_t>(input.pick(16)) - 2;
    const auto missed = log->after(after);
    const auto num_said = static_cast<std::int64_t>(found->second.frames.size());
    if (!missed) {
      const bool is_out = after < -1 || after >= num_said;
      expect(missed.error().code == (is_out ? Errc::kInvalidValue : Errc::kResumeWindowExceeded),
             "the wrong error");
      return;
    }
    expect(static_cast<std::int64_t>(missed->size()) == num_said - after - 1, "events are missing");
    found->second.clients.emplace_back(static_cast<std::size_t>(after + 1),
                                       std::make_unique<Client>(log, *missed, input.pick(4) == 0));
  }

  static void check(const Said& said) {
    expect(said.log->num_events() == static_cast<std::int64_t>(said.frames.size()),
           "a number is wrong");
    const bool is_one = said.frames.empty() || said.log->num_bytes() == said.frames.back().size();
    expect(said.log->num_bytes() <= kMaxLogBytes || is_one, "a log is larger than it may be");
    for (const auto& [first, client] : said.clients) {
      const std::vector<std::string>& heard = client->heard();
      expect(client->has_left() || first + heard.size() == said.frames.size(), "an event was lost");
      for (std::size_t i = 0; i < heard.size(); ++i)
        expect(heard[i] == said.frames.at(first + i), "another event was heard");
    }
  }

  EventLogs logs_{{.max_log_bytes = kMaxLogBytes, .max_logs = 4}};
  std::map<std::string, Said> said_;
  TimePoint now_;
  std::uint64_t next_ = 0;
};

}  // namespace
}  // namespace octavo::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  fuzz::Input input(data, size);
  fuzz::Model model;
  while (!input.is_empty()) model.act(input);
  return 0;
}
