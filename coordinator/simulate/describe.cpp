#include "coordinator/simulate/describe.h"

#include <string_view>

namespace strata {
namespace {

// FNV-1a over the fields, a word at a time.
class Digest {
 public:
  void kind(std::string_view /*name*/, std::uint64_t index) { number({}, index); }
  void number(std::string_view /*name*/, std::uint64_t value) {
    hash_ = (hash_ ^ value) * 0x100'0000'01b3;
  }
  void words(std::string_view value) {
    for (const char c : value) {
      number({}, static_cast<unsigned char>(c));
    }
  }
  [[nodiscard]] std::uint64_t taken() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf2'9ce4'8422'2325;
};

class Text {
 public:
  void kind(std::string_view name, std::uint64_t /*index*/) { text_ = name; }
  void number(std::string_view name, std::uint64_t value) {
    text_.append(" ").append(name).append(" ").append(std::to_string(value));
  }
  void words(std::string_view value) { text_.append(" '").append(value).append("'"); }
  [[nodiscard]] std::string taken() const { return text_; }

 private:
  std::string text_;
};

template <typename Sink>
void put(Sink& sink, const ShardAttempt& lease) {
  sink.number("shard", value_of(lease.shard));
  sink.number("attempt", lease.attempt);
}

template <typename Sink>
void put(Sink& sink, WorkerId worker, Epoch epoch) {
  sink.number("worker", value_of(worker));
  sink.number("epoch", epoch);
}

template <typename Sink>
struct Fields {
  Sink& sink;
  std::uint64_t index;  // Of the alternative in its variant

  void operator()(const event::HostUp& e) {
    sink.kind("HostUp", index);
    sink.number("host", value_of(e.host));
  }
  void operator()(const event::HostLost& e) {
    sink.kind("HostLost", index);
    sink.number("host", value_of(e.host));
  }
  void operator()(const event::WorkerReady& e) {
    sink.kind("WorkerReady", index);
    put(sink, e.worker, e.epoch);
  }
  void operator()(const event::WorkerEnded& e) {
    sink.kind("WorkerEnded", index);
    put(sink, e.worker, e.epoch);
    sink.number("signal", static_cast<std::uint64_t>(e.end.signal));
    sink.number("by_strata", e.end.by_strata ? 1 : 0);
    sink.number("last_unit", static_cast<std::uint64_t>(e.last_unit));
    for (const ShardAttempt& lease : e.held) {
      put(sink, lease);
    }
  }
  void operator()(const event::Beat& e) {
    sink.kind("Beat", index);
    put(sink, e.worker, e.epoch);
  }
  void operator()(const event::Completed& e) {
    sink.kind("Completed", index);
    sink.number("host", value_of(e.host));
    for (const event::Completion& completion : e.completions) {
      put(sink, completion.lease);
      put(sink, completion.worker, completion.epoch);
      sink.number("took_ns", completion.took_ns);
    }
  }
  void operator()(const event::UnitThrew& e) {
    sink.kind("UnitThrew", index);
    put(sink, e.lease);
    put(sink, e.worker, e.epoch);
    sink.number("unit", e.unit);
  }
  void operator()(const event::HostReport& e) {
    sink.kind("HostReport", index);
    sink.number("host", value_of(e.host));
    sink.number("idle", e.idle_processors);
    for (const event::HostReport::Running& running : e.running) {
      put(sink, running.lease);
      sink.number("worker", value_of(running.worker));
    }
    for (const ShardAttempt& lease : e.offered) {
      put(sink, lease);
    }
  }
  void operator()(const event::Tick& /*e*/) { sink.kind("Tick", index); }

  void operator()(const action::Offer& a) {
    sink.kind("Offer", index);
    sink.number("host", value_of(a.host));
    for (const action::Lease& lease : a.leases) {
      put(sink, lease.id);
      sink.number(lease.alone ? "alone from" : "from", lease.range.first_unit);
      sink.number("units", lease.range.units);
    }
  }
  void operator()(const action::Revoke& a) { about_lease("Revoke", a.host, a.lease); }
  void operator()(const action::Commit& a) { about_lease("Commit", a.host, a.lease); }
  void operator()(const action::Discard& a) { about_lease("Discard", a.host, a.lease); }
  void operator()(const action::Fence& a) {
    sink.kind("Fence", index);
    put(sink, a.worker, a.epoch);
  }
  void operator()(const action::Restart& a) {
    sink.kind("Restart", index);
    put(sink, a.worker, a.epoch);
  }
  void operator()(const action::Finish& a) {
    sink.kind("Finish", index);
    sink.words(a.failure);
  }

  void about_lease(std::string_view name, HostId host, const ShardAttempt& lease) {
    sink.kind(name, index);
    sink.number("host", value_of(host));
    put(sink, lease);
  }
};

template <typename Sink, typename Variant>
auto take(const Variant& variant) {
  Sink sink;
  std::visit(Fields<Sink>{sink, variant.index()}, variant);
  return sink.taken();
}

}  // namespace

std::uint64_t digest_of(const Event& event) { return take<Digest>(event); }
std::uint64_t digest_of(const Action& action) { return take<Digest>(action); }
std::string text_of(const Event& event) { return take<Text>(event); }
std::string text_of(const Action& action) { return take<Text>(action); }

}  // namespace strata
