// echo: clients send a message over TCP and wait until it comes back, again and again, each on a
// connection of its own. What a server does all day: how many requests a second an executor
// carries, and how long each takes.
//
// Every worker runs a server and its clients: one unit accepts, and for each connection one unit
// serves and one asks. So a unit that waits for its socket must not hold up the others: with
// `threads` and `gil` that takes a thread for each of 2 x connections + 1 units.
//
// Checked in every copy: each reply is what was sent, no more and no less, and the server has seen
// as many requests as the clients have sent.
#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "shared/os/clock.h"
#include "shared/os/limits.h"
#include "shared/os/loopback.h"
#include "shared/unit/channel.h"
#include "shared/unit/descriptor_io.h"
#include "shared/workloads/common.h"
#include "shared/workloads/figures.h"
#include "shared/workloads/workload.h"

namespace strata {
namespace {

constexpr ParameterSpec kParameters[] = {
    {.name = "connections",
     .type = ParameterType::kInteger,
     .low = 1,
     .high = 2047,
     .fallback = "10",
     .summary = "clients of a worker, each with a connection of its own"},
    {.name = "requests",
     .type = ParameterType::kInteger,
     .low = 1,
     .high = 1e7,
     .fallback = "1000",
     .summary = "what each client asks, one after another"},
    {.name = "bytes",
     .type = ParameterType::kInteger,
     .unit = "B",
     .low = 1,
     .high = 1048576,
     .fallback = "64",
     .summary = "length of a message"},
    {.name = "think",
     .type = ParameterType::kReal,
     .unit = "us",
     .low = 0,
     .high = 1e6,
     .fallback = "0",
     .summary = "how long a client sleeps before each request"}};

constexpr ResultField kFields[] = {
    {"requests", "", "requests that were answered, of all copies (one a worker)"},
    {"requests_per_s", "1/s", "requests a second, all copies together"},
    {"latency_p50_us", "us", "from sending to the whole reply: half of them took less"},
    {"latency_p99_us", "us", "99 of 100 took less"},
    {"latency_p999_us", "us", "999 of 1000 took less"},
    {"latencies", "", "how many the percentiles are of"}};

// Latencies kept in a copy, at most: of longer runs every second, third, ... request is timed.
constexpr std::uint64_t kKept = 2'000'000;

[[noreturn]] void give_up(const char* what, const Transferred& how) {
  if (how.error != 0) {
    throw std::system_error(how.error, std::generic_category(), what);
  }
  throw std::runtime_error(std::string(what) + ": the other side has closed the connection");
}

// A whole message of `message.size() - 1` bytes, where the room for one more shows if there are
// more; besides, a read that could have got more has emptied the socket (descriptor_io.cpp). False:
// the other side has closed the connection before it.
Co<bool> receive_message(Unit& unit, Descriptor& socket, std::span<std::byte> message) {
  const std::size_t bytes = message.size() - 1;
  std::size_t got = 0;
  while (got < bytes) {
    const Transferred some = co_await read_some(unit, socket, message.subspan(got));
    if (some.end != WaitEnd::kDone) {
      if (got == 0 && some.error == 0) {
        co_return false;
      }
      give_up("receiving a message", some);
    }
    got += some.bytes;
  }
  if (got > bytes) {
    throw std::runtime_error("more bytes arrived than were sent");
  }
  co_return true;
}

Co<void> send_message(Unit& unit, Descriptor& socket, std::span<const std::byte> message) {
  const Transferred sent = co_await write_full(unit, socket, message);
  if (sent.end != WaitEnd::kDone) {
    give_up("sending a message", sent);
  }
}

// Different in every request of every client.
void fill(std::span<std::byte> message, std::uint64_t seed) {
  std::uint64_t state = seed;
  for (std::size_t at = 0; at < message.size(); at += sizeof(state)) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    std::memcpy(message.data() + at, &state, std::min(sizeof(state), message.size() - at));
  }
}

class EchoJob final : public Job {
 public:
  explicit EchoJob(const Parameters& parameters)
      : connections_(parameters.integer("connections")),
        requests_(parameters.integer("requests")),
        bytes_(parameters.integer("bytes")),
        think_(std::llround(parameters.real("think") * 1e3)),
        stride_(requests_ * connections_ / kKept + 1),
        accepted_(connections_) {}

  [[nodiscard]] std::uint32_t group() const override { return static_cast<std::uint32_t>(units()); }
  Result<Plan> plan(const PlanContext& /*context*/) override {
    // Here as well as in the workers, which mostly inherit it: nothing is started in vain.
    const Status allowed = allow_files();
    if (!allowed) {
      return allowed.error();
    }
    return Plan{.units = units(), .group = group(), .slot_bytes = timed() * sizeof(float)};
  }

  Status open(std::span<const std::byte> /*input*/, double /*operations_per_us*/) override {
    const Status allowed = allow_files();
    if (!allowed) {
      return allowed;
    }
    Result<Fd> listener = listen_on_loopback(static_cast<int>(connections_));
    if (!listener) {
      return listener.error();
    }
    const Result<sockaddr_in> address = address_of(*listener);
    if (!address) {
      return address.error();
    }
    address_ = *address;
    listener_ = Descriptor(std::move(*listener));
    return Ok{};
  }

  Co<void> body(Unit& unit) const override {
    const std::uint64_t place = unit.index() % units();
    if (place == 0) {
      return accept_all(unit);
    }
    return place <= connections_ ? serve(unit) : ask(unit);
  }

  Outcome finish(const Results& results, const std::string& /*reference*/) override {
    std::vector<float> latencies_us;
    for (const Piece& copy : results.pieces) {
      for (std::uint64_t client = connections_ + 1; client < copy.units; ++client) {
        const std::size_t before = latencies_us.size();
        latencies_us.resize(before + timed());
        std::memcpy(latencies_us.data() + before, copy.slots + client * timed() * sizeof(float),
                    timed() * sizeof(float));
      }
    }
    std::sort(latencies_us.begin(), latencies_us.end());
    const double rate = per_second(static_cast<double>(results.sums[kAsked]), results.makespan_s);
    const double p50 = quantile(latencies_us, 0.5);
    const double p99 = quantile(latencies_us, 0.99);
    Outcome outcome;
    outcome.fields = {{"requests", results.sums[kAsked]},
                      {"requests_per_s", rate},
                      {"latency_p50_us", p50},
                      {"latency_p99_us", p99},
                      {"latency_p999_us", quantile(latencies_us, 0.999)},
                      {"latencies", static_cast<std::uint64_t>(latencies_us.size())}};
    outcome.headline = three_digits(rate) + " requests/s   " + in_seconds(p50 * 1e-6) + " (p50), " +
                       in_seconds(p99 * 1e-6) + " (p99)   " +
                       grouped(connections_ * results.copies) +
                       (connections_ * results.copies == 1 ? " connection" : " connections");
    outcome.check = Check::kFailed;
    const std::uint64_t expected = connections_ * requests_ * results.copies;
    if (const auto missing = missing_units(results, units() * results.copies, "units")) {
      outcome.detail = *missing;
    } else if (results.sums[kWrong] != 0) {
      outcome.detail = grouped(results.sums[kWrong]) + " replies were not what was sent";
    } else if (results.sums[kAsked] != expected || results.sums[kServed] != expected) {
      outcome.detail = grouped(results.sums[kAsked]) + " requests were answered and " +
                       grouped(results.sums[kServed]) + " served, of " + grouped(expected);
    } else {
      outcome.check = Check::kOk;
      outcome.detail = "each of " + grouped(expected) + " replies was what was sent, " +
                       grouped(bytes_) + (bytes_ == 1 ? " byte" : " bytes") + " each";
    }
    return outcome;
  }

 private:
  enum Sum : std::uint8_t { kAsked, kServed, kWrong };

  // Of a copy: one that accepts, then those that serve, then those that ask.
  [[nodiscard]] std::uint64_t units() const { return 2 * connections_ + 1; }
  [[nodiscard]] std::uint64_t timed() const { return (requests_ + stride_ - 1) / stride_; }
  // Two ends of each connection, and what a worker has open besides.
  [[nodiscard]] Status allow_files() const {
    constexpr std::uint64_t kOthers = 64;
    return allow_open_files(2 * connections_ + kOthers, "echo");
  }

  Co<void> accept_all(Unit& unit) const {
    for (std::uint64_t i = 0; i < connections_; ++i) {
      Accepted made = co_await accept_one(unit, listener_);
      if (made.end != WaitEnd::kDone) {
        give_up("accepting a connection", {.end = made.end, .error = made.error});
      }
      co_await accepted_.send(unit, std::move(made.socket));
    }
    accepted_.close();
  }

  Co<void> serve(Unit& unit) const {
    Received<Descriptor> socket = co_await accepted_.receive(unit);
    if (!socket) {
      throw std::runtime_error("there was no connection for it");
    }
    std::vector<std::byte> message(bytes_ + 1);
    const std::span<const std::byte> reply(message.data(), bytes_);
    while (co_await receive_message(unit, *socket, message)) {
      co_await send_message(unit, *socket, reply);
      unit.add(kServed, 1);
    }
  }

  Co<void> ask(Unit& unit) const {
    Result<Fd> made = tcp_socket();
    if (!made) {
      throw std::runtime_error(made.error().message);
    }
    Descriptor socket(std::move(*made));
    const Transferred connected = co_await connect_to(
        unit, socket, reinterpret_cast<const sockaddr*>(&address_), sizeof(address_));
    if (connected.end != WaitEnd::kDone) {
      give_up("connecting to 127.0.0.1", connected);
    }
    std::vector<std::byte> request(bytes_);
    std::vector<std::byte> reply(bytes_ + 1);
    for (std::uint64_t i = 0; i < requests_; ++i) {
      if (think_.count() > 0) {
        co_await unit.sleep(think_);
      }
      fill(request, unit.seed() + unit.index() * requests_ + i);
      const std::uint64_t begin_ns = now_ns();
      co_await send_message(unit, socket, request);
      const bool answered = co_await receive_message(unit, socket, reply);
      if (!answered) {
        give_up("waiting for a reply", {});
      }
      if (i % stride_ == 0) {
        const auto took_us = static_cast<float>(static_cast<double>(now_ns() - begin_ns) * 1e-3);
        std::memcpy(unit.slot().data() + i / stride_ * sizeof(took_us), &took_us, sizeof(took_us));
      }
      unit.add(kAsked, 1);
      unit.add(kWrong, std::equal(request.begin(), request.end(), reply.begin()) ? 0 : 1);
    }
  }

  // The least value that is not below that part of all.
  static double quantile(const std::vector<float>& sorted, double part) {
    if (sorted.empty()) {
      return 0;
    }
    const double rank = std::ceil(part * static_cast<double>(sorted.size()));
    return static_cast<double>(sorted[static_cast<std::size_t>(std::max(1.0, rank)) - 1]);
  }

  const std::uint64_t connections_;
  const std::uint64_t requests_;
  const std::uint64_t bytes_;
  const std::chrono::nanoseconds think_;
  const std::uint64_t stride_;  // One of so many requests is timed.
  sockaddr_in address_{};
  // What the units of one copy share.
  mutable Descriptor listener_;
  mutable Channel<Descriptor> accepted_;
};

}  // namespace

extern const Workload echo_workload = {
    .name = "echo",
    .summary = "a server and its clients over TCP: requests a second, and how long each takes",
    .parameters = kParameters,
    .result_fields = kFields,
    .weak_parameter = "",
    .make = make_job<EchoJob>};

}  // namespace strata
