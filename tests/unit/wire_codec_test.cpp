#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "shared/wire/codec.h"

namespace strata::wire {
namespace {

Layout sample_layout() {
  Layout layout;
  layout.processes = 8;
  layout.threads = 3;
  layout.in_flight = 1000;
  layout.executor = "threads";
  layout.start = Start::kZygote;
  layout.wait = Wait::kPark;
  layout.pin = Pin::kSpread;
  layout.gil_interval_us = 250;
  layout.gil_release_compute = true;
  return layout;
}

RunRequest sample_request() {
  RunRequest run;
  run.workload = "digest";
  run.parameters = {{"input", "/tmp/caf\xe9 not utf-8"}, {"units", "10"}};
  run.layout = sample_layout();
  run.seed = std::numeric_limits<std::uint64_t>::max();
  run.operations_per_us = 1234.5;
  run.timeout_s = 0.25;
  run.speculate = false;
  run.launched_ns = 77;
  run.sweep = 78;
  return run;
}

Finished sample_finished() {
  Finished done;
  done.run = "20261124-1";
  done.workload = "digest";
  done.parameters = {{"input", "/x"}};
  done.layout = sample_layout();
  done.seed = 41;
  done.launch_s = 0.009;
  done.makespan_s = 0.123;
  done.units_expected = 900;
  done.units_completed = 899;
  done.units_retried = 3;
  done.duplicates_discarded = 2;
  done.unit_noun = "files";
  done.shards = 96;
  done.check = 3;
  done.check_detail = "compared";
  done.fields = {{"low", std::int64_t{-5}},
                 {"bytes", std::uint64_t{1} << 63},
                 {"rate", 1.5},
                 {"sha256", std::string("ab\0c", 4)},
                 {"unreadable", std::vector<std::string>{"a", "", "\xff"}},
                 {"none", std::vector<std::string>{}}};
  done.headline = "1.31 GB";
  done.failure = "unit 7 crashed its worker";
  done.cpu_s = 0.2;
  done.voluntary_switches = 4;
  done.involuntary_switches = 9;
  done.pss_bytes = 123456;
  done.workers = {{0, "here", 4711, {0, 1}, 2, 450, 1}, {1, "here", 4712, {}, 1, 449, 0}};
  return done;
}

ClusterStatus sample_status() {
  ClusterStatus status;
  status.name = "default";
  status.pid = 812;
  status.up_s = 3600.5;
  status.layout = sample_layout();
  status.running = "compute";
  status.waiting = 2;
  status.trials_done = 12;
  status.workers = {{0, "here", 4711, {0, 1}, "idle", 450, 123456},
                    {1, "here", 4712, {1}, "running", 7, 1}};
  return status;
}

std::vector<ToCluster> every_request() {
  return {Hello{7, "0.1.0"}, sample_request(), Cancel{}, StatusRequest{}, DownRequest{}};
}

std::vector<ToClient> every_reply() {
  return {HelloReply{1, "0.1.0", "default", 812},
          Refused{3, "no memory; try fewer processes"},
          Queued{2},
          Placed{{{0, "here", {0}}, {1, "here", {}}}, 900, 96, "files"},
          Ready{0.0061},
          Progress{450, 900, 0.5},
          Output{"printed\n"},
          sample_finished(),
          sample_status(),
          GoingDown{}};
}

TEST(Codec, GivesBackEveryMessageToTheCluster) {
  const std::vector<ToCluster> messages = every_request();
  ASSERT_EQ(messages.size(), std::variant_size_v<ToCluster>);
  for (const ToCluster& message : messages) {
    const Result<std::string> bytes = encode(message);
    ASSERT_TRUE(bytes) << bytes.error().message;
    const Result<ToCluster> back = decode_to_cluster(*bytes);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_TRUE(*back == message) << "message " << message.index();
  }
}

TEST(Codec, GivesBackEveryMessageToAClient) {
  const std::vector<ToClient> messages = every_reply();
  ASSERT_EQ(messages.size(), std::variant_size_v<ToClient>);
  for (const ToClient& message : messages) {
    const Result<std::string> bytes = encode(message);
    ASSERT_TRUE(bytes) << bytes.error().message;
    const Result<ToClient> back = decode_to_client(*bytes);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_TRUE(*back == message) << "message " << message.index();
  }
}

// A cut message may happen to be a shorter valid one: it must never be taken for the whole.
TEST(Codec, NeverTakesATruncatedMessageForTheWhole) {
  for (const ToCluster& message : every_request()) {
    const std::string bytes = *encode(message);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const Result<ToCluster> back = decode_to_cluster(std::string_view(bytes).substr(0, size));
      EXPECT_FALSE(back && *back == message) << message.index() << " cut at " << size;
    }
  }
  for (const ToClient& message : every_reply()) {
    const std::string bytes = *encode(message);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const Result<ToClient> back = decode_to_client(std::string_view(bytes).substr(0, size));
      EXPECT_FALSE(back && *back == message) << message.index() << " cut at " << size;
    }
  }
}

TEST(Codec, RefusesEmptyBytesAndUnknownKinds) {
  EXPECT_FALSE(decode_to_cluster(""));
  EXPECT_FALSE(decode_to_client(""));
  const std::string field_99("\x9a\x06\x00", 3);  // Field 99, no bytes: a kind from the future
  const Result<ToCluster> unknown = decode_to_cluster(field_99);
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("another version"), std::string::npos);
  EXPECT_FALSE(decode_to_client(field_99));
}

TEST(Codec, ReadsHelloOfALaterVersionWithFieldsItDoesNotKnow) {
  std::string bytes = *encode(ToCluster{Hello{99, "9.9.9"}});
  bytes += std::string("\x9a\x06\x03zzz", 6);  // Field 99 of the envelope
  const Result<ToCluster> hello = decode_to_cluster(bytes);
  ASSERT_TRUE(hello) << hello.error().message;
  EXPECT_TRUE(*hello == ToCluster(Hello{99, "9.9.9"}));
}

TEST(Codec, SurvivesGarbageAndFlippedBits) {
  constexpr std::uint64_t kSeed = 20261124;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::mt19937_64 random(kSeed);
  std::vector<std::string> valid;
  for (const ToCluster& message : every_request()) {
    valid.push_back(*encode(message));
  }
  for (const ToClient& message : every_reply()) {
    valid.push_back(*encode(message));
  }
  // What still decodes is within every bound, which encoding it again shows.
  const auto decode_both = [](const std::string& bytes) {
    if (const Result<ToCluster> message = decode_to_cluster(bytes)) {
      EXPECT_TRUE(encode(*message));
    }
    if (const Result<ToClient> message = decode_to_client(bytes)) {
      EXPECT_TRUE(encode(*message));
    }
  };
  for (int round = 0; round < 20'000; ++round) {
    std::string garbage(random() % 64, '\0');
    for (char& byte : garbage) {
      byte = static_cast<char>(random());
    }
    decode_both(garbage);
    std::string flipped = valid[random() % valid.size()];
    for (std::uint64_t flips = random() % 4; !flipped.empty() && flips-- > 0;) {
      char& byte = flipped[random() % flipped.size()];
      byte = static_cast<char>(byte ^ (1 << (random() % 8)));
    }
    decode_both(flipped);
  }
}

TEST(Codec, RefusesToSendWhatBreaksABoundAndNamesIt) {
  const auto fault_of = [](const auto& message) {
    const auto bytes = encode(message);
    return bytes ? std::string() : bytes.error().message;
  };
  RunRequest run = sample_request();
  run.workload.assign(kNameBytesMax + 1, 'x');
  EXPECT_NE(fault_of(ToCluster{run}).find("the workload's name is longer than 256"),
            std::string::npos);
  run = sample_request();
  run.parameters["input"].assign(kTextBytesMax + 1, 'x');
  EXPECT_NE(fault_of(ToCluster{run}).find("a parameter's value"), std::string::npos);
  run = sample_request();
  for (std::size_t i = 0; i < kParametersMax; ++i) {
    run.parameters["p" + std::to_string(i)] = "v";
  }
  EXPECT_NE(fault_of(ToCluster{run}).find("the list of parameters"), std::string::npos);
  run = sample_request();
  for (std::size_t i = 0; i < 100; ++i) {  // Each within its bound, the whole not
    run.parameters["p" + std::to_string(i)].assign(kTextBytesMax, 'x');
  }
  EXPECT_NE(fault_of(ToCluster{run}).find("the whole message"), std::string::npos);
  run = sample_request();
  run.timeout_s = std::numeric_limits<double>::infinity();
  EXPECT_NE(fault_of(ToCluster{run}).find("the time-out"), std::string::npos);
  Finished done = sample_finished();
  done.check = 4;
  EXPECT_NE(fault_of(ToClient{done}).find("the check's outcome"), std::string::npos);
  done = sample_finished();
  done.workers[0].cpus.assign(kCpusMax + 1, 0);
  EXPECT_NE(fault_of(ToClient{done}).find("a worker's CPUs"), std::string::npos);
  EXPECT_NE(fault_of(ToClient{Output{std::string(kTextBytesMax + 1, 'x')}}).find("the output"),
            std::string::npos);
}

// Bytes that another program could send: valid Protocol Buffers beyond our bounds.
TEST(Codec, RefusesToReadWhatBreaksABound) {
  const auto varint = [](std::uint64_t value) {
    std::string bytes;
    do {
      const auto low = static_cast<unsigned char>(value & 0x7f);
      value >>= 7;
      bytes.push_back(static_cast<char>(value != 0 ? low | 0x80 : low));
    } while (value != 0);
    return bytes;
  };
  const auto field = [&](std::uint64_t number, const std::string& content) {
    return varint(number << 3 | 2) + varint(content.size()) + content;
  };
  const auto number_field = [&](std::uint64_t number, std::uint64_t value) {
    return varint(number << 3) + varint(value);
  };
  constexpr std::uint64_t kRun = 2;
  ASSERT_TRUE(decode_to_cluster(field(kRun, field(1, "compute"))));
  EXPECT_FALSE(decode_to_cluster(field(kRun, field(1, std::string(kNameBytesMax + 1, 'x')))));
  std::string many;
  for (std::size_t i = 0; i <= kParametersMax; ++i) {
    many += field(2, field(1, "p" + std::to_string(i)));
  }
  EXPECT_FALSE(decode_to_cluster(field(kRun, many)));
  const std::string twice = field(2, field(1, "p")) + field(2, field(1, "p"));
  EXPECT_FALSE(decode_to_cluster(field(kRun, twice)));
  for (const std::uint64_t layout_field : {6U, 7U, 8U}) {
    EXPECT_TRUE(decode_to_cluster(field(kRun, field(3, number_field(layout_field, 1)))));
    EXPECT_FALSE(decode_to_cluster(field(kRun, field(3, number_field(layout_field, 200)))));
  }
  EXPECT_FALSE(decode_to_cluster(std::string(kRequestBytesMax + 1, '\0')));
  // A length that promises 2 GiB and more than any buffer holds.
  EXPECT_FALSE(decode_to_cluster(varint(kRun << 3 | 2) + varint(0x7fffffff) + "x"));
  EXPECT_FALSE(decode_to_cluster(varint(kRun << 3 | 2) + varint(~std::uint64_t{0}) + "x"));
}

}  // namespace
}  // namespace strata::wire
