// What a client and a cluster that is up say to each other, as plain structs. Nothing here knows
// how they are encoded: that is codec.h.
//
// A client says Hello first and may add its request at once. The cluster answers HelloReply or
// Refused. Of a RunRequest the client then hears Queued (perhaps), Placed, Ready, Progress and
// Output (many), and in the end exactly one of Finished and Refused.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "shared/base/layout.h"

namespace strata::wire {

// Raised whenever an older program would misread a newer one.
inline constexpr std::uint32_t kProtocolVersion = 1;

// Bounds that the codec holds in both directions. A message beyond one of them is an Error.
inline constexpr std::size_t kRequestBytesMax = std::size_t{1}
                                                << 20;                // Of a message to the cluster
inline constexpr std::size_t kReplyBytesMax = std::size_t{16} << 20;  // Of a message to a client
inline constexpr std::size_t kNameBytesMax = 256;                     // Names of any kind
inline constexpr std::size_t kTextBytesMax = std::size_t{64} << 10;   // Values, sentences, output
inline constexpr std::size_t kParametersMax = 256;
inline constexpr std::size_t kWorkersMax = 65'536;
inline constexpr std::size_t kCpusMax = 4'096;    // Of one worker
inline constexpr std::size_t kFieldsMax = 256;    // Of one result
inline constexpr std::size_t kTextsMax = 65'536;  // In one field of a result

using ParameterMap = std::map<std::string, std::string, std::less<>>;

// ---- to the cluster ----

struct Hello {
  std::uint32_t protocol = kProtocolVersion;
  std::string program;  // Version of strata, "0.1.0"
  bool operator==(const Hello&) const = default;
};

struct RunRequest {
  std::string workload;
  ParameterMap parameters;  // As Parameters::all(): every one, defaults resolved.
  Layout layout;
  std::uint64_t seed = 1;
  double operations_per_us = 0;
  double timeout_s = 0;  // 0: none
  bool speculate = true;
  std::uint64_t launched_ns = 0;  // Where launch_s counts from: monotonic clock of this machine.
  // The same in all trials of one sweep, in which the same parameters have the same serial answer.
  std::uint64_t sweep = 0;  // 0: a trial of its own
  bool operator==(const RunRequest&) const = default;
};

// End my trial, running or queued; answered by Refused with exit status 130.
struct Cancel {
  bool operator==(const Cancel&) const = default;
};
struct StatusRequest {
  bool operator==(const StatusRequest&) const = default;
};
struct DownRequest {
  bool operator==(const DownRequest&) const = default;
};

using ToCluster = std::variant<Hello, RunRequest, Cancel, StatusRequest, DownRequest>;

// ---- to a client ----

struct HelloReply {
  std::uint32_t protocol = kProtocolVersion;
  std::string program;
  std::string cluster;  // Its name
  std::int64_t pid = 0;
  bool operator==(const HelloReply&) const = default;
};

struct Refused {
  std::int32_t exit_status = 1;  // What the client's process is to end with: 1, 2, 3 or 130.
  std::string sentence;
  bool operator==(const Refused&) const = default;
};

struct Queued {
  std::uint32_t ahead = 0;  // Trials that come first, the running one included.
  bool operator==(const Queued&) const = default;
};

struct Place {
  std::uint32_t worker = 0;
  std::string host;
  std::vector<int> cpus;
  bool operator==(const Place&) const = default;
};

struct Placed {
  std::vector<Place> places;
  std::uint64_t units = 0;
  std::uint64_t shards = 0;
  std::string unit_noun;
  bool operator==(const Placed&) const = default;
};

struct Ready {
  double launch_s = 0;
  bool operator==(const Ready&) const = default;
};

struct Progress {
  std::uint64_t done = 0;
  std::uint64_t units = 0;
  double elapsed_s = 0;
  bool operator==(const Progress&) const = default;
};

// What workers printed, at most kTextBytesMax at once.
struct Output {
  std::string text;
  bool operator==(const Output&) const = default;
};

using FieldValue =
    std::variant<std::int64_t, std::uint64_t, double, std::string, std::vector<std::string>>;

struct ResultField {
  std::string name;
  FieldValue value;
  bool operator==(const ResultField&) const = default;
};

struct WorkerFigures {
  std::uint32_t worker = 0;
  std::string host;
  std::int64_t pid = 0;
  std::vector<int> cpus;
  std::uint32_t os_threads = 0;
  std::uint64_t units = 0;
  std::uint32_t restarts = 0;
  bool operator==(const WorkerFigures&) const = default;
};

// The figures of a trial that ended; a failed check and a failed run are among them.
struct Finished {
  std::string run;
  std::string workload;
  ParameterMap parameters;
  Layout layout;
  std::uint64_t seed = 1;
  double launch_s = 0;
  double makespan_s = 0;
  std::uint64_t units_expected = 0;
  std::uint64_t units_completed = 0;
  std::uint64_t units_retried = 0;
  std::uint64_t duplicates_discarded = 0;
  std::string unit_noun;
  std::uint64_t shards = 0;
  std::uint32_t check = 0;  // Check of shared/workloads/workload.h, 0..3
  std::string check_detail;
  std::vector<ResultField> fields;
  std::string headline;
  std::string failure;
  double cpu_s = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint64_t pss_bytes = 0;
  std::vector<WorkerFigures> workers;
  bool operator==(const Finished&) const = default;
};

struct WorkerStatus {
  std::uint32_t worker = 0;
  std::string host;
  std::int64_t pid = 0;
  std::vector<int> cpus;
  std::string state;  // One word: starting, idle, running, stopped, gone
  std::uint64_t units_done = 0;
  std::uint64_t pss_bytes = 0;
  bool operator==(const WorkerStatus&) const = default;
};

struct ClusterStatus {
  std::string name;
  std::int64_t pid = 0;
  double up_s = 0;
  Layout layout;              // Of the workers that are there now
  std::string running;        // The workload that runs; empty: none
  std::uint32_t waiting = 0;  // Trials queued behind it
  std::uint64_t trials_done = 0;
  std::vector<WorkerStatus> workers;
  bool operator==(const ClusterStatus&) const = default;
};

// The answer to DownRequest, before anything ends.
struct GoingDown {
  bool operator==(const GoingDown&) const = default;
};

using ToClient = std::variant<HelloReply, Refused, Queued, Placed, Ready, Progress, Output,
                              Finished, ClusterStatus, GoingDown>;

}  // namespace strata::wire
