// What reaches the socket of a cluster that stays, from whoever may open it.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <vector>

#include "tests/cluster/expectations.h"
#include "tests/cluster/up_cluster.h"

namespace strata::testing {
namespace {

// A peer that writes bytes of its own.
class RawPeer {
 public:
  explicit RawPeer(const std::filesystem::path& path)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    connected_ = connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

  [[nodiscard]] bool connected() const { return connected_; }

  // False when the other side has closed before all was written.
  bool say(const std::string& bytes) const {
    std::size_t written = 0;
    while (written < bytes.size()) {
      const ssize_t got =
          send(socket_.get(), bytes.data() + written, bytes.size() - written, MSG_NOSIGNAL);
      if (got <= 0) {
        return false;
      }
      written += static_cast<std::size_t>(got);
    }
    return true;
  }

  // Reads until `text` came or the other side closes; true for the former.
  bool hears(const std::string& text) {
    while (heard_.find(text) == std::string::npos) {
      if (!read_more()) {
        return false;
      }
    }
    return true;
  }

  bool is_closed() {
    while (read_more()) {
    }
    return closed_;
  }

  // Greeting and READY of a ZMTP 3.0 DEALER.
  void shake_hands() {
    std::string greeting("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL", 16);
    greeting.resize(64, '\0');
    say(greeting + std::string("\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06"
                               "DEALER",
                               30));
    EXPECT_TRUE(hears("Identity"));
  }

  // One short frame.
  void say_frame(const std::string& body) const {
    say(std::string(1, '\0') + static_cast<char>(body.size()) + body);
  }

 private:
  bool read_more() {
    pollfd readable{socket_.get(), POLLIN, 0};
    constexpr int kPatience_ms = 30'000;
    char buffer[4096];
    if (poll(&readable, 1, kPatience_ms) != 1) {
      return false;
    }
    const ssize_t got = recv(socket_.get(), buffer, sizeof buffer, 0);
    closed_ = got <= 0;
    if (!closed_) {
      heard_.append(buffer, static_cast<std::size_t>(got));
    }
    return !closed_;
  }

  Fd socket_;
  bool connected_ = false;
  bool closed_ = false;
  std::string heard_;
};

// ToCluster{hello}, in Protocol Buffers' encoding. `protocol` below 128.
std::string hello_of(char protocol, const std::string& program) {
  const std::string body = std::string("\x08") + protocol + "\x12" +
                           std::string(1, static_cast<char>(program.size())) + program;
  return "\x0a" + std::string(1, static_cast<char>(body.size())) + body;
}

std::string version_of_strata() {
  const std::string told = run({.words = strata_words({"--version"})}).output;
  const std::string before = "strata ";
  return told.substr(before.size(), told.find('\n') - before.size());
}

class UpSocket : public ::testing::Test {
 protected:
  void TearDown() override {
    cluster_.expect_serving();
    cluster_.take_down();
  }
  [[nodiscard]] RawPeer peer() const {
    RawPeer made(cluster_.socket());
    EXPECT_TRUE(made.connected());
    return made;
  }
  TemporaryFolder place_;
  UpCluster cluster_{place_.path()};
};

TEST_F(UpSocket, IsForItsUserAlone) {
  using std::filesystem::perms;
  for (const auto& folder : {cluster_.folder(), cluster_.folder().parent_path()}) {
    EXPECT_EQ(std::filesystem::status(folder).permissions(), perms::owner_all) << folder;
  }
}

TEST_F(UpSocket, GoesOnAfterGarbage) {
  for (const std::string& garbage :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(1'000'000, '\xff'),
        std::string(100'000, '\0'), std::string("\x01\x00", 2), std::string("\x05hello"),
        std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0XXXX", 16)}) {
    RawPeer raw = peer();
    raw.say(garbage);
  }
  RawPeer handshaken = peer();
  handshaken.shake_hands();
  handshaken.say(std::string(100'000, '\x7f'));
}

TEST_F(UpSocket, AnswersATruncatedMessageWithARefusal) {
  RawPeer raw = peer();
  raw.shake_hands();
  raw.say_frame(hello_of(1, version_of_strata()).substr(0, 6));
  EXPECT_TRUE(raw.hears("cannot be read"));
  raw.say_frame(hello_of(1, version_of_strata()));  // And goes on with this very client.
  EXPECT_TRUE(raw.hears("default"));
}

TEST_F(UpSocket, ClosesOnAMessageOf100Megabytes) {
  RawPeer raw = peer();
  raw.shake_hands();
  const std::string header("\x02\0\0\0\0\x06\x40\0\0", 9);
  raw.say(header + std::string(std::size_t{100} << 20, 'x'));
  EXPECT_TRUE(raw.is_closed());
}

TEST_F(UpSocket, RefusesAClientOfAnotherVersionByName) {
  RawPeer protocol = peer();
  protocol.shake_hands();
  protocol.say_frame(hello_of(99, "9.9.9"));
  EXPECT_TRUE(protocol.hears("this is strata 9.9.9 (protocol 99); strata down default"));
  RawPeer program = peer();
  program.shake_hands();
  program.say_frame(hello_of(1, "0.0.9"));
  EXPECT_TRUE(program.hears("this is strata 0.0.9"));
  // Nor does it take a request from them afterwards.
  program.say_frame(std::string("\x2a\0", 2));
  EXPECT_TRUE(program.hears("says hello first"));
}

TEST_F(UpSocket, RefusesTrialsThatNoCommandWouldAskFor) {
  RawPeer raw = peer();
  raw.shake_hands();
  raw.say_frame(hello_of(1, version_of_strata()));
  EXPECT_TRUE(raw.hears("default"));
  const auto run_request = [](const std::string& workload, const std::string& layout) {
    const std::string body = "\x0a" + std::string(1, static_cast<char>(workload.size())) +
                             workload + "\x1a" + std::string(1, static_cast<char>(layout.size())) +
                             layout;
    return "\x12" + std::string(1, static_cast<char>(body.size())) + body;
  };
  const std::string pool("\x2a\x04pool", 6);
  raw.say_frame(run_request("nonsense", std::string("\x08\x01\x10\x01\x18\x01") + pool));
  EXPECT_TRUE(raw.hears("no workload 'nonsense'"));
  raw.say_frame(run_request("compute", std::string("\x08\x01\x10\x00\x18\x01", 6) + pool));
  EXPECT_TRUE(raw.hears("-P 0"));
  raw.say_frame(run_request("compute", std::string("\x08\x01\x10\x01\x18\x01\x2a\x04loop", 12)));
  EXPECT_TRUE(raw.hears("no executor 'loop'"));
}

TEST_F(UpSocket, EndsHandshakesThatNeverEnd) {
  RawPeer raw = peer();
  raw.say("\xff");
  EXPECT_TRUE(raw.is_closed());
}

TEST(UpCrowd, GoesOnWithMoreConnectionsThanTheUsualLimitOfDescriptors) {
  const TemporaryFolder place;
  Command limited = UpCluster::command(place.path(), {"up", "-P", "2", "-T", "1"});
  limited.words = {
      "sh", "-c", "ulimit -Sn 64; exec \"$@\"", "sh", limited.words[0], "up", "-P", "2", "-T", "1"};
  Process up(std::move(limited));
  ASSERT_EQ(up.wait().status, 0);
  {
    std::vector<std::unique_ptr<RawPeer>> crowd;
    for (int i = 0; i < 300; ++i) {
      crowd.push_back(std::make_unique<RawPeer>(place.path() / "strata" / "default" / "socket"));
      ASSERT_TRUE(crowd.back()->connected());
    }
    EXPECT_EQ(run(UpCluster::command(place.path(), {"status", "default"})).status, 0);
  }
  EXPECT_EQ(run(UpCluster::command(place.path(), {"down"})).status, 0);
  EXPECT_TRUE(up.wait_until_nothing_left()) << describe(up.members());
}

}  // namespace
}  // namespace strata::testing
