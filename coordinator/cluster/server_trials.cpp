#include "coordinator/cluster/server_trials.h"

#include <algorithm>
#include <utility>

#include "coordinator/cluster/server_messages.h"
#include "shared/os/clock.h"

namespace strata {
namespace {

// Of serial answers. They are short texts; a sweep has a handful.
constexpr std::size_t kReferencesMax = 64;

// What the serial answer depends on.
std::string reference_key(const TrialRequest& request) {
  std::string key(request.workload->name);
  for (const auto& [name, value] : request.parameters.all()) {
    key += '\0' + name + '=' + value;
  }
  return key + '\0' + std::to_string(request.seed) + '\0' +
         std::to_string(request.operations_per_us);
}

}  // namespace

ServerTrials::~ServerTrials() {
  loop_.cancel(touch_timer_);
  output_.lead_to(nullptr);
}

void ServerTrials::open() {
  open_ = true;
  start_next();
}

void ServerTrials::add(const ClientId& client, const wire::RunRequest& request) {
  if (closing_) {
    post_.deliver(client, to_wire(*closing_));
    return;
  }
  const bool has_one =
      client_ == client || std::any_of(queue_.begin(), queue_.end(), [&client](const Asked& asked) {
        return asked.client == client;
      });
  if (has_one || queue_.size() >= kWaitingMax) {
    post_.deliver(client, to_wire(Error{Exit::kFailed, has_one ? "one trial at a time for a client"
                                                               : "too many trials wait already; "
                                                                 "try again later"}));
    return;
  }
  Result<TrialRequest> trial = from_wire(request);
  if (!trial) {
    post_.deliver(client, to_wire(trial.error()));
    return;
  }
  const std::uint32_t ahead = waiting() + (client_ ? 1 : 0);
  // The clock is this machine's own, but the number is the client's word.
  const std::uint64_t launched_ns = std::min(request.launched_ns, now_ns());
  queue_.push_back({client, std::move(*trial), launched_ns, request.sweep});
  if (ahead > 0) {
    post_.tell(client, wire::Queued{ahead});
  }
  start_next();
}

void ServerTrials::cancel(const ClientId& client) {
  if (client_ == client) {
    cluster_.cancel({Exit::kInterrupted, "interrupted"});
    return;
  }
  const auto found = std::find_if(queue_.begin(), queue_.end(),
                                  [&client](const Asked& asked) { return asked.client == client; });
  if (found != queue_.end()) {
    queue_.erase(found);
    post_.deliver(client, to_wire(Error{Exit::kInterrupted, "interrupted"}));
  }
}

void ServerTrials::close(const Error& reason, std::function<void()> done) {
  closing_ = reason;
  closed_ = std::move(done);
  for (const Asked& asked : queue_) {
    post_.deliver(asked.client, to_wire(reason));
  }
  queue_.clear();
  if (client_) {
    cluster_.cancel(reason);
  } else {
    closed_();
  }
}

std::string ServerTrials::running() const { return client_ ? workload_ : std::string(); }

void ServerTrials::start_next() {
  while (open_ && !client_ && !queue_.empty()) {
    Asked next = std::move(queue_.front());
    queue_.pop_front();
    for (std::uint32_t place = 0; place < queue_.size(); ++place) {
      post_.tell(queue_[place].client, wire::Queued{place + 1});
    }
    // Its turn may have come after it left.
    if (post_.tell(next.client, wire::Queued{0})) {
      start(std::move(next));
    }
  }
}

void ServerTrials::start(Asked asked) {
  client_ = asked.client;
  workload_ = asked.request.workload->name;
  client_gone_ = false;
  progress_.reset();
  output_.drain();  // What was printed before is not this client's.
  output_.lead_to([this](std::string_view text) { tell(wire::Output{std::string(text)}); });
  if (asked.sweep != sweep_) {
    const std::lock_guard lock(mutex_);
    sweep_ = asked.sweep;
    references_.clear();
  }
  if (asked.sweep != 0) {
    asked.request.reference = [this, key = reference_key(asked.request)](Job& job) {
      return reference(key, job);
    };
  }
  stay_in_touch();
  cluster_.run(std::move(asked.request), observer(), asked.launched_ns,
               [this](Result<RunResult> result) { finished(std::move(result)); });
}

TrialObserver ServerTrials::observer() {
  TrialObserver watching;
  watching.placed = [this](const std::vector<WorkerPlace>& places, std::uint64_t units,
                           std::uint64_t shards,
                           const std::string& noun) { tell(to_wire(places, units, shards, noun)); };
  watching.ready = [this](double launch_s) { tell(wire::Ready{launch_s}); };
  watching.progress = [this](std::uint64_t done, std::uint64_t units, double elapsed_s) {
    progress_ = wire::Progress{done, units, elapsed_s};
    tell(*progress_);
  };
  return watching;
}

void ServerTrials::tell(const wire::ToClient& message) {
  if (client_ && !client_gone_ && !post_.tell(*client_, message)) {
    client_gone_ = true;
    // Later: the caller may be in the midst of the trial that this ends.
    loop_.at(now_ns(), [this] {
      if (client_gone_) {
        cluster_.cancel({Exit::kInterrupted, "its client has gone"});
      }
    });
  }
}

void ServerTrials::stay_in_touch() {
  touch_timer_ = loop_.at(now_ns() + ServerPost::kAgain_ns, [this] {
    if (progress_) {
      tell(*progress_);
    } else {
      tell(wire::Queued{0});
    }
    stay_in_touch();
  });
}

void ServerTrials::finished(Result<RunResult> result) {
  loop_.cancel(touch_timer_);
  output_.drain();
  output_.lead_to(nullptr);
  const ClientId client = std::move(*client_);
  client_.reset();
  client_gone_ = false;
  ++done_;
  {
    const std::lock_guard lock(mutex_);
    if (result && fresh_reference_) {
      if (references_.size() >= kReferencesMax) {
        references_.clear();
      }
      references_.insert(std::move(*fresh_reference_));
    }
    fresh_reference_.reset();
  }
  if (result) {
    post_.deliver(client, to_wire(*result));
  } else {
    post_.deliver(client, to_wire(result.error()));
  }
  if (closing_) {
    closed_();
  } else {
    start_next();
  }
}

std::string ServerTrials::reference(const std::string& key, Job& job) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = references_.find(key); known != references_.end()) {
      return known->second;
    }
  }
  std::string answer = job.reference();
  const std::lock_guard lock(mutex_);
  fresh_reference_.emplace(key, answer);
  return answer;
}

}  // namespace strata
